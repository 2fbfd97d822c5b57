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


def begin_delete(owner_id: str, photo_id: str, *, is_permanent: bool, keeps_trashed: bool = False) -> Photo | None:
    """Move a ready photo to the trash, or remove any other from the listings; `finish_deletes` removes the rest.

    With `is_permanent`, or in an environment without a trash, a ready photo is removed too. With `keeps_trashed`,
    a photo that is in the trash stays there, also if another client moved it. Returns the photo whose deletion has
    begun, None for one that is in the trash or deleted already. Raises PhotoSkyError, PhotoNotFound.
    """
    keep_seconds = 0 if is_permanent else settings().trash_seconds
    photo = photos_table().get(owner_id, photo_id)
    while photo is not None:
        if keeps_trashed and photo.status is Status.TRASHED:
            return None
        is_trashing = keep_seconds > 0 and photo.status is Status.READY
        try:
            if not is_trashing:
                return photos_table().begin_delete(photo, in_any_status=keep_seconds == 0 and not keeps_trashed)
            photos_table().trash(photo, keep_seconds)
        except ConditionFailedError as lost:
            # Trashed since, by this write if its first response was lost: a repetition may not remove the photo, nor
            # trash one that was restored meanwhile. Otherwise a reprocess changed the photo, or it was restored.
            if not is_trashing or _is_same_ready(lost.photo, photo):
                photo = lost.photo
                continue
        return None
    if photos_table().was_deleted(owner_id, photo_id):
        return None
    raise not_found()


def _is_same_ready(current: Photo | None, seen: Photo) -> bool:
    """Whether the photo was ready all the time since it was read."""
    return current is not None and current.status is Status.READY and current.restores == seen.restores


def restore(owner_id: str, photo_id: str) -> Photo:
    """Bring a photo back from the trash; a ready photo is returned as it is.

    Raises PhotoSkyError: PhotoNotFound or PhotoNotTrashed.
    """
    photo = photos_table().get(owner_id, photo_id)
    while photo is not None and photo.status is Status.TRASHED:
        try:
            return photos_table().restore(photo)
        except ConditionFailedError as lost:
            photo = lost.photo
    if photo is None or photo.status is Status.DELETING:
        raise not_found()
    if photo.status is not Status.READY:
        detail = f"The photo is not in the trash: its status is {photo.status}."
        raise PhotoSkyError(Code.PHOTO_NOT_TRASHED, detail)
    return photo


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
