"""Errors of `python -m local`: one sentence for an expected error, a traceback for a defect."""

import errno
import importlib
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import pytest
from botocore.exceptions import EndpointConnectionError

from local import __main__ as program
from local.errors import CommandError
from local.toolchain import ROOT


def fail_with(error: BaseException, monkeypatch: pytest.MonkeyPatch) -> int:
    """Run a command that raises `error`, and return the exit code."""

    def main(_arguments: Sequence[str]) -> int:
        raise error

    monkeypatch.setattr(importlib, "import_module", lambda _name: SimpleNamespace(main=main))
    return program.main(["demo"])


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (CommandError("It does not work."), "It does not work."),
        (
            OSError(errno.ENOSPC, "No space left on device", "/state/x"),
            "The disk is full: /state/x. Free some space, then retry.",
        ),
        (PermissionError(errno.EACCES, "Permission denied", "/state"), "Permission denied: /state"),
        (
            EndpointConnectionError(endpoint_url="http://127.0.0.1:1"),
            'Could not connect to the endpoint URL: "http://127.0.0.1:1"',
        ),
    ],
)
def test_expected_error_is_one_sentence(
    error: Exception, sentence: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert fail_with(error, monkeypatch) == 1
    assert capsys.readouterr().err == f"{sentence}\n"


def test_interrupt_is_reported_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert fail_with(KeyboardInterrupt(), monkeypatch) == 130
    assert capsys.readouterr().err == "Interrupted.\n"


def test_defect_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ZeroDivisionError):
        fail_with(ZeroDivisionError(), monkeypatch)


@pytest.mark.parametrize(("arguments", "code"), [([], 0), (["--help"], 0), (["nope"], 2)])
def test_all_commands_are_listed(arguments: list[str], code: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert program.main(arguments) == code
    shown = capsys.readouterr()
    for name, (_, text) in program.COMMANDS.items():
        assert f"  {name:<10} {text}" in shown.out + shown.err


@pytest.mark.parametrize("name", program.COMMANDS)
def test_every_command_has_a_module(name: str) -> None:
    module, _ = program.COMMANDS[name]
    assert callable(importlib.import_module(f"local.commands.{module}").main)


def test_ascii_terminal_gets_replacement_characters(tmp_path: Path) -> None:
    folder = tmp_path / "Bücher"
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", "local", "token", "--state", str(folder)],
        cwd=ROOT,
        env={**os.environ, "PYTHONIOENCODING": "ascii", "LC_ALL": "C.UTF-8"},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith(b"No stack is running on " + bytes(tmp_path) + b"/B?cher. Start it with")
