"""Where a photo's objects lie in the media bucket. Keys are ids only: a filename never becomes one.

What an execution makes lies under its own name, and the record says which execution's objects are the photo's. So one
that comes late, whatever it still writes or removes, never touches what another has made.
"""

from collections.abc import Iterable
from typing import Final

from photosky.imaging.presets import Preset
from photosky.photo import Photo, StoredPreview

UPLOADS_PREFIX: Final = "incoming/"
ORIGINALS_PREFIX: Final = "originals/"
PREVIEWS_PREFIX: Final = "previews/"
PREFIXES: Final = (UPLOADS_PREFIX, ORIGINALS_PREFIX, PREVIEWS_PREFIX)


def upload_key(owner_id: str, photo_id: str) -> str:
    """Where the client's unchecked bytes arrive; the bucket's lifecycle expires what stays there."""
    return f"{UPLOADS_PREFIX}{owner_id}/{photo_id}"


def original_key(owner_id: str, photo_id: str, execution: str) -> str:
    """Where an execution promotes the validated original to."""
    return f"{ORIGINALS_PREFIX}{owner_id}/{photo_id}/{execution}"


def preview_key(owner_id: str, photo_id: str, execution: str, preset: Preset) -> str:
    """Where an execution puts one preview. The preset's digest is in it: a changed preset never reuses a cached URL."""
    return f"{PREVIEWS_PREFIX}{owner_id}/{photo_id}/{execution}/{_preview_file(preset)}"


def execution_keys(owner_id: str, photo_id: str, execution: str, presets: Iterable[Preset]) -> set[str]:
    """Every key under which an execution may have made an object."""
    return {original_key(owner_id, photo_id, execution)} | {
        preview_key(owner_id, photo_id, execution, preset) for preset in presets
    }


def shown_keys(photo: Photo) -> set[str]:
    """The keys of the objects that a photo is shown by: its original and its previews."""
    previews = {preview.key for preview in photo.previews.values()}
    return previews | ({photo.original} if photo.original else set())


def named_keys(photo: Photo) -> set[str]:
    """The keys of the objects that a record names: those it is shown by, and previews that were."""
    return shown_keys(photo) | set(photo.retired)


def current_previews(photo: Photo, presets: Iterable[Preset]) -> dict[str, StoredPreview]:
    """Those of a photo's previews that were made by these presets as they are now."""
    files = {preset.name: _preview_file(preset) for preset in presets}
    return {
        name: preview for name, preview in photo.previews.items() if preview.key.rpartition("/")[2] == files.get(name)
    }


def all_keys(photo: Photo, presets: Iterable[Preset]) -> set[str]:
    """Every key under which a photo may have an object: its upload, what its record names, what its execution makes."""
    made = execution_keys(photo.owner_id, photo.photo_id, photo.execution, presets) if photo.execution else set()
    return {upload_key(photo.owner_id, photo.photo_id)} | named_keys(photo) | made


def has_current_previews(photo: Photo, presets: Iterable[Preset]) -> bool:
    """Whether a photo has what these presets make, and nothing else."""
    wanted = tuple(presets)
    return len(current_previews(photo, wanted)) == len(wanted) == len(photo.previews)


def _preview_file(preset: Preset) -> str:
    return f"{preset.name}-{preset.digest}.{preset.extension}"
