"""Changes of an owner's photos, as single requests and batches make them. Errors are those that the client gets."""

from collections.abc import Iterable, Mapping
from typing import Any

from photosky.errors import Code, PhotoSkyError
from photosky.photo import Photo, Status
from photosky.settings import settings
from photosky.store import keys
from photosky.store.media import media_bucket
from photosky.store.photos import photos_table
from photosky.store.table import ConditionFailedError


def edit(owner_id: str, photo_id: str, changes: Mapping[str, Any], version: int | None) -> Photo:
    """Change attributes of a photo; with a version, only if it is the current one.

    Raises PhotoSkyError: PhotoNotFound or PreconditionFailed.
    """
    try:
        return photos_table().edit(owner_id, photo_id, changes, version=version)
    except ConditionFailedError as error:
        if error.photo is None or error.photo.status is Status.DELETING:
            raise not_found() from error
        # The photo already has the requested values, perhaps because the response to this client's first attempt was
        # lost. Then the precondition may be answered as met (RFC 9110, section 13.1.1).
        if error.photo.matches(changes):
            return error.photo
        detail = f"The photo is at version {error.photo.version}, which does not match If-Match."
        raise PhotoSkyError(Code.PRECONDITION_FAILED, detail) from error


def begin_delete(owner_id: str, photo_id: str) -> Photo | None:
    """Remove a photo from the listings; `finish_deletes` removes the rest. None if the owner has deleted it already.

    Raises PhotoSkyError, PhotoNotFound.
    """
    try:
        return photos_table().begin_delete(owner_id, photo_id)
    except ConditionFailedError as error:
        if photos_table().was_deleted(owner_id, photo_id):
            return None
        raise not_found() from error


def finish_deletes(photos: Iterable[Photo]) -> None:
    """Remove the objects of photos whose deletion has begun, in requests for all of them, and then their records."""
    deleting = list(photos)
    presets = settings().presets
    media_bucket().remove({key for photo in deleting for key in keys.all_keys(photo, presets)})
    for photo in deleting:
        photos_table().finish_delete(photo.owner_id, photo.photo_id)


def not_found() -> PhotoSkyError:
    """The error for a photo that does not exist or belongs to another owner."""
    return PhotoSkyError(Code.PHOTO_NOT_FOUND, "There is no photo with this id.")
