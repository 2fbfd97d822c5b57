"""MiniStack in this process: one loopback port, IAM enforced, state in one folder.

One emulator per process, because MiniStack is configured by environment variables at import. Tests use it through a
subprocess (`local.commands.run.running`), so that their own process stays unchanged.
"""

import asyncio
import errno
import json
import logging
import os
import secrets
import shutil
import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Final, Self

from local.emulator import heap, history, lock, outbox, persistence, recovery
from local.emulator.edge import to_distribution
from local.emulator.guard import HOST, Application, Receive, Rules, Scope, Send, guard
from local.emulator.latency import delays
from local.emulator.patches import (
    alarms,
    branches,
    edge,
    existence,
    forms,
    gateway,
    identity,
    lambdas,
    objects,
    pipes,
    pooltags,
    queries,
    results,
    sharing,
    tracing,
    transport,
    workflow,
    xray,
)
from local.emulator.persistence import Saver
from local.emulator.serving import Page, serving
from local.emulator.wrapping import module, require
from local.errors import CommandError

logger = logging.getLogger(__name__)

REGION: Final = "us-east-1"
ACCOUNT: Final = "000000000000"

_START_SECONDS: Final = 60
_GRACE_SECONDS: Final = 3
_KEEP_ALIVE_SECONDS: Final = 75
_LOG_BYTES: Final = 10 * 1024 * 1024

_UNSET: Final = (
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_CA_BUNDLE",
    "AWS_SESSION_TOKEN",
    "AWS_ENDPOINT_URL_S3",
    "AWS_ROLE_ARN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "EDGE_PORT",
    "SERVICES",
    "USE_SSL",
    "DOCKER_HOST",
    "LOCALSTACK_HOSTNAME",
    "LOCALSTACK_PERSISTENCE",
    "MINISTACK_ACCOUNT_ID",
    "MINISTACK_REGION",
    "LAMBDA_EXECUTOR",
    "LAMBDA_STRICT",
    # A function must import its own code and the installed packages only, nothing of this repository.
    "PYTHONPATH",
    "PYTHONHOME",
    "PYTHONSTARTUP",
    "PYTHONSAFEPATH",
)

_PATCHES: Final = (
    delays,
    identity,
    pooltags,
    transport,
    existence,
    forms,
    gateway,
    xray,
    tracing,
    workflow,
    branches,
    history,
    objects,
    sharing,
    persistence,
    queries,
    results,
    sharing,
    alarms,
    pipes,
    edge,
)
"""In this order, since several wrap the same name."""


class EmulatorError(CommandError):
    """The emulator cannot start."""


@dataclass(frozen=True)
class Credentials:
    """The root key of one state directory."""

    access_key_id: str
    secret_access_key: str


