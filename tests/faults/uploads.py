"""Files that journeys upload, and their expected previews."""

import hashlib
from functools import cache
from typing import Final

from photosky.imaging.presets import Preset
from photosky.imaging.rendering import render
from photosky.settings import settings
from tests import pictures

UPLOAD_BYTES: Final = 400
"""The size of every file, so that one form accepts all of them."""


def _padded(png: bytes) -> bytes:
    """Extend a PNG to `UPLOAD_BYTES` by a text chunk."""
    end = len(png) - 12
    return png[:end] + pictures.png_chunk(b"tEXt", b"pad\0" + bytes(UPLOAD_BYTES - len(png) - 16)) + png[end:]


VALID_UPLOADS: Final = tuple(_padded(pictures.encoded("png", size=(8, 6), seed=seed)) for seed in (1, 2))
INVALID_UPLOAD: Final = pictures.wrong_bytes()[:UPLOAD_BYTES]
UPLOADS: Final = (*VALID_UPLOADS, INVALID_UPLOAD)


def digest(upload: bytes) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    return hashlib.sha256(upload).hexdigest()


@cache
def expected_previews(upload: bytes, presets: tuple[Preset, ...]) -> dict[str, bytes]:
    """The previews of a file by preset name."""
    rendered = render(upload, presets, settings().limits)
    return {preview.preset.name: preview.data for preview in rendered.previews}
