"""Events: turn records of the table's stream into the events that they imply, for the pipe that calls this function.

It also removes the uploads of the photos that became ready, for which no client has to wait.

A pipe passes a batch of records and sends what is returned to the event bus. If this function raises, the pipe repeats
the batch, so that no event and no removal is lost. The images have names and places, so nothing of them is logged.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from photosky.events import READY, Event, Record, event_of
from photosky.startup import initialize
from photosky.store import keys
from photosky.store.items import unmarshal
from photosky.store.leases import current_milliseconds
from photosky.store.media import media_bucket
from photosky.telemetry import logger, measure, span


def handler(records: Sequence[Mapping[str, Any]], _context: object) -> list[Event]:
    """The events of a batch of stream records, in their order. An empty list makes the pipe send nothing.

    Raises KeyError for a record that it cannot read, and RuntimeError if S3 does not remove an object.
    """
    with span("events"):
        changes = [_images(record) for record in records]
        found = [(event, after) for before, after in changes if (event := event_of(before, after)) is not None]
        events = [event for event, _ in found]
    _remove_uploads([after for event, after in found if after is not None and event["type"] == READY])
    logger.info("Events", extra={"records": len(records), "events": dict(Counter(event["type"] for event in events))})
    if records:
        measure({"EventDelay": _delay_seconds(records)})
    return events


def _images(record: Mapping[str, Any]) -> tuple[Record | None, Record | None]:
    """The photo's record before and after a change."""
    change = record["dynamodb"]
    before, after = (unmarshal(change[name]) if change.get(name) else None for name in ("OldImage", "NewImage"))
    return before, after


def _remove_uploads(ready: Sequence[Record]) -> None:
    """Remove the uploads and the facts of photos that became ready, also of one that has been changed since.

    Their keys are of no use to a ready photo, so that a late or repeated removal does no harm. A record without an
    original, which no version of Persist writes, keeps its upload: it may be the only copy.
    """
    removable = [
        keys.handed_over_keys(photo["owner_id"], photo["photo_id"], photo["original"])
        for photo in ready
        if "original" in photo
    ]
    if removable:
        with span("remove"):
            media_bucket().remove(set().union(*removable))


def _delay_seconds(records: Sequence[Mapping[str, Any]]) -> float:
    """The time since the oldest of these changes, whose record has it in whole seconds."""
    written = min(float(record["dynamodb"]["ApproximateCreationDateTime"]) for record in records)
    return round(max(0.0, current_milliseconds() / 1000 - written), 3)


initialize(media_bucket)
