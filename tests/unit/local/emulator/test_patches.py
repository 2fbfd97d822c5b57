"""The patches' smaller rules: traces, error names, trust, root keys, and MiniStack versions that do not fit."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from local.emulator.history import delete_expired, delete_surplus, surplus
from local.emulator.patches import identity
from local.emulator.patches.lambdas import error_type
from local.emulator.patches.permissions import trusts
from local.emulator.patches.tracing import root_of
from local.emulator.wrapping import Incompatible, require

TRACE = """something logged before
Traceback (most recent call last):
  File "worker.py", line 1, in run
    handler_fn(event, context)
botocore.errorfactory.ConditionalCheckFailedException: it failed
on two lines: here
"""


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (TRACE, "ConditionalCheckFailedException"),
        ('Traceback (most recent call last):\n  File "a.py", line 1\nKeyError', "KeyError"),
        ("Task timed out after 3.00 seconds", None),
        ("", None),
    ],
)
def test_an_errors_type_is_its_class(text: str, name: str | None) -> None:
    assert error_type(text) == name


def test_a_trace_keeps_the_root_that_the_client_sent() -> None:
    root = "1-67891233-abcdef012345678912345678"
    assert root_of(f"Root={root};Parent=53995c3f42cd8ad8;Sampled=1") == root


@pytest.mark.parametrize("header", [None, "", "Root=1-2-3", "Self=1-67891233-abcdef012345678912345678"])
def test_a_trace_without_a_root_gets_a_new_one(header: str | None) -> None:
    first, second = root_of(header), root_of(header)
    assert first != second
    assert re.fullmatch(r"1-[0-9a-f]{8}-[0-9a-f]{24}", first)


@pytest.mark.parametrize(
    ("principal", "trusted"),
    [
        ({"Service": "apigateway.amazonaws.com"}, True),
        ({"Service": ["states.amazonaws.com", "apigateway.amazonaws.com"]}, True),
        ({"Service": "states.amazonaws.com"}, False),
        ({"AWS": "*"}, False),
    ],
)
def test_a_role_is_for_the_service_that_it_trusts(principal: dict[str, Any], *, trusted: bool) -> None:
    policy = {"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal}]}
    assert trusts(policy, "apigateway.amazonaws.com") is trusted


def test_a_role_without_a_trust_policy_is_nobodys() -> None:
    assert not trusts(None, "apigateway.amazonaws.com")


@pytest.mark.parametrize(("key", "root"), [("AKIAOURS", True), ("test", False), ("000000000000", False), ("", True)])
def test_only_the_folders_own_key_is_root(monkeypatch: pytest.MonkeyPatch, key: str, *, root: bool) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAOURS")
    assert identity.is_root(key) is root


@pytest.mark.parametrize(
    ("module", "name", "parameters", "reason"),
    [
        ("core.nothing", "anything", None, "ministack.core.nothing is not there"),
        ("core.sigv4", "nothing", None, "ministack.core.sigv4.nothing is not there"),
        ("core.sigv4", "uri_encode", "text", r"ministack.core.sigv4.uri_encode takes (value encode_slash), not (text)"),
    ],
)
def test_a_ministack_that_does_not_fit_is_named(module: str, name: str, parameters: str | None, reason: str) -> None:
    problem = rf"MiniStack [\d.]+ does not fit local/emulator/patches: {re.escape(reason)}"
    with pytest.raises(Incompatible, match=problem):
        require(module, name, parameters)


def test_the_newest_executions_are_kept() -> None:
    ended = [(name, {"startDate": f"2026-01-0{day}T00:00:00.000Z"}) for day, name in enumerate("abc", start=1)]
    assert surplus(ended, keep=2) == ["a"]


@pytest.mark.parametrize(
    ("retention_days", "kept"), [(None, {"old": [0], "new": [0, 90_000_000]}), (1, {"new": [90_000_000]})]
)
def test_log_events_are_forgotten_after_their_groups_retention(
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


def test_the_newest_log_events_of_a_group_are_kept() -> None:
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


def test_a_stream_that_begins_meanwhile_does_not_stop_the_forgetting() -> None:
    streams: dict[str, Any] = {}

    class Events(list[dict[str, int]]):
        """Read just when a function's new worker begins its log stream."""

        def __iter__(self) -> Iterator[dict[str, int]]:
            streams.setdefault("new", {"events": [{"timestamp": 3}]})
            return super().__iter__()

    streams |= {"old": {"events": Events([{"timestamp": 1}])}, "next": {"events": [{"timestamp": 2}]}}
    delete_surplus({"streams": streams}, keep=1)
    assert sorted(streams) == ["new", "next"]
