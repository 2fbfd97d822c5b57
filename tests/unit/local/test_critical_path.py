"""The longest chain of calls in a trace."""

from collections.abc import Sequence
from typing import Any

from local.critical_path import Call, calls_of, critical_path, longest_chain


def call(operation: str, started: float, ended: float) -> Call:
    return Call("s3", operation, started, ended)


def names(chain: Sequence[Call]) -> str:
    return "".join(one.operation for one in chain)


def part(name: str, started: float, ended: float | None, **fields: Any) -> dict[str, Any]:
    """A segment or a subsegment."""
    return {"name": name, "start_time": started, **({} if ended is None else {"end_time": ended}), **fields}


def aws(name: str, operation: str, started: float, ended: float | None) -> dict[str, Any]:
    return part(name, started, ended, namespace="aws", aws={"operation": operation})


def test_calls_one_after_the_other_are_a_chain() -> None:
    assert names(longest_chain([call("C", 4, 5), call("A", 0, 2), call("B", 2, 3)])) == "ABC"


def test_calls_at_once_count_once() -> None:
    assert names(longest_chain([call("A", 0, 2), call("B", 1, 3), call("C", 1, 4)])) == "C"


def test_short_calls_next_to_a_long_one_are_the_longest_chain() -> None:
    calls = [call("A", 0, 1), call("L", 1, 9), call("B", 1, 2), call("C", 3, 4), call("Z", 9, 10)]
    assert names(longest_chain(calls)) == "ABCZ"


def test_long_call_is_on_the_critical_path() -> None:
    calls = [call("A", 0, 1), call("L", 1, 9), call("B", 1, 2), call("C", 3, 4), call("Z", 9, 10)]
    assert names(critical_path(calls)) == "ALZ"


def test_call_that_starts_before_the_former_ended_is_no_successor() -> None:
    assert names(longest_chain([call("A", 0, 2), call("B", 1.999, 3), call("C", 2, 4)])) == "AC"


def test_trace_without_calls_has_an_empty_chain() -> None:
    assert longest_chain([]) == []
    assert critical_path([]) == []


def test_calls_are_found_in_nested_subsegments() -> None:
    persist = part(
        "persist",
        1,
        9,
        subsegments=[
            aws("s3", "GetObject", 2, 3),
            part("remove", 5, 8, subsegments=[aws("S3", "DeleteObjects", 6, 7)]),
        ],
    )
    segments = [
        part("stage", 0, 10, subsegments=[aws("STEPFUNCTIONS", "StartSyncExecution", 1, 9)]),
        part("function", 1, 9, subsegments=[persist, aws("dynamodb", "UpdateItem", 1, 2)]),
    ]
    assert calls_of(segments) == [
        Call("dynamodb", "UpdateItem", 1, 2, "function"),
        Call("s3", "GetObject", 2, 3, "function"),
        Call("s3", "DeleteObjects", 6, 7, "function"),
    ]


def test_calls_in_progress_are_left_out() -> None:
    assert calls_of([aws("s3", "PutObject", 1, None)]) == []
