"""The filters and the batch size of the pipe from the table's stream to the function Events.

It imports no CDK, so that the tests read it without Node.
"""

from typing import Any, Final

from photosky.photo import Status

BATCH_RECORDS: Final = 10
"""The largest batch of an event bus as a target (EventBridge guide, "Amazon EventBridge Pipes batching")."""

FILTERS: Final[tuple[dict[str, Any], ...]] = (
    {"dynamodb": {"NewImage": {"revision": {"N": [{"exists": True}]}}}},
    {
        "eventName": ["REMOVE"],
        "dynamodb": {
            "OldImage": {"revision": {"N": [{"exists": True}]}, "status": {"S": [{"anything-but": Status.DELETING}]}}
        },
    },
)
"""Patterns of the records that may imply an event. Only photos have a `revision`, and every write that implies an event
counts it: copies for tags, counters, tombstones, requests and the first steps of an ingest are filtered at no cost."""
