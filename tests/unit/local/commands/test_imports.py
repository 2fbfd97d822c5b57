"""`make import`: memory use with a large source, skipped files, the report and the summary."""

import io
import json
import threading
import weakref
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError

from local.commands import imports
from local.commands.importer import Stack, run
from local.commands.sources import File
from local.errors import CommandError
from local.progress import Progress
from photosky.originals import Became
from photosky.photo import Photo, Status
from photosky.settings import Settings
from tests.pictures import encoded, tiff_file

FILES = 60
MAX_PARALLEL = 4
KNOWN = Photo(
    owner_id="owner",
    photo_id="photo",
    status=Status.READY,
    filename="a.jpg",
    content_type="image/jpeg",
    size_bytes=1,
    created_at="2026-08-03T07:12:55.204Z",
)
UNUSED = cast(Any, None)


class TrackedBytes(bytearray):
    """A file's bytes with support for weak references, which `bytes` lacks."""


class Source:
    """Yields files, and counts those whose bytes are in memory at the same time."""

    def __init__(self) -> None:
        self.listed = 0
        self.in_memory = 0
        self.max_in_memory = 0
        self._lock = threading.Lock()

    def __iter__(self) -> Iterator[File]:
        for number in range(FILES):
            self.listed += 1
            yield File(f"{number}.jpg", 9, partial(self._read, number), bytes)

    def _read(self, number: int) -> bytes:
        data = cast(bytes, TrackedBytes(f"file {number}".encode()))
        self._count(1)
        weakref.finalize(data, self._count, -1)
        return data

    def _count(self, by: int) -> None:
        with self._lock:
            self.in_memory += by
            self.max_in_memory = max(self.max_in_memory, self.in_memory)


class Table:
    """A table that finds every other photo, and fails for the others."""

    def __init__(self) -> None:
        self._is_found = iter([True, False] * FILES)

    def find_by_digest(self, _owner_id: str, _sha256: str) -> Photo:
        if next(self._is_found):
            return KNOWN
        raise ClientError({"Error": {"Code": "InternalServerError", "Message": "Internal error."}}, "Query")


def stack_with(table: object) -> Stack:
    """Return a stack that has this table and no other services."""
    settings = Settings("photos", "media", ("https://a.example",), (), 100, 1, 60, "drop", 1, 30, 0, 0, "1.0.0")
    return Stack(settings, "machine", "pool", UNUSED, cast(Any, table), UNUSED, UNUSED)


def test_import_holds_at_most_four_files_despite_faults() -> None:
    stack = stack_with(Table())
    source, became = Source(), Counter[str]()
    for outcome in run(stack, "owner", iter(source)):
        became[outcome.became] += 1
        assert source.listed <= became.total() + 2 * MAX_PARALLEL, "the listing runs too far ahead of the import"
    assert became == {"duplicate": FILES // 2, "failed": FILES // 2}
    assert (source.max_in_memory <= MAX_PARALLEL, source.in_memory) == (True, 0)


def import_known_photos(source: Path, report: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Import a folder for an owner who has all of its photos already, and return the output."""
    stack = stack_with(SimpleNamespace(find_by_digest=lambda _owner_id, _sha256: KNOWN))
    monkeypatch.setattr(Stack, "of", lambda _deployed: stack)
    monkeypatch.setattr(Stack, "owner_id", lambda _self, _owner: "owner")
    output = io.StringIO()
    imports.import_from(UNUSED, str(source), "owner", report, Progress(output))
    return output.getvalue()


def test_other_files_are_counted_but_not_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tmp_path / "source"
    source.mkdir()
    for name in ("a.jpg", "b.HEIC", "c.xmp", "d.mov", "e.mov", ".DS_Store", "notes"):
        (source / name).write_bytes(name.encode())
    for name in ("f.HIF", "g.mpo", "original"):
        (source / name).write_bytes(encoded("heic", size=(8, 6)) + name.encode())
    (source / "h.nef").write_bytes(tiff_file([(254, 4, 1, 1), (330, 4, 1, 0)]))
    report = tmp_path / "report.jsonl"
    shown = import_known_photos(source, report, monkeypatch)
    assert "Skipped 5 files that are not pictures: 2 .mov, 1 .xmp, 1 .nef, 1 without a suffix.\n" in shown
    names = {json.loads(line)["name"] for line in report.read_text().splitlines()}
    assert names == {"a.jpg", "b.HEIC", "f.HIF", "g.mpo", "original"}


@pytest.mark.parametrize("name", ["missing", "empty"])
def test_invalid_source_keeps_the_previous_report(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "empty").mkdir()
    report = tmp_path / "report.jsonl"
    report.write_text("previous report")
    with pytest.raises(CommandError):
        import_known_photos(tmp_path / name, report, monkeypatch)
    assert report.read_text() == "previous report"


@pytest.mark.parametrize("arguments", [[], [""]])
def test_import_without_a_source_is_refused(arguments: list[str]) -> None:
    with pytest.raises(CommandError, match=r"Name the originals: `make import SOURCE="):
        imports.main(arguments)


def test_summary_counts_each_outcome() -> None:
    counts: Counter[Became] = Counter({"imported": 3, "rejected": 1, "failed": 0})
    assert imports.lines(counts, Path("report.jsonl")) == ["3 imported, 1 rejected", "Report: report.jsonl"]
