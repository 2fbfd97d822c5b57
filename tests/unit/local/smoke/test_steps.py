"""The table of steps."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from infrastructure.indexes import INDEXES
from local.smoke import library, operations
from local.smoke.context import JPEG, Sent
from local.smoke.differences import Difference
from local.smoke.pictures import Picture
from local.smoke.steps import STEPS
from photosky.imaging.media_types import CONTENT_TYPES
from photosky.store import attributes
from tests.unit.local.smoke.apis import context_with


def test_step_needs_only_earlier_ones() -> None:
    names = [step.name for step in STEPS]
    assert len(set(names)) == len(names)
    assert [step.name for at, step in enumerate(STEPS) if not set(step.needs) <= set(names[:at])] == []


def test_every_format_is_ingested() -> None:
    assert {f"ingest of {name}" for name in CONTENT_TYPES} <= {step.name for step in STEPS}


def test_indexes_are_those_of_the_stack_and_listings_read_all_that_they_can() -> None:
    assert set(INDEXES) == library.INDEXES
    listings = [*library.LISTINGS.values(), *library.EDITED_LISTINGS.values(), library.TRASH]
    # Changes, digests and Reconcile have routes and functions of their own.
    others = {attributes.CHANGED_INDEX, attributes.DIGEST_INDEX, attributes.UNSETTLED_INDEX}
    assert {listing.index for listing in listings} == library.INDEXES - others


class Table:
    """DynamoDB with a table that has these indexes."""

    def __init__(self, indexes: Mapping[str, str]) -> None:
        self._indexes = indexes

    def describe_table(self, **_query: str) -> Mapping[str, Any]:
        """The table."""
        indexes = [{"IndexName": name, "IndexStatus": state} for name, state in self._indexes.items()]
        return {"Table": {"GlobalSecondaryIndexes": indexes}}


def test_missing_and_unfinished_indexes_are_named() -> None:
    found = dict.fromkeys(library.INDEXES - {"taken"}, "ACTIVE") | {"changed": "CREATING"}
    context = context_with(lambda _request: httpx.Response(500), {"dynamodb": Table(found)})
    context.stack = type(context.stack)(context.stack.clients, {"PhotosTableName": "photos"})
    with pytest.raises(Difference) as raised:
        library.indexes(context)
    assert raised.value.texts == ("the table has no index 'taken'", "the index 'changed' is CREATING")


class Alarms:
    """CloudWatch with these alarms."""

    def __init__(self, *alarms: Mapping[str, Any]) -> None:
        self._alarms = alarms

    def describe_alarms(self, **_query: Any) -> Mapping[str, Any]:
        """The alarms."""
        return {"MetricAlarms": self._alarms}


def alarm(name: str, state: str = "OK", minutes: int = 1, *, sends: bool = True) -> Mapping[str, Any]:
    """An alarm whose state changed some minutes after now."""
    return {
        "AlarmName": f"PhotoSky-dev-{name}",
        "StateValue": state,
        "StateReason": "Threshold crossed",
        "StateUpdatedTimestamp": datetime.now(UTC) + timedelta(minutes=minutes),
        "ActionsEnabled": True,
        "AlarmActions": ["arn:topic"] if sends else [],
    }


def test_alarms_that_are_missing_or_raised_by_the_test_are_named() -> None:
    alarms = Alarms(
        alarm("ApiFaults", "ALARM"),
        alarm("IngestFaults", "ALARM", minutes=-60),
        alarm("SweepsMissing", "ALARM"),
        alarm("ApiLatency", sends=False),
    )
    context = context_with(lambda _request: httpx.Response(500), {"cloudwatch": alarms}, alarm_email="ops@example.com")
    names = ("ApiFaults", "IngestFaults", "SweepsMissing", "ApiLatency", "DeadLetters")
    context.resources = {"AWS::CloudWatch::Alarm": [f"PhotoSky-dev-{name}" for name in names]}
    with pytest.raises(Difference) as raised:
        operations.alarms(context)
    assert raised.value.texts == (
        "the alarm PhotoSky-dev-DeadLetters does not exist",
        "PhotoSky-dev-ApiFaults went into ALARM: Threshold crossed",
        "PhotoSky-dev-ApiLatency sends no message",
    )


def test_previews_need_the_address_and_the_signature_of_their_delivery() -> None:
    context = context_with(lambda _request: httpx.Response(403), delivery="cloudfront")
    preview = {"url": "https://d1.cloudfront.net/a.webp?Signature=1"}
    context.sent[JPEG] = Sent("photo", Picture(JPEG, b"", 1, 1, {}), "", "", "", {"previews": {"thumb": preview}})
    with pytest.raises(Difference, match="delivery is cloudfront, and the distribution's address is None"):
        operations.delivery(context)
    context.previews_url = "https://d2.cloudfront.net"
    with pytest.raises(Difference, match="the URL of the preview 'thumb' does not begin with https://d2"):
        operations.delivery(context)
    context.previews_url = "https://d1.cloudfront.net"
    operations.delivery(context)
    context.api.client = httpx.Client(transport=httpx.MockTransport(lambda _request: httpx.Response(200)))
    with pytest.raises(Difference, match="the preview 'thumb' answers 200 without a signature instead of 403"):
        operations.delivery(context)


def test_listing_that_is_not_compressed_is_a_difference() -> None:
    page: dict[str, object] = {"photos": [], "next_cursor": None}
    context = context_with(lambda _request: httpx.Response(200, json=page, headers={"X-Request-Id": "1"}))
    with pytest.raises(Difference, match="GET /photos is 'identity' for Accept-Encoding: gzip"):
        operations.compression(context)
