"""The pipes patch: what is accepted, sent, halved, retried and given up."""

import json
import time
from typing import Any

import pytest

from infrastructure.pipe import FILTERS
from local.emulator import outbox
from local.emulator.outbox import Outbox
from local.emulator.patches import pipes

SOURCE = "arn:aws:dynamodb:us-east-1:000000000000:table/photos/stream/1"
PIPE: dict[str, Any] = {
    "Name": "pipe",
    "Arn": "arn:aws:pipes:us-east-1:000000000000:pipe/pipe",
    "RoleArn": "a role",
    "Source": SOURCE,
    "Target": "arn:aws:events:us-east-1:000000000000:event-bus/PhotoSky-local",
    "SourceParameters": {
        "DynamoDBStreamParameters": {"MaximumRecordAgeInSeconds": 60},
        "FilterCriteria": {"Filters": [{"Pattern": json.dumps(pattern)} for pattern in FILTERS]},
    },
}


def record(name: str, *, age_seconds: float = 0, source: str = SOURCE) -> dict[str, Any]:
    """A record of a stream."""
    written = time.time() - age_seconds
    return {"eventID": name, "eventSourceARN": source, "dynamodb": {"ApproximateCreationDateTime": written}}


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The ids of batches that were sent or given up."""
    batches: list[list[str]] = []
    monkeypatch.setattr(pipes, "on_sent", [batches.append])
    return batches


@pytest.fixture
def given_up(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The ids of records that were given up."""
    found: list[str] = []
    monkeypatch.setattr(pipes, "_give_up", lambda _pipe, given: found.append(given["eventID"]))
    return found


def fail_for(monkeypatch: pytest.MonkeyPatch, name: str) -> list[str]:
    """Make each batch with this record fail. Returns what is sent."""
    sent: list[str] = []

    def send(_pipe: Any, batch: list[dict[str, Any]]) -> None:
        ids = [one["eventID"] for one in batch]
        if name in ids:
            raise pipes._FailedError(f"{name} cannot be sent")
        sent.extend(ids)

    monkeypatch.setattr(pipes, "_send", send)
    return sent


def test_a_batch_is_halved_until_one_record_waits(monkeypatch: pytest.MonkeyPatch, sent: list[list[str]]) -> None:
    delivered = fail_for(monkeypatch, "c")
    assert not pipes.deliver(PIPE, [record(name) for name in "abcde"])
    assert delivered == ["a", "b"]
    assert sent == [["a", "b"]]


def test_a_record_that_is_too_old_is_given_up(
    monkeypatch: pytest.MonkeyPatch, sent: list[list[str]], given_up: list[str]
) -> None:
    delivered = fail_for(monkeypatch, "b")
    assert pipes.deliver(PIPE, [record("a"), record("b", age_seconds=61), record("c")])
    assert delivered == ["a", "c"]
    assert given_up == ["b"]
    assert [name for batch in sent for name in batch] == ["a", "b", "c"]


def test_without_a_maximum_age_a_record_is_never_given_up(
    monkeypatch: pytest.MonkeyPatch, sent: list[list[str]], given_up: list[str]
) -> None:
    fail_for(monkeypatch, "a")
    assert not pipes.deliver({**PIPE, "SourceParameters": None}, [record("a", age_seconds=10**6)])
    assert (sent, given_up) == ([], [])


def test_an_entry_takes_its_parameters_from_paths() -> None:
    parameters = {"Source": "photosky", "DetailType": "$.about.type"}
    event = {"about": {"type": "Photo Ready"}}
    assert pipes.entry(PIPE["Target"], parameters, event) == {
        "Source": "photosky",
        "DetailType": "Photo Ready",
        "Detail": json.dumps(event),
        "EventBusName": "PhotoSky-local",
    }


@pytest.mark.parametrize(
    ("images", "is_accepted"),
    [
        ({"NewImage": {"revision": {"N": "1"}}}, True),
        ({"NewImage": {"status": {"S": "processing"}}}, False),
        ({"OldImage": {"revision": {"N": "1"}, "status": {"S": "deleting"}}}, False),
        ({"OldImage": {"revision": {"N": "1"}, "status": {"S": "failed"}}}, True),
    ],
)
def test_filters_are_those_of_event_patterns(images: dict[str, Any], *, is_accepted: bool) -> None:
    given = {"eventName": "MODIFY" if "NewImage" in images else "REMOVE", "dynamodb": images}
    assert pipes.matches(PIPE, given) is is_accepted
    assert pipes.matches({**PIPE, "SourceParameters": None}, given)


def test_the_outbox_keeps_the_order_of_each_stream() -> None:
    kept = Outbox()
    kept.add([record("a"), record("b", source="another"), record("c")])
    kept.add([record("d")])
    assert [one["eventID"] for one in kept.first(SOURCE, 2)] == ["a", "c"]
    kept.remove(["a", "missing"])
    assert [one["eventID"] for one in kept.first(SOURCE, 9)] == ["c", "d"]


def test_a_change_of_the_journal_can_be_applied_twice() -> None:
    payload: dict[str, Any] = {"records": {}}
    changes = [outbox.added(record("a")), outbox.added(record("b")), outbox.sent(["a"])]
    for change in (*changes, *changes):
        outbox.apply(payload, change)
    assert list(payload["records"]) == ["b"]
