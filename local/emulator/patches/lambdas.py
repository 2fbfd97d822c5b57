"""Lambda: bounded workers that end with the server, code unpacked once, AWS's error names, complete logs at once.

Gaps: the workers of a function are unbounded; each unpacks the code again (0.7 s and 60 MB) and imports the same
libraries (0.3 s); each save hashes all code (50 ms); the error type of every Python exception is
`Runtime.HandlerError`, and the exception ends the worker, which AWS keeps; an invocation that logs nothing waits 50 ms,
and lines that arrive later than that are lost or counted to the next invocation; a busy worker outlives a killed
server, repeats its call of AWS and reaches the next server.
Closed upstream when, without this module, a burst leaves few processes and one copy of the code, a second function
starts in 0.2 s, `errorType` is the exception's class, the process that raised it serves the next invocation, a warm
function that logs nothing responds within 20 ms, each invocation has its own log lines on a busy machine, and a busy
worker ends with its server.
"""

import hashlib
import logging
import os
import queue
import re
import shutil
import subprocess
import tempfile
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, Self

from local.emulator.forking import Processes
from local.emulator.wrapping import Incompatible, module, require, wrap

logger = logging.getLogger(__name__)

MAX_WORKERS_PER_FUNCTION: Final = max(2, min(4, os.cpu_count() or 2))
"""Concurrency is limited by the machine's cores, not by AWS's account quota; further invocations wait."""

UNUSED_CODE_DAYS: Final = 7
_SHARED: Final = "files"

_MAX_WAIT_SECONDS: Final = 60.0
_RAISED: Final = re.compile(r"^(?:[A-Za-z_]\w*\.)*([A-Za-z_]\w*)(?:: .*)?$")

# An answer with the status `error` ends the worker. An exception of the handler is no reason to.
_ERROR_RESPONSE: Final = '{"status": "error", "error": str(e), "trace": traceback.format_exc()}'
_KEPT_RESPONSE: Final = '{"status": "ok", "raised": {"error": str(e), "trace": traceback.format_exc()}}'

# The log of an invocation ends with this line, so that the server knows when it has read all of it.
_END_OF_LOG: Final = "\x00end of invocation"
_MAX_LOG_SECONDS: Final = 10.0
_HANDLER: Final = "handler_fn = getattr(mod, handler_name)"
_MARKING_HANDLER: Final = "handler_fn = _mark_end_of_log(getattr(mod, handler_name))"
_MARK: Final = f"""
def _mark_end_of_log(handler):
    def marking(event, context):
        try:
            return handler(event, context)
        finally:
            print({_END_OF_LOG!r}, file=sys.stderr, flush=True)
    return marking
"""

# A worker whose server was killed would go on, repeat its call of AWS, and change the state of the next server.
# The fork server, which ends with this one, sets `server` to itself.
_WATCH_SECONDS: Final = 0.1
_WATCH: Final = """
import os, threading, time

def _end_with_server(server, seconds):
    while os.getppid() == server:
        time.sleep(seconds)
    os._exit(1)

threading.Thread(target=_end_with_server, args=(globals().get("server", {server}), {seconds}), daemon=True).start()
"""

_released = threading.Condition()
_unpacking = threading.Lock()
_processes = Processes()


def error_type(traceback_text: str) -> str | None:
    """Return the class name of a traceback's exception; None if the text has no traceback.

    The name is in the first unindented line after the last frame, because the message may have several lines.
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
                _released.wait(1.0)  # Polls, because a worker that crashes is never released.

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


def _raising(original: Callable[..., Any]) -> Callable[..., Any]:
    def invoke(self: Any, *arguments: Any, **options: Any) -> Any:
        response = original(self, *arguments, **options)
        if "raised" in response:
            response.update(response.pop("raised"), status="error")
        return response

    return invoke


def _marked(original: Callable[..., Any]) -> Callable[..., Any]:
    def drain(self: Any, *arguments: Any, **options: Any) -> str:
        if _runs_python(self.config):
            return "\n".join(until_end_of_log(self._stderr_queue, self._stderr_thread))
        return str(original(self, *arguments, **options))

    return drain


def _runs_python(config: dict[str, Any]) -> bool:
    return str(config.get("Runtime", "")).startswith("python")


def until_end_of_log(lines: "queue.Queue[str]", reader: threading.Thread) -> Iterator[str]:
    """Yield an invocation's log lines. A worker that has ended writes no mark, but its reader ends too."""
    deadline = time.monotonic() + _MAX_LOG_SECONDS
    while time.monotonic() < deadline:
        ended = not reader.is_alive()
        try:
            line = lines.get(timeout=0.001 if ended else 0.05)
        except queue.Empty:
            if ended:
                return
            continue
        text, mark, _ = line.partition(_END_OF_LOG)
        if text or not mark:
            yield text
        if mark:
            return


