"""`make import`: memory use with a large source, skipped files, the report and the summary."""

import hashlib
import io
import json
import threading
import weakref
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError

from local.commands import importer, imports
from local.commands.importer import Became, Importer, Outcome, Stack
from local.commands.sources import File
from local.errors import CommandError
from local.progress import Progress
from photosky.photo import Photo, Status
from photosky.quota import Quota
from photosky.settings import Settings
from photosky.store.creations import QuotaExceededError
from photosky.store.leases import LEASE_SECONDS
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
    """Return a stack that has this table, an empty bucket and no other services."""
    return stack_of(table, SimpleNamespace(), ())


def stack_of(table: object, states: object, uploads: Sequence[str]) -> Stack:
    """Return a stack that has this table, these state machines and these uploads."""
    found = [{"Key": key, "Size": 1, "LastModified": datetime.fromtimestamp(0, UTC)} for key in uploads]
    paginator = SimpleNamespace(paginate=lambda **_given: [{"Contents": found}])
    s3 = SimpleNamespace(get_paginator=lambda _operation: paginator, put_object=lambda **_given: None)
    settings = Settings("photos", "media", ("https://a.example",), (), 100, 1, 60, "drop", 1, 30, 0, 0, "1.0.0")
    return Stack(settings, "machine", "pool", s3, cast(Any, table), states, UNUSED)


def test_import_holds_at_most_four_files_despite_faults(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importer, "_MAX_DIGESTS", 5)
    stack = stack_with(Table())
    source, became = Source(), Counter[str]()
    for outcome in Importer(stack, "owner").run(iter(source)):
        became[outcome.became] += 1
        assert source.listed <= became.total() + 2 * MAX_PARALLEL, "the listing runs too far ahead of the import"
    assert became == {"duplicate": FILES // 2, "failed": FILES // 2}
    assert (source.max_in_memory <= MAX_PARALLEL, source.in_memory) == (True, 0)


class OneUpload:
    """The table and the state machine of an owner with one upload. The executions return `results`, one each."""

    def __init__(self, status: Status, *results: Mapping[str, Any]) -> None:
        self.photo = replace(KNOWN, status=status, declared_sha256=hashlib.sha256(b"a").hexdigest())
        self.ingested: list[str] = []
        self.created: list[Photo] = []
        self.deleted: list[str] = []
        self._results = iter(results)

    def find_by_digest(self, _owner_id: str, _sha256: str) -> None:
        return None

    def get(self, _owner_id: str, photo_id: str) -> Photo | None:
        return self.photo if photo_id == self.photo.photo_id else None

    def create(self, photo: Photo, quota: Quota) -> Photo:
        if quota.photos is not None and len(self.created) >= quota.photos:
            raise QuotaExceededError(quota, None)
        self.created.append(photo)
        return photo

    def begin_delete(self, photo: Photo, *, in_any_status: bool) -> None:
        assert not in_any_status
        self.deleted.append(photo.photo_id)

    def finish_delete(self, _owner_id: str, _photo_id: str) -> None:
        pass

    def start_sync_execution(self, stateMachineArn: str, input: str) -> dict[str, Any]:  # noqa: ARG002 - boto3's names
        self.ingested.append(json.loads(input)["photo_id"])
        return {"status": "SUCCEEDED", "output": json.dumps(next(self._results))}

    def run(self) -> Outcome:
        """Import a file with the bytes of the upload."""
        stack = stack_of(self, self, ["incoming/owner/photo", "incoming/owner/unknown"])
        (outcome,) = Importer(stack, "owner").run(iter([File("a.jpg", 1, lambda: b"a", bytes)]))
        return outcome


READY_RESULT = {"outcome": "ready"}
IN_PROGRESS = {"outcome": "declined", "code": "IngestInProgress", "detail": "Another one."}


def declined(code: str) -> dict[str, Any]:
    return {"outcome": "declined", "code": code, "detail": "It is gone."}


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The delays of an import, which take no time."""
    slept: list[float] = []
    clock = SimpleNamespace(time=lambda: 0.0, monotonic=lambda: sum(slept), sleep=slept.append)
    monkeypatch.setattr(importer, "time", clock)
    return slept


@pytest.mark.parametrize("status", [Status.AWAITING_UPLOAD, Status.PROCESSING, Status.FAILED])
def test_upload_of_a_killed_import_is_continued(status: Status) -> None:
    one = OneUpload(status, READY_RESULT)
    assert one.run() == Outcome("a.jpg", "imported", "photo")
    assert (one.ingested, one.created, one.deleted) == (["photo"], [], [])


@pytest.mark.parametrize("status", [Status.READY, Status.REJECTED, Status.DELETING])
def test_finished_photo_is_not_continued(status: Status) -> None:
    one = OneUpload(status, READY_RESULT)
    outcome = one.run()
    (created,) = one.created
    assert outcome == Outcome("a.jpg", "imported", created.photo_id)
    assert one.ingested == [created.photo_id]


@pytest.mark.parametrize("code", ["PhotoNotFound", "UploadMissing", "CorruptImage"])
def test_photo_that_can_not_be_continued_is_sent_again(code: str) -> None:
    one = OneUpload(Status.AWAITING_UPLOAD, declined(code), READY_RESULT)
    outcome = one.run()
    (created,) = one.created
    assert outcome == Outcome("a.jpg", "imported", created.photo_id)
    assert (one.ingested, one.deleted) == (["photo", created.photo_id], [])


def test_import_waits_for_the_lease_of_a_lost_ingest(slept: list[float]) -> None:
    one = OneUpload(Status.PROCESSING, *[IN_PROGRESS] * 12, READY_RESULT)
    assert one.run() == Outcome("a.jpg", "imported", "photo")
    assert (sum(slept), one.created) == (LEASE_SECONDS, [])


def test_wait_for_another_ingest_is_bounded(slept: list[float]) -> None:
    one = OneUpload(Status.PROCESSING, *[IN_PROGRESS] * 100)
    assert one.run() == Outcome("a.jpg", "failed", "photo", "IngestInProgress", "Another one.")
    assert (sum(slept), one.created, one.deleted) == (LEASE_SECONDS + 10, [], [])


@pytest.mark.parametrize("code", ["PhotoNotFound", "UploadMissing"])
def test_only_a_rejected_file_loses_its_record(code: str) -> None:
    one = OneUpload(Status.READY, declined(code))
    outcome = one.run()
    (created,) = one.created
    assert outcome == Outcome("a.jpg", "failed", created.photo_id, code, "It is gone.")
    assert one.deleted == []
    rejected = OneUpload(Status.FAILED, {"outcome": "rejected", "code": "CorruptImage", "detail": "It is torn."})
    assert rejected.run() == Outcome("a.jpg", "rejected", None, "CorruptImage", "It is torn.")
    assert rejected.deleted == ["photo"]


def test_file_beyond_the_quota_fails_with_the_reason() -> None:
    one = OneUpload(Status.READY)
    one.created.append(KNOWN)
    stack = stack_of(one, one, [])
    limited = replace(stack, settings=replace(stack.settings, max_photos_per_owner=1))
    (outcome,) = Importer(limited, "owner").run(iter([File("a.jpg", 1, lambda: b"a", bytes)]))
    detail = "You may have 1 photos. Remove photos, also from the trash."
    assert outcome == Outcome("a.jpg", "failed", None, "QuotaExceeded", detail)
    assert (one.created, one.ingested) == ([KNOWN], [])


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
