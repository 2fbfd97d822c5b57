"""A seeded collection: photos of ten years, each made from its number, and the table that contains them."""

import base64
import calendar
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from random import Random
from typing import Any, Final

from benchmarks.library.table import Key, Table
from benchmarks.scale.units import Item
from photosky.details import CaptureSettings, ImageProperties
from photosky.imaging.presets import DEFAULT_PRESETS
from photosky.location import Location
from photosky.photo import Photo, Status, StoredPreview, timestamp
from photosky.store import keys
from photosky.store.attributes import TAG_SEPARATOR, USAGE_KEY
from photosky.store.index_keys import (
    counted_as,
    counted_bytes,
    counter_attributes,
    counter_key,
    index_attributes,
    months_partition,
    tag_copy,
)
from photosky.store.items import marshal, to_item
from photosky.store.leases import trash_schedule

OWNER: Final = "0b7a3f52-5f0e-4f5c-9a53-2f6f6d1c8e01"
SEED: Final = 14

YEARS: Final = 10
TAGS: Final = 200
TAGS_PER_PHOTO: Final = 3

_START: Final = datetime(2016, 1, 1, tzinfo=UTC)
_DURATION: Final = datetime(2016 + YEARS, 1, 1, tzinfo=UTC) - _START
_MAX_DAYS_TO_UPLOAD: Final = 60
_TRASH_DURATION: Final = timedelta(days=30)

_FAVORITE: Final = (10, 3)
"""One photo of ten, from number 3: each collection has each kind in the same share, the smallest one too."""
_UNDATED: Final = (20, 7)
_TRASHED: Final = (33, 5)

_CAMERAS: Final = (
    ("Apple iPhone 15 Pro", "iPhone 15 Pro back triple camera 6.765mm f/1.78"),
    ("Canon EOS R6", "RF24-70mm"),
)


@dataclass(frozen=True)
class Collection:
    """`count` photos of `OWNER`. The same number gives the same photo in each collection of this size."""

    count: int

    def photo(self, number: int) -> Photo:
        """A ready or trashed photo."""
        random = Random(f"{SEED}/{self.count}/{number}")  # noqa: S311 - no secret
        created = _START + (number + random.random()) / self.count * _DURATION
        photo_id, execution = _uuid7(created, random), str(uuid.UUID(int=random.getrandbits(128), version=4))
        camera, lens = random.choice(_CAMERAS)
        taken = created - timedelta(days=random.random() * _MAX_DAYS_TO_UPLOAD)
        is_dated = not _has(_UNDATED, number)
        photo = Photo(
            owner_id=OWNER,
            photo_id=photo_id,
            status=Status.READY,
            filename=f"IMG_{taken:%Y%m%d_%H%M%S}.jpg",
            content_type="image/jpeg",
            size_bytes=random.randrange(2_000_000, 9_000_000),
            sha256=random.randbytes(32).hex(),
            width=4032,
            height=3024,
            taken_at=f"{taken:%Y-%m-%dT%H:%M:%S}" if is_dated else None,
            taken_at_source="exif" if is_dated else None,
            created_at=timestamp(created),
            updated_at=timestamp(created + timedelta(seconds=5)),
            camera=camera,
            capture=CaptureSettings(
                lens=lens, exposure_seconds=0.004, f_number=1.8, iso=random.choice((64, 100, 400)), focal_length_mm=6.8
            ),
            location=Location(round(random.uniform(-60, 60), 1), round(random.uniform(-180, 180), 1)),
            image=ImageProperties(
                orientation=1, colour_space="display-p3", frame_count=1, has_gain_map=True, is_motion_photo=False
            ),
            tags=tuple(f"subject {tag:03}" for tag in random.sample(range(TAGS), TAGS_PER_PHOTO)),
            favorite=_has(_FAVORITE, number),
            placeholder=base64.b64encode(random.randbytes(24)).decode(),
            dominant_color=f"#{random.randrange(1 << 24):06x}",
            previews=_previews(photo_id, execution, random),
            original=keys.original_key(OWNER, photo_id, execution),
            revision=1,
            execution=execution,
        )
        photo = replace(photo, counted_bytes=counted_bytes(photo))
        return _trashed(photo, created) if _has(_TRASHED, number) else replace(photo, counted_as=counted_as(photo))

    def table(self) -> Table:
        """The table with all photos, their copies and the counters of the timeline."""
        numbers: dict[str, int] = {}
        counters: dict[str, Counter[str]] = {}

        def stored_keys() -> Iterator[Mapping[str, Any]]:
            for number in range(self.count):
                photo = self.photo(number)
                numbers[photo.photo_id] = number
                _count(counters, photo)
                primary = {"photo_id": photo.photo_id}
                yield {"owner_id": OWNER, **primary, **_keys(photo)}
                yield from (tag_copy(photo, primary, tag) for tag in photo.tags)

        table = Table(partial(self._load, numbers))
        table.fill(stored_keys())
        partition = months_partition(OWNER)
        for key, counts in counters.items():
            changes = counts["all"] or counts["photos"]
            counter = {"owner_id": partition, "photo_id": key, **counts, "changes": changes}
            table.put(Key(partition, key), marshal(counter))
        return table

    def _load(self, numbers: Mapping[str, int], key: Key) -> Item | None:
        """A record, or the copy of one in the listing of a tag; None if there is neither."""
        number = numbers.get(key.photo_id)
        if number is None:
            return None
        photo = self.photo(number)
        item = to_item(photo)
        if key.owner_id == OWNER:
            return marshal({**item, **_keys(photo)})
        owner_id, _, tag = key.owner_id.partition(TAG_SEPARATOR)
        return marshal(tag_copy(photo, item, tag)) if owner_id == OWNER and tag in photo.tags else None


