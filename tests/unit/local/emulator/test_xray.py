"""What the local X-Ray makes of documents: traces, nested and bounded, found by their annotations; and their tree."""

from typing import Any

import pytest
from rich.console import Console

from local.commands.trace import tree
from local.emulator.patches.xray import Traces, filter_of, nested

ROOT = "1-67891233-abcdef012345678912345678"


def part(identifier: str, start: float, **fields: Any) -> dict[str, Any]:
    """A document of the trace that lasts a second."""
    document = {"id": identifier, "name": identifier, "trace_id": ROOT, "start_time": start, "end_time": start + 1}
    return document | fields


def child(identifier: str, start: float, parent: str) -> dict[str, Any]:
    """A subsegment that was sent by itself."""
    return part(identifier, start, type="subsegment", parent_id=parent)


def test_subsegments_lie_in_their_parents_in_the_order_in_which_they_began_whenever_they_came() -> None:
    late = [child("c", 3, "b"), child("b2", 4, "a"), child("b", 2, "a"), part("z", 5, parent_id="b")]
    segments = nested([*late, part("a", 1)])
    assert [segment["id"] for segment in segments] == ["a", "z"]
    bare = {"start_time": 2, "end_time": 3, "id": "b", "name": "b"}
    inner = {"start_time": 3, "end_time": 4, "id": "c", "name": "c"}
    later = {"start_time": 4, "end_time": 5, "id": "b2", "name": "b2"}
    assert segments[0]["subsegments"] == [bare | {"subsegments": [inner]}, later]


def test_a_subsegment_whose_parent_is_unknown_is_shown_all_the_same() -> None:
    assert [segment["id"] for segment in nested([child("lost", 1, "nobody")])] == ["lost"]


def test_what_ends_takes_the_place_of_what_was_in_progress() -> None:
    traces = Traces()
    traces.put({**part("a", 1), "in_progress": True})
    traces.put(part("a", 1))
    assert traces.segments(ROOT) == [part("a", 1)]


def test_only_the_newest_traces_and_so_many_documents_of_each_are_kept() -> None:
    traces = Traces(max_traces=2, max_documents=2)
    roots = [f"1-0000000{number}-abcdef012345678912345678" for number in range(3)]
    for root in roots:
        for identifier in "abc":
            traces.put(part(identifier, 1) | {"trace_id": root})
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
def test_a_filter_compares_annotations(expression: str, *, matches: bool) -> None:
    assert filter_of(expression)({"photo_id": {"1"}, "outcome": {"ready", "accepted"}}) is matches


@pytest.mark.parametrize("expression", ["fault", "annotation.a = 1", 'annotation.a = "1" OR', '!annotation.a = "1"'])
def test_a_filter_of_anything_else_is_refused(expression: str) -> None:
    with pytest.raises(ValueError, match="only annotations"):
        filter_of(expression)


def test_a_tree_has_each_segment_below_its_caller_and_the_ids_at_its_top() -> None:
    step = part("step", 2, annotations={"photo_id": "P", "outcome": "ready"}, fault=True)
    console = Console(width=100, no_color=True)
    with console.capture() as captured:
        console.print(tree(ROOT, [part("function", 1.5, parent_id="call", subsegments=[step]), part("call", 1)]))
    assert [line.rstrip() for line in captured.get().splitlines()] == [
        f"{ROOT}  photo_id=P",
        "└── call  1000.0 ms at 0",
        "    └── function  1000.0 ms at 500",
        "        └── step  1000.0 ms at 1000  outcome=ready fault",
    ]
