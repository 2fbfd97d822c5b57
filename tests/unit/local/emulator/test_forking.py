"""Workers that a process with the functions' libraries forks, and those that it cannot fork."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.emulator import forking
from local.emulator.forking import Forked, Processes, function_of
from local.emulator.patches import lambdas

pytestmark = pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="only Linux has descriptors of processes")

LIBRARY = "import os\nPARENT = os.getpid()\n"

WORKER = """
import json, os, sys
sys.path.insert(0, os.getcwd())
import boto3
found = {
    "library": boto3.PARENT,
    "parent": os.getppid(),
    "server": globals().get("server"),
    "name": open("/proc/self/comm").read().strip(),
    "folder": os.getcwd(),
    "environment": dict(os.environ),
    "descriptors": sorted(int(name) for name in os.listdir("/proc/self/fd"))[:-1],
}
print(json.dumps(found), flush=True)
print("log", file=sys.stderr, flush=True)
for line in sys.stdin:
    print(line.upper(), end="", flush=True)
"""


@pytest.fixture
def processes(
    socket_enabled: None,  # noqa: ARG001 - a pair of sockets is no network
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Processes]:
    """Starts workers, with a library of one line instead of the functions'."""
    monkeypatch.setattr(forking, "PRELOADED", ("boto3",))
    found = Processes()
    yield found
    found.close()


def function(folder: Path, library: Path) -> Path:
    """Create a function's code, which shares the library's file with other functions."""
    (folder / "boto3").mkdir(parents=True)
    (folder / "boto3" / "__init__.py").hardlink_to(library)
    return folder


def library(folder: Path) -> Path:
    """Create a file of the library."""
    path = folder / "library.py"
    path.write_text(LIBRARY)
    return path


def start(processes: Processes, code: Path, text: str = WORKER, **environment: str) -> Any:
    """Start a worker of a function."""
    script = code.with_suffix(".py")
    script.write_text(text)
    pipes: dict[str, Any] = dict.fromkeys(("stdin", "stdout", "stderr"), processes.PIPE)
    return processes.Popen([sys.executable, str(script)], cwd=str(code), env=environment, text=True, bufsize=1, **pipes)


def end(worker: Any) -> None:
    """Close a worker's streams and wait for its end."""
    for stream in (worker.stdin, worker.stdout, worker.stderr):
        stream.close()
    worker.wait(10)


def test_workers_share_the_libraries_but_nothing_else(processes: Processes, tmp_path: Path) -> None:
    shared = library(tmp_path)
    workers, found = [], []
    for name in ("first", "second"):
        workers.append(start(processes, function(tmp_path / name, shared), AWS_LAMBDA_FUNCTION_NAME=name))
        found.append(json.loads(workers[-1].stdout.readline()))
    server = found[0]["library"]
    assert server not in (os.getpid(), None)
    assert found == [
        {
            "library": server,
            "parent": server,
            "server": server,
            "name": name,
            "folder": str(tmp_path / name),
            "environment": {"AWS_LAMBDA_FUNCTION_NAME": name},
            "descriptors": [0, 1, 2],
        }
        for name in ("first", "second")
    ]
    for worker in workers:
        end(worker)


def test_worker_is_used_like_a_child_process(processes: Processes, tmp_path: Path) -> None:
    worker = start(processes, function(tmp_path / "code", library(tmp_path)))
    assert type(worker) is Forked
    worker.stdout.readline()
    worker.stdin.write("request\n")
    worker.stdin.flush()
    assert (worker.stdout.readline(), worker.stderr.readline(), worker.poll()) == ("REQUEST\n", "log\n", None)
    with pytest.raises(subprocess.TimeoutExpired):
        worker.wait(0.01)
    worker.terminate()
    assert (worker.wait(10), worker.poll(), worker.stdout.read()) == (0, 0, "")
    worker.kill()
    end(worker)


def test_function_with_other_libraries_gets_a_process_of_its_own(processes: Processes, tmp_path: Path) -> None:
    first = start(processes, function(tmp_path / "first", library(tmp_path)))
    (tmp_path / "other").mkdir()
    second = start(processes, function(tmp_path / "second", library(tmp_path / "other")))
    assert type(first) is Forked
    assert json.loads(second.stdout.readline())["library"] == second.pid
    assert type(second) is subprocess.Popen
    end(first)
    end(second)


def test_function_without_libraries_gets_a_process_of_its_own(processes: Processes, tmp_path: Path) -> None:
    (tmp_path / "code").mkdir()
    worker = start(processes, tmp_path / "code")
    assert type(worker) is subprocess.Popen
    end(worker)


def test_workers_start_without_a_server_that_fails(
    processes: Processes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(forking, "PRELOADED", ("missing",))
    worker = start(processes, function(tmp_path / "code", library(tmp_path)))
    assert json.loads(worker.stdout.readline())["library"] == worker.pid
    assert type(worker) is subprocess.Popen
    assert "No module named 'missing'" in capfd.readouterr().err
    end(worker)


def test_workers_end_with_the_server(processes: Processes, tmp_path: Path) -> None:
    watch = lambdas._WATCH.format(server=0, seconds=0.01)
    worker = start(processes, function(tmp_path / "code", library(tmp_path)), watch + WORKER)
    worker.stdout.readline()
    processes.close()
    assert worker.stdout.read() == ""
    end(worker)


@pytest.mark.parametrize(
    ("name", "function"),
    [("PhotoSky-local-PhotosApiB50EAA16-A43E8B8C91FB8", "PhotosApi"), ("python3", "python3")],
)
def test_a_worker_has_the_name_of_its_function(name: str, function: str) -> None:
    assert function_of(name) == function
