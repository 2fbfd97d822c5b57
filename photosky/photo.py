"""The Photo record: its fields, and how the API shows them."""

import hashlib
import json
import secrets
import time
import uuid
from collections.abc import Callable, Collection, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final, NamedTuple

from photosky.details import (
    UNKNOWN_PROPERTIES,
    UNKNOWN_SETTINGS,
    CaptureSettings,
    Embedded,
    ImageProperties,
    TakenAtSource,
)
from photosky.location import Location

SHOWN: Final = {"is_shown": True}
"""Metadata of a field that the API shows."""

FACT: Final = {"is_fact": True}
"""Metadata of a field that an execution derives from the upload. A claim clears it; an ingested photo shows it."""


_ETAG_DIGEST_BYTES: Final = 8

_last_tick = 0
"""The time in the last id that this process made, in 1/4096 ms since 1970."""


def _converted(parse: Callable[[Any], Any], to_json: Callable[[Any], Any]) -> dict[str, Any]:
    """Metadata of a field whose value is no JSON value: `parse` reads it from an item, `to_json` converts it back."""
    return {"parse": parse, "to_json": to_json}


class Status(StrEnum):
    """The status of a photo, from its creation to its deletion."""

    AWAITING_UPLOAD = "awaiting_upload"
    PROCESSING = "processing"
    READY = "ready"
    TRASHED = "trashed"
    REJECTED = "rejected"
    FAILED = "failed"
    DELETING = "deleting"


class StoredPreview(NamedTuple):
    """One preview in the bucket: its key, its dimensions in pixels and its size in bytes."""

    key: str
    width: int
    height: int
    content_type: str
    size_bytes: int


class Rejection(NamedTuple):
    """Why a photo was rejected or failed: a code of the error catalogue and a sentence for the client."""

    code: str
    detail: str


def _parse_location(location: Mapping[str, Any]) -> Location:
    return Location(**{name: float(value) for name, value in location.items() if value is not None})


def _parse_settings(settings: Mapping[str, Any]) -> CaptureSettings:
    """An item has integers for whole numbers."""
    floats = {
        name: float(settings[name])
        for name in ("exposure_seconds", "f_number", "focal_length_mm")
        if isinstance(settings.get(name), int)
    }
    return CaptureSettings(**{**settings, **floats})


def _parse_embedded(embedded: Mapping[str, Any]) -> Embedded:
    keywords = embedded.get("keywords", ())
    return Embedded(**{**embedded, "keywords": tuple(keywords) if isinstance(keywords, list) else keywords})


def _embedded_to_json(embedded: Embedded) -> dict[str, Any]:
    return _object_to_json(embedded) | {"keywords": list(embedded.keywords)}


def _parse_previews(previews: Mapping[str, Any]) -> dict[str, StoredPreview]:
    return {name: StoredPreview(**preview) for name, preview in previews.items()}


def _previews_to_json(previews: Mapping[str, StoredPreview]) -> dict[str, dict[str, Any]]:
    return {name: _object_to_json(preview) for name, preview in previews.items()}


def _object_to_json(value: NamedTuple) -> dict[str, Any]:
    return value._asdict()


