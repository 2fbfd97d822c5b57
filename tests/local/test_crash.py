"""Nothing that was acknowledged is lost when the server is killed at any moment: `make crash KILLS=30`.

Three users work all the time, and with them at times Reconcile, Reprocess or an import.
"""

import json
import random
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import pytest

from local.commands.run import running, started
from local.connection import Connection
from local.deploy import Target
from local.emulator.server import Credentials
from local.toolchain import ROOT
from tests.local.client import signed_in, signed_up
from tests.local.crash_clients import CrashClient
from tests.local.snapshot import copy_deployed
from tests.pictures import encoded

USERS: Final = 3
IMPORTED: Final = 30
SECONDS: Final = (0.0, 1.5)
"""The shortest and the longest time from the last of `MIN_ACKNOWLEDGED` requests to the server's death."""

MIN_ACKNOWLEDGED: Final = 3
"""Acknowledged requests before each death: a kill of an idle server would show nothing."""

WAIT_SECONDS: Final = 60.0
"""For these requests: on a busy machine, functions take long to start."""

IMPORTS: Final = 3
"""Starts of the import at the end."""

JOBS: Final = ("", "reconcile", "reprocess", "import")
"""The command that runs at the same time as the users, in turn."""


def test_nothing_acknowledged_is_lost_by_kills(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    kills, seed = pytestconfig.getoption("--kills"), pytestconfig.getoption("--crash-seed")
    state, pictures = tmp_path / "state", tmp_path / "pictures"
    copy_deployed(state)
    pictures.mkdir()
    for number in range(IMPORTED):
        (pictures / f"{number:03}.jpg").write_bytes(encoded("jpeg", size=(48, 32), seed=9_000 + number))
    moments = random.Random(seed)
    with ExitStack() as users:
        clients: list[CrashClient] = []
        port = 0
        for kill in range(kills):
            job = JOBS[kill % len(JOBS)]
            with started(state, port, arguments=["--cold"]) as (connection, process):
                port = int(connection.endpoint_url.rpartition(":")[2])
                clients = clients or _sign_up(connection, state, users)
                _connect(clients, connection)
                _work(clients, state, process, moments.uniform(*SECONDS), _command(job, state, pictures))
            print(f"kill {kill + 1} {job}: {_acknowledged(clients)} requests acknowledged", flush=True)
        with running(state, port) as last:
            _connect(clients, last)
            _complete_import(_command("import", state, pictures))
            with signed_in(last, last.username, last.password) as demo:
                page = demo.call("GET", "/photos", params={"limit": "100"}).json()
            assert sorted(photo["filename"] for photo in page["photos"]) == sorted(
                path.name for path in pictures.iterdir()
            )
    assert [problem for client in clients for problem in client.problems] == []


def _sign_up(connection: Connection, state: Path, users: ExitStack) -> list[CrashClient]:
    """Create the users; their clients are open until `users` is closed."""
    cognito = Target(connection.endpoint_url, _credentials(state)).client("cognito-idp")
    return [
        CrashClient(users.enter_context(signed_up(connection, cognito, f"crash{n}@photosky.test")), n)
        for n in range(USERS)
    ]


def _acknowledged(clients: list[CrashClient]) -> int:
    return sum(client.acknowledged for client in clients)


def _connect(clients: list[CrashClient], connection: Connection) -> None:
    """Check everything that was acknowledged before, at the address of now."""
    for client in clients:
        client.connect(connection.api_url)
        client.check()


def _work(
    clients: list[CrashClient], state: Path, server: subprocess.Popen[bytes], seconds: float, job: list[str]
) -> None:
    """Let the clients work, and a command at the same time, until the server is killed in the middle of their work."""
    before, deadline = _acknowledged(clients), time.monotonic() + WAIT_SECONDS
    with ThreadPoolExecutor(len(clients)) as pool, (state.parent / "job.log").open("a") as log:
        command = subprocess.Popen(job, cwd=ROOT, stdout=log, stderr=log) if job else None  # noqa: S603
        working = [pool.submit(client.work) for client in clients]
        while _acknowledged(clients) < before + MIN_ACKNOWLEDGED and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(seconds)
        server.kill()
        server.wait()
        for each in working:
            each.result()
        if command is not None:
            command.kill()
            command.wait()
    assert _acknowledged(clients) >= before + MIN_ACKNOWLEDGED, "the server was killed before it did any work"


def _complete_import(command: list[str]) -> None:
    """Repeat the import until no file fails: on a busy machine an ingest may time out, and the next import resumes."""
    for _ in range(IMPORTS):
        done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)  # noqa: S603
        if done.returncode == 0:
            return
    raise AssertionError(done.stdout + done.stderr)


def _command(name: str, state: Path, pictures: Path) -> list[str]:
    more = [str(pictures)] if name == "import" else []
    return [sys.executable, "-m", "local", name, "--state", str(state), *more] if name else []


def _credentials(state: Path) -> Credentials:
    return Credentials(**json.loads((state / "root.json").read_text()))
