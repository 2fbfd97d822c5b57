"""Limits: the maximum size of an upload, and the memory for rendering it, predicted from its header."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final, NamedTuple

from photosky.errors import Code, PhotoSkyError
from photosky.imaging.geometry import Size, frame_size, jpeg_eighths, oriented_size, scaled_size
from photosky.imaging.headers.reading import Layout
from photosky.imaging.presets import Preset
from photosky.imaging.rejection import corrupt_image

MIB: Final = 1024 * 1024
RENDER_THREADS: Final = 2
"""Threads for the previews of a photo in the Lambda function, which has two vCPUs from 1,770 MiB of memory."""
MAX_SCANS: Final = 100
"""Scans of a JPEG. Encoders write about 10; 306 scans in 286 kB took 13.9 s."""
MAX_SCANNED_PIXELS: Final = 4_000_000_000
"""Scans of a JPEG times its pixels. Each scan is decoded over the whole image, at 0.7 ns per pixel."""

# Measured; tests/unit/imaging/test_limits.py checks the predictions.
_FIXED_BYTES: Final = 15 * MIB // 4  # of codecs, colour transforms and checks, independent of the image
_MARGIN: Final = 1.15
# The first resize is made in stripes: one after the other with one thread, in parallel with more.
_STRIPES: Final = 2
# Bytes per pixel in libwebp besides Pillow's 4: a copy, planes and tokens. Alpha is compressed losslessly, which takes
# half as much again for an alpha channel with fine detail.
_ENCODER_BYTES: Final = 6
_ALPHA_ENCODER_BYTES: Final = 34
# Of a lossless preview, with its copy of rounded samples.
_LOSSLESS_ENCODER_BYTES: Final = 26
# Additional bytes per pixel of each parallel encode, on a busy machine.
_THREAD_BYTES: Final = 2.5
_ALPHA_THREAD_BYTES: Final = 6
_RETAINED_BYTES: Final = 10 * MIB  # of the decoder's freed memory, retained by the allocator


class Limits(NamedTuple):
    """The limits of an upload.

    Only the first frame is decoded, so that frames times pixels need no limit.

    Attributes:
        max_bytes: Size of the file.
        max_frames: Frames of an animation, or pages.
        memory_bytes: Predicted memory for rendering, including the file.
        max_pixels: Pixels by format, which bound the time; a format that is not listed is rejected.
    """

    max_bytes: int
    max_frames: int
    memory_bytes: int
    max_pixels: Mapping[str, int]


DEFAULT_LIMITS: Final = Limits(
    max_bytes=64 * MIB,
    max_frames=1000,
    memory_bytes=1536 * MIB,
    # Above the cameras in use: phones have up to 200 megapixels, and 108 in HEIC. The predicted memory is usually the
    # lower limit. A decode takes up to 2 ms per megapixel for JPEG at 1/8, 40 ms for PNG, and 70 ms for HEIC.
    max_pixels=MappingProxyType(
        {
            "jpeg": 250_000_000,
            "png": 200_000_000,
            "tiff": 160_000_000,
            "avif": 120_000_000,
            "heic": 120_000_000,
            "gif": 100_000_000,
            "webp": 100_000_000,
        }
    ),
)


def predict_decode_bytes(
    layout: Layout,
    size_bytes: int,
    presets: Sequence[Preset],
    threads: int,
    *,
    in_full: bool = False,
    may_be_graphic: bool = False,
) -> int:
    """An upper bound of the memory for rendering, in addition to the interpreter with all modules loaded.

    Args:
        layout: The header of the image.
        size_bytes: The size of the file.
        presets: The previews to make.
        threads: Threads that make them.
        in_full: Whether the image is decoded at full scale after a decode at a smaller scale.
        may_be_graphic: Whether previews may be lossless.
    """
    stored = layout.width, layout.height
    displayed = oriented_size(stored, layout.orientation)
    frames = sorted({frame_size(displayed, preset) for preset in presets} or {displayed}, reverse=True)
    is_scaled = layout.is_scalable and not in_full
    decoded = scaled_size(stored, jpeg_eighths(displayed, presets)) if is_scaled else stored
    image = layout.pixel_bytes * _area(decoded)
    decoding = image + layout.codec_bytes + layout.conversion_bytes * _area(decoded)
    target = oriented_size(frames[0], layout.orientation)
    # Between the two passes of a resize, the image has the width of the target and the height of the source.
    halfway = target[0] * decoded[1] // (1 if threads > 1 else _STRIPES)
    reducing = image * (2 if layout.has_alpha else 1) + layout.pixel_bytes * (_area(target) + halfway)
    areas = [_area(frame) for frame in frames]
    encoding = _encode_bytes(areas, threads, has_alpha=layout.has_alpha, may_be_graphic=may_be_graphic)
    if layout.is_scalable:
        # A JPEG may be decoded again, at full scale or to find missing rows. The second decode reuses memory that the
        # allocator retained from the first; other threads cannot use it.
        retained = layout.codec_bytes if threads > 1 else 0
        reducing += retained
    else:
        # The allocator retains part of the decoder's memory.
        retained = min(layout.codec_bytes, _RETAINED_BYTES)
    largest = max(decoding, reducing, encoding + retained)
    return _FIXED_BYTES + layout.file_copies * size_bytes + int(_MARGIN * largest)


def _encode_bytes(areas: Sequence[int], threads: int, *, has_alpha: bool, may_be_graphic: bool) -> float:
    """Bytes of all previews and of `threads` parallel encoders; `areas` in pixels, the largest first."""
    encoder, parallel = (_ALPHA_ENCODER_BYTES, _ALPHA_THREAD_BYTES) if has_alpha else (_ENCODER_BYTES, _THREAD_BYTES)
    encoder = max(encoder, _LOSSLESS_ENCODER_BYTES) if may_be_graphic else encoder
    if threads == 1:
        return (4 + encoder) * areas[0]
    return 4 * sum(areas) + (encoder + parallel) * sum(areas[:threads])


def _area(size: Size) -> int:
    return size[0] * size[1]


def check_size(size_bytes: int, limits: Limits) -> None:
    """Raises `PhotoSkyError`: CorruptImage for an empty file, UploadTooLarge above `max_bytes`."""
    if size_bytes == 0:
        raise corrupt_image("The file is empty")
    if size_bytes > limits.max_bytes:
        raise PhotoSkyError(
            Code.UPLOAD_TOO_LARGE,
            f"The file has {size_bytes} bytes; the limit is {limits.max_bytes} bytes. Upload a smaller file.",
        )


def check_layout(format_name: str, layout: Layout, decode_bytes: int, limits: Limits) -> None:
    """Raises `PhotoSkyError`: TooManyPixels, by count or by predicted memory, or TooManyFrames."""
    name = format_name.upper()
    pixels, max_pixels = layout.width * layout.height, limits.max_pixels.get(format_name, 0)
    size = f"The {name} has {layout.width} x {layout.height} pixels"
    if pixels > max_pixels:
        raise PhotoSkyError(
            Code.TOO_MANY_PIXELS,
            f"{size} ({_megapixels(pixels)}); the limit is {_megapixels(max_pixels)}. Upload a smaller image.",
        )
    if decode_bytes > limits.memory_bytes:
        raise PhotoSkyError(
            Code.TOO_MANY_PIXELS,
            f"{size} and needs {decode_bytes // MIB} MiB of memory; the limit is {limits.memory_bytes // MIB} MiB. "
            "Upload a smaller image.",
        )
    if layout.frame_count > limits.max_frames:
        raise PhotoSkyError(
            Code.TOO_MANY_FRAMES,
            f"The {name} has more than {limits.max_frames} frames, the limit. Upload a file with fewer frames.",
        )


def check_scans(scans: int, pixels: int) -> None:
    """Raises `PhotoSkyError` (CorruptImage) above `MAX_SCANS`, or if scans times pixels exceed their limit."""
    max_scans = min(MAX_SCANS, MAX_SCANNED_PIXELS // max(1, pixels))
    if scans > max_scans:
        raise PhotoSkyError(
            Code.CORRUPT_IMAGE, f"The JPEG has more than {max_scans} scans. Upload it as a baseline JPEG."
        )


def _megapixels(pixels: int) -> str:
    return f"{pixels / 1_000_000:.1f} megapixels"
