"""State that survives `kill -9`: changes are saved within seconds, each file atomically.

Gap: MiniStack saves at shutdown only, and drops a service's save if its state changes during it.
Closed upstream when a user created two seconds before `kill -9` exists after the next start without this module.
"""

import json
import logging
import threading
import time
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import Any, Final

from local.emulator import history
from local.emulator.wrapping import module, require, wrap

logger = logging.getLogger(__name__)

_QUIET_SECONDS: Final = 0.4
_MAX_DELAY_SECONDS: Final = 1.5
_BULKY_DELAY_SECONDS: Final = 15.0
_BULKY: Final = frozenset({"stepfunctions", "cloudwatch_logs", "cloudwatch"})
"""Histories, which grow with every request; saving them each time costs more than they are worth."""

_REACHES_ALL: Final = frozenset({"cloudformation", "cloudcontrol"})
_ATTEMPTS: Final = 20


class Saver:
    """Saves the services that were written to, once they are idle or after a delay."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._saving = threading.Lock()
        self._dirty: dict[str, float] = {}
        self._last_write = 0.0
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True, name="photosky-saver")

    def start(self) -> None:
        """Watch the services, and save in the background."""
        self._watch()
        self._thread.start()

    def stop(self) -> None:
        """Stop saving in the background; call `save` for the remaining changes."""
        self._stopped.set()
        self._thread.join()
        history.trim()

    def mark(self, states: Iterable[str]) -> None:
        """Note that these states (names of MiniStack's state files) were written to."""
        now = time.monotonic()
        with self._lock:
            self._last_write = now
            for state in states:
                self._dirty.setdefault(state, now)

    def save(self, states: Iterable[str] | None = None) -> None:
        """Save these states, or all of them, now."""
        sources = self._sources()
        wanted = list(sources if states is None else states)
        with self._saving:
            for state in wanted:
                if state in sources:
                    self._save_one(state, sources[state])

    @staticmethod
    def _sources() -> dict[str, Callable[[], Any]]:
        sources: dict[str, Callable[[], Any]] = require("app", "_build_persistence_save_dict", "")()
        return sources

    def _watch(self) -> None:
        """Wrap each service's handler, so that a call marks the state that it may change."""
        app = module("app")
        state_of = {config["module"]: config.get("state_key", config["module"]) for config in _registry().values()}
        for name, config in _registry().items():
            if name in app.SERVICE_HANDLERS:
                state = state_of[config["module"]]
                app.SERVICE_HANDLERS[name] = self._marking(app.SERVICE_HANDLERS[name], name, state)

    def _marking(self, handler: Callable[..., Awaitable[Any]], service: str, state: str) -> Callable[..., Any]:
        async def handle(method: str, path: str, headers: Any, body: Any, query_params: Any) -> Any:
            try:
                return await handler(method, path, headers, body, query_params)
            finally:
                # An invocation changes nothing of the functions' own state, whose snapshot hashes all their code.
                if method not in ("GET", "HEAD") and not path.endswith("/invocations"):
                    self.mark(self._sources() if service in _REACHES_ALL else [state])

        return handle

    def _run(self) -> None:
        trimmed = time.monotonic()
        while not self._stopped.wait(0.1):
            due = self._take_due()
            try:
                # By time, because functions and workflows write histories without a call that `_watch` sees.
                if time.monotonic() - trimmed > _BULKY_DELAY_SECONDS:
                    history.trim()
                    trimmed = time.monotonic()
                self.save(due)
            except (OSError, RuntimeError, TypeError, ValueError):
                logger.exception("The states %s could not be saved and will be retried", ", ".join(due))
                self.mark(due)

    def _take_due(self) -> list[str]:
        now = time.monotonic()
        with self._lock:
            quiet = now - self._last_write > _QUIET_SECONDS
            due = [
                state
                for state, since in self._dirty.items()
                if now - since > (_BULKY_DELAY_SECONDS if state in _BULKY else _MAX_DELAY_SECONDS)
                or (quiet and state not in _BULKY)
            ]
            for state in due:
                del self._dirty[state]
        return due

    def _save_one(self, state: str, source: Callable[[], Any]) -> None:
        text = _snapshot(state, source)
        if text is None:
            return
        path = self._folder / f"{state}.json"
        scratch = path.with_suffix(".json.tmp")
        scratch.write_text(text)
        scratch.replace(path)


def _registry() -> dict[str, dict[str, Any]]:
    registry: dict[str, dict[str, Any]] = require("app", "SERVICE_REGISTRY")
    return registry


def _snapshot(state: str, source: Callable[[], Any]) -> str | None:
    """Return a service's state in the format of MiniStack's files; retries if it changes while it is read."""
    persistence = module("core.persistence")
    version = require("core.persistence", "_state_format_version", "service")(state)
    default = require("core.persistence", "_json_default", "obj")
    for _ in range(_ATTEMPTS):
        try:
            payload = source()
            if payload is None:
                return None
            return json.dumps({"__ministack_format__": version, "payload": payload}, default=default)
        except RuntimeError as error:
            if "changed size during iteration" not in str(error) and "mutated during iteration" not in str(error):
                raise
            time.sleep(0.01)
    logger.warning("The state of %s kept changing and will be saved the next time (%s)", state, persistence.STATE_DIR)
    return None


def install() -> None:
    """Disable MiniStack's own save at shutdown, which would write everything a second time."""

    def nothing(_original: Callable[..., Any]) -> Callable[..., Any]:
        def save_all(services: Any) -> None:
            """Do nothing; the Saver saves after the server has stopped."""

        return save_all

    wrap("app", "save_all", "services", nothing)
