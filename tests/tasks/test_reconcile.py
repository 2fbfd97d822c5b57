"""Whatever a dead execution or a half-finished deletion can leave is finished, failed, removed or reported."""

import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from itertools import count
from typing import Any, Final

import pytest
from botocore.exceptions import ClientError

from photosky.imaging.presets import DEFAULT_PRESETS
from photosky.photo import Photo, Rejection, Status, StoredPreview
from photosky.store import keys
from photosky.store.attributes import SYSTEM_OWNER, TOMBSTONE_SECONDS, UPLOAD_WAIT_SECONDS
from photosky.store.items import marshal
from photosky.store.leases import LEASE_SECONDS
from photosky.store.media import media_bucket, s3_client
from photosky.store.photos import photos_table
from photosky.store.table import ConditionFailedError
from tasks.fail import handler as fail
from tasks.persist import handler as persist
from tasks.previews import handler as previews
from tasks.reconcile import INTERRUPTED, MARGIN_MILLISECONDS, OUTCOMES, ReconcileError, handler
from tests.clock import NOW, Clock
from tests.storage import OWNER, Storage
from tests.tasks.events import EXECUTION, event

TORN: Final = Rejection("CorruptImage", "It is torn.")
BROKE: Final = Rejection("InternalError", "It broke.")
NOTHING: Final = dict.fromkeys(OUTCOMES, 0) | {"more": False, "reports": []}
AUDIT: Final = {"audit": True}


@dataclass
class Context:
    """Lambda's context, with so many questions for the time until it is up."""

    aws_request_id: str = "request 1"
    patience: float = float("inf")

    def get_remaining_time_in_millis(self) -> int:
        self.patience -= 1
        return MARGIN_MILLISECONDS if self.patience >= 0 else MARGIN_MILLISECONDS - 1


def reconcile(event: Mapping[str, Any] | None = None, **context: Any) -> dict[str, Any]:
    """One run."""
    return handler(event or {}, Context(**context))


def found(**outcomes: int) -> dict[str, Any]:
    """The answer of a run that found these, and no more."""
    return NOTHING | outcomes | {"found": sum(outcomes.values()) - outcomes.get("waiting", 0)}


def put(storage: Storage, *object_keys: str, size_bytes: int = 1) -> None:
    """Objects of one byte, or so many."""
    for key in object_keys:
        storage.s3.put_object(Bucket=storage.bucket, Key=key, Body=b"x" * size_bytes)


def wipe(storage: Storage) -> None:
    """Begin anew."""
    media_bucket().remove(storage.objects())
    for item in storage.records():
        key = {name: item[name] for name in ("owner_id", "photo_id")}
        storage.dynamodb.delete_item(TableName=storage.table_name, Key=key)


def change(storage: Storage, photo: Photo, **values: Any) -> None:
    """Write attributes of a record behind everybody's back; None takes one away."""
    for name, value in values.items():
        expression = "REMOVE #n" if value is None else "SET #n = :v"
        storage.dynamodb.update_item(
            TableName=storage.table_name,
            Key=marshal({"owner_id": photo.owner_id, "photo_id": photo.photo_id}),
            UpdateExpression=expression,
            ExpressionAttributeNames={"#n": name},
            **({} if value is None else {"ExpressionAttributeValues": marshal({":v": value})}),  # type: ignore[arg-type]
        )


# What an execution, a deletion or a hand can leave. Each gives the photo; its work was begun a lease ago.


def claimed(storage: Storage) -> Photo:
    """An execution died in Validate, or before Previews wrote anything."""
    photo = storage.await_upload(size_bytes=1)
    put(storage, keys.upload_key(photo.owner_id, photo.photo_id))
    return storage.table.claim(photo.owner_id, photo.photo_id, EXECUTION)


def half_rendered(storage: Storage) -> Photo:
    """... in Previews, between two writes."""
    photo = claimed(storage)
    put(storage, keys.preview_key(photo.owner_id, photo.photo_id, EXECUTION, DEFAULT_PRESETS[0]))
    return photo


def promoted(storage: Storage) -> Photo:
    """... in Previews, before the record was told."""
    photo = claimed(storage)
    put(storage, *keys.all_keys(photo, DEFAULT_PRESETS))
    return photo


