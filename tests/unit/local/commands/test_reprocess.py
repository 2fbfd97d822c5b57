"""The output of `make reprocess` and `make import`."""

import io
from collections import Counter
from pathlib import Path

from local.commands.importer import Became
from local.commands.imports import lines
from local.commands.reprocess import Report
from local.progress import Progress

REPORT = Report(
    counts={"ready": 12, "outdated": 5, "renewed": 3, "damaged": 1, "broken": 1},
    missing={"small": 5, "banner": 4},
    unneeded={"large": 2},
    faults=2,
    reports=[
        {"photo_id": "1", "outcome": "damaged", "code": "CorruptImage"},
        {"photo_id": "2", "outcome": "broken"},
    ],
)
COUNTED = [
    "5 of 12 photos need other previews",
    "  4 lack banner",
    "  5 lack small",
    "  2 have large, which no preset defines",
]


def test_dry_run_prints_counts() -> None:
    assert REPORT.lines(dry_run=True) == COUNTED


def test_run_prints_outcomes_and_failed_photos() -> None:
    assert REPORT.lines(dry_run=False) == [
        *COUNTED,
        "3 renewed",
        "1 unchanged, because the original has changed",
        "1 failed and unchanged (start the reprocess again)",
        "  1: damaged CorruptImage",
        "  2: broken",
    ]


def test_import_prints_counts_by_outcome() -> None:
    counts: Counter[Became] = Counter({"imported": 3, "rejected": 1, "failed": 0})
    assert lines(counts, Path("report.jsonl")) == ["3 imported, 1 rejected", "Report: report.jsonl"]


def test_a_bar_in_a_log_is_two_lines() -> None:
    output = io.StringIO()
    with Progress(output).bar("Sending [all]", 3) as advance_to:
        advance_to(2)
    first, last = output.getvalue().splitlines()
    assert (first, last.rpartition("  ")[0]) == ("… Sending [all]", "✓ Sending [all] (2/3)")
