"""Invariants of the table and the bucket at the end of a journey."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from photosky.photo import Photo, Status
from photosky.settings import settings
from photosky.store.attributes import TOMBSTONE_SECONDS, USAGE_KEY
from photosky.store.index_keys import counted_as, counter_attributes, counter_key, is_indexed, tag_copy, wanted_tags
from photosky.store.items import marshal, to_item, to_photo, unmarshal
from photosky.store.leases import LEASE_SECONDS
from tests.faults.actions import DeleteById, Follow, List, run_reconcile
from tests.faults.simulation import Simulation
from tests.faults.uploads import VALID_UPLOADS, digest, expected_previews


def check_state(simulation: Simulation) -> None:
    """Check that records and objects match, that no ready or trashed photo is lost, and that listings are complete."""
    photos, objects = simulation.memory.photos(), simulation.memory.objects()
    ready = {photo.photo_id: photo for photo in photos if photo.status is Status.READY}

    trashed = {photo.photo_id: photo for photo in photos if photo.status is Status.TRASHED}
    ingested = ready | trashed

    final = {Status.READY, Status.TRASHED, Status.REJECTED, Status.FAILED}
    assert {photo.status for photo in photos} <= final, "a photo has no final status"
    assert len(photos) <= simulation.creates, "a request to create made more than one record"
    expected: dict[str, bytes] = {}
    for photo in ingested.values():
        expected |= _expected_objects(photo)
    assert sorted(objects) == sorted(expected), "objects and records do not match"
    assert objects == expected, "an object is not the upload or one of its previews"

    delete_sent = {photo.photo_id for photo in simulation.photos if photo.is_delete_sent}
    kept = {photo_id: sha256 for photo_id, sha256 in simulation.ready.items() if photo_id not in delete_sent}
    found = {photo_id: ingested[photo_id].sha256 for photo_id in kept if photo_id in ingested}
    assert found == kept, "a photo that was ready is lost"
    deleted = {photo.photo_id for photo in simulation.photos if photo.is_deleted}
    assert not deleted & {photo.photo_id for photo in photos}, "a deleted photo has a record"
    kept_ready = {photo.photo_id for photo in simulation.photos if photo.is_restored or not photo.trashes}
    assert kept.keys() & kept_ready <= ready.keys(), "a photo is in the trash that was restored or never deleted"
    check_derived(simulation)
    followed = simulation.perform(Follow(2)).document
    assert followed == sorted(ready), "a client that follows the changes shows other photos"
    for order in ("asc", "desc"):
        for status, expected_ids in (("ready", ready), ("trashed", trashed)):
            listed = simulation.perform(List(1, order, status)).document
            assert listed == sorted(expected_ids, reverse=order == "desc"), "a listing is incomplete or not in order"


def check_derived(simulation: Simulation) -> None:
    """Check that index keys, copies and counters are those that follow from the records."""
    copies: list[dict[str, Any]] = []
    counters: dict[str, Counter[str]] = {}
    for item in simulation.memory.records():
        photo = to_photo(item)
        assert is_indexed(photo, item), "a record has other index keys than it should"
        copies += [tag_copy(photo, to_item(photo), tag) for tag in wanted_tags(photo)]
        if photo.counted_bytes is not None:
            counters.setdefault(USAGE_KEY, Counter()).update({"photos": 1, "bytes": photo.size_bytes})
        if counted := counted_as(photo):
            counters.setdefault(counter_key(photo.photo_id, counted), Counter()).update(counter_attributes(counted))
    found = [unmarshal(marshal(copy)) for copy in copies]
    assert sorted(simulation.memory.copies(), key=repr) == sorted(found, key=repr), "a tag's listing is wrong"
    assert simulation.memory.counters() == counters, "a counter of the timeline or of the use is wrong"


def check_deletable(simulation: Simulation) -> None:
    """Delete all photos, and check that no items and objects are left."""
    for photo in simulation.memory.photos():
        assert simulation.perform(DeleteById(photo.photo_id)).status == 204, "a photo cannot be deleted"
    simulation.clock.tick(LEASE_SECONDS + 1)
    run_reconcile(simulation)
    simulation.pass_time(TOMBSTONE_SECONDS)
    left = [item for item in simulation.memory.items() if "changes" not in item]
    assert (left, simulation.memory.counters(), simulation.memory.objects()) == ([], {}, {}), (
        "a deleted photo left data"
    )


def _expected_objects(photo: Photo) -> Iterator[tuple[str, bytes]]:
    """Keys and bytes of the objects of a ready or trashed photo."""
    (upload,) = (upload for upload in VALID_UPLOADS if digest(upload) == photo.sha256)
    assert photo.original is not None
    yield photo.original, upload
    for name, preview in photo.previews.items():
        yield preview.key, expected_previews(upload, settings().presets)[name]
