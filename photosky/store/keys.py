"""Keys of a photo's objects in the media bucket. A key consists of ids only, never of a filename.

Every execution writes under its own name, and the photo's record has the keys of the current objects. An execution
that was superseded therefore never overwrites or removes the objects of another one.
"""

from collections.abc import Iterable
from typing import Final

from photosky.imaging.geometry import have_same_preview
from photosky.imaging.presets import Preset
from photosky.photo import Photo, StoredPreview

UPLOADS_PREFIX: Final = "incoming/"
ORIGINALS_PREFIX: Final = "originals/"
PREVIEWS_PREFIX: Final = "previews/"
PREFIXES: Final = (UPLOADS_PREFIX, ORIGINALS_PREFIX, PREVIEWS_PREFIX)

FACTS_FILE: Final = "facts.json"

REPORTS_PREFIX: Final = "imports/"
"""Followed by the owner: results of imports, which name files. They are no objects of photos; the lifecycle expires
them."""


def upload_key(owner_id: str, photo_id: str) -> str:
    """The key of an upload, before it is validated. The bucket's lifecycle expires objects under this prefix."""
    return f"{UPLOADS_PREFIX}{owner_id}/{photo_id}"


def original_key(owner_id: str, photo_id: str, execution: str) -> str:
    """The key to which an execution copies the validated upload."""
    return f"{ORIGINALS_PREFIX}{owner_id}/{photo_id}/{execution}"


def preview_key(owner_id: str, photo_id: str, execution: str, preset: Preset) -> str:
    """The key of a preview. It has the preset's digest, so that a changed preset never reuses a cached URL."""
    return f"{execution_previews_prefix(owner_id, photo_id, execution)}{_preview_file(preset)}"


def execution_previews_prefix(owner_id: str, photo_id: str, execution: str) -> str:
    """The prefix of the previews that an execution writes."""
    return f"{PREVIEWS_PREFIX}{owner_id}/{photo_id}/{execution}/"


def facts_key(owner_id: str, photo_id: str, execution: str) -> str:
    """The key of the facts that Previews hands to Persist. No record names it, so every removal includes it."""
    return f"{execution_previews_prefix(owner_id, photo_id, execution)}{FACTS_FILE}"


def execution_keys(owner_id: str, photo_id: str, execution: str, presets: Iterable[Preset]) -> set[str]:
    """All keys that an execution may write."""
    about = owner_id, photo_id, execution
    return {original_key(*about), facts_key(*about)} | {preview_key(*about, preset) for preset in presets}


def handed_over_keys(owner_id: str, photo_id: str, original: str) -> set[str]:
    """The keys of an upload and of its facts, which a photo no longer needs when it is ready with this original."""
    execution = original.rpartition("/")[2]
    return {upload_key(owner_id, photo_id), facts_key(owner_id, photo_id, execution)}


def current_keys(photo: Photo) -> set[str]:
    """The keys of a photo's original and previews."""
    previews = {preview.key for preview in photo.previews.values()}
    return previews | ({photo.original} if photo.original else set())


def named_keys(photo: Photo) -> set[str]:
    """All keys in a photo's record: those of its original, its previews and its retired previews."""
    return current_keys(photo) | set(photo.retired)


def current_previews(photo: Photo, presets: Iterable[Preset]) -> dict[str, StoredPreview]:
    """The photo's previews that match these presets in their present form.

    A preview may have the key of another preset, for which a photo of this size has the same preview.
    """
    wanted = tuple(presets)
    size = photo.width or 0, photo.height or 0
    files = {
        preset.name: {_preview_file(other) for other in wanted if have_same_preview(size, preset, other)}
        for preset in wanted
    }
    return {
        name: preview
        for name, preview in photo.previews.items()
        if preview.key.rpartition("/")[2] in files.get(name, ())
    }


def has_current_previews(photo: Photo, presets: Iterable[Preset]) -> bool:
    """Whether a photo has a matching preview of each of these presets, and no others."""
    wanted = tuple(presets)
    return len(current_previews(photo, wanted)) == len(wanted) == len(photo.previews)


def all_keys(photo: Photo, presets: Iterable[Preset]) -> set[str]:
    """All keys under which a photo may have an object: its upload, those in its record, those of its execution."""
    written = execution_keys(photo.owner_id, photo.photo_id, photo.execution, presets) if photo.execution else set()
    return {upload_key(photo.owner_id, photo.photo_id)} | named_keys(photo) | written


def _preview_file(preset: Preset) -> str:
    return f"{preset.name}-{preset.digest}.{preset.extension}"
