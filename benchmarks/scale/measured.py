"""What `make bench` measured, read from its own tables in `benchmarks/previews/results.md`."""

import re
from functools import cache
from pathlib import Path
from typing import Final

RESULTS: Final = Path(__file__).resolve().parent.parent / "previews" / "results.md"

_OURS: Final = "photosky"


@cache
def render_cpu_seconds(picture: str) -> float:
    """CPU of all previews of a picture (`JPEG 12 MP`), on one thread. Raises KeyError where it was not measured."""
    row = _table(f"{picture} to WebP")[_OURS]
    return float(row["CPU s"])


@cache
def previews_bytes(picture: str) -> int:
    """What all previews of a picture take together."""
    return round(float(_table(f"{picture} to WebP")[_OURS]["kB out"]) * 1000)


@cache
def import_cpu_seconds(module: str) -> float:
    """CPU of importing a function's handler (`tasks.previews`), above a bare interpreter."""
    return float(_table("A function's start")[f"`{module}`"]["import, CPU ms"]) / 1000


@cache
def _table(heading: str) -> dict[str, dict[str, str]]:
    """The first table below a heading: its rows by their first cell, each by the columns' names."""
    sections = re.split(r"^## (.+)$", RESULTS.read_text(encoding="utf-8"), flags=re.MULTILINE)
    text = dict(zip(sections[1::2], sections[2::2], strict=True))[heading]
    lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line[:1] == "|"]
    columns, _rule, *rows = lines
    return {row[0]: dict(zip(columns, row, strict=True)) for row in rows}
