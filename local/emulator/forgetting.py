"""Removal of the histories of the local stack: executions, log events, traces and the emulator's own log.

Gap: AWS deletes logs and traces after their retention, and keeps no history of Express workflows beyond their log. The
local stack keeps the newest ones in its state folder, so that they would outlast an owner that `make erase` removes.

The request is a file in the state folder, which only the owner of the folder can write; the running stack deletes it
when the histories are gone.
"""

import logging
import time
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Final

from local.emulator.patches import xray
from local.emulator.wrapping import module
from local.errors import CommandError

_REQUEST: Final = "forget"
_TIMEOUT_SECONDS: Final = 120


def ask(folder: Path, timeout_seconds: float = _TIMEOUT_SECONDS) -> None:
    """Ask the stack that runs on a state folder to remove its histories, and wait until it has. Raises CommandError."""
    request = folder / _REQUEST
    request.touch(mode=0o600)
    end = time.monotonic() + timeout_seconds
    while request.exists():
        if time.monotonic() > end:
            raise CommandError("The histories of the stack are not removed yet. They will be when it is running.")
        time.sleep(0.1)


def is_asked(folder: Path) -> bool:
    """Whether the stack on this state folder has to remove its histories."""
    return (folder / _REQUEST).exists()


def answer(folder: Path) -> None:
    """Report that the histories are gone."""
    (folder / _REQUEST).unlink(missing_ok=True)


def clear() -> None:
    """Remove the histories from memory, and the emulator's log files."""
    executions = module("services.stepfunctions")._executions._data
    for key in [key for key, execution in list(executions.items()) if execution["status"] != "RUNNING"]:
        executions.pop(key, None)
    logs = module("services.cloudwatch_logs")
    with logs._log_events_lock:
        for _, group in logs._log_groups.all_items():
            for stream in group["streams"].values():
                stream["events"] = []
    xray.traces.delete_before(float("inf"))
    for handler in logging.getLogger().handlers:
        if isinstance(handler, RotatingFileHandler):
            _empty(handler)


def _empty(handler: RotatingFileHandler) -> None:
    handler.acquire()
    try:
        for number in range(1, handler.backupCount + 1):
            Path(f"{handler.baseFilename}.{number}").unlink(missing_ok=True)
        with Path(handler.baseFilename).open("r+b") as file:
            file.truncate()
    finally:
        handler.release()
