"""The limits of stored executions and log events."""

from collections.abc import Iterator
from typing import Any

import pytest

from local.emulator.history import delete_expired, delete_surplus, trim_executions


def test_newest_executions_and_those_that_run_are_kept() -> None:
    statuses = {"a": "RUNNING", "b": "FAILED", "c": "SUCCEEDED", "d": "SUCCEEDED"}
    executions: dict[str, Any] = {
        name: {"startDate": f"2026-01-0{day}T00:00:00.000Z", "status": status}
        for day, (name, status) in enumerate(statuses.items(), start=1)
    }
    trim_executions(executions, keep=2)
    assert list(executions) == ["a", "c", "d"]


@pytest.mark.parametrize(
    ("retention_days", "kept"), [(None, {"old": [0], "new": [0, 90_000_000]}), (1, {"new": [90_000_000]})]
)
def test_log_events_are_deleted_after_their_groups_retention(
    retention_days: int | None, kept: dict[str, list[int]]
) -> None:
    group: dict[str, Any] = {
        "retentionInDays": retention_days,
        "streams": {
            "old": {"creationTime": 0, "events": [{"timestamp": 0}]},
            "new": {"creationTime": 0, "events": [{"timestamp": 0}, {"timestamp": 90_000_000}]},
        },
    }
    delete_expired(group, now=90_000)
    found = {name: [event["timestamp"] for event in stream["events"]] for name, stream in group["streams"].items()}
    assert found == kept


def test_newest_log_events_of_a_group_are_kept() -> None:
    group: dict[str, Any] = {
        "streams": {
            "old": {"events": [{"timestamp": 1}, {"timestamp": 2}]},
            "both": {"events": [{"timestamp": 2}, {"timestamp": 4}]},
            "new": {"events": [{"timestamp": 3}, {"timestamp": 5}]},
        }
    }
    delete_surplus(group, keep=6)
    assert [len(stream["events"]) for stream in group["streams"].values()] == [2, 2, 2]
    delete_surplus(group, keep=3)
    found = {name: [event["timestamp"] for event in stream["events"]] for name, stream in group["streams"].items()}
    assert found == {"both": [4], "new": [3, 5]}


def test_new_stream_does_not_interrupt_the_deletion() -> None:
    streams: dict[str, Any] = {}

    class Events(list[dict[str, int]]):
        """Events whose iteration adds a log stream, as a new worker of a function may do."""

        def __iter__(self) -> Iterator[dict[str, int]]:
            streams.setdefault("new", {"events": [{"timestamp": 3}]})
            return super().__iter__()

    streams |= {"old": {"events": Events([{"timestamp": 1}])}, "next": {"events": [{"timestamp": 2}]}}
    delete_surplus({"streams": streams}, keep=1)
    assert sorted(streams) == ["new", "next"]
