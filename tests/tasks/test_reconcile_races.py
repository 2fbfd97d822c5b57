"""Reconcile together with crashes, faults, and other writers, at every call to AWS."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from photosky.imaging.presets import DEFAULT_PRESETS
from photosky.photo import Photo, Status
from photosky.store import keys
from photosky.store.attributes import UPLOAD_WAIT_SECONDS
from photosky.store.leases import LEASE_SECONDS
from photosky.store.media import media_bucket
from photosky.store.table import ConditionFailedError
from tasks.reconcile import ReconcileError
from tests.clock import Clock
from tests.storage import Storage
from tests.tasks.leftovers import change, completed, deleted, deleting, described, failed, half_rendered, put
from tests.tasks.reconcile_runs import (
    AUDIT,
    Killed,
    Workflow,
    at_call,
    expect_clean,
    fail_call,
    found,
    from_here,
    kill,
    reconcile,
    settle,
)

pytestmark = pytest.mark.usefixtures("workflow")


@pytest.fixture
def small(configure: Callable[..., None], one_shard: None, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001
    """One preset and one shard, so that a run has few calls."""
    configure(presets=DEFAULT_PRESETS[:1])
    monkeypatch.setattr("tests.tasks.leftovers.DEFAULT_PRESETS", DEFAULT_PRESETS[:1])


@pytest.fixture
def is_new_state(storage: Storage, clock: Clock, workflow: Workflow) -> Callable[[], bool]:
    """A function that returns whether the test has not had a state equal to the current one at this place before.

    What a test does is deterministic. So equal runs from equal states have equal results, and need not be repeated.
    """
    states: set[str] = set()

    def is_new() -> bool:
        known = len(states)
        states.add(repr((clock.now, workflow.executions, storage.state())))
        return len(states) > known

    return is_new


def test_equal_states_need_equal_times_items_and_objects(
    storage: Storage, clock: Clock, is_new_state: Callable[[], bool]
) -> None:
    photo = half_rendered(storage)
    snapshot, now = storage.snapshot(), clock.now
    assert (is_new_state(), is_new_state()) == (True, False)
    (preview,) = storage.objects().keys() - {keys.upload_key(photo.owner_id, photo.photo_id)}
    differences: list[Callable[[], object]] = [
        lambda: clock.tick(1),
        lambda: change(storage, photo, lease_until=int(now) + 1),
        lambda: put(storage, preview, size_bytes=2),
        lambda: storage.s3.put_object(Bucket=storage.bucket, Key=preview, Body=b"x", ContentType="image/png"),
        lambda: media_bucket().remove([preview]),
    ]
    for differ in differences:
        storage.restore(snapshot)
        clock.now = now
        assert not is_new_state()
        differ()
        assert is_new_state()


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("given", [{}, AUDIT], ids=["sweep", "audit"])
@pytest.mark.parametrize("leave", [half_rendered, described, failed, deleting, deleted])
def test_next_run_completes_one_killed_at_any_call(
    storage: Storage,
    clock: Clock,
    workflow: Workflow,
    is_new_state: Callable[[], bool],
    leave: Callable[[Storage], Photo],
    given: dict[str, Any],
) -> None:
    photo = leave(storage)
    clock.tick(LEASE_SECONDS + 1)
    for number in from_here(storage, clock, workflow):
        with at_call(number, kill) as was_reached, suppress(Killed):
            reconcile(given)
        if not was_reached():
            assert number > 5
            return
        if not is_new_state():
            continue
        clock.tick(LEASE_SECONDS + 1)
        reconcile(given)
        clock.tick(LEASE_SECONDS + 1)
        reconcile()
        clock.tick(UPLOAD_WAIT_SECONDS)
        reconcile(AUDIT)  # The lifecycle rule or the audit removes the upload that Events did not.
        if leave in (half_rendered, described):
            assert storage.photo(photo).status is Status.READY
        settle(clock)
        expect_clean(storage)


@pytest.mark.usefixtures("small")
def test_failures_are_isolated_per_photo(storage: Storage, clock: Clock) -> None:
    photos = [half_rendered(storage) for _ in range(3)]
    clock.tick(LEASE_SECONDS + 1)
    with at_call(3, fail_call), pytest.raises(ReconcileError, match=r"^1 of 3 found could not be reconciled\.$"):
        reconcile()
    statuses = sorted(storage.photo(photo).status for photo in photos)
    assert statuses == [Status.PROCESSING, Status.READY, Status.READY]
    clock.tick(LEASE_SECONDS + 1)
    assert reconcile() == found(ingested=1)
    expect_clean(storage)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("leave", [half_rendered, described, failed, deleting, deleted])
def test_concurrent_runs_are_safe(
    storage: Storage,
    clock: Clock,
    workflow: Workflow,
    is_new_state: Callable[[], bool],
    leave: Callable[[Storage], Photo],
) -> None:
    leave(storage)
    clock.tick(LEASE_SECONDS + 1)
    for number in from_here(storage, clock, workflow):
        with at_call(number, lambda: reconcile(aws_request_id="request 2")) as was_reached:
            answer = reconcile()
        assert answer["faults"] == 0
        if is_new_state():
            settle(clock)
            expect_clean(storage)
        if not was_reached():
            return


@pytest.mark.usefixtures("small")
def test_run_that_lost_its_takeover_removes_no_later_object(
    storage: Storage, clock: Clock, workflow: Workflow, is_new_state: Callable[[], bool]
) -> None:
    photo = half_rendered(storage)
    clock.tick(LEASE_SECONDS + 1)
    for number in from_here(storage, clock, workflow):

        def overtake() -> None:
            clock.tick(LEASE_SECONDS + 1)
            reconcile(aws_request_id="request 2")

        with at_call(number, overtake) as was_reached:
            assert reconcile()["faults"] == 0
        if is_new_state():
            clock.tick(LEASE_SECONDS + 1)
            reconcile()
            reconcile(AUDIT)
            assert storage.photo(photo).status is Status.READY
            settle(clock)
            expect_clean(storage)
        if not was_reached():
            assert number > 10
            return


def claim_again(storage: Storage, photo: Photo) -> None:
    """Upload and ingest again, up to the first preview."""
    put(storage, keys.upload_key(photo.owner_id, photo.photo_id))
    with suppress(ConditionFailedError):
        storage.table.claim(photo.owner_id, photo.photo_id, "execution 2")
        put(storage, keys.preview_key(photo.owner_id, photo.photo_id, "execution 2", DEFAULT_PRESETS[0]))


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("given", [{}, AUDIT], ids=["sweep", "audit"])
@pytest.mark.parametrize("leave", [half_rendered, described, failed])
def test_concurrent_execution_keeps_its_objects(
    storage: Storage, clock: Clock, workflow: Workflow, leave: Callable[[Storage], Photo], given: dict[str, Any]
) -> None:
    claims = 0
    photo = leave(storage)
    clock.tick(LEASE_SECONDS + 1)
    for number in from_here(storage, clock, workflow):
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
def test_concurrent_deletion_is_complete(
    storage: Storage,
    clock: Clock,
    workflow: Workflow,
    is_new_state: Callable[[], bool],
    leave: Callable[[Storage], Photo],
) -> None:
    photo = leave(storage)
    clock.tick(LEASE_SECONDS + 1)
    for number in from_here(storage, clock, workflow):

        def delete(photo: Photo = photo) -> None:
            current = storage.begin_delete(photo)
            media_bucket().remove(keys.all_keys(current, DEFAULT_PRESETS))
            storage.table.finish_delete(photo.owner_id, photo.photo_id)

        with at_call(number, delete) as was_reached:
            assert reconcile(AUDIT)["faults"] == 0
        if not was_reached():
            return
        assert storage.table.get(photo.owner_id, photo.photo_id) is None
        if is_new_state():
            settle(clock)
            expect_clean(storage)
