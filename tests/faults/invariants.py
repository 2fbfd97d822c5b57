"""Invariants of the table and the bucket at the end of a journey."""

from collections.abc import Iterator

from photosky.photo import Photo, Status
from photosky.settings import settings
from photosky.store.leases import LEASE_SECONDS
from tests.faults.actions import DeleteById, List, run_reconcile
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
    for order in ("asc", "desc"):
        for status, expected_ids in (("ready", ready), ("trashed", trashed)):
            listed = simulation.perform(List(1, order, status)).document
            assert listed == sorted(expected_ids, reverse=order == "desc"), "a listing is incomplete or not in order"


def check_deletable(simulation: Simulation) -> None:
    """Delete all photos, and check that no items and objects are left."""
    for photo in simulation.memory.photos():
        assert simulation.perform(DeleteById(photo.photo_id)).status == 204, "a photo cannot be deleted"
    simulation.clock.tick(LEASE_SECONDS + 1)
    run_reconcile(simulation)
    simulation.pass_day()
    assert (simulation.memory.items(), simulation.memory.objects()) == ([], {}), "a deleted photo left data"


def _expected_objects(photo: Photo) -> Iterator[tuple[str, bytes]]:
    """Keys and bytes of the objects of a ready or trashed photo."""
    (upload,) = (upload for upload in VALID_UPLOADS if digest(upload) == photo.sha256)
    assert photo.original is not None
    yield photo.original, upload
    for name, preview in photo.previews.items():
        yield preview.key, expected_previews(upload, settings().presets)[name]
