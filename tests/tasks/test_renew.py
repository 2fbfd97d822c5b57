"""Renew brings one ready photo to the current presets, and keeps it complete under every interruption."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Final

import pytest

from photosky.details import UNKNOWN_PROPERTIES, Embedded
from photosky.imaging.presets import DEFAULT_PRESETS, Preset
from photosky.photo import Photo, Status
from photosky.settings import settings
from photosky.store import keys
from photosky.store.items import marshal
from photosky.store.leases import LEASE_SECONDS
from photosky.store.listings import View
from photosky.store.media import media_bucket
from photosky.store.photos import photos_table
from tasks.persist import handler as persist
from tasks.previews import handler as previews
from tasks.reconcile import handler as reconcile
from tasks.renew import handler
from tests.clock import Clock
from tests.pictures import encoded
from tests.storage import Storage, revised
from tests.tasks.conftest import JPEG
from tests.tasks.events import EXECUTION, accepted, after_first, delete, pass_on, rendered
from tests.tasks.reconcile_runs import NOTHING, Killed, at_call, found, kill
from tests.tasks.reconcile_runs import Context as ReconcileContext

THUMB, SMALL, MEDIUM, LARGE = DEFAULT_PRESETS
CHANGED: Final = (THUMB, replace(SMALL, width=100, height=100), MEDIUM, Preset("banner", 90, 30, fit="cover"))
"""`small` is changed, `large` is removed, `banner` is new.

The picture is smaller than the former `small` and than `medium`, which named its object: `medium` is missing then, too.
"""


@dataclass
class Context:
    """Lambda's context, with another request id for each attempt."""

    aws_request_id: str = "attempt 1"


def renew(photo: Photo, attempt: str = "attempt 1") -> dict[str, Any]:
    """The result of one attempt, without the photo's id."""
    answer = handler({"owner_id": photo.owner_id, "photo_id": photo.photo_id}, Context(attempt))
    assert answer.pop("photo_id") == photo.photo_id
    return answer


@pytest.fixture
def photo(storage: Storage) -> Photo:
    """A ready photo, ingested with the default presets."""
    awaiting = storage.put_photo()
    etag = storage.upload(awaiting, JPEG)
    storage.table.claim(awaiting.owner_id, awaiting.photo_id, EXECUTION)
    previews(accepted(awaiting, etag), None)
    persist(rendered(awaiting, etag), None)
    pass_on(storage, awaiting)
    return storage.photo(awaiting)


@pytest.fixture
def changed(photo: Photo, configure: Callable[..., None]) -> Photo:
    """The same photo, after a change of the presets."""
    configure(presets=CHANGED)
    return photo


def kept_until(clock: Clock) -> int:
    return int(clock.now) + settings().url_ttl_seconds + LEASE_SECONDS


def test_only_missing_previews_are_made_and_replaced_ones_retired(
    storage: Storage, clock: Clock, changed: Photo
) -> None:
    before = storage.objects()
    assert renew(changed) == {"outcome": "renewed"}
    after = storage.photo(changed)
    assert after == revised(
        changed,
        previews=after.previews,
        retired=(changed.previews["small"].key,),
        retired_until=kept_until(clock),
        lease_until=kept_until(clock),
    )
    about = changed.owner_id, changed.photo_id, "attempt 1"
    assert {name: (preview.key, preview.width, preview.height) for name, preview in after.previews.items()} == {
        "thumb": (changed.previews["thumb"].key, 256, 256),
        "medium": (keys.preview_key(*about, MEDIUM), 300, 400),
        "small": (keys.preview_key(*about, CHANGED[1]), 75, 100),
        "banner": (keys.preview_key(*about, CHANGED[3]), 90, 30),
    }
    objects = storage.objects()
    assert {key: objects[key] for key in before} == before
    assert {key: len(objects[key].data) for key in objects.keys() - before.keys()} == {
        after.previews[name].key: after.previews[name].size_bytes for name in ("small", "medium", "banner")
    }
    (listed,) = storage.table.list_photos(changed.owner_id, View(), limit=1, order="desc", after=None).photos
    assert listed == after


def test_new_previews_bring_what_an_earlier_version_did_not_read(storage: Storage, changed: Photo) -> None:
    names = ("taken_at", "taken_at_source", "camera", "capture", "location", "image")
    update = "SET camera = :other, embedded = :embedded REMOVE taken_at, taken_at_source, #location, image"
    storage.table._client.update_item(
        TableName=storage.table._name,
        Key=marshal({"owner_id": changed.owner_id, "photo_id": changed.photo_id}),
        UpdateExpression=update,
        ExpressionAttributeNames={"#location": "location"},
        ExpressionAttributeValues=marshal({":other": "Other", ":embedded": {"rating": 5}}),
    )
    earlier = storage.photo(changed)
    assert (earlier.image, earlier.taken_at, earlier.embedded) == (UNKNOWN_PROPERTIES, None, Embedded(rating=5))
    assert renew(changed) == {"outcome": "renewed"}
    after = storage.photo(changed)
    assert [getattr(after, name) for name in names] == [getattr(changed, name) for name in names]
    assert (after.embedded, after.version) == (None, changed.version)


