"""Transfer: one object of a source bucket becomes one photo, whatever happens meanwhile."""

import hashlib
import json
from collections.abc import Callable
from itertools import count
from types import SimpleNamespace
from typing import Any, Final

import pytest

from photosky import originals
from photosky.photo import Photo, Rejection, Status
from photosky.store import keys
from photosky.store.attributes import UPLOAD_WAIT_SECONDS
from photosky.store.creations import CreationConflictError
from photosky.store.leases import LEASE_SECONDS
from photosky.store.photos import PhotosTable
from tasks.transfer import handler
from tests.clock import Clock
from tests.pictures import encoded, wrong_bytes
from tests.state_machine import Ingest
from tests.storage import FILENAME, OWNER, Storage
from tests.tasks.events import pass_on
from tests.tasks.reconcile_runs import AUDIT, Killed, at_call, expect_clean, fail_call, kill, reconcile

SOURCE: Final = "old-pictures"
JPEG: Final = encoded("jpeg", seed=5, size=(64, 48))
SHA256: Final = hashlib.sha256(JPEG).hexdigest()
DUPLICATE: Final = "Sommer/again.jpg"
NOTES: Final = "Sommer/notes.txt"
FILES: Final = {
    FILENAME: JPEG,
    DUPLICATE: JPEG,
    "Sommer/letter.jpg": wrong_bytes(),
    "Sommer/original": encoded("png", size=(8, 6)),
    NOTES: b"Sommer",
    "Sommer/empty": b"",
    ".thumbnails/a.jpg": JPEG,
}
LETTER: Final = "Sommer/letter.jpg"
CALLS: Final = 15
"""AWS calls of an import without faults: the object, the digest, the record, the copy, those of the ingest, and
the removal of the upload."""

pytestmark = pytest.mark.usefixtures("one_shard")


