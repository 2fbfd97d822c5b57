"""Invariants of the table and the bucket at the end of a journey."""

from collections.abc import Iterator

from photosky.photo import Photo, Status
from photosky.settings import settings
from photosky.store.leases import LEASE_SECONDS
from tests.faults.actions import DeleteById, List, run_reconcile
from tests.faults.simulation import Simulation
from tests.faults.uploads import VALID_UPLOADS, digest, expected_previews


def check_state(simulation: Simulation) -> None:
    """Check that records and objects match, that no ready photo is lost, and that listings are complete."""
    photos, objects = simulation.memory.photos(), simulation.memory.objects()
    ready = {photo.photo_id: photo for photo in photos if photo.status is Status.READY}

    final = {Status.READY, Status.REJECTED, Status.FAILED}
    assert {photo.status for photo in photos} <= final, "a photo has no final status"
    assert len(photos) <= simulation.creates, "a request to create made more than one record"
    expected: dict[str, bytes] = {}
    for photo in ready.values():
        expected |= _expected_objects(photo)
    assert sorted(objects) == sorted(expected), "objects and records do not match"
    assert objects == expected, "an object is not the upload or one of its previews"

    delete_sent = {photo.photo_id for photo in simulation.photos if photo.is_delete_sent}
    kept = {photo_id: sha256 for photo_id, sha256 in simulation.ready.items() if photo_id not in delete_sent}
    found = {photo_id: ready[photo_id].sha256 for photo_id in kept if photo_id in ready}
    assert found == kept, "a photo that was ready is lost"
    deleted = {photo.photo_id for photo in simulation.photos if photo.is_deleted}
    assert not deleted & {photo.photo_id for photo in photos}, "a deleted photo has a record"
    for order in ("asc", "desc"):
        listed = simulation.perform(List(1, order)).document
        assert listed == sorted(ready, reverse=order == "desc"), "a listing is incomplete or not in order"


def check_deletable(simulation: Simulation) -> None:
    """Delete all photos, and check that no items and objects are left."""
    for photo in simulation.memory.photos():
        assert simulation.perform(DeleteById(photo.photo_id)).status == 204, "a photo cannot be deleted"
    simulation.clock.tick(LEASE_SECONDS + 1)
    run_reconcile(simulation)
    simulation.pass_day()
    assert (simulation.memory.items(), simulation.memory.objects()) == ([], {}), "a deleted photo left data"


def _expected_objects(photo: Photo) -> Iterator[tuple[str, bytes]]:
    """Keys and bytes of the objects of a ready photo."""
    (upload,) = (upload for upload in VALID_UPLOADS if digest(upload) == photo.sha256)
    assert photo.original is not None
    yield photo.original, upload
    for name, preview in photo.previews.items():
        yield preview.key, expected_previews(upload, settings().presets)[name]
