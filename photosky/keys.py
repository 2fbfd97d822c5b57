"""Where a photo's objects lie in the media bucket. Keys are ids only: a filename never becomes one."""

from collections.abc import Iterable
from typing import Final

from photosky.imaging.presets import Preset
from photosky.photo import Photo

UPLOADS_PREFIX: Final = "incoming/"
ORIGINALS_PREFIX: Final = "originals/"
PREVIEWS_PREFIX: Final = "previews/"
PREFIXES: Final = (UPLOADS_PREFIX, ORIGINALS_PREFIX, PREVIEWS_PREFIX)


def upload_key(owner_id: str, photo_id: str) -> str:
    """Where the client's unchecked bytes arrive; the bucket's lifecycle expires what stays there."""
    return f"{UPLOADS_PREFIX}{owner_id}/{photo_id}"


def original_key(owner_id: str, photo_id: str) -> str:
    """Where the validated original is promoted to."""
    return f"{ORIGINALS_PREFIX}{owner_id}/{photo_id}"


def preview_key(owner_id: str, photo_id: str, preset: Preset) -> str:
    """Where one preview lies. The preset's digest is in it, so a changed preset never reuses a cached URL."""
    return f"{PREVIEWS_PREFIX}{owner_id}/{photo_id}/{preset.name}-{preset.digest}.{preset.extension}"


def all_keys(owner_id: str, photo_id: str, presets: Iterable[Preset], photo: Photo | None) -> set[str]:
    """Every key under which a photo may have an object: what the presets give, and what its record names."""
    named = {preview.key for preview in photo.previews.values()} if photo else set()
    return (
        {upload_key(owner_id, photo_id), original_key(owner_id, photo_id)}
        | {preview_key(owner_id, photo_id, preset) for preset in presets}
        | named
    )
