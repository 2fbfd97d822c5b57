"""Lambda workers: a bound per function, AWS's error names, and no wait for a log line that never comes.

Gaps: workers per function are unbounded; a Python exception is called `Runtime.HandlerError` whatever its class;
an invocation that logs nothing waits 50 ms for a first line.
Closed upstream when, without this module, a burst leaves few processes, `errorType` is the exception's class, and
a silent function answers warm in under 20 ms.
"""

import re
import threading
import time
from collections.abc import Callable
from typing import Any, Final

from local.adapters.wrapping import require, wrap

MAX_WORKERS_PER_FUNCTION: Final = 4
"""A machine's cores, not AWS's account limit, bound what runs at once; further invocations wait their turn."""

_MAX_WAIT_SECONDS: Final = 60.0
_FIRST_LOG_LINE_SECONDS: Final = 0.01
_RAISED: Final = re.compile(r"^(?:[A-Za-z_]\w*\.)*([A-Za-z_]\w*)(?:: .*)?$")

_released = threading.Condition()


def error_type(traceback_text: str) -> str | None:
    """The class name of the exception that a traceback's text ends with.

    The message may span lines, so it is the first line after the last frame that starts unindented.
    """
    lines = traceback_text.splitlines()
    frames = [index for index, line in enumerate(lines) if line.startswith("  ")]
    if not frames:
        return None
    for line in lines[frames[-1] + 1 :]:
        found = _RAISED.match(line)
        if found:
            return found[1]
    return None


def _bounded(original: Callable[..., Any]) -> Callable[..., Any]:
    def acquire(
        func_name: str,
        config: dict[str, Any],
        code_zip: bytes,
        qualifier: str = "$LATEST",
        max_concurrency: int | None = None,
    ) -> tuple[Any, str]:
        deadline = time.monotonic() + _MAX_WAIT_SECONDS
        limit = max_concurrency or MAX_WORKERS_PER_FUNCTION
        with _released:
            while True:
                worker, reason = original(func_name, config, code_zip, qualifier, limit)
                if worker is not None or time.monotonic() > deadline:
                    return worker, reason
                _released.wait(1.0)  # Not longer: a worker that dies is dropped without being released.

    return acquire


def _announcing(original: Callable[..., Any]) -> Callable[..., Any]:
    def release(worker: Any) -> None:
        original(worker)
        with _released:
            _released.notify_all()

    return release


def _named(original: Callable[..., Any]) -> Callable[..., Any]:
    def execute(func: dict[str, Any], event: Any, request_id: str) -> Any:
        result = original(func, event, request_id)
        body = result.get("body")
        if result.get("error") and isinstance(body, dict) and body.get("errorType") == "Runtime.HandlerError":
            body["errorType"] = error_type(result.get("log", "")) or body["errorType"]
            body["requestId"] = request_id
        return result

    return execute


def _impatient(original: Callable[..., Any]) -> Callable[..., Any]:
    def drain(
        self: Any,
        first_line_wait: float = _FIRST_LOG_LINE_SECONDS,
        idle_confirm: float = 0.005,
        hard_cap: float = 0.250,
    ) -> str:
        return str(original(self, first_line_wait, idle_confirm, hard_cap))

    return drain


def install() -> None:
    """Wrap the worker pool where it lives and where the Lambda service imported it."""
    acquire = "func_name config code_zip qualifier max_concurrency"
    for owner in ("services.lambda_svc", "core.lambda_runtime"):
        wrap(owner, "acquire_worker", acquire, _bounded)
        wrap(owner, "release_worker", "worker", _announcing)
    wrap(
        "core.lambda_runtime", "Worker._drain_stderr_bounded", "self first_line_wait idle_confirm hard_cap", _impatient
    )
    wrap("services.lambda_svc", "_execute_function_warm", "func event request_id", _named)


def stop_workers() -> None:
    """End every warm worker; the emulator's last act, so that none outlives it."""
    require("core.lambda_runtime", "reset", "")()
