"""`make erase` asks the running stack to remove its histories, and waits for the answer."""

import threading
from pathlib import Path

import pytest

from local.emulator import forgetting
from local.errors import CommandError


def test_command_waits_until_the_histories_are_removed(tmp_path: Path) -> None:
    assert not forgetting.is_asked(tmp_path)
    command = threading.Thread(target=forgetting.ask, args=(tmp_path,))
    command.start()
    while not forgetting.is_asked(tmp_path):
        pass
    assert command.is_alive()
    forgetting.answer(tmp_path)
    command.join(10)
    assert not command.is_alive()


def test_stack_that_does_not_answer_is_reported_and_answers_later(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="They will be when it is running"):
        forgetting.ask(tmp_path, timeout_seconds=0)
    assert forgetting.is_asked(tmp_path)
