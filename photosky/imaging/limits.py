"""Limits: how large a picture may be, and how much memory it will take, both told from its header."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from photosky.errors import Code, PhotoSkyError
from photosky.imaging.headers.reading import Layout

MIB: Final = 1024 * 1024
MAX_SCANS: Final = 100
"""A JPEG's scans. Encoders write about 10; 306 of them in 286 kB took 13.9 s."""
MAX_SCANNED_PIXELS: Final = 4_000_000_000
"""A JPEG's scans times its pixels: each is decoded over the whole picture, at 0.7 ns a pixel however few its bytes."""

# What a render needs whatever the picture: codecs, transforms, and the previews with their encoder's memory.
_FIXED_BYTES: Final = 48 * MIB
# The upload, and the copies that decoders make of it.
_FILE_COPIES: Final = 3


@dataclass(frozen=True)
class Limits:
    """What an upload may be.

    `max_pixels` caps the pixels of each format (all others count as 0). `memory_bytes` caps what decoding is predicted
    to take, upload included. Pixels times frames need no cap of their own: only the first frame is ever decoded.
    """

    max_bytes: int
    max_frames: int
    memory_bytes: int
    max_pixels: Mapping[str, int]


DEFAULT_LIMITS: Final = Limits(
    max_bytes=64 * MIB,
    max_frames=1000,
    memory_bytes=1536 * MIB,
    # Decoders differ in what a pixel costs them, WebP's the most (16 bytes), scaled JPEG decoding the least.
    max_pixels=MappingProxyType(
        {
            "jpeg": 160_000_000,
            "png": 100_000_000,
            "tiff": 60_000_000,
            "avif": 60_000_000,
            "heic": 60_000_000,
            "gif": 50_000_000,
            "webp": 40_000_000,
        }
    ),
)


def predict_decode_bytes(layout: Layout, size_bytes: int) -> int:
    """An upper bound of the bytes that rendering takes, above the interpreter with its modules loaded.

    Args:
        layout: The picture's header.
        size_bytes: The size of the file.
    """
    # The decoded picture, and one copy: turned, made RGB, or halfway through a resize. A premultiplied one if alpha.
    copies = 3 if layout.has_alpha else 2
    pixels = layout.width * layout.height
    return _FIXED_BYTES + _FILE_COPIES * size_bytes + layout.codec_bytes + copies * layout.pixel_bytes * pixels


def check_size(size_bytes: int, limits: Limits) -> None:
    """Raises `PhotoSkyError`: CorruptImage for an empty file, UploadTooLarge above `max_bytes`."""
    if size_bytes == 0:
        raise PhotoSkyError(Code.CORRUPT_IMAGE, "The file is empty.")
    if size_bytes > limits.max_bytes:
        raise PhotoSkyError(
            Code.UPLOAD_TOO_LARGE, f"The file has {size_bytes} bytes; up to {limits.max_bytes} are accepted."
        )


def check_layout(format_name: str, layout: Layout, decode_bytes: int, limits: Limits) -> None:
    """Raises `PhotoSkyError`: TooManyPixels, by count or by predicted memory, or TooManyFrames."""
    pixels, most = layout.width * layout.height, limits.max_pixels.get(format_name, 0)
    size = f"The {format_name.upper()} is {layout.width} x {layout.height} pixels"
    if pixels > most:
        raise PhotoSkyError(Code.TOO_MANY_PIXELS, f"{size}, {_mega(pixels)}; up to {_mega(most)} are accepted.")
    if decode_bytes > limits.memory_bytes:
        raise PhotoSkyError(
            Code.TOO_MANY_PIXELS,
            f"{size}; to decode it would take {decode_bytes // MIB} MiB of memory, and there are "
            f"{limits.memory_bytes // MIB} MiB.",
        )
    if layout.frame_count > limits.max_frames:
        raise PhotoSkyError(
            Code.TOO_MANY_FRAMES,
            f"The {format_name.upper()} has more than {limits.max_frames} frames, which is the most that is accepted.",
        )


def check_scans(scans: int, pixels: int) -> None:
    """Raises `PhotoSkyError` (CorruptImage) above `MAX_SCANS`, or when scans times pixels are over their limit."""
    most = min(MAX_SCANS, MAX_SCANNED_PIXELS // max(1, pixels))
    if scans > most:
        raise PhotoSkyError(Code.CORRUPT_IMAGE, f"The JPEG has more than {most} scans.")


def _mega(pixels: int) -> str:
    return f"{pixels / 1_000_000:.1f} megapixels"