def described(storage: Storage) -> Photo:
    """... before Persist."""
    photo = promoted(storage)
    manifest = {
        preset.name: vars(
            StoredPreview(keys.preview_key(photo.owner_id, photo.photo_id, EXECUTION, preset), 1, 1, "image/webp", 1)
        )
        for preset in DEFAULT_PRESETS
    }
    facts = {"sha256": "ab" * 32, "size_bytes": 1, "width": 1, "height": 1, "previews": manifest}
    facts["original"] = keys.original_key(photo.owner_id, photo.photo_id, EXECUTION)
    return storage.table.describe(photo.owner_id, photo.photo_id, EXECUTION, facts)


def completed(storage: Storage) -> Photo:
    """... in Persist, before it removed the upload."""
    photo = described(storage)
    return storage.table.complete(photo.owner_id, photo.photo_id, EXECUTION, "ab" * 32)


def rejected(storage: Storage) -> Photo:
    """... in Reject, before it removed anything."""
    photo = promoted(storage)
    return storage.table.refuse(photo.owner_id, photo.photo_id, EXECUTION, Status.REJECTED, TORN)


def failed(storage: Storage) -> Photo:
    """... in Fail, before it removed anything."""
    photo = described(storage)
    return storage.table.refuse(photo.owner_id, photo.photo_id, EXECUTION, Status.FAILED, BROKE)


def deleting(storage: Storage) -> Photo:
    """A deletion died before it removed anything."""
    photo = completed(storage)
    return storage.table.begin_delete(photo.owner_id, photo.photo_id)


def deleted(storage: Storage) -> Photo:
    """A deletion was over before the execution that it met had written its last object."""
    photo = deleting(storage)
    storage.table.finish_delete(photo.owner_id, photo.photo_id)
    return photo


LEFT: Final = (claimed, half_rendered, promoted, described, completed, rejected, failed, deleting, deleted)
OVERDUE: Final[dict[Callable[[Storage], Photo], str]] = {
    claimed: "failed",
    half_rendered: "failed",
    promoted: "failed",
    described: "finished",
    rejected: "swept",
    failed: "swept",
    deleting: "deleted",
    deleted: "swept",
}
"""What the index knows of, and what becomes of it."""


def expect_clean(storage: Storage) -> None:
    """No record has work left, and the bucket holds what ready photos name, and nothing else."""
    photos = []
    for item in storage.records():
        assert not {"lease_until", "unsettled_shard"} & set(item), item
        if item["photo_id"]["S"].startswith("deleted/") or item["owner_id"]["S"] == SYSTEM_OWNER:
            continue
        photo = storage.table.get(item["owner_id"]["S"], item["photo_id"]["S"])
        assert photo is not None
        assert photo.status in (Status.READY, Status.REJECTED, Status.FAILED, Status.AWAITING_UPLOAD)
        photos += [photo] if photo.status is Status.READY else []
    assert set(storage.objects()) == {key for photo in photos for key in keys.named_keys(photo)}


def settle(clock: Clock) -> None:
    """Let the memories of what was just deleted be swept."""
    clock.tick(LEASE_SECONDS + 1)
    assert reconcile() == NOTHING


@pytest.mark.parametrize("leave", OVERDUE)
def test_what_is_overdue_is_reconciled_and_nothing_is_left(
    storage: Storage, clock: Clock, leave: Callable[[Storage], Photo]
) -> None:
    leave(storage)
    clock.tick(LEASE_SECONDS + 1)
    assert reconcile() == found(**{OVERDUE[leave]: 1})
    settle(clock)
    expect_clean(storage)
    before = storage.records(), storage.objects()
    assert reconcile() == NOTHING
    assert (storage.records(), storage.objects()) == before


@pytest.mark.parametrize("leave", OVERDUE)
def test_what_somebody_may_still_be_at_work_on_is_left_alone(
    storage: Storage, clock: Clock, leave: Callable[[Storage], Photo]
) -> None:
    leave(storage)
    clock.tick(LEASE_SECONDS)
    before = storage.records(), storage.objects()
    assert reconcile() == NOTHING
    assert (storage.records(), storage.objects()) == before