@pytest.fixture(autouse=True)
def source(storage: Storage, ingest: Ingest, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """A source bucket with `FILES`, the ingest workflow, and delays that take no time."""
    storage.s3.create_bucket(Bucket=SOURCE)
    for name, data in FILES.items():
        storage.s3.put_object(Bucket=SOURCE, Key=f"2025/{name}", Body=data, Metadata={"camera": "Sommer"})
    numbers = count()

    def run(owner_id: str, photo_id: str) -> dict[str, Any]:
        photo = storage.table.get(owner_id, photo_id)
        assert photo is not None
        execution = ingest.run(photo, f"execution {next(numbers)}")
        pass_on(storage, photo)
        failed = {"outcome": "failed", "code": execution.error, "detail": "It failed."}
        return dict(execution.output) if execution.status == "SUCCEEDED" else failed

    monkeypatch.setattr("tasks.transfer.run_ingest", run)
    monkeypatch.setattr("tasks.reconcile.ingest", lambda *about: run(*about)["outcome"])
    monkeypatch.setattr(originals, "time", SimpleNamespace(time=clock, monotonic=clock, sleep=clock.tick))
    monkeypatch.setattr(originals, "RETRY_AFTER_SECONDS", LEASE_SECONDS // 2 + 1)  # Fewer executions, for speed.


def transfer(name: str = FILENAME) -> dict[str, str]:
    """Import one file of the source."""
    event = {"owner_id": OWNER, "bucket": SOURCE, "prefix": "2025/", "key": f"2025/{name}"}
    return handler(event | {"size_bytes": len(FILES.get(name, b"x"))}, None)


def photos(storage: Storage) -> list[Photo]:
    """All photos in the table."""
    ids = [record["photo_id"]["S"] for record in storage.records() if "status" in record]
    found = [storage.table.get(OWNER, photo_id) for photo_id in ids]
    return [photo for photo in found if photo]


def test_object_becomes_a_photo_with_its_name_and_bytes(storage: Storage) -> None:
    result = transfer()
    (photo,) = photos(storage)
    assert result == {"became": "imported", "photo_id": photo.photo_id}
    assert (photo.status, photo.filename, photo.sha256, photo.size_bytes) == (Status.READY, FILENAME, SHA256, len(JPEG))
    assert photo.original is not None
    assert storage.objects()[photo.original].data == JPEG
    expect_clean(storage)


def test_each_kind_of_file_has_its_outcome(storage: Storage) -> None:
    results = {name: transfer(name) for name in FILES}
    first, png = (results[name].pop("photo_id") for name in (FILENAME, "Sommer/original"))
    assert results.pop(DUPLICATE) == {"became": "duplicate", "photo_id": first}
    assert results.pop(LETTER).pop("detail").startswith("Unsupported format.")
    assert results == {
        FILENAME: {"became": "imported"},
        "Sommer/original": {"became": "imported"},
        NOTES: {"became": "skipped"},
        "Sommer/empty": {"became": "skipped"},
        ".thumbnails/a.jpg": {"became": "hidden"},
    }
    assert {photo.photo_id for photo in photos(storage)} == {first, png}


def test_second_import_changes_nothing(storage: Storage) -> None:
    first = transfer()
    before = storage.records()
    assert transfer() == {"became": "duplicate", "photo_id": first["photo_id"]}
    assert storage.records() == before


def test_object_above_the_limit_is_not_read(configure: Callable[..., None]) -> None:
    configure(max_upload_bytes=3)
    with at_call(0, fail_call) as is_reached:
        result = transfer()
    detail = "The file has more than 3 bytes."
    assert (result, is_reached()) == ({"became": "rejected", "code": "UploadTooLarge", "detail": detail}, False)


def test_object_beyond_the_quota_fails_with_the_reason(storage: Storage, configure: Callable[..., None]) -> None:
    configure(max_photos_per_owner=1)
    storage.put_photo()
    detail = "You may have 1 photos, of which 1 are used. Remove photos, also from the trash."
    assert transfer() == {"became": "failed", "code": "QuotaExceeded", "detail": detail}


def test_missing_object_fails_without_its_name(log_lines: Callable[[], list[dict[str, Any]]]) -> None:
    result = transfer("Sommer/gone.jpg")
    assert (result["became"], result["code"]) == ("failed", "NoSuchKey")
    assert "Sommer" not in json.dumps(result)
    (line,) = log_lines()
    assert (line["level"], line["outcome"], line["code"]) == ("ERROR", "failed", "NoSuchKey")


def test_object_that_changes_after_it_was_read_is_not_imported(storage: Storage) -> None:
    def change() -> None:
        storage.s3.put_object(Bucket=SOURCE, Key=f"2025/{FILENAME}", Body=encoded("jpeg", seed=9))

    with at_call(3, change) as is_reached:  # The copy, after the object, the digest and the record.
        result = transfer()
    assert (is_reached(), result["became"], result["code"]) == (True, "failed", "PreconditionFailed")
    assert transfer()["became"] == "imported"
    assert [photo.status for photo in photos(storage)].count(Status.READY) == 1


@pytest.mark.parametrize(("name", "fault"), [(FILENAME, kill), (LETTER, kill), (FILENAME, fail_call)])
def test_import_that_ends_at_any_call_is_resumed(
    storage: Storage, clock: Clock, name: str, fault: Callable[[], None]
) -> None:
    """At the end there is one photo, or none and no object of a file that is refused."""
    calls = 0
    snapshot, now = storage.snapshot(), clock.now
    for calls in count():
        with at_call(calls, fault) as is_reached:
            try:
                transfer(name)
            except Killed:
                assert is_reached()
        if not is_reached():
            break
        result = transfer(name)
        clock.tick(LEASE_SECONDS + 1)
        reconcile()
        found = [(photo.status, photo.sha256) for photo in photos(storage)]
        if name == LETTER:
            assert (result["became"], result.get("code"), found) == ("rejected", "UnsupportedFormat", []), calls
        else:
            assert (result["became"] in ("imported", "duplicate"), found) == (True, [(Status.READY, SHA256)]), calls
        clock.tick(UPLOAD_WAIT_SECONDS)
        reconcile(AUDIT)
        expect_clean(storage)
        storage.restore(snapshot)
        clock.now = now
    assert calls >= CALLS - 4


@pytest.mark.parametrize("other", [FILENAME, DUPLICATE])
def test_two_imports_of_the_same_bytes_make_one_photo(storage: Storage, clock: Clock, other: str) -> None:
    """The second import runs as a whole before one call of the first, which is suspended meanwhile."""
    snapshot, now = storage.snapshot(), clock.now
    for number in count():
        results: list[dict[str, str]] = []
        with at_call(number, lambda results=results: results.append(transfer(other))) as is_reached:  # type: ignore[misc]
            results.append(transfer())
        if not is_reached():
            break
        (photo,) = photos(storage)
        assert (photo.status, {result.get("photo_id") for result in results}) == (Status.READY, {photo.photo_id})
        if other == DUPLICATE:
            assert [result["became"] for result in results].count("imported") <= 1 or number > 3
        storage.restore(snapshot)
        clock.now = now
    assert number >= CALLS


def earlier_photo(storage: Storage, change: Callable[[PhotosTable, Photo], object]) -> str:
    """Import an object up to its upload, change the photo, and return its id."""
    with pytest.raises(Killed), at_call(4, kill):
        transfer()
    (photo,) = photos(storage)
    assert storage.objects().keys() == {keys.upload_key(OWNER, photo.photo_id)}
    change(storage.table, photo)
    return photo.photo_id


def reject(table: PhotosTable, photo: Photo) -> None:
    table.claim(OWNER, photo.photo_id, "another")
    table.refuse(OWNER, photo.photo_id, "another", Status.REJECTED, Rejection("CorruptImage", "It is torn."))


def test_upload_of_an_earlier_import_is_continued(storage: Storage) -> None:
    photo_id = earlier_photo(storage, lambda _table, _photo: None)
    assert transfer() == {"became": "imported", "photo_id": photo_id}


def test_photo_of_another_file_with_the_same_bytes_is_finished_as_a_duplicate(storage: Storage) -> None:
    photo_id = earlier_photo(storage, lambda _table, _photo: None)
    assert transfer(DUPLICATE) == {"became": "duplicate", "photo_id": photo_id}


def test_rejection_that_was_not_reported_is_reported_and_removed(storage: Storage) -> None:
    earlier_photo(storage, reject)
    assert transfer() == {"became": "rejected", "code": "CorruptImage", "detail": "It is torn."}
    assert photos(storage) == []


def test_photo_that_was_deleted_meanwhile_is_imported_again(storage: Storage) -> None:
    photo_id = earlier_photo(storage, lambda table, photo: table.begin_delete(photo, in_any_status=True))
    result = transfer()
    assert result["became"] == "imported"
    assert result["photo_id"] != photo_id
    assert transfer() == {"became": "duplicate", "photo_id": result["photo_id"]}


def test_conflict_of_creations_is_retried(monkeypatch: pytest.MonkeyPatch) -> None:
    original, conflicts = PhotosTable.create_once, iter([True, True, False])

    def create_once(*given: Any, **named: Any) -> None:
        if next(conflicts):
            raise CreationConflictError
        original(*given, **named)

    monkeypatch.setattr(PhotosTable, "create_once", create_once)
    assert transfer()["became"] == "imported"


def test_lasting_conflict_of_creations_fails_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    def create_once(*_given: Any, **_named: Any) -> None:
        raise CreationConflictError

    monkeypatch.setattr(PhotosTable, "create_once", create_once)
    assert transfer() == {"became": "failed", "code": "CreationConflictError", "detail": ""}
