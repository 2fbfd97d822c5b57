"""The output of `make reconcile` for the results of the function's invocations."""

from typing import Any

from local.commands.reconcile import Findings
from photosky.runs import OUTCOMES

REPORT = {"photo_id": "photo 1", "reason": "It is torn."}


def result(**counts: int) -> dict[str, Any]:
    """Return the result of one invocation."""
    return dict.fromkeys(OUTCOMES, 0) | counts | {"more": False, "reports": [REPORT] * counts.get("reported", 0)}


def test_run_without_findings_prints_one_line() -> None:
    found = Findings()
    found.add(result())
    assert found.lines() == ["Nothing to reconcile."]


def test_counts_are_summed_and_repeated_reports_count_once() -> None:
    found = Findings()
    for one in (result(finished=1, waiting=2, reported=1), result(finished=2, failed=1, reported=1)):
        found.add(one)
    assert found.lines() == [
        "3 made ready: the execution was lost before its last write",
        "1 failed: the ingest was lost without an upload, or again; the photo can be uploaded again",
        "1 to be checked by an operator",
        "  photo 1: It is torn.",
    ]
    assert found.counts["waiting"] == 0


def test_every_outcome_except_faults_is_printed() -> None:
    for name in set(OUTCOMES) - {"found", "faults"}:
        found = Findings()
        found.add(result(**{name: 1}))
        assert found.lines() != ["Nothing to reconcile."]
