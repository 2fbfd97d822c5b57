"""Limits: how large a picture may be, and how much memory it will take, both told from its header."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from photosky.errors import Code, PhotoSkyError
from photosky.imaging.geometry import Size, frame_size, jpeg_eighths, scaled_size, turned
from photosky.imaging.headers.reading import Layout
from photosky.imaging.presets import Preset

MIB: Final = 1024 * 1024
RENDER_THREADS: Final = 2
"""How many threads make a photo's previews in the function: Lambda has two vCPU from 1,770 MiB on."""
MAX_SCANS: Final = 100
"""A JPEG's scans. Encoders write about 10; 306 of them in 286 kB took 13.9 s."""
MAX_SCANNED_PIXELS: Final = 4_000_000_000
"""A JPEG's scans times its pixels: each is decoded over the whole picture, at 0.7 ns a pixel however few its bytes."""

# Measured; tests/unit/imaging/test_limits.py holds them. What a render needs whatever the picture: codecs, transforms.
_FIXED_BYTES: Final = 9 * MIB // 4
_MARGIN: Final = 1.15
# The first resize is made in stripes: one after the other, or all of them at a time.
_STRIPES: Final = 2
# What libwebp holds for a pixel beside Pillow's 4: 4 again, its planes and its tokens; it compresses alpha losslessly.
_ENCODER_BYTES: Final = 6
_ALPHA_ENCODER_BYTES: Final = 22
_THREAD_BYTES: Final = 2.5
_KEPT_BYTES: Final = 10 * MIB


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


def predict_decode_bytes(
    layout: Layout, size_bytes: int, presets: Sequence[Preset], threads: int, *, in_full: bool = False
) -> int:
    """An upper bound of the bytes that rendering takes, above the interpreter with its modules loaded.

    Args:
        layout: The picture's header.
        size_bytes: The size of the file.
        presets: The previews that will be made.
        threads: How many threads will make them.
        in_full: A picture that was decoded at a smaller scale first is now decoded at full size.
    """
    stored = layout.width, layout.height
    displayed = turned(stored, layout.orientation)
    frames = sorted({frame_size(displayed, preset) for preset in presets} or {displayed}, reverse=True)
    is_scaled = layout.is_scalable and not in_full
    decoded = scaled_size(stored, jpeg_eighths(displayed, presets)) if is_scaled else stored
    image = layout.pixel_bytes * _area(decoded)
    decoding = image + layout.codec_bytes + layout.conversion_bytes * _area(decoded)
    target = turned(frames[0], layout.orientation)
    # Halfway through a resize the picture is as wide as the target, and still as high as it was decoded.
    halfway = target[0] * decoded[1] // (1 if threads > 1 else _STRIPES)
    reducing = image * (2 if layout.has_alpha else 1) + layout.pixel_bytes * (_area(target) + halfway)
    encoding = _encode_bytes([_area(frame) for frame in frames], threads, has_alpha=layout.has_alpha)
    if in_full:
        # A second decode takes its memory from what the allocator kept of the first, where other threads can't.
        kept = layout.codec_bytes if threads > 1 else 0
        reducing += kept
    else:
        # The allocator keeps some of what the decoder gave back; of JPEG it is little.
        kept = 0 if is_scaled else min(layout.codec_bytes, _KEPT_BYTES)
    largest = max(decoding, reducing, encoding + kept)
    return _FIXED_BYTES + layout.file_copies * size_bytes + int(_MARGIN * largest)


def _encode_bytes(areas: Sequence[int], threads: int, *, has_alpha: bool) -> float:
    """What the previews take with their encoders, of which `threads` work at a time; areas from the largest on."""
    encoder = _ALPHA_ENCODER_BYTES if has_alpha else _ENCODER_BYTES
    if threads == 1:
        return (4 + encoder) * areas[0]
    return 4 * sum(areas) + (encoder + _THREAD_BYTES) * sum(areas[:threads])


def _area(size: Size) -> int:
    return size[0] * size[1]


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