def month_of(photo: Photo) -> tuple[str, str]:
    """First and last day of the month in which the timeline counts a ready photo."""
    year, month = map(int, (counted_as(photo) or "").split("-")[:2])
    return f"{year}-{month:02}-01", f"{year}-{month:02}-{calendar.monthrange(year, month)[1]}"


def _count(counters: dict[str, Counter[str]], photo: Photo) -> None:
    counters.setdefault(USAGE_KEY, Counter()).update({"photos": 1, "bytes": photo.size_bytes})
    if photo.counted_as is not None:
        counter = counters.setdefault(counter_key(photo.photo_id, photo.counted_as), Counter())
        counter.update(counter_attributes(photo.counted_as))


def _trashed(photo: Photo, created: datetime) -> Photo:
    trashed = created + _TRASH_DURATION
    until = int((trashed + _TRASH_DURATION).timestamp())
    at = timestamp(trashed)
    return replace(photo, status=Status.TRASHED, trashed_at=at, trashed_until=until, updated_at=at, lease_until=until)


def _keys(photo: Photo) -> dict[str, Any]:
    """Attributes of a record that are not fields of a photo: keys of the indexes, and the lease in the trash."""
    lease = {} if photo.trashed_until is None else trash_schedule(photo, photo.trashed_until)
    return {**index_attributes(photo), **lease}


def _has(kind: tuple[int, int], number: int) -> bool:
    every, first = kind
    return number % every == first


def _uuid7(moment: datetime, random: Random) -> str:
    """The id of a photo that was created at this time (RFC 9562, section 5.7)."""
    milliseconds = int(1000 * moment.timestamp())
    return str(
        uuid.UUID(int=milliseconds << 80 | 7 << 76 | random.getrandbits(12) << 64 | 2 << 62 | random.getrandbits(62))
    )


def _previews(photo_id: str, execution: str, random: Random) -> dict[str, StoredPreview]:
    return {
        preset.name: StoredPreview(
            keys.preview_key(OWNER, photo_id, execution, preset),
            preset.width,
            preset.height * 3 // 4,
            "image/webp",
            random.randrange(5_000, 200_000),
        )
        for preset in DEFAULT_PRESETS
    }
