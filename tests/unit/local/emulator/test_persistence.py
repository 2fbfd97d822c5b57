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


def test_started_execution_is_appended_without_a_snapshot_of_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[object] = []
    monkeypatch.setattr(persistence.Saver, "append_execution", lambda _, arn: written.append(arn))
    monkeypatch.setattr(persistence.Saver, "save", lambda _, states: written.append(set(states)))
    saver = persistence.Saver(tmp_path)
    started: tuple[int, dict[str, str], bytes] = 200, {}, b'{"executionArn": "arn"}'
    for action in ("StartExecution", "StartSyncExecution", "UpdateStateMachine"):
        saver._after("states", "stepfunctions", action, started, is_write=True)
    saver._after("states", "stepfunctions", "StartExecution", (400, {}, b"{}"), is_write=True)
    assert written == ["arn", "arn", {"stepfunctions"}]