@dataclass(frozen=True, kw_only=True)
class Photo:
    """One photo of one owner. The API shows the fields in this order.

    Times are ISO 8601 in UTC, except `taken_at`, which is the camera's local time.

    Attributes:
        taken_at_source: Where `taken_at` is from; None also for photos of versions that did not record it.
        declared_sha256: The digest that the client declared; `sha256` is computed from the bytes.
        owner_taken_at: The owner's correction of `taken_at`; None shows the camera's.
        owner_location: The owner's correction of `location`.
        updated_at: The last change of what the API shows; None before the first one.
        trashed_at: When the photo was moved to the trash; None outside it.
        version: Number of the record's version, incremented by each edit; the first part of the ETag.
        original: Key of the original.
        retired: Keys of previews that newer ones replaced. Their objects are kept until `retired_until`
            (Unix seconds), when the last URL of them has expired.
        trashed_until: The time at which Reconcile removes a trashed photo (Unix seconds).
        restores: Times that the photo was restored. They tell a later move to the trash from an earlier one.
        lost_ingests: Executions that Reconcile found lost, since the photo was created, failed or was rejected.
        revision: Number of changes of what listings show, and of refusals. The former are written for the revision that
            they have read. Events have it as their `version`.
        counted_as: How the timeline counts the photo, as `index_keys.counted_as` states; None if it does not.
        counted_bytes: The bytes with which the owner's use counts the photo; None if it does not count it.
        unlisted_tags: Tags, without case, whose listings do not have the photo yet.
        execution: The execution that holds the photo until `lease_until` (Unix seconds), or held it last.
        awaited_until: The time until which the photo waits for its upload (Unix seconds), while it does.
    """

    owner_id: str
    photo_id: str = field(metadata=SHOWN)
    status: Status = field(metadata=SHOWN | _converted(Status, str))
    filename: str = field(metadata=SHOWN)
    content_type: str = field(metadata=SHOWN)
    size_bytes: int = field(metadata=SHOWN)
    declared_sha256: str | None = None
    sha256: str | None = field(default=None, metadata=SHOWN | FACT)
    width: int | None = field(default=None, metadata=SHOWN | FACT)
    height: int | None = field(default=None, metadata=SHOWN | FACT)
    taken_at: str | None = field(default=None, metadata=SHOWN | FACT)
    taken_at_source: TakenAtSource | None = field(default=None, metadata=SHOWN | FACT)
    created_at: str = field(metadata=SHOWN)
    updated_at: str | None = field(default=None, metadata=SHOWN)
    trashed_at: str | None = field(default=None, metadata=SHOWN)
    camera: str | None = field(default=None, metadata=SHOWN | FACT)
    capture: CaptureSettings = field(
        default=UNKNOWN_SETTINGS, metadata=SHOWN | FACT | _converted(_parse_settings, _object_to_json)
    )
    location: Location | None = field(
        default=None, metadata=SHOWN | FACT | _converted(_parse_location, _object_to_json)
    )
    image: ImageProperties = field(
        default=UNKNOWN_PROPERTIES,
        metadata=SHOWN | FACT | _converted(lambda properties: ImageProperties(**properties), _object_to_json),
    )
    title: str | None = field(default=None, metadata=SHOWN)
    description: str | None = field(default=None, metadata=SHOWN)
    tags: tuple[str, ...] = field(default=(), metadata=SHOWN | _converted(tuple, list))
    favorite: bool = field(default=False, metadata=SHOWN)
    embedded: Embedded | None = field(
        default=None, metadata=SHOWN | FACT | _converted(_parse_embedded, _embedded_to_json)
    )
    placeholder: str | None = field(default=None, metadata=SHOWN | FACT)
    dominant_color: str | None = field(default=None, metadata=SHOWN | FACT)
    previews: Mapping[str, StoredPreview] = field(
        default_factory=dict, metadata=SHOWN | FACT | _converted(_parse_previews, _previews_to_json)
    )
    rejection: Rejection | None = field(
        default=None, metadata=SHOWN | _converted(lambda rejection: Rejection(**rejection), _object_to_json)
    )
    owner_taken_at: str | None = None
    owner_location: Location | None = field(default=None, metadata=_converted(_parse_location, _object_to_json))
    version: int = 1
    original: str | None = field(default=None, metadata=FACT)
    retired: tuple[str, ...] = field(default=(), metadata=_converted(tuple, list))
    retired_until: int | None = None
    trashed_until: int | None = None
    restores: int = 0
    revision: int = 0
    counted_as: str | None = None
    counted_bytes: int | None = None
    unlisted_tags: tuple[str, ...] = field(default=(), metadata=_converted(tuple, list))
    execution: str | None = None
    lease_until: int | None = None
    lost_ingests: int = 0
    awaited_until: int | None = None

    @property
    def is_ingested(self) -> bool:
        """Whether the photo has its facts and objects: it is ready, or was ready when it was moved to the trash."""
        return self.status in (Status.READY, Status.TRASHED)

    @property
    def shown_taken_at(self) -> str | None:
        """When the picture was taken: the owner's correction, or else the camera's time."""
        return self.taken_at if self.owner_taken_at is None else self.owner_taken_at

    def matches(self, changes: Mapping[str, Any]) -> bool:
        """Whether the photo already has the values of an edit, in which None stands for no value."""
        return all(
            _to_json(f, getattr(self, f.name)) == _to_json(f, changes[f.name])
            for f in fields(self)
            if f.name in changes
        )

    def present(self, url_for: Callable[[str], str], only: Collection[str] | None = None) -> dict[str, Any]:
        """The photo as the API shows it. `url_for` returns the signed URL of a key.

        `only` names the presets whose previews are shown; None shows all.
        """
        shown = {
            f.name: _to_json(f, getattr(self, f.name) if self.is_ingested or f.name not in FACTS else _default(f))
            for f in _SHOWN_FIELDS
        }
        # In any status, because a client knows the digest that it declared.
        shown["sha256"] = self.sha256 or self.declared_sha256
        shown["updated_at"] = self.updated_at or self.created_at
        if self.owner_taken_at is not None:
            shown |= {"taken_at": self.owner_taken_at, "taken_at_source": "owner"}
        if self.owner_location is not None:
            shown["location"] = _object_to_json(self.owner_location)
        shown["previews"] = {
            name: {"url": url_for(preview.pop("key"))} | preview
            for name, preview in shown["previews"].items()
            if only is None or name in only
        }
        return shown


