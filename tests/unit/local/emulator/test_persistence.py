"""What the Saver does without a request."""

import threading
from pathlib import Path

import pytest

from local.emulator import forgetting, history, outbox, persistence
from local.errors import CommandError


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


def test_histories_are_removed_after_the_last_event_is_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    events = outbox.Outbox()
    sent_before: list[bool] = []
    events.add([{"eventID": "1"}])
    monkeypatch.setattr(outbox, "outbox", events)
    monkeypatch.setattr(persistence.Saver, "_watch", lambda _: None)
    monkeypatch.setattr(persistence.Saver, "_sources", dict)
    monkeypatch.setattr(forgetting, "clear", lambda: sent_before.append(events.is_empty))
    folder = tmp_path / "state"
    folder.mkdir()
    saver = persistence.Saver(folder)
    saver.start()
    try:
        with pytest.raises(CommandError):
            forgetting.ask(tmp_path, timeout_seconds=1.2)
        events.remove(["1"])
        forgetting.ask(tmp_path, timeout_seconds=10)
    finally:
        saver.stop()
    assert sent_before == [True]
