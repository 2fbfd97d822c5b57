"""The functions' unpacked code, which stores each file once, and the error types of their exceptions."""

import os
import queue
import subprocess
import sys
import threading
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO

import pytest

from local.emulator.patches import lambdas
from local.emulator.patches.lambdas import error_type

TRACE = """a log line before
Traceback (most recent call last):
  File "worker.py", line 1, in run
    handler_fn(event, context)
botocore.errorfactory.ConditionalCheckFailedException: it failed
with a second line: here
"""


def archive(folder: Path, files: dict[str, str]) -> Path:
    """Create a worker's archive next to the empty folder that MiniStack extracts it into."""
    folder.mkdir()
    (folder / "code").mkdir()
    with zipfile.ZipFile(folder / "code.zip", "w") as zipped:
        for name, text in files.items():
            zipped.writestr(name, text)
    return folder / "code.zip"


def test_equal_files_of_two_functions_are_stored_once(tmp_path: Path) -> None:
    code = tmp_path / "unpacked"
    lambdas.prepare(code)
    for name in ("validate", "persist"):
        zipped = archive(tmp_path / name, {"shared/library.py": "library", "handler.py": name})
        lambdas._Unpacked(code).ZipFile(str(zipped)).extractall(tmp_path / name / "code")
        assert not zipped.exists(), "the archive is not deleted after its extraction"
    first, second = tmp_path / "validate" / "code", tmp_path / "persist" / "code"
    assert [(folder / "handler.py").read_text() for folder in (first, second)] == ["validate", "persist"]
    assert (second / "shared" / "library.py").read_text() == "library"
    assert (first / "shared" / "library.py").samefile(second / "shared" / "library.py")
    assert len(list((code / "files").iterdir())) == 3


def test_functions_that_start_at_once_share_their_files(tmp_path: Path) -> None:
    code = tmp_path / "unpacked"
    lambdas.prepare(code)
    names = [f"function{number}" for number in range(4)]
    libraries = {f"library{number}.py": str(number) for number in range(50)}
    archives = [archive(tmp_path / name, {**libraries, "handler.py": name}) for name in names]

    def extract(zipped: Path) -> None:
        lambdas._Unpacked(code).ZipFile(str(zipped)).extractall(zipped.parent / "code")

    with ThreadPoolExecutor(len(names)) as pool:
        list(pool.map(extract, archives))
    files = [tmp_path / name / "code" / library for name in names for library in libraries]
    assert len({file.stat().st_ino for file in files}) == len(libraries)


def test_unused_code_and_its_files_are_removed(tmp_path: Path) -> None:
    code = tmp_path / "unpacked"
    lambdas.prepare(code)
    zipped = archive(tmp_path / "validate", {"handler.py": "validate"})
    lambdas._Unpacked(code).ZipFile(str(zipped)).extractall(tmp_path / "validate" / "code")
    (code / ".unpacking-1").mkdir()
    lambdas.prepare(code)
    assert (tmp_path / "validate" / "code" / "handler.py").read_text() == "validate"
    os.utime((tmp_path / "validate" / "code").resolve(), (0, 0))
    lambdas.prepare(code)
    assert [path.name for path in code.rglob("*")] == ["files"]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (TRACE, "ConditionalCheckFailedException"),
        ('Traceback (most recent call last):\n  File "a.py", line 1\nKeyError', "KeyError"),
        ("Task timed out after 3.00 seconds", None),
        ("", None),
    ],
)
def test_error_type_is_the_exceptions_class(text: str, name: str | None) -> None:
    assert error_type(text) == name


WRITER = """
{mark}
import logging, time
def handler(event, context):
    time.sleep(0.3)
    logging.warning("the line of a busy machine")
    print("an unfinished line", end="", file=sys.stderr)
    {last}
handler = _mark_end_of_log(handler)
handler(None, None)
print("a line of the next invocation", file=sys.stderr, flush=True)
"""


@pytest.mark.parametrize("last", ["return", "os._exit(1)"])
def test_log_of_an_invocation_is_complete(last: str) -> None:
    script = "import os, sys" + WRITER.format(mark=lambdas._MARK, last=last)
    lines: queue.Queue[str] = queue.Queue()
    with subprocess.Popen([sys.executable, "-c", script], stderr=subprocess.PIPE, text=True) as worker:  # noqa: S603
        assert worker.stderr is not None
        reader = threading.Thread(target=read, args=(worker.stderr, lines))
        reader.start()
        found = list(lambdas.until_end_of_log(lines, reader))
        reader.join()
    assert found == ["WARNING:root:the line of a busy machine", "an unfinished line"]


def read(stream: IO[str], lines: "queue.Queue[str]") -> None:
    for line in stream:
        lines.put(line.rstrip("\n"))


def test_busy_worker_ends_with_its_server() -> None:
    worker = f"{lambdas._WATCH}\nprint('busy', flush=True)\ntime.sleep(60)"
    server = (
        "import os, subprocess, sys, time; "
        "subprocess.Popen([sys.executable, '-c', sys.argv[1].format(server=os.getpid(), seconds=0.01)]); time.sleep(60)"
    )
    command = [sys.executable, "-c", server, worker]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - ourselves
        assert process.stdout is not None
        assert process.stdout.readline() == "busy\n"
        process.kill()
        assert process.stdout.read() == "", "the output ends when the last process that writes to it has ended"


def test_stored_code_is_hashed_once_until_it_is_removed(tmp_path: Path) -> None:
    hashed: list[bytes] = []

    def write(code_zip: bytes) -> str:
        hashed.append(code_zip)
        path = tmp_path / code_zip.decode()
        path.touch()
        return path.name

    def prune(referenced: set[str]) -> None:
        for path in tmp_path.iterdir():
            if path.name not in referenced:
                path.unlink()

    blobs = lambdas.Blobs()
    writing, pruning = blobs.writing(write), blobs.pruning(prune)
    first, second = b"first", b"second"
    for _ in range(2):
        assert [writing(code) for code in (first, second)] == ["first", "second"]
    assert hashed == [first, second]
    pruning({"second"})
    assert [writing(code) for code in (first, second)] == ["first", "second"]
    assert hashed == [first, second, first], "the archive that was removed is not written again"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["first", "second"]
