"""`make export`: the files and records, and what a second run downloads."""

import hashlib
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.commands import export
from local.library import Library
from local.progress import Progress
from photosky.photo import Photo
from tests.storage import Storage
from tests.unit.local.commands.owners import EMAIL, OTHER_EMAIL, library_of, sign_up


@pytest.fixture
def library(storage: Storage) -> Iterator[Library]:
    """The library of the storage under test."""
    with library_of(storage) as found:
        yield found


@pytest.fixture
def owner_id(library: Library) -> str:
    """The owner whose photos are exported."""
    return sign_up(library, EMAIL)


def put(storage: Storage, owner_id: str, data: bytes, **changes: Any) -> Photo:
    photo = storage.put_ready(hashlib.sha256(data).hexdigest(), owner_id=owner_id, size_bytes=len(data), **changes)
    assert photo.original is not None
    storage.s3.put_object(Bucket=storage.bucket, Key=photo.original, Body=data, ContentType="image/jpeg")
    return photo


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((folder / "originals").iterdir())}


def records(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "photos.jsonl").read_text().splitlines()]


def test_originals_and_records_of_one_owner(storage: Storage, library: Library, owner_id: str, tmp_path: Path) -> None:
    photo = put(storage, owner_id, b"a", title="Möwe")
    trashed = storage.table.trash(put(storage, owner_id, b"b"), 3600)
    awaiting = storage.put_photo(owner_id=owner_id)
    put(storage, sign_up(library, OTHER_EMAIL), b"c")
    assert export.export(library, owner_id, tmp_path / "x", Progress()) == {"downloaded": 2, "without": 1}
    assert files(tmp_path / "x") == {f"{photo.photo_id}.jpg": b"a", f"{trashed.photo_id}.jpg": b"b"}
    found = {record["photo_id"]: record for record in records(tmp_path / "x")}
    assert found == {
        shown.photo_id: {name: value for name, value in shown.present(str).items() if name != "previews"}
        | {"file": f"originals/{shown.photo_id}.jpg" if shown.original else None}
        for shown in (photo, trashed, awaiting)
    }
    assert found[photo.photo_id]["title"] == "Möwe"
    assert found[trashed.photo_id]["status"] == "trashed"
    assert (tmp_path / "x").stat().st_mode & 0o777 == 0o700


def test_second_run_downloads_what_is_missing_or_incomplete(
    storage: Storage, library: Library, owner_id: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    complete, missing, damaged = (put(storage, owner_id, data) for data in (b"a", b"bb", b"ccc"))
    export.export(library, owner_id, tmp_path, Progress())
    (tmp_path / "originals" / f"{missing.photo_id}.jpg").rename(tmp_path / "originals" / f"{missing.photo_id}.part")
    (tmp_path / "originals" / f"{damaged.photo_id}.jpg").write_bytes(b"cc")
    requested = []
    get = library.s3.get_object

    def note(**parameters: Any) -> Any:
        requested.append(parameters["Key"])
        return get(**parameters)

    monkeypatch.setattr(library.s3, "get_object", note)
    assert export.export(library, owner_id, tmp_path, Progress()) == {"complete": 1, "downloaded": 2}
    assert set(requested) == {missing.original, damaged.original}
    assert files(tmp_path) == {
        f"{photo.photo_id}.jpg": data for photo, data in ((complete, b"a"), (missing, b"bb"), (damaged, b"ccc"))
    }


def test_other_bytes_than_the_digest_never_look_complete(
    storage: Storage, library: Library, owner_id: str, tmp_path: Path
) -> None:
    photo = put(storage, owner_id, b"a")
    assert photo.original is not None
    storage.s3.put_object(Bucket=storage.bucket, Key=photo.original, Body=b"b", ContentType="image/jpeg")
    assert export.export(library, owner_id, tmp_path, Progress()) == {"failed": 1}
    assert files(tmp_path) == {f"{photo.photo_id}.part": b"b"}
    assert [record["file"] for record in records(tmp_path)] == [None]


def test_missing_original_fails_and_a_deleted_photo_does_not(
    storage: Storage, library: Library, owner_id: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost, deleted = put(storage, owner_id, b"a"), put(storage, owner_id, b"b")
    listed = list(library.records(owner_id))
    assert lost.original is not None
    storage.s3.delete_object(Bucket=storage.bucket, Key=lost.original)
    storage.begin_delete(deleted)
    assert deleted.original is not None
    storage.s3.delete_object(Bucket=storage.bucket, Key=deleted.original)
    monkeypatch.setattr(Library, "records", lambda *_arguments: iter(listed))
    assert export.export(library, owner_id, tmp_path, Progress()) == {"failed": 1, "gone": 1}
    assert [record["photo_id"] for record in records(tmp_path)] == [lost.photo_id]


def test_unreadable_record_fails_and_the_others_are_exported(
    storage: Storage, library: Library, owner_id: str, tmp_path: Path
) -> None:
    photo = put(storage, owner_id, b"a")
    storage.dynamodb.put_item(
        TableName=storage.table_name,
        Item={"owner_id": {"S": owner_id}, "photo_id": {"S": "torn"}, "status": {"S": "ready"}},
    )
    output = io.StringIO()
    assert export.export(library, owner_id, tmp_path, Progress(output)) == {"failed": 1, "downloaded": 1}
    assert "torn: the record is unreadable; `make reconcile` reports it too." in output.getvalue()
    assert [record["photo_id"] for record in records(tmp_path)] == [photo.photo_id]
