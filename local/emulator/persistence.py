"""State that is on disk before the response leaves, so that the death of the process loses nothing acknowledged.

Gap: MiniStack saves at shutdown only, and drops a service's save if its state changes during it.
Closed upstream when a user and an item created right before `kill -9` exist after the next start without this module.

Items of DynamoDB, executions and traces are appended to a journal (`local.emulator.journal`). S3 writes each object to
files of its own (`local.emulator.patches.objects`). All other state changes rarely: a call that changes it writes the
snapshot of its service. Logs and metrics are saved in the background.
"""

import contextvars
import json
import logging
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from local.emulator import forgetting, history, outbox, recovery
from local.emulator.calls import action_of, failure, is_writing, problem
from local.emulator.journal import Journal
from local.emulator.patches import pipes, xray
from local.emulator.wrapping import module, require, wrap
from local.toolchain import ROOT
from photosky import heap

logger = logging.getLogger(__name__)

_IN_BACKGROUND: Final = frozenset({"cloudwatch_logs", "cloudwatch"})
"""Histories, which grow with every request; saving them each time costs more than they are worth."""

_BACKGROUND_SECONDS: Final = 15.0
_QUIET_SECONDS: Final = 2.0
_COMPACTED_BYTES: Final = 32 * 1024 * 1024
"""Size of a journal that is compacted in a quiet moment."""
_MAX_JOURNAL_BYTES: Final = 4 * _COMPACTED_BYTES
"""Size of a journal that is compacted at once: under load there is no quiet moment."""
_ATTEMPTS: Final = 20

_STARTS: Final = frozenset({"StartExecution", "StartSyncExecution"})
_ENDED: Final = ("_COMPLETE", "_FAILED")

Change = tuple[dict[str, Any], Any, Any, Any, Any]
"""A table, the two parts of the key, and the item before and after; None where there is none."""

_changes: contextvars.ContextVar[list[Change] | None] = contextvars.ContextVar("photosky_changes", default=None)