_SHOWN_FIELDS: Final = tuple(f for f in fields(Photo) if f.metadata.get("is_shown"))

FACTS: Final = tuple(f.name for f in fields(Photo) if f.metadata.get("is_fact"))
"""Fields that an execution derives from the upload. A record with `sha256` has all that the upload contains."""


def etag_of(photo: Photo, document: Mapping[str, Any]) -> str:
    """The entity tag of a photo as the API shows it (RFC 9110, section 8.8.3): its version, and a digest.

    The digest changes with everything in the document, also with the status and with renewed URLs. A client that gets
    304 for it therefore still has valid URLs. An edit's precondition compares the version only.
    """
    digest = hashlib.blake2s(json.dumps(document).encode(), digest_size=_ETAG_DIGEST_BYTES).hexdigest()
    return f'"{photo.version}-{digest}"'


def new_photo_id() -> str:
    """A UUIDv7, so that ids sort by creation time (RFC 9562, section 5.7).

    It has the time in 1/4096 ms (section 6.2, method 3), and 62 random bits. A process makes each with a later time
    than the one before. Packages for it read their own metadata when they are imported, which takes longer than
    everything else that a request does with ids.
    """
    global _last_tick
    _last_tick = max(time.time_ns() * 4096 // 1_000_000, _last_tick + 1)
    milliseconds, fraction = divmod(_last_tick, 4096)
    return str(uuid.UUID(int=milliseconds << 80 | 7 << 76 | fraction << 64 | 2 << 62 | secrets.randbits(62)))


def is_photo_id(text: str) -> bool:
    """Whether the text can be a photo's id: a UUID in its canonical form."""
    try:
        return str(uuid.UUID(text)) == text
    except ValueError:
        return False


def timestamp(moment: datetime) -> str:
    """A time as the API shows it: ISO 8601 in UTC with milliseconds."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _to_json(source: Field[Any], value: Any) -> Any:
    to_json = source.metadata.get("to_json")
    return value if to_json is None or value is None else to_json(value)


def _default(source: Field[Any]) -> Any:
    return source.default if source.default_factory is MISSING else source.default_factory()
