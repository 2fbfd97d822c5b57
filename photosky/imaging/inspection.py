"""Inspection: what a file is and whether it may be decoded, from its header alone, without Pillow."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO

from photosky.errors import Code, PhotoSkyError
from photosky.imaging.formats import CONTENT_TYPES, sniff
from photosky.imaging.headers import gif, heif, jpeg, png, tiff, webp
from photosky.imaging.headers.reading import HeaderError, Layout
from photosky.imaging.limits import Limits, check_layout, check_size, predict_decode_bytes
from photosky.imaging.presets import DEFAULT_PRESETS, Preset


@dataclass(frozen=True)
class Header:
    """What the header tells.

    Attributes:
        format: A key of `CONTENT_TYPES`.
        content_type: Its media type.
        width, height: Pixels as displayed, with the orientation that the header tells applied. A PNG may tell it only
            after its image data; then these are as stored, and only rendering tells the truth.
        frame_count: 1 for a still picture.
        decode_bytes: An upper bound of the memory that rendering takes.
        full_decode_bytes: The same for a JPEG that is decoded in full after all; what it takes is no more than the
            limits allow, or it isn't.
    """

    format: str
    content_type: str
    width: int
    height: int
    frame_count: int
    decode_bytes: int
    full_decode_bytes: int


def inspect(
    source: BinaryIO,
    size_bytes: int,
    limits: Limits,
    presets: Sequence[Preset] = DEFAULT_PRESETS,
    threads: int = 1,
) -> Header:
    """Read the header of `source`, a seekable file of `size_bytes` bytes, and hold it against `limits`.

    How much memory rendering will take depends on `presets` and `threads`, with which it will be called.

    Reads a few small pieces at offsets, except that counting a GIF's frames walks over the whole file.

    Raises `PhotoSkyError`: UploadTooLarge, UnsupportedFormat, CorruptImage, TooManyPixels or TooManyFrames.
    """
    check_size(size_bytes, limits)
    try:
        format_name = sniff(source)
        layout = _read_layout(format_name, source, limits.max_frames)
    except HeaderError as error:
        raise PhotoSkyError(Code.CORRUPT_IMAGE, f"The header can't be read: {error}.") from error
    if layout.width < 1 or layout.height < 1:
        raise PhotoSkyError(Code.CORRUPT_IMAGE, f"The header tells {layout.width} x {layout.height} pixels.")
    decode_bytes = predict_decode_bytes(layout, size_bytes, presets, threads)
    check_layout(format_name, layout, decode_bytes, limits)
    is_turned = layout.orientation >= 5
    return Header(
        format=format_name,
        content_type=CONTENT_TYPES[format_name],
        width=layout.height if is_turned else layout.width,
        height=layout.width if is_turned else layout.height,
        frame_count=layout.frame_count,
        decode_bytes=decode_bytes,
        full_decode_bytes=predict_decode_bytes(layout, size_bytes, presets, threads, in_full=True)
        if layout.is_scalable
        else decode_bytes,
    )


def _read_layout(format_name: str, source: BinaryIO, max_frames: int) -> Layout:
    match format_name:
        case "jpeg":
            return jpeg.read_layout(source)
        case "png":
            return png.read_layout(source)
        case "webp":
            return webp.read_layout(source, max_frames)
        case "gif":
            return gif.read_layout(source, max_frames)
        case "tiff":
            return tiff.read_layout(source, max_frames)
        case _:
            return heif.read_layout(source, max_frames)
