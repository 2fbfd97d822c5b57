"""The Photo record: its life, how it is stored, and how the API shows it."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

from uuid6 import uuid7

from photosky.location import Location


class Status(StrEnum):
    """Where a photo is in its life."""

    AWAITING_UPLOAD = "awaiting_upload"
    PROCESSING = "processing"
    READY = "ready"
    REJECTED = "rejected"
    FAILED = "failed"
    DELETING = "deleting"


@dataclass(frozen=True)
class StoredPreview:
    """One preview as it lies in the bucket: its key, its size in pixels and in bytes."""

    key: str
    width: int
    height: int
    content_type: str
    size_bytes: int


@dataclass(frozen=True)
class Rejection:
    """Why a photo did not become ready: a code of the catalogue and a sentence for the client."""

    code: str
    detail: str


@dataclass(frozen=True)
class Photo:
    """One photo of one owner.

    Times are ISO 8601 in UTC, except `taken_at`, which is the camera's own. `sha256` is the bytes' own digest, once
    they were read; `declared_sha256` is what the client said it would be. `version` counts the edits and is the photo's
    ETag. `original` is the key of the original, as `previews` has theirs. `retired` are the keys of previews that
    newer ones took the place of: they stay until `retired_until` (Unix seconds), when the last URL of them has run out.
    `execution` and `lease_until` (Unix seconds) say which workflow run holds the photo; `expires_at` (Unix seconds) is
    the table's TTL while an upload is awaited.
    """

    owner_id: str
    photo_id: str
    status: Status
    filename: str
    content_type: str
    size_bytes: int
    created_at: str
    version: int = 1
    declared_sha256: str | None = None
    sha256: str | None = None
    width: int | None = None
    height: int | None = None
    taken_at: str | None = None
    camera: str | None = None
    location: Location | None = None
    title: str | None = None
    description: str | None = None
    tags: tuple[str, ...] = ()
    favorite: bool = False
    placeholder: str | None = None
    dominant_color: str | None = None
    original: str | None = None
    previews: Mapping[str, StoredPreview] = field(default_factory=dict)
    retired: tuple[str, ...] = ()
    retired_until: int | None = None
    rejection: Rejection | None = None
    execution: str | None = None
    lease_until: int | None = None
    expires_at: int | None = None

    @property
    def etag(self) -> str:
        """The entity tag of this version (RFC 9110, section 8.8.3)."""
        return f'"{self.version}"'

    def matches(self, changes: Mapping[str, Any]) -> bool:
        """Whether the photo already has these values, as an edit gives them: None for no value, lists for tuples."""
        return all(_as_json(getattr(self, name)) == value for name, value in changes.items())

    def present(self, url_for: Callable[[str], str]) -> dict[str, Any]:
        """The photo as the API shows it. `url_for` turns a key into a ready-to-use URL.

        What only a ready photo has (previews and what was read from the picture) is shown for a ready photo only.
        """
        shown = self if self.status is Status.READY else replace(self, **_UNREAD)
        return {
            "photo_id": shown.photo_id,
            "status": str(shown.status),
            "filename": shown.filename,
            "content_type": shown.content_type,
            "size_bytes": shown.size_bytes,
            "sha256": shown.sha256 or shown.declared_sha256,
            "width": shown.width,
            "height": shown.height,
            "taken_at": shown.taken_at,
            "created_at": shown.created_at,
            "camera": shown.camera,
            "location": dict(vars(shown.location)) if shown.location else None,
            "title": shown.title,
            "description": shown.description,
            "tags": list(shown.tags),
            "favorite": shown.favorite,
            "placeholder": shown.placeholder,
            "dominant_color": shown.dominant_color,
            "previews": {
                name: {
                    "url": url_for(preview.key),
                    "width": preview.width,
                    "height": preview.height,
                    "content_type": preview.content_type,
                    "size_bytes": preview.size_bytes,
                }
                for name, preview in shown.previews.items()
            },
            "rejection": dict(vars(shown.rejection)) if shown.rejection else None,
        }


_UNREAD: Final[Mapping[str, Any]] = {
    "width": None,
    "height": None,
    "taken_at": None,
    "camera": None,
    "location": None,
    "placeholder": None,
    "dominant_color": None,
    "previews": {},
}


def new_photo_id() -> str:
    """A UUIDv7 (RFC 9562, section 5.7): ids sort by the time they were made."""
    return str(uuid7())


def is_photo_id(text: str) -> bool:
    """Whether this could be an id of ours: a UUID in its canonical form."""
    try:
        return str(uuid.UUID(text)) == text
    except ValueError:
        return False


def timestamp(moment: datetime) -> str:
    """A moment as the API shows it: ISO 8601 in UTC, to the millisecond."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _as_json(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
