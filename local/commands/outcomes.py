"""The result of each file of a demo, and a table of them that fits the terminal."""

import http
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from rich.cells import cell_len
from rich.table import Table

_MIN_NAME_WIDTH: Final = 12
_GAP: Final = 2


@dataclass(frozen=True)
class Outcome:
    """The result of one file."""

    name: str
    status: int
    """The last response's HTTP status."""
    what: str
    """The photo's status, or the problem's code."""
    width: int | None = None
    height: int | None = None
    previews: Mapping[str, int] = field(default_factory=dict)
    """Bytes by preview."""

    @property
    def is_ready(self) -> bool:
        """Whether the file is a photo now."""
        return self.what == "ready"

    @property
    def is_fault(self) -> bool:
        """Whether the stack failed; a rejected picture is an expected result."""
        return self.status >= http.HTTPStatus.INTERNAL_SERVER_ERROR


def outcome_of(name: str, status: int, document: Mapping[str, Any]) -> Outcome:
    """Read an outcome from the API's last response: a photo, possibly below `photo`, or a problem."""
    photo = document.get("photo", document)
    if "code" in photo:
        return Outcome(name, status, photo["code"])
    sizes = {preview: found["size_bytes"] for preview, found in (photo.get("previews") or {}).items()}
    return Outcome(name, status, photo["status"], photo.get("width"), photo.get("height"), sizes)


Column = tuple[str, Callable[[Outcome], str]]
"""A heading, and the text of a cell."""


def outcome_table(outcomes: Sequence[Outcome], width: int) -> Table:
    """Make a table of at most `width` columns.

    A number is never cut: a narrow table has fewer columns. File names are shortened instead.
    """
    layouts = _layouts(outcomes)
    fitting = (columns for columns in layouts if _width(columns, outcomes) + _MIN_NAME_WIDTH <= width)
    columns = next(fitting, layouts[-1])
    name_width = max(_MIN_NAME_WIDTH, width - _width(columns, outcomes))
    table = Table(box=None, pad_edge=False, padding=(0, _GAP, 0, 0))
    table.add_column("file", no_wrap=True, overflow="ellipsis", max_width=name_width)
    for heading, _ in columns:
        table.add_column(heading, justify="left" if heading == "outcome" else "right", no_wrap=True)
    for outcome in outcomes:
        table.add_row(outcome.name, *(cell(outcome) for _, cell in columns))
    return table


def _layouts(outcomes: Sequence[Outcome]) -> list[list[Column]]:
    """The columns after the file's name, from the most to the fewest."""
    names = list(dict.fromkeys(name for outcome in outcomes for name in outcome.previews))
    outcome: Column = ("outcome", lambda one: f"{one.status} {one.what}")
    pixels: Column = ("pixels", lambda one: f"{one.width} x {one.height}" if one.width else "")
    total: Column = ("previews", lambda one: _kib(sum(one.previews.values())))
    sizes: list[Column] = [(name, lambda one, name=name: _kib(one.previews.get(name, 0))) for name in names]  # type: ignore[misc]
    return [[outcome, pixels, *sizes], [outcome, pixels, total], [outcome, pixels], [outcome]]


def _width(columns: Sequence[Column], outcomes: Sequence[Outcome]) -> int:
    return sum(_GAP + max(cell_len(text) for text in (head, *map(cell, outcomes))) for head, cell in columns)


def _kib(size_bytes: int) -> str:
    return f"{size_bytes / 1024:.1f} KiB" if size_bytes else ""
