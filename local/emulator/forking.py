"""Workers that are forked from a process with the functions' libraries: 0.1 s of CPU time to start one instead of 0.4.

Only Linux has descriptors of processes, by which a process can wait for one that is not its child. Elsewhere, and for
functions with other libraries, workers start as before.
"""

import json
import logging
import os
import re
import select
import signal
import socket
import subprocess
import sys
import threading
import weakref
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any, Final

from local.emulator import fork_server

logger = logging.getLogger(__name__)

PRELOADED: Final = ("boto3.session", "botocore.client")
"""What all functions import. The X-Ray SDK reads environment variables on import, so that workers import it."""

_FUNCTION: Final = re.compile(r"-([A-Za-z]+?)[0-9A-F]{8}-[0-9A-Z]+$")


class Forked:
    """A forked worker, with the part of `subprocess.Popen` that MiniStack uses."""

    def __init__(self, descriptor: int, stdin: IO[str], stdout: IO[str], stderr: IO[str]) -> None:
        self.stdin, self.stdout, self.stderr = stdin, stdout, stderr
        self._process = descriptor
        self._poll = select.poll()
        self._poll.register(descriptor, select.POLLIN)
        weakref.finalize(self, os.close, descriptor)

    def poll(self) -> int | None:
        """Return 0 if the worker has ended, else None. Only its parent gets its exit code."""
        return self._wait(0)

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the worker's end. Raises `subprocess.TimeoutExpired`."""
        code = self._wait(timeout)
        if code is None:
            raise subprocess.TimeoutExpired("worker", timeout or 0)
        return code

    def terminate(self) -> None:
        """Send SIGTERM."""
        self._send(signal.SIGTERM)

    def kill(self) -> None:
        """Send SIGKILL."""
        self._send(signal.SIGKILL)

    def _wait(self, seconds: float | None) -> int | None:
        return 0 if self._poll.poll(None if seconds is None else 1000 * seconds) else None

    def _send(self, number: signal.Signals) -> None:
        if self.poll() is None:
            signal.pidfd_send_signal(self._process, number)


class ForkServer:
    """A process that has imported `PRELOADED` from the folder of a function's code."""

    def __init__(self, folder: Path) -> None:
        self._requests, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        command = [sys.executable, "-P", "-S", fork_server.__file__, str(theirs.fileno()), str(folder), *PRELOADED]
        with theirs:
            # In a session of its own, so that Ctrl-C in a terminal does not end workers that the server waits for.
            self._process = subprocess.Popen(  # noqa: S603 - our own program
                command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, start_new_session=True
            )

    def fork(self, script: str, folder: str, environment: Mapping[str, str]) -> Forked | None:
        """Fork a worker; None if its function has other libraries. Raises OSError if the server has ended."""
        name = function_of(environment.get("AWS_LAMBDA_FUNCTION_NAME", "worker"))
        request = {"name": name, "script": script, "folder": folder, "environment": dict(environment)}
        with ExitStack() as unused:
            streams, theirs = [], []
            for mode in ("w", "r", "r"):
                stream, descriptor = _pipe(mode)
                streams.append(unused.enter_context(stream))
                theirs.append(descriptor)
            try:
                socket.send_fds(self._requests, [json.dumps(request).encode()], theirs)
            finally:
                for descriptor in theirs:
                    os.close(descriptor)
            answer, processes, _, _ = socket.recv_fds(self._requests, 64, 1)
            if not answer:
                raise ConnectionResetError("The fork server has ended")
            if answer == fork_server.OTHER_FILES:
                return None
            unused.pop_all()
        return Forked(processes[0], *streams)

    def close(self) -> None:
        """End the server, and with it its workers."""
        self._requests.close()
        self._process.wait()


class Processes:
    """The `subprocess` module as MiniStack's workers see it: `Popen` forks where it can."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._server: ForkServer | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(subprocess, name)

    def Popen(self, command: Sequence[str], *, cwd: str, env: Mapping[str, str], **options: Any) -> Any:
        """Start a worker: `[interpreter, script]`."""
        if hasattr(os, "pidfd_open") and command[0] == sys.executable and (Path(cwd) / "boto3").is_dir():
            try:
                forked = self._fork(command[1], cwd, env)
            except OSError:
                logger.exception("The fork server has failed; the worker is started without it")
                self.close()
            else:
                if forked is not None:
                    return forked
        return subprocess.Popen(command, cwd=cwd, env=env, **options)  # noqa: S603 - MiniStack's command

    def close(self) -> None:
        """End the fork server and its workers."""
        with self._lock:
            server, self._server = self._server, None
        if server is not None:
            server.close()

    def _fork(self, script: str, folder: str, environment: Mapping[str, str]) -> Forked | None:
        with self._lock:
            if self._server is None:
                self._server = ForkServer(Path(folder).resolve())
            return self._server.fork(script, folder, environment)


def function_of(name: str) -> str:
    """Name of a function in the stack, from the physical name that CloudFormation generates."""
    found = _FUNCTION.search(name)
    return found[1] if found else name


def _pipe(mode: str) -> tuple[IO[str], int]:
    """A pipe: our end as a text stream to write or read, and the descriptor of the other end."""
    reading, writing = os.pipe()
    ours, theirs = (writing, reading) if mode == "w" else (reading, writing)
    return os.fdopen(ours, mode, buffering=1), theirs
