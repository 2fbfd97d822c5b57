"""What `make reconcile` prints, from what the function's runs answered."""

from typing import Any

from local.commands.reconcile import Findings
from tasks.reconcile import OUTCOMES

REPORT = {"photo_id": "photo 1", "reason": "It is torn."}


def answer(**counts: int) -> dict[str, Any]:
    """A run's answer."""
    return dict.fromkeys(OUTCOMES, 0) | counts | {"more": False, "reports": [REPORT] * counts.get("reported", 0)}


def test_nothing_found_is_said() -> None:
    found = Findings()
    found.add(answer())
    assert found.lines() == ["Nothing to reconcile."]


def test_runs_add_up_but_for_what_each_of_them_sees_again() -> None:
    found = Findings()
    for one in (answer(finished=1, waiting=2, reported=1), answer(finished=2, failed=1, reported=1)):
        found.add(one)
    assert found.lines() == [
        "3 ready after all: the execution had died before its last write",
        "1 failed: the execution died too early, the photo can be uploaded again",
        "1 for a person to look at",
        "  photo 1: It is torn.",
    ]
    assert found.counts["waiting"] == 0


def test_every_outcome_that_is_no_fault_is_printed() -> None:
    for name in set(OUTCOMES) - {"found", "faults"}:
        found = Findings()
        found.add(answer(**{name: 1}))
        assert found.lines() != ["Nothing to reconcile."]
