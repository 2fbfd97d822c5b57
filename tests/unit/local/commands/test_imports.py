"""An import of a large source: what is held of it in memory, and in which order it is read."""

import threading
import weakref
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError

from local.commands import imports
from local.commands.imports import File, Import, ImportFailed, Stack, files
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
    """A file's bytes, of which, other than of `bytes`, one can tell when they are gone."""


class Source:
    """Files as they are asked for, and how many have their bytes in memory at the same time."""

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
    """A table that has every other photo already, and is out of order for the rest."""

    def __init__(self) -> None:
        self._answers = iter([True, False] * FILES)

    def find_by_digest(self, _owner_id: str, _sha256: str) -> Photo:
        if next(self._answers):
            return KNOWN
        raise ClientError({"Error": {"Code": "InternalServerError", "Message": "Sorry."}}, "Query")


def test_an_import_holds_four_files_at_most_also_where_some_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "_REMEMBERED", 5)
    settings = Settings("photos", "media", ("https://a.example",), (), 100, 1, 60, "drop", "1.0.0")
    unused = cast(Any, None)
    stack = Stack(settings, "machine", "pool", unused, cast(Any, Table()), unused, unused)
    source, became = Source(), Counter[str]()
    for outcome in Import(stack, "owner").run(iter(source)):
        became[outcome.became] += 1
        assert source.listed <= became.total() + 2 * AT_ONCE, "listed no further than it is worked on"
    assert became == {"duplicate": FILES // 2, "failed": FILES // 2}
    assert (source.most_held <= AT_ONCE, source.held) == (True, 0)


def test_a_folder_is_listed_in_order_without_what_is_hidden_or_elsewhere(tmp_path: Path) -> None:
    for name in ("b/2.jpg", "b/1.jpg", "a-b.jpg", "a/3.jpg", ".git/x.jpg", "a/.x.jpg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(name.encode())
    (tmp_path / "a" / "up").symlink_to(tmp_path)
    listed = [(file.name, file.size_bytes, file.read()) for file in files(str(tmp_path), None)]
    names = ["a/3.jpg", "a-b.jpg", "b/1.jpg", "b/2.jpg"]
    assert listed == [(name, len(name), name.encode()) for name in names]


def test_a_folder_that_may_not_be_listed_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_folder: Path) -> Iterator[Path]:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", refuse)
    with pytest.raises(ImportFailed) as refused:
        list(files(str(tmp_path), None))
    assert str(refused.value) == f"{tmp_path} cannot be listed: Permission denied."
