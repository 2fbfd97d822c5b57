"""The periodic work of the Saver, without a call that marks a change."""

import threading
from pathlib import Path

import pytest

from local.emulator import history, persistence


def test_histories_are_trimmed_without_changes_to_save(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trimmed = threading.Semaphore(0)
    monkeypatch.setattr(persistence, "_BULKY_DELAY_SECONDS", 0.01)
    monkeypatch.setattr(history, "trim", trimmed.release)
    monkeypatch.setattr(persistence.Saver, "_watch", lambda _: None)
    monkeypatch.setattr(persistence.Saver, "_sources", dict)
    saver = persistence.Saver(tmp_path)
    saver.start()
    try:
        assert trimmed.acquire(timeout=10)
        assert trimmed.acquire(timeout=10)
    finally:
        saver.stop()
    assert list(tmp_path.iterdir()) == []
