"""The files of an import's source folder."""

import io
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from local.commands.sources import files
from local.errors import CommandError
from tests.pictures import encoded


def test_folder_is_listed_in_order_without_hidden_or_linked_files(tmp_path: Path) -> None:
    for name in ("b/2.jpg", "b/1.jpg", "a-b.jpg", "a/3.jpg", ".git/x.jpg", "a/.x.jpg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(name.encode())
    (tmp_path / "a" / "up").symlink_to(tmp_path)
    listed = [(file.name, file.size_bytes, file.read()) for file in files(str(tmp_path), None)]
    names = ["a/3.jpg", "a-b.jpg", "b/1.jpg", "b/2.jpg"]
    assert listed == [(name, len(name), name.encode()) for name in names]


def test_head_of_an_object_is_read_by_range() -> None:
    reads: list[dict[str, str]] = []

    def get_object(**request: str) -> dict[str, io.BytesIO]:
        reads.append(request)
        return {"Body": io.BytesIO(encoded("png", size=(8, 6)))}

    pages = [{"Contents": [{"Key": f"in/{name}", "Size": size} for name, size in (("a", 9), ("b.jpg", 9), ("c", 0))]}]
    s3 = SimpleNamespace(
        get_object=get_object,
        get_paginator=lambda _name: SimpleNamespace(paginate=lambda **_request: pages),
        exceptions=SimpleNamespace(NoSuchBucket=KeyError),
    )
    found = {file.name: file.content_type for file in files("s3://bucket/in/", s3)}
    assert found == {"a": "image/png", "b.jpg": "image/jpeg", "c": None}
    assert reads == [{"Bucket": "bucket", "Key": "in/a", "Range": "bytes=0-65535"}]


def test_unreadable_file_is_left_to_the_import(tmp_path: Path) -> None:
    (tmp_path / "photo").write_bytes(b"x")
    (file,) = files(str(tmp_path), None)
    (tmp_path / "photo").unlink()
    assert file.content_type == "application/octet-stream"


def test_unreadable_folder_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def deny(_folder: Path) -> Iterator[Path]:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", deny)
    with pytest.raises(CommandError) as refused:
        list(files(str(tmp_path), None))
    assert str(refused.value) == f"{tmp_path} cannot be listed: Permission denied."
