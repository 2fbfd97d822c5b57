"""The paths of one photo, and the photo as the API shows it."""

from typing import Any, Final

from photosky.photo import Photo, etag_of
from photosky.presigning import presigner

PHOTO: Final = "/photos/{photo_id}"
UPLOAD: Final = "/photos/{photo_id}/upload"
ORIGINAL: Final = "/photos/{photo_id}/original"
NO_PHOTO: Final = "There is no photo with this id."
SHA256: Final = "cd" * 32


def etag(photo: Photo) -> str:
    """The photo's ETag at this time of the frozen clock."""
    return etag_of(photo, shown(photo))


def shown(photo: Photo) -> dict[str, Any]:
    """The photo as the API shows it."""
    return photo.present(lambda key: presigner().url(key).url)
