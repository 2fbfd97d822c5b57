"""Markdown helpers of the document."""

from collections.abc import Iterable, Sequence
from textwrap import fill
from typing import Final

WIDTH: Final = 120
"""Of prose, in characters, as in the project's other documents."""


def page(blocks: Iterable[str]) -> str:
    """Join blocks; prose is wrapped, tables, headings and images are left as they are."""
    return "\n\n".join(map(_wrap, blocks)) + "\n"


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table from rows of cells."""
    lines = [f"| {' | '.join(cells)} |" for cells in (columns, *rows)]
    return "\n".join([lines[0], "|---" * len(columns) + "|", *lines[1:]])


def _wrap(block: str) -> str:
    is_prose = not block.startswith(("|", "#", "!"))
    return fill(block, WIDTH, break_long_words=False, break_on_hyphens=False) if is_prose else block