def test_a_photo_that_was_cut_short_says_so_and_can_be_uploaded_again(storage: Storage, clock: Clock) -> None:
    photo = half_rendered(storage)
    clock.tick(LEASE_SECONDS + 1)
    reconcile()
    assert storage.photo(photo) == replace(
        photo, status=Status.FAILED, rejection=INTERRUPTED, execution="reconcile-request 1", lease_until=None
    )
    put(storage, keys.upload_key(photo.owner_id, photo.photo_id))
    assert storage.table.claim(photo.owner_id, photo.photo_id, "execution 2").status is Status.PROCESSING


def test_a_photo_that_only_wanted_its_last_write_is_ready_and_found(storage: Storage, clock: Clock) -> None:
    photo = described(storage)
    clock.tick(LEASE_SECONDS + 1)
    reconcile()
    ready = replace(photo, status=Status.READY, execution="reconcile-request 1", lease_until=None)
    assert storage.photo(photo) == ready
    assert storage.table.list_ready(photo.owner_id, limit=2, order="desc", after=None).photos == (ready,)
    assert storage.table.find_by_digest(photo.owner_id, "ab" * 32) == ready


@pytest.mark.parametrize("torn", ["original", "preview", "size"])
def test_a_described_photo_whose_objects_are_not_all_there_is_failed(storage: Storage, clock: Clock, torn: str) -> None:
    photo = described(storage)
    original = keys.original_key(photo.owner_id, photo.photo_id, EXECUTION)
    key = photo.previews["small"].key if torn == "preview" else original
    storage.s3.delete_object(Bucket=storage.bucket, Key=key)
    if torn == "size":
        put(storage, original, size_bytes=2)
    clock.tick(LEASE_SECONDS + 1)
    assert reconcile() == found(failed=1)
    expect_clean(storage)


def test_what_an_earlier_execution_described_is_not_taken_for_the_laters(storage: Storage, clock: Clock) -> None:
    photo = described(storage)
    clock.tick(LEASE_SECONDS + 1)
    storage.table.claim(photo.owner_id, photo.photo_id, "execution 2")
    clock.tick(LEASE_SECONDS + 1)
    assert reconcile() == found(failed=1)
    expect_clean(storage)


def test_an_execution_that_was_only_slow_loses_to_the_takeover(storage: Storage, clock: Clock) -> None:
    photo = described(storage)
    clock.tick(LEASE_SECONDS + 1)
    storage.table.take_over(photo.owner_id, photo.photo_id, "reconcile-request 1")
    assert persist(event(photo), None)["code"] == "IngestInProgress"
    assert previews(event(photo, etag='"1"'), None)["code"] == "IngestInProgress"
    assert fail(event(photo, error="OSError"), None)["outcome"] == "failed"
    assert storage.photo(photo).status is Status.PROCESSING


def test_a_memory_of_a_deletion_stays_until_it_expires(storage: Storage, clock: Clock) -> None:
    photo = deleted(storage)
    clock.tick(LEASE_SECONDS + 1)
    reconcile()
    assert storage.records() == [
        {
            "owner_id": {"S": OWNER},
            "photo_id": {"S": f"deleted/{photo.photo_id}"},
            "expires_at": {"N": str(NOW + TOMBSTONE_SECONDS)},
        }
    ]
    assert storage.table.was_deleted(photo.owner_id, photo.photo_id)


def test_a_memory_that_expired_meanwhile_is_not_made_again(storage: Storage) -> None:
    storage.table.settle_deleted(OWNER, "gone")
    assert storage.records() == []


def test_an_ordinary_deletion_is_nothing_that_was_found(storage: Storage, clock: Clock) -> None:
    photo = deleted(storage)
    media_bucket().remove(keys.all_keys(photo, DEFAULT_PRESETS))
    clock.tick(LEASE_SECONDS + 1)
    assert reconcile() == NOTHING
    expect_clean(storage)


def test_a_failed_photo_keeps_the_upload_that_came_after_its_failure(storage: Storage, clock: Clock) -> None:
    photo = failed(storage)
    clock.tick(1)
    upload = keys.upload_key(photo.owner_id, photo.photo_id)
    put(storage, upload)
    clock.tick(LEASE_SECONDS)
    assert reconcile() == found(swept=1)
    assert list(storage.objects()) == [upload]


