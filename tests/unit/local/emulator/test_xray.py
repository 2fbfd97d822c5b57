"""The local X-Ray: nested and bounded traces, annotation filters, and the printed tree of a trace."""

from typing import Any

import pytest
from rich.console import Console

from local.commands.trace import tree
from local.emulator.patches import xray
from local.emulator.patches.xray import Traces, filter_of, nested

ROOT = "1-67891233-abcdef012345678912345678"


def segment(identifier: str, start: float, **fields: Any) -> dict[str, Any]:
    """Return a segment document of the trace, with a duration of one second."""
    own = {"id": identifier, "name": identifier, "trace_id": ROOT, "start_time": start, "end_time": start + 1}
    return own | fields


def subsegment(identifier: str, start: float, parent: str) -> dict[str, Any]:
    """Return a subsegment that is sent as a separate document."""
    return segment(identifier, start, type="subsegment", parent_id=parent)


def test_subsegments_are_nested_in_order_of_their_start() -> None:
    unordered = [
        subsegment("c", 3, "b"),
        subsegment("b2", 4, "a"),
        subsegment("b", 2, "a"),
        segment("z", 5, parent_id="b"),
    ]
    segments = nested([*unordered, segment("a", 1)])
    assert [one["id"] for one in segments] == ["a", "z"]
    bare = {"start_time": 2, "end_time": 3, "id": "b", "name": "b"}
    inner = {"start_time": 3, "end_time": 4, "id": "c", "name": "c"}
    later = {"start_time": 4, "end_time": 5, "id": "b2", "name": "b2"}
    assert segments[0]["subsegments"] == [bare | {"subsegments": [inner]}, later]


def test_subsegment_of_an_unknown_parent_is_shown() -> None:
    assert [one["id"] for one in nested([subsegment("orphan", 1, "unknown")])] == ["orphan"]


def test_completed_segment_replaces_its_in_progress_document() -> None:
    traces = Traces()
    traces.put({**segment("a", 1), "in_progress": True})
    traces.put(segment("a", 1))
    assert traces.segments(ROOT) == [segment("a", 1)]


def test_numbers_of_traces_and_documents_are_bounded() -> None:
    traces = Traces(max_traces=2, max_documents=2)
    roots = [f"1-0000000{number}-abcdef012345678912345678" for number in range(3)]
    for root in roots:
        for identifier in "abc":
            traces.put(segment(identifier, 1) | {"trace_id": root})
    assert traces.roots() == roots[1:]
    assert [segment["id"] for segment in traces.segments(roots[2])] == ["a", "b"]
    traces.delete_before(2)
    assert traces.roots() == roots[2:]


@pytest.mark.parametrize(
    ("expression", "matches"),
    [
        ("", True),
        ('annotation.photo_id = "1"', True),
        ('annotation[photo_id] = "1" and annotation.outcome = "ready"', True),
        ('annotation.photo_id = "2"', False),
        ('annotation.photo_id = "2" OR annotation.outcome = "accepted"', True),
        ('annotation.photo_id = "1" AND annotation.code = "x" OR annotation.outcome = "none"', False),
    ],
)
def test_filter_compares_annotations(expression: str, *, matches: bool) -> None:
    assert filter_of(expression)({"photo_id": {"1"}, "outcome": {"ready", "accepted"}}) is matches


@pytest.mark.parametrize("expression", ["fault", "annotation.a = 1", 'annotation.a = "1" OR', '!annotation.a = "1"'])
def test_filter_of_other_fields_is_refused(expression: str) -> None:
    with pytest.raises(ValueError, match="only annotations"):
        filter_of(expression)


def test_tree_nests_segments_below_their_callers() -> None:
    step = segment("step", 2, annotations={"photo_id": "P", "outcome": "ready"}, fault=True)
    console = Console(width=100, no_color=True)
    with console.capture() as captured:
        console.print(tree(ROOT, [segment("function", 1.5, parent_id="call", subsegments=[step]), segment("call", 1)]))
    assert [line.rstrip() for line in captured.get().splitlines()] == [
        f"{ROOT}  photo_id=P",
        "└── call  1000.0 ms at 0",
        "    └── function  1000.0 ms at 500",
        "        └── step  1000.0 ms at 1000  outcome=ready fault",
    ]


def test_xray_is_a_service_without_a_look_at_all_models() -> None:
    asked: list[str] = []

    def is_service(name: str) -> bool:
        asked.append(name)
        return False

    known = xray._known(is_service)
    assert (known("xray"), known("no-service"), asked) == (True, False, ["no-service"])