class Emulator:
    """MiniStack on `http://127.0.0.1:port`, with its state below `folder`.

    Port 0 takes a free one, as does a port that is in use; `port` is the one in use after `start`.
    """

    def __init__(self, folder: Path, port: int = 0, allowed_origins: Iterable[str] = ()) -> None:
        self.folder = folder.resolve()
        self.port = port
        self.region = REGION
        self.page: Page | None = None
        """What is served under `/_photosky/`; None until the stack is deployed."""
        self.report: Callable[[str], None] = logger.error
        """What gets sentences for the person who runs the stack."""
        self._allowed_origins = frozenset(allowed_origins)
        self._lock: IO[str] | None = None
        self._credentials: Credentials | None = None
        self._thread: threading.Thread | None = None
        self._saver: Saver | None = None
        self._stopping = threading.Event()
        self._failure: BaseException | None = None

    @property
    def endpoint_url(self) -> str:
        """The address for AWS clients and browsers."""
        return f"http://{HOST}:{self.port}"

    @property
    def credentials(self) -> Credentials:
        """The root key, available once the emulator has started."""
        if self._credentials is None:
            raise EmulatorError("The emulator has not started.")
        return self._credentials

    def take(self) -> None:
        """Create the folder and lock it. Raises `local.emulator.lock.Taken`."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._lock = lock.take(self.folder)

    def start(self) -> None:
        """Lock the folder, recover the state, bind the port and serve, until the emulator answers.

        Raises EmulatorError, `local.emulator.lock.Taken` or `local.emulator.recovery.StateDamaged`.
        """
        if self._lock is None:
            self.take()
        heap.limit()
        for name in ("state", "s3"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        for note in recovery.recover(self.folder):
            self.report(note)
        listener = _listen(self.port)
        self.port = listener.getsockname()[1]
        self._credentials = root_credentials(self.folder / "root.json")
        _configure_logging(self.folder / "emulator.log")
        _configure(self.folder, self.port, self._credentials)
        _install_patches(self.folder / "code")
        self._saver = Saver(self.folder / "state", lambda text: self.report(text))
        outbox.outbox.restore(self.folder / "state" / f"{outbox.STATE}.json")
        pipes.on_record.append(self._saver.append_record)
        pipes.on_sent.append(self._saver.append_sent)
        self._saver.start()
        xray.restore(self.folder / "state" / "xray.json")
        xray.on_document.append(self._saver.append_document)
        workflow.on_end.append(self._saver.append_execution)
        self._thread = threading.Thread(target=self._serve, args=(listener,), name="photosky-emulator", daemon=True)
        self._thread.start()
        self._await_health()
        threading.Thread(target=self._check_objects, name="photosky-check", daemon=True).start()

    def _check_objects(self) -> None:
        """Report missing objects while requests are served, because reading all names takes seconds."""
        for note in recovery.missing_objects(self.folder / "s3"):
            self.report(note)

    def stop(self) -> None:
        """Stop serving, save everything, end the functions' processes and release the folder."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()
        pipes.stop()
        try:
            if self._saver is not None:
                self._saver.stop()
        finally:
            lambdas.stop_workers()
            if self._lock is not None:
                self._lock.close()
                self._lock = None

    def save(self) -> None:
        """Save the whole state now."""
        if self._saver is not None:
            self._saver.save()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _serve(self, listener: socket.socket) -> None:
        from hypercorn.asyncio import serve
        from hypercorn.config import Config

        config = Config()
        config.bind = [f"fd://{listener.detach()}"]
        config.keep_alive_timeout = _KEEP_ALIVE_SECONDS
        config.graceful_timeout = _GRACE_SECONDS
        config.errorlog = logging.getLogger("hypercorn.error")
        target = require("app", "_s3_cors_target", "host path path_style")

        def is_bucket(name: str) -> bool:
            return target("", f"/{name}") is not None

        application: Any = serving(_distributing(module("app").app), lambda: self.page)
        guarded: Any = guard(application, Rules(self.port, self._allowed_origins, is_bucket))

        async def until_stopped() -> None:
            while not self._stopping.is_set():
                await asyncio.sleep(0.05)

        try:
            asyncio.run(serve(guarded, config, shutdown_trigger=until_stopped))
        except BaseException as error:  # `start` reports it, while it waits for this server to answer.
            self._failure = error
            logger.exception("The emulator stopped")
            raise

    def _await_health(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            if self._failure is not None:
                raise EmulatorError(f"The emulator stopped while starting: {self._failure}") from self._failure
            try:
                with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(
                    f"{self.endpoint_url}/_ministack/ready", timeout=5
                ):
                    return
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                time.sleep(0.02)
        raise EmulatorError(f"The emulator did not answer within {_START_SECONDS} s; see {self.folder}/emulator.log.")


def _distributing(application: Application) -> Application:
    """Wrap an ASGI application so that it serves distributions at their local addresses."""

    async def distributed(scope: Scope, receive: Receive, send: Send) -> None:
        await application(to_distribution(scope), receive, send)

    return distributed


def root_credentials(path: Path) -> Credentials:
    """Read the root key at `path`, or create one that only its owner can read."""
    if not path.exists():
        alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
        identifier = "AKIA" + "".join(secrets.choice(alphabet) for _ in range(16))
        scratch = path.with_suffix(".tmp")
        with open(scratch, "w", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
            json.dump({"access_key_id": identifier, "secret_access_key": secrets.token_urlsafe(30)}, file)
        scratch.replace(path)
    return Credentials(**json.loads(path.read_text()))


def _listen(port: int) -> socket.socket:
    """Bind the port, or a free one if it is in use. Raises EmulatorError."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE and port:
            return _listen(0)
        reason = f"Port {port} of {HOST} cannot be used: {error.strerror}. Choose another one with PORT=…"
        raise EmulatorError(reason) from error
    return listener


def _install_patches(code_folder: Path) -> None:
    """Wrap every name that the patches change; raises `local.emulator.wrapping.Incompatible` when one is gone.

    The functions' code is unpacked below `code_folder`.
    """
    for patch in _PATCHES:
        patch.install()
    lambdas.install(code_folder)


def _configure_logging(path: Path) -> None:
    """Send MiniStack's log to a file, because it has a line for every call."""
    handler = RotatingFileHandler(path, maxBytes=_LOG_BYTES, backupCount=1)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s [%(name)s] %(message)s"))
    logging.raiseExceptions = False  # A full disk would print a traceback per line; the Saver reports it once.
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.INFO)


def _configure(folder: Path, port: int, credentials: Credentials) -> None:
    """Set the environment variables that MiniStack reads at import and that its functions inherit."""
    temporary = folder / "tmp"
    shutil.rmtree(temporary, ignore_errors=True)  # Left by a run that was killed.
    temporary.mkdir()
    for name in _UNSET:
        os.environ.pop(name, None)
    os.environ.update(
        {
            "AUTH": "true",
            "BIND_HOST": HOST,
            "MINISTACK_HOST": HOST,
            "GATEWAY_PORT": str(port),
            "PERSIST_STATE": "1",
            "STATE_DIR": str(folder / "state"),
            "S3_PERSIST": "1",
            "S3_DATA_DIR": str(folder / "s3"),
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            "TMPDIR": str(temporary),
            "AWS_ACCESS_KEY_ID": credentials.access_key_id,
            "AWS_SECRET_ACCESS_KEY": credentials.secret_access_key,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ENDPOINT_URL": f"http://{HOST}:{port}",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "NO_PROXY": "127.0.0.1,localhost",
            "no_proxy": "127.0.0.1,localhost",
        }
    )