# The audit.


def absent(storage: Storage) -> Photo:
    """Objects of a photo whose record is not there at all."""
    photo = promoted(storage)
    key = marshal({"owner_id": photo.owner_id, "photo_id": photo.photo_id})
    storage.dynamodb.delete_item(TableName=storage.table_name, Key=key)
    return photo


def as_status(status: Status, *, lease_until: int | None = None) -> Callable[[Storage], Photo]:
    """A record that a hand gave a status, with every object that a photo can have, and no mark of ours."""

    def leave(storage: Storage) -> Photo:
        photo = described(storage)
        change(storage, photo, status=status, lease_until=lease_until, unsettled_shard=None)
        return photo

    leave.__name__ = f"{status}-{lease_until}"
    return leave


def once_ready(status: Status) -> Callable[[Storage], Photo]:
    """A ready photo that a hand gave another status: the listings still show it."""

    def leave(storage: Storage) -> Photo:
        photo = completed(storage)
        change(storage, photo, status=status)
        return photo

    leave.__name__ = f"once ready, now {status}"
    return leave


def of_a_gone_preset(storage: Storage) -> Photo:
    """A preview that neither its record nor a preset names."""
    photo = completed(storage)
    put(storage, f"previews/{photo.owner_id}/{photo.photo_id}/huge-00000000.webp")
    return photo


def below_the_original(storage: Storage) -> Photo:
    """Objects under keys that look like ours."""
    photo = completed(storage)
    original = keys.original_key(photo.owner_id, photo.photo_id, EXECUTION)
    put(storage, f"{original}/more", f"{original}0", "originals/x", "previews//y", "incoming/")
    return photo


def awaiting_with_previews(storage: Storage) -> Photo:
    """What a failed attempt left, once the next found no upload."""
    photo = promoted(storage)
    storage.table.release(photo.owner_id, photo.photo_id, EXECUTION)
    media_bucket().remove([keys.upload_key(photo.owner_id, photo.photo_id)])
    return photo


def waiting_for_days(storage: Storage) -> Photo:
    """An upload that nobody ingested, where no lifecycle expires it."""
    photo = storage.await_upload()
    put(storage, keys.upload_key(photo.owner_id, photo.photo_id))
    return photo


UNKNOWN_TO_THE_INDEX: Final[dict[Callable[[Storage], Photo], str]] = {
    completed: "swept",
    absent: "swept",
    of_a_gone_preset: "swept",
    below_the_original: "swept",
    awaiting_with_previews: "swept",
    waiting_for_days: "swept",
    as_status(Status.PROCESSING): "finished",
    as_status(Status.PROCESSING, lease_until=NOW - 1): "finished",
    as_status(Status.PROCESSING, lease_until=NOW * 1000): "finished",
    as_status(Status.DELETING): "deleted",
    as_status(Status.REJECTED): "swept",
    as_status(Status.FAILED): "swept",
    once_ready(Status.PROCESSING): "finished",
    once_ready(Status.DELETING): "deleted",
    once_ready(Status.REJECTED): "swept",
    once_ready(Status.FAILED): "swept",
}


@pytest.mark.parametrize("leave", OVERDUE | UNKNOWN_TO_THE_INDEX, ids=lambda leave: leave.__name__)
def test_an_audit_reconciles_what_no_index_knows_of_as_well(
    storage: Storage, clock: Clock, leave: Callable[[Storage], Photo]
) -> None:
    leave(storage)
    clock.tick(UPLOAD_WAIT_SECONDS + 1)
    answer = reconcile(AUDIT)
    assert answer[(OVERDUE | UNKNOWN_TO_THE_INDEX)[leave]] >= 1
    assert (answer["faults"], answer["reported"], answer["more"]) == (0, 0, False)
    settle(clock)
    expect_clean(storage)
    before = storage.records(), storage.objects()
    assert reconcile(AUDIT) == NOTHING
    assert (storage.records(), storage.objects()) == before


