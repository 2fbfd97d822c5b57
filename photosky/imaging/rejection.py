"""Rejection: the error for files that are damaged."""

from photosky.errors import Code, PhotoSkyError


def corrupt_image(reason: str) -> PhotoSkyError:
    """The error CorruptImage; `reason` is a sentence without its full stop."""
    return PhotoSkyError(Code.CORRUPT_IMAGE, f"{reason}. Upload an undamaged copy of the file.")
