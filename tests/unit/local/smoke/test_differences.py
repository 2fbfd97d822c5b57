"""Differences, and the repetition of checks of what is eventually consistent."""

import pytest

from local.smoke.differences import Difference, Fault, compare, eventually, report


def test_equal_values_have_no_difference() -> None:
    assert compare("status", "ready", "ready") == []
    assert compare("status", "failed", "ready") == ["status is 'failed' instead of 'ready'"]


def test_report_raises_all_differences_at_once() -> None:
    report([])
    with pytest.raises(Difference) as raised:
        report(text for text in ("one", "two"))
    assert raised.value.texts == ("one", "two")


def test_check_is_repeated_until_it_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr("local.smoke.differences.time.sleep", pauses.append)
    answers = [False, False, True]

    def check() -> str:
        if not answers.pop(0):
            raise Difference("not yet")
        return "found"

    assert eventually(check, 60) == "found"
    assert pauses == [0.5, 0.5]


def test_check_that_never_passes_raises_its_difference() -> None:
    def check() -> None:
        raise Difference("never")

    with pytest.raises(Difference, match="never"):
        eventually(check, 0)


def test_fault_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("local.smoke.differences.time.sleep", lambda _seconds: pytest.fail("it was repeated"))

    def check() -> None:
        raise Fault("500", "id")

    with pytest.raises(Fault):
        eventually(check, 60)
