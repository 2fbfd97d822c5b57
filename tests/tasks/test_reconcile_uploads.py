"""Reconcile's sweep ingests complete uploads whose clients did not ask for it, and leaves all others alone."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from itertools import count
from typing import Any

import pytest

from photosky.errors import Code
from photosky.imaging.presets import DEFAULT_PRESETS
from photosky.photo import Photo, Status
from photosky.store import keys
from photosky.store.leases import LEASE_SECONDS
from tasks.reconcile import INGEST_AFTER_SECONDS, ReconcileError
from tests.clock import Clock
from tests.pictures import wrong_bytes
from tests.state_machine import Ingest
from tests.storage import Storage
from tests.tasks.conftest import JPEG, SHA256
from tests.tasks.events import pass_on
from tests.tasks.leftovers import FAULT, completed, failed
from tests.tasks.reconcile_runs import NOTHING, Killed, Workflow, at_call, expect_clean, found, kill, reconcile

AT_ONCE = {"ingest_after_seconds": 0}


@pytest.fixture
def workflow(workflow: Workflow, configure: Callable[..., None], one_shard: None) -> Workflow:  # noqa: ARG001
    """The workflow, with one preset and one shard, so that a run has few calls."""
    configure(presets=DEFAULT_PRESETS[:1])
    return workflow


def uploaded(storage: Storage, data: bytes = JPEG, **changes: Any) -> Photo:
    """A photo whose client uploaded its bytes and was closed."""
    photo = storage.put_photo(**{"size_bytes": len(data)} | changes)
    storage.upload(photo, data)
    return photo


def test_upload_of_a_closed_client_becomes_a_photo(
    storage: Storage, clock: Clock, workflow: Workflow, log_lines: Callable[[], list[dict[str, Any]]]
) -> None:
    photo = uploaded(storage, declared_sha256=SHA256)
    clock.tick(INGEST_AFTER_SECONDS)
    log_lines()
    assert reconcile() == found(ingested=1)
    counted = [(line["outcome"], line["Reconciled"]) for line in log_lines() if "Reconciled" in line]
    assert counted == [("found", 1), ("ingested", 1)]
    assert (storage.photo(photo).status, storage.photo(photo).sha256) == (Status.READY, SHA256)
    assert reconcile() == NOTHING
    assert workflow.started == [photo.photo_id]
    expect_clean(storage)


@pytest.mark.parametrize(
    ("data", "changes", "knobs", "code"),
    [
        (wrong_bytes(), {}, {}, Code.UNSUPPORTED_FORMAT),
        (JPEG, {"declared_sha256": "0" * 64}, {}, Code.CORRUPT_IMAGE),
        (JPEG, {}, {"max_upload_bytes": len(JPEG) - 1}, Code.UPLOAD_TOO_LARGE),
    ],
)
@pytest.mark.usefixtures("workflow")
def test_rejections_apply_as_usual(
    storage: Storage,
    configure: Callable[..., None],
    data: bytes,
    changes: dict[str, Any],
    knobs: dict[str, Any],
    code: Code,
) -> None:
    configure(presets=DEFAULT_PRESETS[:1], **knobs)
    photo = uploaded(storage, data, **changes)
    assert reconcile(AT_ONCE) == found(ingested=1)
    rejection = storage.photo(photo).rejection
    assert rejection is not None
    assert (storage.photo(photo).status, rejection.code) == (Status.REJECTED, code)
    expect_clean(storage)


def test_upload_that_may_still_be_ingested_is_left_alone(storage: Storage, clock: Clock, workflow: Workflow) -> None:
    storage.put_photo()  # Its upload has not arrived.
    clock.tick(3600)
    photo = uploaded(storage)
    clock.tick(INGEST_AFTER_SECONDS - 1)
    assert reconcile() == NOTHING
    assert (workflow.started, storage.photo(photo)) == ([], photo)
    clock.tick(1)
    assert reconcile() == found(ingested=1)


def test_failed_photo_that_was_uploaded_again_is_ingested(storage: Storage, workflow: Workflow) -> None:
    photo = uploaded(storage, status=Status.FAILED, rejection=FAULT)
    assert reconcile(AT_ONCE) == found(ingested=1)
    assert workflow.started == [photo.photo_id]
    assert storage.photo(photo).status is Status.READY


def test_other_uploads_are_left_alone(storage: Storage, workflow: Workflow) -> None:
    claimed = uploaded(storage)
    storage.table.claim(claimed.owner_id, claimed.photo_id, "execution 1")
    completed(storage)
    failed(storage)
    rejected = uploaded(storage, status=Status.REJECTED)
    deleting = uploaded(storage)
    storage.begin_delete(deleting)
    without_record = replace(rejected, photo_id=rejected.photo_id[::-1])
    storage.upload(without_record, JPEG)
    for key in ("incoming/", "incoming/x", f"incoming/{claimed.owner_id}/{claimed.photo_id}/more"):
        storage.s3.put_object(Bucket=storage.bucket, Key=key, Body=b"x")
    before = storage.records(), storage.objects()
    assert reconcile(AT_ONCE) == NOTHING
    assert (workflow.started, storage.records(), storage.objects()) == ([], *before)


def test_declined_ingest_is_not_counted(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tasks.reconcile.ingest", lambda _owner_id, _photo_id: "declined")
    uploaded(storage)
    assert reconcile(AT_ONCE) == NOTHING


def test_failed_ingest_is_counted_and_not_repeated(
    storage: Storage, ingest: Ingest, workflow: Workflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(_step: str, _event: object) -> None:
        raise OSError

    photo = uploaded(storage)
    run = ingest._invoke
    monkeypatch.setattr(
        Ingest, "_invoke", lambda _self, step, event: crash(step, event) if step == "Previews" else run(step, event)
    )
    assert reconcile(AT_ONCE) == found(failed=1)
    assert storage.photo(photo).status is Status.FAILED
    assert reconcile(AT_ONCE) == NOTHING
    assert len(workflow.started) == 1


def test_failed_request_is_isolated(storage: Storage, workflow: Workflow, monkeypatch: pytest.MonkeyPatch) -> None:
    photos = [uploaded(storage) for _ in range(2)]

    def refuse_first(owner_id: str, photo_id: str) -> str:
        if photo_id == min(photo.photo_id for photo in photos):
            raise TimeoutError
        return workflow(owner_id, photo_id)

    monkeypatch.setattr("tasks.reconcile.ingest", refuse_first)
    with pytest.raises(ReconcileError, match=r"^1 of 2 found"):
        reconcile(AT_ONCE)
    assert sorted(storage.photo(photo).status for photo in photos) == [Status.AWAITING_UPLOAD, Status.READY]


@pytest.mark.usefixtures("workflow")
def test_time_limit_ends_the_ingests_and_the_next_run_continues(storage: Storage) -> None:
    photos = [uploaded(storage) for _ in range(3)]
    first = reconcile(AT_ONCE, remaining_checks=2)
    assert (first["ingested"], first["more"]) == (2, True)
    assert reconcile(AT_ONCE) == found(ingested=1)
    assert {storage.photo(photo).status for photo in photos} == {Status.READY}


@pytest.mark.usefixtures("workflow")
def test_run_killed_at_any_call_is_completed_by_the_next(storage: Storage, clock: Clock) -> None:
    for number in count():
        photo = uploaded(storage)
        with at_call(number, kill) as was_reached, suppress(Killed):
            reconcile(AT_ONCE)
        if not was_reached():
            assert number > 10
            return
        clock.tick(LEASE_SECONDS + 1)
        reconcile(AT_ONCE)
        assert storage.photo(photo).status is Status.READY
        for key in storage.objects():
            storage.s3.delete_object(Bucket=storage.bucket, Key=key)


def test_concurrent_ingest_of_the_client_is_safe(
    storage: Storage, clock: Clock, ingest: Ingest, workflow: Workflow
) -> None:
    for number in count():
        photo = uploaded(storage)
        names = iter(("of the client",))

        def client(photo: Photo = photo, names: Any = names) -> None:
            for name in names:
                ingest.run(photo, name)

        with at_call(number, client) as was_reached:
            assert reconcile(AT_ONCE)["faults"] == 0
        ready = storage.photo(photo)
        assert ready.status is Status.READY
        pass_on(storage, photo)
        assert keys.current_keys(ready) == set(storage.objects())
        storage.s3.delete_objects(
            Bucket=storage.bucket, Delete={"Objects": [{"Key": key} for key in storage.objects()]}
        )
        clock.tick(1)
        if not was_reached():
            assert workflow.started
            return