class _Unpacked:
    """The `zipfile` module as the workers see it: an archive is unpacked once, below `folder`, and linked to."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __getattr__(self, name: str) -> Any:
        return getattr(zipfile, name)

    def ZipFile(self, path: str) -> "_Archive":
        """Make an archive that is unpacked once."""
        return _Archive(Path(path), self._folder)


class _Archive:
    """An archive whose `extractall` replaces the empty target folder by a link, and removes the archive.

    Its directory is read only to unpack it: that takes 15 ms, for each worker.
    """

    def __init__(self, path: Path, folder: Path) -> None:
        self._path = path
        self._folder = folder

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_raised: object) -> None:
        """Do nothing; the file is not open."""

    def extractall(self, path: str | Path) -> None:
        """Link a worker's folder to the unpacked files."""
        target = Path(path)
        target.rmdir()
        target.symlink_to(_unpack(self._path, self._folder), target_is_directory=True)
        self._path.unlink()

    def namelist(self) -> list[str]:
        """Return the names of its files, which MiniStack checks in layers."""
        with zipfile.ZipFile(self._path) as archive:
            return archive.namelist()


def _unpack(path: Path, folder: Path) -> Path:
    """Return the folder below `folder` with an archive's files, after creating it as a whole if it is missing."""
    digest = hashlib.sha256(path.read_bytes()).hexdigest()[:32]
    unpacked = folder / digest
    with _unpacking:  # Two at once would each store a file of their own for the same content.
        if not unpacked.is_dir():
            scratch = Path(tempfile.mkdtemp(dir=folder, prefix=".unpacking-"))
            with zipfile.ZipFile(path) as archive:
                _extract(archive, scratch, folder / _SHARED)
            scratch.rename(unpacked)
    os.utime(unpacked)
    return unpacked


def _extract(archive: zipfile.ZipFile, folder: Path, shared: Path) -> None:
    """Extract the files of an archive as hard links to files in `shared`, which has one of each content.

    Most files of the functions' packages are the same: 280 MB become 90 MB, and most need not be written.
    """
    shared.mkdir(exist_ok=True)
    for entry in archive.infolist():
        if entry.is_dir():
            continue
        data, path = archive.read(entry), folder / entry.filename
        kept = shared / hashlib.sha256(data).hexdigest()
        if not kept.exists():
            with tempfile.NamedTemporaryFile(dir=shared, delete=False) as file:
                file.write(data)
            Path(file.name).replace(kept)
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            path.hardlink_to(kept)
        except OSError:  # A file system without hard links.
            path.write_bytes(data)


class Blobs:
    """The archives of code that the state's folder has, which each save would hash again: 64 MB, 50 ms.

    They are known by the identity of their bytes, which are kept as long as they are in the folder.
    """

    def __init__(self) -> None:
        self._stored: dict[int, tuple[bytes, str]] = {}

    def writing(self, original: Callable[[bytes], str]) -> Callable[[bytes], str]:
        """Hash and write an archive once."""

        def write(code_zip: bytes) -> str:
            stored = self._stored.get(id(code_zip))
            if stored is None:
                stored = self._stored[id(code_zip)] = (code_zip, original(code_zip))
            return stored[1]

        return write

    def pruning(self, original: Callable[[set[str]], None]) -> Callable[[set[str]], None]:
        """Forget the archives that are removed."""

        def prune(referenced: set[str]) -> None:
            self._stored = {key: stored for key, stored in self._stored.items() if stored[1] in referenced}
            original(referenced)

        return prune


