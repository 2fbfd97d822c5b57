"""Nothing that was acknowledged is lost when the server is killed at any moment: `make crash KILLS=30`.

Three users work all the time, and with them at times Reconcile, Reprocess or an import. A queue gets all events.
"""

import json
import random
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import pytest

from local.commands.events import Queue, subscription
from local.commands.run import started
from local.connection import Connection
from local.deploy import Target
from local.deployed import Deployed
from local.emulator.server import Credentials
from local.toolchain import ROOT
from tests.local.client import signed_in, signed_up
from tests.local.crash_clients import READY, CrashClient, Known
from tests.local.snapshot import copy_deployed
from tests.pictures import encoded

USERS: Final = 3
IMPORTED: Final = 12
SECONDS: Final = (0.0, 1.5)
"""The shortest and the longest time from the last of `MIN_ACKNOWLEDGED` requests to the server's death."""

MIN_ACKNOWLEDGED: Final = 3
"""Acknowledged requests before each death: a kill of an idle server would show nothing."""

KEEP_SECONDS: Final = 3600
"""The time for which the queue keeps events."""

WAIT_SECONDS: Final = 60.0
"""For these requests and for events: on a busy machine, functions take long to start."""

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
        port, subscribed = 0, ExitStack()
        for kill in range(kills):
            job = JOBS[kill % len(JOBS)]
            with started(state, port, arguments=["--cold"]) as (connection, process):
                port = int(connection.endpoint_url.rpartition(":")[2])
                if not clients:
                    clients = _sign_up(connection, state, users)
                    queue = subscribed.enter_context(subscription(Deployed.here(connection, state), KEEP_SECONDS))
                _connect(clients, connection)
                _work(clients, state, process, moments.uniform(*SECONDS), _command(job, state, pictures))
            print(f"kill {kill + 1} {job}: {_acknowledged(clients)} requests acknowledged", flush=True)
        with started(state, port, arguments=["--cold"]) as (last, _):
            _connect(clients, last)
            _complete_import(_command("import", state, pictures))
            _check_events(queue, {photo_id: known for client in clients for photo_id, known in client.photos.items()})
            subscribed.close()
            with signed_in(last, last.username, last.password) as demo:
                page = demo.call("GET", "/photos", params={"limit": "100"}).json()
            assert sorted(photo["filename"] for photo in page["photos"]) == sorted(
                path.name for path in pictures.iterdir()
            )
    assert [problem for client in clients for problem in client.problems] == []


def _check_events(queue: Queue, photos: Mapping[str, Known]) -> None:
    """Check that the events of each photo are those of all of its changes, and that they agree with its end."""
    deadline, found = time.monotonic() + WAIT_SECONDS, defaultdict[str, dict[int, str]](dict)
    while problems := [problem for photo_id, known in photos.items() for problem in _missing(found[photo_id], known)]:
        assert time.monotonic() < deadline, problems
        for event in queue.read():
            detail = event["detail"]
            assert found[detail["photo_id"]].setdefault(detail["version"], detail["type"]) == detail["type"]


def _missing(types: Mapping[int, str], known: Known) -> Iterator[str]:
    """Yield what is wrong with the types of a photo's events by version. Its client has edited and deleted it."""
    ordered = [types[version] for version in sorted(types)]
    if sorted(types) != list(range(1, len(types) + 1)):
        yield f"events have the versions {sorted(types)}"
    if known.statuses == READY and known.may_exist and (not ordered or "Photo Ready" not in ordered):
        yield f"a ready photo has the events {ordered}"
    if not known.may_exist and ordered[-1:] != ["Photo Deleted"]:
        yield f"a deleted photo has the events {ordered}"
    if known.may_exist and "Photo Deleted" in ordered:
        yield f"a photo that exists has the events {ordered}"


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