class Saver:
    """Makes the state below `folder` durable. `report` gets a sentence when that fails, and when it works again."""

    def __init__(self, folder: Path, report: Callable[[str], None] = logger.error) -> None:
        self._folder = folder
        self._report = report
        self._journal: Journal | None = None
        self._saving = threading.RLock()
        self._texts: dict[str, int] = {}
        self._unsaved: set[str] = set()
        self._ended: dict[str, str] | None = None
        self._last_write = 0.0
        self._failing = False
        self._prune: Callable[[], None] = lambda: None
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True, name="photosky-saver")

    def start(self) -> None:
        """Open the journal, watch the services, and save histories in the background."""
        self.open()
        self._watch()
        self._thread.start()

    def open(self) -> None:
        """Open the journal."""
        self._journal = Journal(self._folder)

    def stop(self) -> None:
        """Save everything and close the journal. Raises OSError, after which the journal still has every change."""
        self._stopped.set()
        self._thread.join()
        history.trim()
        journal = self._opened()
        earlier = journal.rotate()
        self.save()
        for path in earlier:
            path.unlink()
        journal.close()

    def save(self, states: Iterable[str] | None = None) -> None:
        """Write the snapshots of these states (names of MiniStack's state files), or of all. Raises OSError."""
        sources = self._sources()
        with self._saving:
            for state in sources if states is None else states:
                if state in sources:
                    self._save_one(state, sources[state])

    def append(self, service: str, changes: list[dict[str, Any]], **also: list[dict[str, Any]]) -> None:
        """Append changes to the journal, with those of other services that are made or lost together with them.

        Raises OSError, after which the journal is as before.
        """
        self._last_write = time.monotonic()
        try:
            self._opened().append({"service": service, "changes": changes, **({"also": also} if also else {})})
        except OSError as error:
            self._failed(error)
            raise
        self._works()

    def append_execution(self, arn: str) -> None:
        """Append an execution in its present state; report it if that fails, because no response depends on it."""
        for key, execution in module("services.stepfunctions")._executions.all_items():
            if execution["executionArn"] == arn:
                changed = {"key": f"{key[0]}\0{key[1]}\0{key[2]!r}", "execution": execution}
                try:
                    self.append("stepfunctions", [changed])
                except OSError:
                    logger.exception("The execution %s is not saved", arn)

    def append_document(self, document: Mapping[str, Any]) -> None:
        """Append a document of a trace; log it if that fails, because no response depends on it."""
        try:
            self.append("xray", [{"document": document}])
        except OSError:
            logger.exception("A trace is not saved")

    def append_record(self, record: outbox.Record) -> None:
        """Append a stream record, and let its pipe send it. Raises OSError."""
        self.append(outbox.STATE, [outbox.added(record)])
        outbox.outbox.add([record])

    def append_sent(self, ids: list[str]) -> None:
        """Save the queues that may have got events, then append that these records were sent; log it if that fails.

        In that case they are sent again after the next start.
        """
        outbox.outbox.remove(ids)
        try:
            self.save(["sqs"])
            self.append(outbox.STATE, [outbox.sent(ids)])
        except OSError:
            logger.exception("Sent events are not saved")

    def _opened(self) -> Journal:
        if self._journal is None:
            raise RuntimeError("the Saver has not started")
        return self._journal

    @staticmethod
    def _sources() -> dict[str, Callable[[], Any]]:
        sources: dict[str, Callable[[], Any]] = require("app", "_build_persistence_save_dict", "")()
        return {**sources, "xray": xray.get_state, outbox.STATE: outbox.outbox.state}

    # --- Requests ---------------------------------------------------------------------------------------------------

    def _watch(self) -> None:
        """Wrap each service's handler, and the functions that change items."""
        app = module("app")
        state_of = {config["module"]: config.get("state_key", config["module"]) for config in _registry().values()}
        for name, config in _registry().items():
            if name in app.SERVICE_HANDLERS:
                app.SERVICE_HANDLERS[name] = self._durable(app.SERVICE_HANDLERS[name], name, state_of[config["module"]])
        wrap("services.dynamodb", "_set_item", "table pk_val sk_val item", self._noting)
        wrap("services.dynamodb", "_remove_item", "table pk_val sk_val", self._noting)
        wrap("services.dynamodb", "_items_replaced", "table", self._forgetting)
        wrap("services.lambda_svc", "_prune_orphan_code_blobs", "referenced", self._later)

    def _noting(self, original: Callable[..., Any]) -> Callable[..., Any]:
        """Note what a function of DynamoDB changes, or append it if no request does it."""

        def change(table: dict[str, Any], pk_val: Any, sk_val: Any, item: Any = None) -> Any:
            given = (table, pk_val, sk_val) if item is None else (table, pk_val, sk_val, item)
            before = original(*given)
            noted = _changes.get()
            if before is None and item is None:
                return None
            if noted is not None:
                noted.append((table, pk_val, sk_val, before, item))
            else:
                self.append("dynamodb", [_entry(table, pk_val, sk_val, item)])
            return before

        return change

    def _forgetting(self, original: Callable[..., Any]) -> Callable[..., Any]:
        """Forget a table's changes where all of its items are replaced; its request writes the snapshot."""

        def replaced(table: dict[str, Any]) -> None:
            original(table)
            if (noted := _changes.get()) is not None:
                noted[:] = [change for change in noted if change[0] is not table]

        return replaced

    def _later(self, original: Callable[[set[str]], None]) -> Callable[[set[str]], None]:
        """Remove code only after the snapshot that does not refer to it is written."""

        def prune(referenced: set[str]) -> None:
            self._prune = lambda: original(referenced)

        return prune

    def _durable(self, handler: Callable[..., Awaitable[Any]], service: str, state: str) -> Callable[..., Any]:
        async def handle(method: str, path: str, headers: Any, body: Any, query_params: Any) -> Any:
            action = action_of(headers, body, query_params)
            is_write = is_writing(service, action, method, path)
            noted: list[Change] = []
            records: list[outbox.Record] = []
            token, records_token = _changes.set(noted), pipes.noted.set(records)
            try:
                if state in self._unsaved:
                    self._save_now([state])
                if service == "cloudformation" and self._ended is None:
                    self._ended = _ended_stacks()  # As the snapshots have them.
                try:
                    response = await handler(method, path, headers, body, query_params)
                finally:
                    self._append_items(noted, records)
                self._after(service, state, action, response, is_write=is_write)
            except OSError as error:
                self._failed(error)
                return failure(service, error, is_query=bool(action) and "x-amz-target" not in headers)
            finally:
                _changes.reset(token)
                pipes.noted.reset(records_token)
            return response

        return handle

    def _append_items(self, noted: list[Change], records: list[outbox.Record]) -> None:
        """Append the changes of a request as one entry, with their stream records, or undo them. Raises OSError."""
        if not noted:
            return
        try:
            changes = [_entry(table, pk, sk, item) for table, pk, sk, _, item in noted]
            also = {outbox.STATE: [outbox.added(record) for record in records]} if records else {}
            self.append("dynamodb", changes, **also)
        except OSError:
            undone = noted[::-1]
            service = module("services.dynamodb")
            for table, pk, sk, before, _ in undone:
                if before is None:
                    service._remove_item(table, pk, sk)
                else:
                    service._set_item(table, pk, sk, before)
            noted.clear()
            raise
        outbox.outbox.add(records)

    def _after(self, service: str, state: str, action: str, response: Any, *, is_write: bool) -> None:
        """Save what a request changed besides items. Raises OSError."""
        if service == "cloudformation":
            ended = _ended_stacks()
            if ended != self._ended:
                self._save_now(set(self._sources()) - _IN_BACKGROUND)
                self._ended = ended
        if not is_write or state in _IN_BACKGROUND:
            return
        if state == "stepfunctions" and action in _STARTS:
            if response[0] == 200:
                self.append_execution(json.loads(response[2])["executionArn"])
            return
        self._save_now([state])

    def _save_now(self, states: Iterable[str]) -> None:
        wanted = set(states)
        self._unsaved |= wanted
        self.save(wanted)
        self._unsaved -= wanted
        self._works()

    # --- Snapshots --------------------------------------------------------------------------------------------------

    def _save_one(self, state: str, source: Callable[[], Any]) -> None:
        text = _snapshot(state, source)
        if text is None:
            return
        path = self._folder / f"{state}.json"
        if self._texts.get(state) != hash(text) or not path.exists():
            is_new = not path.exists()
            recovery.write(path, text)
            self._texts[state] = hash(text)
            if is_new:
                recovery.write_index(self._folder)
        if state == "lambda":
            self._prune()

    def _run(self) -> None:
        """Save histories, trim them, and compact the journal in a quiet moment."""
        saved = time.monotonic()
        while not self._stopped.wait(0.5):
            now = time.monotonic()
            try:
                if now - saved > _BACKGROUND_SECONDS:
                    saved = now
                    history.trim()
                    self.save(_IN_BACKGROUND)
                    heap.trim()
                # Records that are not sent yet name the owner, and sending them adds to the histories.
                if forgetting.is_asked(self._folder.parent) and outbox.outbox.is_empty:
                    self.forget()
                is_quiet = now - self._last_write > _QUIET_SECONDS
                if self._opened().size_bytes > (_COMPACTED_BYTES if is_quiet else _MAX_JOURNAL_BYTES):
                    self.compact()
            except (OSError, RuntimeError, TypeError, ValueError, subprocess.CalledProcessError) as error:
                logger.exception("The state is not saved and will be retried")
                if isinstance(error, OSError):
                    self._failed(error)

    def compact(self) -> None:
        """Merge the journal into the snapshots, in another process, which leaves this one's core and memory free.

        Raises CalledProcessError, after which the journal is complete.
        """
        with self._saving:
            earlier = self._opened().rotate()
            command = [sys.executable, "-m", "local.emulator.recovery", str(self._folder), *(p.name for p in earlier)]
            subprocess.run(command, cwd=ROOT, check=True)  # noqa: S603 - ourselves
            self._texts.clear()

    def forget(self) -> None:
        """Remove the histories from memory and disk, also from the journal. Raises OSError."""
        with self._saving:
            forgetting.clear()
            earlier = self._opened().rotate()
            self.save()
            for path in earlier:
                path.unlink()
        forgetting.answer(self._folder.parent)

    # --- Failures ---------------------------------------------------------------------------------------------------

    def _failed(self, error: OSError) -> None:
        logger.error("The state cannot be written: %s", error)
        if not self._failing:
            self._failing = True
            self._report(f"{problem(error)} Requests fail until then; nothing that was acknowledged is lost.")

    def _works(self) -> None:
        if self._failing:
            self._failing = False
            self._report("The state can be written again.")


