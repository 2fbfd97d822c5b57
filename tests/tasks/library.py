"""A collection of photos that changes at random, written by the table's own operations."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from photosky.photo import Photo, Status
from photosky.store import keys
from tests.clock import Clock
from tests.storage import OWNER, Storage
from tests.tasks.events import EXECUTION

TAGS: Final = ("lake", "Lake", "Abend", "#trashed", "trashed/", "1")
TIMES: Final = (
    None,
    *("2024-02-29", "2025-12-31T23:59:59", "2026-01-01T00:00:00", "2026-01-01T00:00:00.5", "2026-01-01T00:00:00.25Z"),
    *("2026-01-01T10:00:00+02:00", "2026-01-15", "2026-01-31T23:59:59.999999999", "2026-09-21", "2026-09-30T01:02:03"),
)
KEEP_SECONDS: Final = 1000


def ingested(storage: Storage, **facts: Any) -> Photo:
    """A photo that an execution has made ready, with these facts."""
    photo = storage.put_photo()
    about = photo.owner_id, photo.photo_id
    claimed = storage.table.claim(*about, EXECUTION)
    original = keys.original_key(*about, EXECUTION)
    return storage.table.complete(claimed, {"sha256": "ab" * 32, "original": original, **facts})


@dataclass
class Library:
    """One owner's photos, as the last operation on each of them returned it."""

    storage: Storage
    clock: Clock
    chance: random.Random
    photos: dict[str, Photo] = field(default_factory=dict)

    def add(self) -> None:
        """Add a ready photo."""
        self.clock.tick(self.chance.choice((0.001, 1, 3600)))
        photo = ingested(self.storage, taken_at=self.chance.choice(TIMES), **self._values())
        self.photos[photo.photo_id] = photo

    def change(self) -> None:
        """Do one random operation on one photo."""
        self.clock.tick(self.chance.choice((0, 0.001, 1)))
        photo = self.photos[self.chance.choice(sorted(self.photos))]
        act: Callable[[Photo], Photo | None] = self.chance.choice(
            (self._edit, self._edit, self._edit, self._trash, self._restore, self._delete)
        )
        if changed := act(photo):
            self.photos[photo.photo_id] = changed

    def of_status(self, status: Status) -> list[Photo]:
        """The photos of a status."""
        return [photo for photo in self.photos.values() if photo.status is status]

    def _values(self) -> dict[str, Any]:
        chance = self.chance
        return {
            "title": chance.choice((None, "Dunes", "Ebb")),
            "favorite": chance.random() < 0.5,
            "tags": tuple(chance.sample(TAGS, chance.randrange(4))),
            "owner_taken_at": chance.choice((None, *TIMES)),
        }

    def _edit(self, photo: Photo) -> Photo:
        values = self._values()
        changes = {name: values[name] for name in self.chance.sample(sorted(values), self.chance.randint(1, 4))}
        return self.storage.table.edit(OWNER, photo.photo_id, changes, version=photo.version)

    def _trash(self, photo: Photo) -> Photo | None:
        return self.storage.table.trash(photo, KEEP_SECONDS) if photo.status is Status.READY else None

    def _restore(self, photo: Photo) -> Photo | None:
        return self.storage.table.restore(photo) if photo.status is Status.TRASHED else None

    def _delete(self, photo: Photo) -> None:
        if photo.status is not Status.TRASHED or self.chance.random() < 0.5:
            return
        self.storage.table.begin_delete(photo, in_any_status=False)
        self.storage.table.finish_delete(OWNER, photo.photo_id)
        del self.photos[photo.photo_id]
