"""What the Saver does without a request."""

import threading
from pathlib import Path

import pytest

from local.emulator import history, persistence


def test_histories_are_trimmed_without_changes_to_save(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trimmed = threading.Semaphore(0)
    monkeypatch.setattr(persistence, "_BACKGROUND_SECONDS", 0.01)
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
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b""]
