"""Runs of Reconcile: what they return, what they leave, and how they are interrupted."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any, Final

from botocore.exceptions import ClientError

from photosky.photo import Status
from photosky.runs import MARGIN_MILLISECONDS, OUTCOMES
from photosky.store import keys
from photosky.store.attributes import REQUEST_PREFIX, SYSTEM_OWNER, TOMBSTONE_PREFIX
from photosky.store.leases import LEASE_SECONDS
from photosky.store.media import s3_client
from photosky.store.photos import photos_table
from tasks.reconcile import handler
from tests.clock import Clock
from tests.state_machine import Ingest
from tests.storage import Storage
from tests.tasks.events import pass_on

NOTHING: Final = dict.fromkeys(OUTCOMES, 0) | {"more": False, "reports": []}
AUDIT: Final = {"audit": True}


@dataclass
class Context:
    """Lambda's context, whose time limit is reached after `remaining_checks` checks."""

    aws_request_id: str = "request 1"
    remaining_checks: float = float("inf")

    def get_remaining_time_in_millis(self) -> int:
        self.remaining_checks -= 1
        return MARGIN_MILLISECONDS if self.remaining_checks >= 0 else MARGIN_MILLISECONDS - 1


class Workflow:
    """The ingest workflow as Reconcile starts it, and then the pipe, if the photo became ready.

    Attributes:
        started: The ids of the photos.
        executions: Executions so far, which number their names.
    """

    def __init__(self, machine: Ingest, storage: Storage) -> None:
        self.started: list[str] = []
        self.executions = 0
        self._machine = machine
        self._storage = storage

    def __call__(self, owner_id: str, photo_id: str) -> str:
        self.started.append(photo_id)
        photo = self._storage.table.get(owner_id, photo_id)
        assert photo is not None
        name = f"unnamed {self.executions}"
        self.executions += 1
        execution = self._machine.without_hooks().run(photo, name)
        pass_on(self._storage, photo)
        return str(execution.output["outcome"]) if execution.status == "SUCCEEDED" else "failed"


def reconcile(event: Mapping[str, Any] | None = None, **context: Any) -> dict[str, Any]:
    """Run Reconcile once."""
    return handler(event or {}, Context(**context))


def found(**outcomes: int) -> dict[str, Any]:
    """The result of a run with exactly these outcomes."""
    return NOTHING | outcomes | {"found": sum(outcomes.values()) - outcomes.get("waiting", 0)}


def expect_clean(storage: Storage) -> None:
    """Assert that no record has a lease, and that the bucket has exactly the objects that ready photos name."""
    photos = []
    for item in storage.records():
        assert not {"lease_until", "unsettled_shard"} & set(item), item
        is_photo = not item["photo_id"]["S"].startswith((TOMBSTONE_PREFIX, REQUEST_PREFIX))
        if not is_photo or item["owner_id"]["S"] == SYSTEM_OWNER:
            continue
        photo = storage.table.get(item["owner_id"]["S"], item["photo_id"]["S"])
        assert photo is not None
        assert photo.status in (Status.READY, Status.REJECTED, Status.FAILED, Status.AWAITING_UPLOAD)
        photos += [photo] if photo.status is Status.READY else []
    assert set(storage.objects()) == {key for photo in photos for key in keys.named_keys(photo)}


def from_here(storage: Storage, clock: Clock, workflow: Workflow) -> Iterator[int]:
    """Numbers from 0; before each, the storage, the clock and the workflow return to their state at the first."""
    snapshot, now, executions = storage.snapshot(), clock.now, workflow.executions
    for number in count():
        storage.restore(snapshot)
        clock.now, workflow.executions = now, executions
        yield number


def settle(clock: Clock) -> None:
    """Sweep the tombstones of the last deletions."""
    clock.tick(LEASE_SECONDS + 1)
    assert reconcile() == NOTHING


class Killed(BaseException):
    """The end of the process: a BaseException, so that no handler catches it."""


def kill() -> None:
    """End the process."""
    raise Killed


def fail_call() -> None:
    """Fail as a call to an unavailable service does."""
    raise ClientError({"Error": {"Code": "InternalServerError"}}, "Any")


@contextmanager
def at_call(number: int, happens: Callable[[], object]) -> Iterator[Callable[[], bool]]:
    """Call `happens` before a run's AWS call of this number. Yields whether the run reached that call."""
    calls = count()
    reached = []

    def before(**_arguments: Any) -> None:
        if next(calls) == number:
            reached.append(True)
            happens()

    clients: list[Any] = [s3_client(), photos_table()._client]
    for client in clients:
        client.meta.events.register("before-call", before)
    try:
        yield lambda: bool(reached)
    finally:
        for client in clients:
            client.meta.events.unregister("before-call", before)