def test_current_photo_is_unchanged(storage: Storage, photo: Photo) -> None:
    before = storage.records(), storage.objects()
    assert renew(photo) == {"outcome": "current"}
    assert (storage.records(), storage.objects()) == before


def test_second_attempt_finds_a_current_photo(storage: Storage, changed: Photo) -> None:
    renew(changed)
    before = storage.records(), storage.objects()
    assert renew(changed, "attempt 2") == {"outcome": "current"}
    assert (storage.records(), storage.objects()) == before


def test_removed_preset_retires_its_preview_without_reading_the_original(
    storage: Storage, photo: Photo, configure: Callable[..., None]
) -> None:
    configure(presets=DEFAULT_PRESETS[1:])
    assert photo.original is not None
    storage.s3.delete_object(Bucket=storage.bucket, Key=photo.original)
    assert renew(photo) == {"outcome": "renewed"}
    assert storage.photo(photo).retired == (photo.previews["thumb"].key,)


def test_removed_preset_keeps_a_preview_that_others_share(
    storage: Storage, photo: Photo, configure: Callable[..., None]
) -> None:
    configure(presets=DEFAULT_PRESETS[:3])
    objects = storage.objects()
    assert renew(photo) == {"outcome": "renewed"}
    after = storage.photo(photo)
    assert (set(after.previews), after.retired) == ({"thumb", "small", "medium"}, ())
    assert after.previews["medium"].key == photo.previews["large"].key
    assert storage.objects() == objects


def test_new_preset_retires_nothing(storage: Storage, photo: Photo, configure: Callable[..., None]) -> None:
    configure(presets=(*DEFAULT_PRESETS, CHANGED[3]))
    assert renew(photo) == {"outcome": "renewed"}
    after = storage.photo(photo)
    assert after == revised(photo, previews={**photo.previews, "banner": after.previews["banner"]})


def test_retired_previews_are_removed_when_due(storage: Storage, clock: Clock, changed: Photo) -> None:
    renew(changed)
    renewed, objects = storage.photo(changed), storage.objects()
    for given in ({}, {"audit": True}):
        assert reconcile(given, ReconcileContext()) == NOTHING
    clock.tick(settings().url_ttl_seconds + LEASE_SECONDS)
    for given in ({}, {"audit": True}):
        assert reconcile(given, ReconcileContext()) == NOTHING
    assert storage.objects() == objects
    clock.tick(1)
    assert reconcile({}, ReconcileContext()) == found(swept=1)
    assert storage.photo(changed) == replace(renewed, retired=(), retired_until=None, lease_until=None)
    assert set(storage.objects()) == keys.current_keys(renewed)
    assert reconcile({"audit": True}, ReconcileContext()) == NOTHING


def test_two_changes_keep_all_retired_previews_until_the_last_is_due(
    storage: Storage, clock: Clock, changed: Photo, configure: Callable[..., None]
) -> None:
    renew(changed)
    between = storage.photo(changed)
    clock.tick(1000)
    configure(presets=CHANGED[:1])
    assert renew(changed, "attempt 2") == {"outcome": "renewed"}
    after = storage.photo(changed)
    assert set(after.retired) == (keys.named_keys(between)) - keys.current_keys(after)
    assert (after.retired_until, set(after.previews)) == (kept_until(clock), {"thumb"})


def test_deletion_removes_retired_previews(storage: Storage, changed: Photo) -> None:
    renew(changed)
    renewed = storage.begin_delete(changed)
    media_bucket().remove(keys.all_keys(renewed, CHANGED))
    assert storage.objects() == {}


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda storage, key: storage.s3.delete_object(Bucket=storage.bucket, Key=key), "UploadMissing"),
        (
            lambda storage, key: storage.s3.put_object(Bucket=storage.bucket, Key=key, Body=encoded("jpeg")),
            "CorruptImage",
        ),
    ],
    ids=["gone", "others-bytes"],
)
def test_photo_with_an_altered_original_is_unchanged(
    storage: Storage, changed: Photo, spoil: Callable[[Storage, str], object], code: str
) -> None:
    assert changed.original is not None
    spoil(storage, changed.original)
    before = storage.records(), storage.objects()
    assert renew(changed) == {"outcome": "damaged", "code": code}
    assert (storage.records(), storage.objects()) == before


def test_leased_photo_is_busy(storage: Storage, clock: Clock, changed: Photo) -> None:
    storage.table.hold(changed.owner_id, changed.photo_id, Status.READY)
    assert renew(changed) == {"outcome": "busy"}
    clock.tick(LEASE_SECONDS + 1)
    assert renew(changed) == {"outcome": "renewed"}