def _entry(table: Mapping[str, Any], pk: Any, sk: Any, item: Any) -> dict[str, Any]:
    _, _, _, region, account, name = str(table["TableArn"]).split(":", 5)
    key = f"{account}\0{region}\0{name.removeprefix('table/')!r}"
    return {"table": key, "table_id": table.get("TableId"), "pk": pk, "sk": sk, "item": item}


def _ended_stacks() -> dict[str, str]:
    """Return the status of each stack whose operation has ended."""
    stacks = require("services.cloudformation", "_stacks.all_items")()
    return {
        stack["StackId"]: f"{stack['StackStatus']} {stack.get('LastUpdatedTime')}"
        for _, stack in stacks
        if stack["StackStatus"].endswith(_ENDED)
    }


def _registry() -> dict[str, dict[str, Any]]:
    registry: dict[str, dict[str, Any]] = require("app", "SERVICE_REGISTRY")
    return registry


def _snapshot(state: str, source: Callable[[], Any]) -> str | None:
    """Return a service's state in the format of MiniStack's files; retries if it changes while it is read.

    Raises RuntimeError if it changes all the time.
    """
    version = require("core.persistence", "_state_format_version", "service")(state)
    default = require("core.persistence", "_json_default", "obj")
    for attempt in range(_ATTEMPTS):
        try:
            payload = source()
            if payload is None:
                return None
            return json.dumps({"__ministack_format__": version, "payload": payload}, default=default)
        except RuntimeError as error:
            if "iteration" not in str(error) or attempt == _ATTEMPTS - 1:
                raise
            time.sleep(0.01)
    return None


def install() -> None:
    """Disable MiniStack's own save at shutdown, which would write everything a second time."""

    def nothing(_original: Callable[..., Any]) -> Callable[..., Any]:
        def save_all(services: Any) -> None:
            """Do nothing; the Saver saves after the server has stopped."""

        return save_all

    wrap("app", "save_all", "services", nothing)
