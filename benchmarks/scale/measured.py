"""Figures of the last `make bench`, read from the tables of `benchmarks/previews/results.md`."""

import re
from functools import cache
from typing import Final

from infrastructure.packaging import ROOT

RESULTS: Final = ROOT / "benchmarks" / "previews" / "results.md"

_OURS: Final = "photosky"
_HEADER: Final = re.compile(r"^Measured on (?P<date>[0-9-]+), (?P<machine>.+?)\.$", re.MULTILINE)


@cache
def date() -> str:
    """Day of the run, in ISO 8601."""
    return _header()["date"]


@cache
def machine() -> str:
    """Machine of the run."""
    return _header()["machine"]


@cache
def render_cpu_seconds(picture: str) -> float:
    """CPU of rendering all previews of a picture (`JPEG 12 MP`) in one thread.

    Raises KeyError if the picture was not measured.
    """
    return float(_table(f"{picture} to WebP")[_OURS]["CPU s"])


@cache
def previews_bytes(picture: str) -> int:
    """Size of all previews of a picture together."""
    return round(float(_table(f"{picture} to WebP")[_OURS]["kB out"]) * 1000)


@cache
def import_cpu_seconds(module: str) -> float:
    """CPU of importing a function's handler (`tasks.previews`), above a bare interpreter."""
    return float(_table("Imports at a cold start")[f"`{module}`"]["CPU ms"]) / 1000


def _header() -> dict[str, str]:
    found = _HEADER.search(RESULTS.read_text(encoding="utf-8"))
    if found is None:
        raise ValueError(f"{RESULTS} does not say when and on which machine it was measured.")
    return found.groupdict()


@cache
def _table(heading: str) -> dict[str, dict[str, str]]:
    """First table below a heading: rows by their first cell, cells by their column."""
    sections = re.split(r"^## (.+)$", RESULTS.read_text(encoding="utf-8"), flags=re.MULTILINE)
    text = dict(zip(sections[1::2], sections[2::2], strict=True))[heading]
    lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line[:1] == "|"]
    columns, _rule, *rows = lines
    return {row[0]: dict(zip(columns, row, strict=True)) for row in rows}
