"""Storing rendered previews in the media bucket."""

from collections.abc import Iterable

from photosky.imaging.rendering import Preview
from photosky.photo import StoredPreview
from photosky.store import keys
from photosky.store.media import media_bucket


def store_previews(
    owner_id: str, photo_id: str, execution: str, previews: Iterable[Preview]
) -> dict[str, StoredPreview]:
    """Write an execution's previews of a photo, and return what its record stores of them, by preset name."""
    stored = {}
    for preview in previews:
        key = keys.preview_key(owner_id, photo_id, execution, preview.preset)
        media_bucket().put_preview(key, preview.data, preview.preset.content_type)
        stored[preview.preset.name] = StoredPreview(
            key=key,
            width=preview.width,
            height=preview.height,
            content_type=preview.preset.content_type,
            size_bytes=len(preview.data),
        )
    return stored
