"""Events: turn records of the table's stream into the events that they imply, for the pipe that calls this function.

A pipe passes a batch of records and sends what is returned to the event bus. If this function raises, the pipe repeats
the batch, so that no event is lost. The images have names and places, so nothing of them is logged.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from photosky.events import Event, event_of
from photosky.store.items import unmarshal
from photosky.store.leases import current_milliseconds
from photosky.telemetry import logger, measure, span


def handler(records: Sequence[Mapping[str, Any]], _context: object) -> list[Event]:
    """The events of a batch of stream records, in their order. An empty list makes the pipe send nothing."""
    with span("events"):
        events = [event for record in records if (event := _event(record)) is not None]
    logger.info("Events", extra={"records": len(records), "events": dict(Counter(event["type"] for event in events))})
    if records:
        measure({"EventDelay": _delay_seconds(records)})
    return events


def _event(record: Mapping[str, Any]) -> Event | None:
    change = record["dynamodb"]
    before, after = (unmarshal(change[name]) if change.get(name) else None for name in ("OldImage", "NewImage"))
    return event_of(before, after)


def _delay_seconds(records: Sequence[Mapping[str, Any]]) -> float:
    """The time since the oldest of these changes, whose record has it in whole seconds."""
    written = min(float(record["dynamodb"]["ApproximateCreationDateTime"]) for record in records)
    return round(max(0.0, current_milliseconds() / 1000 - written), 3)