def test_an_audit_leaves_alone_what_is_in_use(storage: Storage) -> None:
    completed_photo = completed(storage)
    media_bucket().remove([keys.upload_key(completed_photo.owner_id, completed_photo.photo_id)])
    awaiting = storage.await_upload()
    uploaded = storage.await_upload()
    put(storage, keys.upload_key(uploaded.owner_id, uploaded.photo_id))
    again = storage.await_upload(status=Status.FAILED)
    put(storage, keys.upload_key(again.owner_id, again.photo_id))
    for at_work in (claimed, half_rendered, promoted, described, rejected, failed, deleting):
        at_work(storage)
    before = storage.records(), storage.objects()
    assert reconcile(AUDIT) == found(waiting=7)
    note = {"owner_id": {"S": SYSTEM_OWNER}, "photo_id": {"S": "audit"}, "position": {"L": []}}
    assert sorted(map(str, storage.records())) == sorted(map(str, [*before[0], note]))
    assert storage.objects() == before[1]
    assert storage.photo(awaiting) == awaiting


@pytest.mark.parametrize("gone", ["original", "preview", "every object", "a size"])
def test_a_ready_photo_that_is_not_whole_is_reported_and_stays(storage: Storage, gone: str) -> None:
    whole, photo = completed(storage), completed(storage)
    for ready in (whole, photo):
        media_bucket().remove([keys.upload_key(ready.owner_id, ready.photo_id)])
    original = keys.original_key(photo.owner_id, photo.photo_id, EXECUTION)
    named = {original, *(preview.key for preview in photo.previews.values())}
    match gone:
        case "original":
            media_bucket().remove([original])
        case "preview":
            media_bucket().remove([photo.previews["large"].key])
        case "every object":
            media_bucket().remove(named)
        case _:
            put(storage, original, size_bytes=2)
    before = storage.objects()
    report = {
        "photo_id": photo.photo_id,
        "reason": "The photo is ready, but its original or a preview is missing in the bucket.",
    }
    assert reconcile(AUDIT) == found(reported=1) | {"reports": [report]}
    assert (storage.photo(photo), storage.objects()) == (photo, before)


@pytest.mark.parametrize(
    "garbled",
    [
        {"status": "banana"},
        {"status": 7},
        {"status": None},
        {"filename": None},
        {"previews": "none"},
        {"previews": {"thumb": {"colour": "red"}}},
    ],
)
def test_a_record_that_cannot_be_read_is_reported_each_time_and_not_touched(
    storage: Storage, clock: Clock, garbled: dict[str, Any]
) -> None:
    photo = described(storage)
    change(storage, photo, **garbled)
    clock.tick(LEASE_SECONDS + 1)
    before = storage.records(), storage.objects()
    reason = "The record is unreadable, or lacks attributes that its status requires."
    for event_ in ({}, {}, AUDIT):
        assert reconcile(event_) == found(reported=1) | {"reports": [{"photo_id": photo.photo_id, "reason": reason}]}
    assert storage.objects() == before[1]
    assert [item for item in storage.records() if item["owner_id"]["S"] != SYSTEM_OWNER] == before[0]


def test_a_deletion_needs_no_more_than_the_records_key(storage: Storage) -> None:
    item = {"owner_id": OWNER, "photo_id": "x", "status": "deleting"}
    storage.dynamodb.put_item(TableName=storage.table_name, Item=marshal(item))
    put(storage, f"originals/{OWNER}/x")
    assert reconcile(AUDIT)["deleted"] == 1
    assert storage.objects() == {}


def test_objects_that_are_not_photoskys_are_reported_and_stay(storage: Storage) -> None:
    put(storage, "backup/photos.csv")
    reason = "The bucket has objects under a prefix that PhotoSky does not use."
    assert reconcile(AUDIT)["reports"] == [{"photo_id": "", "reason": reason}]
    assert list(storage.objects()) == ["backup/photos.csv"]


# Bounds, races and faults.


def messes(storage: Storage, clock: Clock, number: int, seed: int) -> None:
    """So many photos of two owners, each left by another death."""
    chance = random.Random(seed)
    kinds = [*LEFT, absent, of_a_gone_preset, awaiting_with_previews]
    for _ in range(number):
        chance.choice(kinds)(storage)
    clock.tick(LEASE_SECONDS + 1)


