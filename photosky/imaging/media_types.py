"""The media types of the supported formats, and those that clients can declare. Needs none of the formats' readers."""

from collections.abc import Mapping
from typing import Final

CONTENT_TYPES: Final[Mapping[str, str]] = {
    "jpeg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
    "gif": "image/gif",
    "tiff": "image/tiff",
    "avif": "image/avif",
    "heic": "image/heic",
}
"""The supported formats and their media types."""

UNKNOWN_CONTENT_TYPE: Final = "application/octet-stream"
"""Declared for a file whose type the client does not know; the ingest detects it."""

_ALIASES: Final[Mapping[str, tuple[str, ...]]] = {
    "image/jpeg": ("image/jpg", "image/pjpeg", "image/jpe", "image/jfif", "image/x-jpeg", "image/x-jpg", "image/mpo"),
    "image/png": ("image/x-png", "image/apng", "image/vnd.mozilla.apng"),
    "image/webp": ("image/x-webp",),
    "image/gif": ("image/x-gif",),
    "image/tiff": ("image/tif", "image/x-tiff", "image/x-tif"),
    "image/avif": ("image/avif-sequence",),
    "image/heic": ("image/heic-sequence", "image/hif"),
    # A HEIC file has two registered media types (ISO/IEC 23008-12, annex A).
    "image/heif": ("image/heif-sequence",),
    UNKNOWN_CONTENT_TYPE: ("binary/octet-stream", ""),
}
DECLARABLE_CONTENT_TYPES: Final[Mapping[str, str]] = {
    **{name: name for name in _ALIASES},
    **{alias: name for name, aliases in _ALIASES.items() for alias in aliases},
}
"""The media types that a client can declare, in lower case, and the names that are stored for them.

Browsers, cameras and operating systems use other names than those registered; browsers declare an unknown type as an
empty text.
"""


def normalized_content_type(declared: str) -> str | None:
    """The name under which a declared media type is stored, None if it is not supported.

    Case and parameters are ignored (RFC 9110, section 8.3.1), and aliases are replaced.
    """
    return DECLARABLE_CONTENT_TYPES.get(declared.partition(";")[0].strip().lower())
