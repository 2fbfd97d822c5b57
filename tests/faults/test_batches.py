"""Two batches at once: each operation is done as if alone, and the operations of a photo in some order."""

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

import pytest

from photosky.photo import Status, new_photo_id
from tests.faults.actions import Batch, Create, StartIngest, Trash, Upload
from tests.faults.invariants import check_derived
from tests.faults.simulation import Simulation
from tests.faults.uploads import VALID_UPLOADS

PHOTOS: Final = 3


@dataclass(frozen=True)
class Model:
    """What operations change of a photo."""

    status: Status | None
    title: str | None = None
    tags: tuple[str, ...] = ()
    favorite: bool = False


Operation = dict[str, Any]

OPERATIONS: Final[dict[str, Operation]] = {
    "title": {"op": "edit", "changes": {"title": "Moon"}},
    "tags": {"op": "edit", "changes": {"tags": ["night", "sea"]}},
    "other tags": {"op": "edit", "changes": {"tags": ["day"], "favorite": True}},
    "delete": {"op": "delete"},
    "keep": {"op": "delete", "keep_trashed": True},
    "permanent": {"op": "delete", "permanent": True},
    "restore": {"op": "restore"},
}


def edit(model: Model, operation: Operation) -> Model:
    changes: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in operation["changes"].items()
    }
    return model if model.status is None else replace(model, **changes)


def delete(model: Model, operation: Operation) -> Model:
    if model.status is Status.TRASHED and operation.get("keep_trashed"):
        return model
    if model.status is Status.READY and not operation.get("permanent"):
        return replace(model, status=Status.TRASHED)
    return Model(None)


def restore(model: Model, _operation: Operation) -> Model:
    return model if model.status is None else replace(model, status=Status.READY)


MODEL: Final[dict[str, Callable[[Model, Operation], Model]]] = {"edit": edit, "delete": delete, "restore": restore}


def possible(start: Model, first: Operation, second: Operation) -> set[Model]:
    """The results of both orders. Two deletions at once may also count as one, which keeps the photo in the trash."""
    found = {MODEL[two["op"]](MODEL[one["op"]](start, one), two) for one, two in ((first, second), (second, first))}
    deletes_twice = first["op"] == second["op"] == "delete" and start.status is Status.READY
    is_kept = deletes_twice and not (first.get("permanent") or second.get("permanent"))
    return found | ({replace(start, status=Status.TRASHED)} if is_kept else set())


@pytest.mark.parametrize("seed", range(30))
def test_two_batches_at_once_end_as_some_order_of_their_operations(simulation: Simulation, seed: int) -> None:
    chance = random.Random(seed)
    for number in range(PHOTOS):
        for action in (Create(), Upload(number, number % len(VALID_UPLOADS)), StartIngest(number)):
            assert simulation.perform(action).status in (200, 201, 204)
    ids = [photo.photo_id for photo in simulation.photos]
    starts = [Model(Status.READY)] * PHOTOS
    if chance.random() < 0.5:
        assert simulation.perform(Trash(0)).status == 204
        starts[0] = Model(Status.TRASHED)
    names = [[chance.choice(list(OPERATIONS)) for _ in ids] for _ in range(2)]
    bad = {"op": "edit", "photo_id": new_photo_id(), "changes": {"title": "none"}}
    batches = [
        Batch((*(OPERATIONS[name] | {"photo_id": photo_id} for name, photo_id in zip(chosen, ids, strict=True)), bad))
        for chosen in names
    ]
    schedule = [chance.randrange(2) for _ in range(60)]
    responses = simulation.perform_concurrently([(batch, {}) for batch in batches], schedule)
    assert [(response.status, response.document[-1]) for response in responses] == [(200, 404)] * 2
    found = {
        photo.photo_id: Model(photo.status, photo.title, photo.tags, photo.favorite)
        for photo in simulation.memory.photos()
    }
    for index, photo_id in enumerate(ids):
        first, second = (OPERATIONS[chosen[index]] for chosen in names)
        assert found.get(photo_id, Model(None)) in possible(starts[index], first, second), (names, index)
    check_derived(simulation)
