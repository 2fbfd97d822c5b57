"""An import's source, its memory and its report."""

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

from local.commands import importer, imports
from local.commands.importer import Importer, Stack
from local.commands.sources import File, files
from local.errors import CommandError
from local.progress import Progress
from photosky.photo import Photo, Status
from photosky.settings import Settings

FILES = 60
AT_ONCE = 4
KNOWN = Photo(
    owner_id="owner",
    photo_id="photo",
    status=Status.READY,
    filename="a.jpg",
    content_type="image/jpeg",
    size_bytes=1,
    created_at="2026-08-03T07:12:55.204Z",
)


class Bytes(bytearray):
    """A file's bytes, whose release a weak reference can observe, unlike that of `bytes`."""


class Source:
    """Files that are read on demand; it counts those in memory at the same time."""

    def __init__(self) -> None:
        self.listed = 0
        self.held = 0
        self.most_held = 0
        self._lock = threading.Lock()

    def __iter__(self) -> Iterator[File]:
        for number in range(FILES):
            self.listed += 1
            yield File(f"{number}.jpg", 9, partial(self._read, number))

    def _read(self, number: int) -> bytes:
        data = cast(bytes, Bytes(f"file {number}".encode()))
        self._count(1)
        weakref.finalize(data, self._count, -1)
        return data

    def _count(self, by: int) -> None:
        with self._lock:
            self.held += by
            self.most_held = max(self.most_held, self.held)


class Table:
    """A table that has every other photo and fails for the rest."""

    def __init__(self) -> None:
        self._answers = iter([True, False] * FILES)

    def find_by_digest(self, _owner_id: str, _sha256: str) -> Photo:
        if next(self._answers):
            return KNOWN
        raise ClientError({"Error": {"Code": "InternalServerError", "Message": "Sorry."}}, "Query")


def test_import_holds_at_most_four_files_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importer, "_MAX_DIGESTS", 5)
    settings = Settings("photos", "media", ("https://a.example",), (), 100, 1, 60, "drop", "1.0.0")
    unused = cast(Any, None)
    stack = Stack(settings, "machine", "pool", unused, cast(Any, Table()), unused, unused)
    source, became = Source(), Counter[str]()
    for outcome in Importer(stack, "owner").run(iter(source)):
        became[outcome.became] += 1
        assert source.listed <= became.total() + 2 * AT_ONCE, "the listing is not ahead of the import"
    assert became == {"duplicate": FILES // 2, "failed": FILES // 2}
    assert (source.most_held <= AT_ONCE, source.held) == (True, 0)


def test_folder_is_listed_in_order_without_hidden_and_linked_files(tmp_path: Path) -> None:
    for name in ("b/2.jpg", "b/1.jpg", "a-b.jpg", "a/3.jpg", ".git/x.jpg", "a/.x.jpg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(name.encode())
    (tmp_path / "a" / "up").symlink_to(tmp_path)
    listed = [(file.name, file.size_bytes, file.read()) for file in files(str(tmp_path), None)]
    names = ["a/3.jpg", "a-b.jpg", "b/1.jpg", "b/2.jpg"]
    assert listed == [(name, len(name), name.encode()) for name in names]


def test_unreadable_folder_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_folder: Path) -> Iterator[Path]:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", refuse)
    with pytest.raises(CommandError) as refused:
        list(files(str(tmp_path), None))
    assert str(refused.value) == f"{tmp_path} cannot be listed: Permission denied."


def import_into_nothing(source: Path, report: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Import a folder for a user whose every photo is there already; returns what the terminal shows."""
    settings = Settings("photos", "media", ("https://a.example",), (), 100, 1, 60, "drop", "1.0.0")
    unused = cast(Any, None)
    known = SimpleNamespace(find_by_digest=lambda _owner_id, _sha256: KNOWN)
    stack = Stack(settings, "machine", "pool", unused, cast(Any, known), unused, unused)
    monkeypatch.setattr(Stack, "of", lambda _deployed: stack)
    monkeypatch.setattr(Stack, "owner_id", lambda _self, _owner: "owner")
    output = io.StringIO()
    imports.import_from(unused, str(source), "owner", report, Progress(output))
    return output.getvalue()


def test_other_files_are_counted_and_not_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tmp_path / "source"
    source.mkdir()
    for name in ("a.jpg", "b.HEIC", "c.xmp", "d.mov", "e.mov", ".DS_Store", "original"):
        (source / name).write_bytes(name.encode())
    report = tmp_path / "report.jsonl"
    shown = import_into_nothing(source, report, monkeypatch)
    assert "Skipped 3 files that are not pictures: 2 .mov, 1 .xmp.\n" in shown
    names = {json.loads(line)["name"] for line in report.read_text().splitlines()}
    assert names == {"a.jpg", "b.HEIC", "original"}, "the stack decides about a name without a suffix"


@pytest.mark.parametrize("name", ["nowhere", "empty"])
def test_an_earlier_report_outlives_a_wrong_source(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "empty").mkdir()
    report = tmp_path / "report.jsonl"
    report.write_text("the earlier one")
    with pytest.raises(CommandError):
        import_into_nothing(tmp_path / name, report, monkeypatch)
    assert report.read_text() == "the earlier one"


@pytest.mark.parametrize("arguments", [[], [""]])
def test_an_import_without_a_source_is_refused(arguments: list[str]) -> None:
    with pytest.raises(CommandError, match=r"Name the originals: `make import SOURCE="):
        imports.main(arguments)