def test_a_mixed_mess_leaves_none(storage: Storage, clock: Clock) -> None:
    messes(storage, clock, 100, seed=7)
    first = reconcile()
    assert (first["faults"], first["more"]) == (0, False)
    assert reconcile() == NOTHING
    reconcile(AUDIT)
    settle(clock)
    expect_clean(storage)
    assert reconcile(AUDIT) == NOTHING


@pytest.mark.parametrize("given", [{}, AUDIT], ids=["sweep", "audit"])
def test_a_run_stops_when_its_time_is_up_and_the_next_goes_on(
    storage: Storage, clock: Clock, given: dict[str, Any]
) -> None:
    messes(storage, clock, 12, seed=3)
    runs = 0
    while reconcile(given, patience=1)["more"]:
        runs += 1
        assert runs < 100
    assert runs > 3
    settle(clock)
    if given:
        expect_clean(storage)


def test_an_audit_goes_on_where_the_last_stopped(storage: Storage, clock: Clock) -> None:
    messes(storage, clock, 4, seed=1)
    positions = []
    while reconcile(AUDIT, patience=0)["more"]:
        positions.append(storage.table.audit_position())
    assert [kind for kind, *_ in positions] == sorted((kind for kind, *_ in positions), reverse=True)
    assert len(positions) == len(set(map(tuple, positions)))
    assert storage.table.audit_position() == []


class Killed(BaseException):
    """No fault that anything could catch: the process is gone."""


def kill() -> None:
    """Die."""
    raise Killed


def break_down() -> None:
    """Fail, as a call does when its service is away."""
    raise ClientError({"Error": {"Code": "InternalServerError"}}, "Any")


@contextmanager
def at_call(number: int, happens: Callable[[], object]) -> Iterator[Callable[[], bool]]:
    """Let something happen just before a run's call to AWS of this number; says whether the run came that far."""
    calls = count()
    came = []

    def before(**_arguments: Any) -> None:
        if next(calls) == number:
            came.append(True)
            happens()

    clients: list[Any] = [s3_client(), photos_table()._client]
    for client in clients:
        client.meta.events.register("before-call", before)
    try:
        yield lambda: bool(came)
    finally:
        for client in clients:
            client.meta.events.unregister("before-call", before)