@pytest.mark.parametrize("status", [status for status in Status if status is not Status.READY])
def test_photo_that_is_not_ready_is_gone(storage: Storage, status: Status) -> None:
    other = storage.put_photo(status=status)
    before = storage.records()
    assert renew(other) == {"outcome": "gone"}
    assert storage.records() == before


def test_concurrent_edit_and_its_etag_are_kept(storage: Storage, changed: Photo) -> None:
    after_first(
        "PutObject",
        lambda: storage.table.edit(changed.owner_id, changed.photo_id, {"title": "Moon"}, version=None),
    )
    assert renew(changed) == {"outcome": "renewed"}
    after = storage.photo(changed)
    assert (after.title, after.version, set(after.previews)) == ("Moon", 2, {"thumb", "small", "medium", "banner"})


def test_concurrently_deleted_photo_leaves_nothing(storage: Storage, clock: Clock, changed: Photo) -> None:
    after_first("PutObject", lambda: delete(storage, changed))
    assert renew(changed) == {"outcome": "gone"}
    clock.tick(LEASE_SECONDS + 1)
    assert reconcile({}, ReconcileContext()) == found(swept=1)
    assert storage.objects() == {}


def test_attempt_without_its_lease_changes_nothing(storage: Storage, clock: Clock, changed: Photo) -> None:
    def another() -> None:
        clock.tick(LEASE_SECONDS + 1)
        assert renew(changed, "attempt 2") == {"outcome": "renewed"}

    after_first("PutObject", another)
    assert renew(changed) == {"outcome": "renewed"}
    after = storage.photo(changed)
    assert "attempt 2" in after.previews["banner"].key
    clock.tick(1)
    assert reconcile({"audit": True}, ReconcileContext()) == found(swept=1)
    assert set(storage.objects()) == keys.named_keys(after) == keys.named_keys(storage.photo(changed))


@pytest.mark.usefixtures("one_shard")
def test_next_attempt_completes_one_killed_at_any_call(storage: Storage, clock: Clock, changed: Photo) -> None:
    number = 0
    while True:
        with at_call(number, kill) as was_reached, suppress(Killed):
            renew(changed)
        shown = storage.photo(changed)
        assert keys.named_keys(shown) <= set(storage.objects())
        if not was_reached():
            break
        clock.tick(LEASE_SECONDS + 1)
        reconcile({}, ReconcileContext())
        assert set(storage.objects()) == keys.named_keys(storage.photo(changed))
        number += 1
    assert number > 4
    assert keys.has_current_previews(shown, CHANGED)


@pytest.mark.usefixtures("one_shard")
def test_concurrent_reconcile_removes_no_current_preview(
    storage: Storage, clock: Clock, photo: Photo, configure: Callable[..., None]
) -> None:
    wanted = [CHANGED, DEFAULT_PRESETS]
    for number in range(12):
        configure(presets=wanted[number % 2])

        def repair() -> None:
            clock.tick(LEASE_SECONDS + 1)
            reconcile({"audit": True}, ReconcileContext())

        with at_call(number, repair):
            renew(photo, f"attempt {number}")
        clock.tick(LEASE_SECONDS + 1)
        reconcile({}, ReconcileContext())
        shown = storage.photo(photo)
        assert keys.current_keys(shown) <= set(storage.objects())
        renew(photo, f"attempt {number} again")
        assert keys.has_current_previews(storage.photo(photo), wanted[number % 2])


def test_frozen_reconcile_removes_nothing_made_after_its_lease(storage: Storage, clock: Clock, changed: Photo) -> None:
    """It is frozen before it lists the objects, and continues while another attempt is writing."""
    storage.s3.put_object(Bucket=storage.bucket, Key=f"previews/{changed.owner_id}/{changed.photo_id}/x", Body=b"x")

    def freeze() -> None:
        clock.tick(LEASE_SECONDS + 1)
        table = photos_table()
        held = table.hold(changed.owner_id, changed.photo_id, Status.READY)
        key = keys.preview_key(changed.owner_id, changed.photo_id, "attempt 1", CHANGED[3])
        storage.s3.put_object(Bucket=storage.bucket, Key=key, Body=b"half-way")
        assert held.previews == changed.previews
        made.append(key)

    made: list[str] = []
    storage.table.hold(changed.owner_id, changed.photo_id, Status.READY)
    clock.tick(LEASE_SECONDS + 1)
    after_first_update(freeze)
    reconcile({}, ReconcileContext())
    assert made[0] in storage.objects()


def after_first_update(happens: Callable[[], object]) -> None:
    """Call `happens` after the table's first successful update."""
    pending = [happens]

    def answered(**_arguments: Any) -> None:
        while pending:
            pending.pop()()

    photos_table()._client.meta.events.register("after-call.dynamodb.UpdateItem", answered)
