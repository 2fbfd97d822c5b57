"""The output of `make reprocess`."""

from local.commands.reprocess import Report

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


def test_dry_run_prints_the_outdated_previews() -> None:
    assert REPORT.lines(dry_run=True) == COUNTED


def test_run_prints_its_outcomes_and_the_failed_photos() -> None:
    assert REPORT.lines(dry_run=False) == [
        *COUNTED,
        "3 renewed",
        "1 unchanged, because the original has changed",
        "1 failed and unchanged (start the reprocess again)",
        "  1: damaged CorruptImage",
        "  2: broken",
    ]