@pytest.fixture
def small(configure: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    """One preset and one shard: fewer calls, of which each is another."""
    configure(presets=DEFAULT_PRESETS[:1])
    monkeypatch.setattr("tests.tasks.test_reconcile.DEFAULT_PRESETS", DEFAULT_PRESETS[:1])
    for module in ("photosky.store.leases", "tasks.reconcile"):
        monkeypatch.setattr(f"{module}.UNSETTLED_SHARDS", 1)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("given", [{}, AUDIT], ids=["sweep", "audit"])
@pytest.mark.parametrize("leave", [half_rendered, described, failed, deleting, deleted])
def test_a_run_that_is_killed_at_any_call_is_made_good_by_the_next(
    storage: Storage, clock: Clock, leave: Callable[[Storage], Photo], given: dict[str, Any]
) -> None:
    for number in count():
        wipe(storage)
        leave(storage)
        clock.tick(LEASE_SECONDS + 1)
        with at_call(number, kill) as was_reached, suppress(Killed):
            reconcile(given)
        if not was_reached():
            assert number > 5
            return
        clock.tick(LEASE_SECONDS + 1)
        reconcile(given)
        if leave is described:
            reconcile(AUDIT)  # The upload of a photo that is ready already is the lifecycle's, or the audit's.
        settle(clock)
        expect_clean(storage)


@pytest.mark.usefixtures("small")
def test_one_photos_fault_is_not_anothers(storage: Storage, clock: Clock) -> None:
    photos = [half_rendered(storage) for _ in range(3)]
    clock.tick(LEASE_SECONDS + 1)
    with at_call(3, break_down), pytest.raises(ReconcileError, match=r"^1 of 3 found could not be reconciled\.$"):
        reconcile()
    statuses = sorted(storage.photo(photo).status for photo in photos)
    assert statuses == [Status.FAILED, Status.FAILED, Status.PROCESSING]
    clock.tick(LEASE_SECONDS + 1)
    assert reconcile() == found(failed=1)
    expect_clean(storage)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("leave", [half_rendered, described, failed, deleting, deleted])
def test_two_at_once_do_no_harm(storage: Storage, clock: Clock, leave: Callable[[Storage], Photo]) -> None:
    for number in count():
        wipe(storage)
        leave(storage)
        clock.tick(LEASE_SECONDS + 1)
        with at_call(number, lambda: reconcile(aws_request_id="request 2")) as was_reached:
            answer = reconcile()
        assert answer["faults"] == 0
        settle(clock)
        expect_clean(storage)
        if not was_reached():
            return


def claim_again(storage: Storage, photo: Photo) -> None:
    """The owner uploads and ingests once more; the execution gets to its first preview."""
    put(storage, keys.upload_key(photo.owner_id, photo.photo_id))
    with suppress(ConditionFailedError):
        storage.table.claim(photo.owner_id, photo.photo_id, "execution 2")
        put(storage, keys.preview_key(photo.owner_id, photo.photo_id, "execution 2", DEFAULT_PRESETS[0]))


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("given", [{}, AUDIT], ids=["sweep", "audit"])
@pytest.mark.parametrize("leave", [half_rendered, described, failed])
def test_an_execution_that_begins_meanwhile_keeps_what_it_writes(
    storage: Storage, clock: Clock, leave: Callable[[Storage], Photo], given: dict[str, Any]
) -> None:
    claims = 0
    for number in count():
        wipe(storage)
        photo = leave(storage)
        clock.tick(LEASE_SECONDS + 1)
        with at_call(number, lambda photo=photo: claim_again(storage, photo)) as was_reached:  # type: ignore[misc]
            assert reconcile(given)["faults"] == 0
        held = storage.photo(photo)
        if held.execution == "execution 2":
            claims += 1
            assert held.status is Status.PROCESSING
            assert (
                keys.preview_key(photo.owner_id, photo.photo_id, "execution 2", DEFAULT_PRESETS[0]) in storage.objects()
            )
        if not was_reached():
            assert claims > 1
            return


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("leave", [half_rendered, described, failed, completed])
def test_a_photo_that_is_deleted_meanwhile_is_gone(
    storage: Storage, clock: Clock, leave: Callable[[Storage], Photo]
) -> None:
    for number in count():
        wipe(storage)
        photo = leave(storage)
        clock.tick(LEASE_SECONDS + 1)

        def delete(photo: Photo = photo) -> None:
            storage.table.begin_delete(photo.owner_id, photo.photo_id)
            media_bucket().remove(keys.all_keys(photo, DEFAULT_PRESETS))
            storage.table.finish_delete(photo.owner_id, photo.photo_id)

        with at_call(number, delete) as was_reached:
            assert reconcile(AUDIT)["faults"] == 0
        if not was_reached():
            return
        assert storage.table.get(photo.owner_id, photo.photo_id) is None
        settle(clock)
        expect_clean(storage)


def test_a_sweep_tells_how_many_records_were_overdue_and_for_how_long(
    storage: Storage, clock: Clock, told: Callable[[], list[dict[str, Any]]]
) -> None:
    claimed(storage)
    clock.tick(100)
    claimed(storage)
    clock.tick(LEASE_SECONDS + 200)
    told()
    reconcile()
    gauges = [(line["Overdue"], line["OldestOverdue"]) for line in told() if "Overdue" in line]
    assert gauges == [(2, 300)]
    reconcile()
    assert [(line["Overdue"], line["OldestOverdue"]) for line in told() if "Overdue" in line] == [(0, 0)]


def test_an_audit_tells_nothing_of_overdue_records(
    storage: Storage,  # noqa: ARG001 - where it looks
    told: Callable[[], list[dict[str, Any]]],
) -> None:
    reconcile(AUDIT)
    assert not [line for line in told() if "Overdue" in line]


def test_what_became_of_records_is_counted_by_outcome(
    storage: Storage, clock: Clock, told: Callable[[], list[dict[str, Any]]]
) -> None:
    claimed(storage)
    clock.tick(LEASE_SECONDS + 1)
    told()
    reconcile()
    counted = [(line["mode"], line["outcome"], line["Reconciled"]) for line in told() if "Reconciled" in line]
    assert counted == [("sweep", "found", 1), ("sweep", "failed", 1)]