def prepare(folder: Path) -> None:
    """Create the folder for unpacked code, and remove code that is unfinished or that no worker has used for days."""
    shared = folder / _SHARED
    shared.mkdir(parents=True, exist_ok=True)
    oldest = time.time() - UNUSED_CODE_DAYS * 86_400
    for path in folder.iterdir():
        if path != shared and (path.name.startswith(".") or path.stat().st_mtime < oldest):
            shutil.rmtree(path)
    for path in shared.iterdir():
        if path.stat().st_nlink == 1:
            path.unlink()


def warm() -> list[str]:
    """Start a worker of each Python function, to avoid cold starts; returns the names that failed."""
    service, runtime = module("services.lambda_svc"), module("core.lambda_runtime")

    def start(function: dict[str, Any]) -> str | None:
        config = function["config"]
        name = str(config["FunctionName"])
        worker, _ = service.acquire_worker(name, config, function["code_zip"], config.get("Version", "$LATEST"))
        try:
            runtime.ensure_spawned(worker)
        except (OSError, RuntimeError):
            logger.exception("The function %s does not start", name)
            return name
        finally:
            service.release_worker(worker)
        return None

    functions = [found for _, found in service._functions.all_items()]
    python = [found for found in functions if _runs_python(found["config"])]
    with ThreadPoolExecutor(os.cpu_count() or 2) as pool:
        return [name for name in pool.map(start, python) if name is not None]


def install(folder: Path) -> None:
    """Wrap the worker pool in its module and in the Lambda service; code is unpacked below `folder`."""
    prepare(folder)
    runtime = module("core.lambda_runtime")
    if runtime.zipfile is not zipfile:
        raise Incompatible("ministack.core.lambda_runtime.zipfile", "is not the zipfile module")
    runtime.zipfile = _Unpacked(folder)
    if runtime.subprocess is not subprocess:
        raise Incompatible("ministack.core.lambda_runtime.subprocess", "is not the subprocess module")
    runtime.subprocess = _processes
    script = require("core.lambda_runtime", "_PYTHON_WORKER_SCRIPT")
    for expected, replacement in ((_ERROR_RESPONSE, _KEPT_RESPONSE), (_HANDLER, _MARKING_HANDLER)):
        if script.count(expected) != 1:
            raise Incompatible("ministack.core.lambda_runtime._PYTHON_WORKER_SCRIPT", f"does not contain {expected}")
        script = script.replace(expected, replacement)
    watch = _WATCH.format(server=os.getpid(), seconds=_WATCH_SECONDS)
    runtime._PYTHON_WORKER_SCRIPT = watch + _MARK + script
    invoke = "self event request_id trace_id depth durable invoked_function_arn"
    wrap("core.lambda_runtime", "Worker.invoke", invoke, _raising)
    require("core.lambda_runtime", "ensure_spawned", "worker")
    require("services.lambda_svc", "_functions.all_items", "")
    acquire = "func_name config code_zip qualifier max_concurrency"
    for owner in ("services.lambda_svc", "core.lambda_runtime"):
        wrap(owner, "acquire_worker", acquire, _bounded)
        wrap(owner, "release_worker", "worker", _announcing)
    wrap("core.lambda_runtime", "Worker._drain_stderr_bounded", "self first_line_wait idle_confirm hard_cap", _marked)
    wrap("services.lambda_svc", "_execute_function_warm", "func event request_id", _named)
    blobs = Blobs()
    wrap("services.lambda_svc", "_write_code_blob", "code_zip", blobs.writing)
    wrap("services.lambda_svc", "_prune_orphan_code_blobs", "referenced", blobs.pruning)


def stop_workers() -> None:
    """End all workers, so that none outlives the emulator."""
    require("core.lambda_runtime", "reset", "")()
    _processes.close()
