"""Inspection: format, size and limits of a file, checked by its header without Pillow."""

from collections.abc import Sequence
from typing import BinaryIO, NamedTuple

from photosky.imaging.formats import GRAPHIC_FORMATS, sniff
from photosky.imaging.geometry import oriented_size
from photosky.imaging.headers import gif, jpeg, png, tiff_layout, webp
from photosky.imaging.headers.heif import layout as heif
from photosky.imaging.headers.reading import HeaderError, Layout
from photosky.imaging.limits import Limits, check_layout, check_size, predict_decode_bytes
from photosky.imaging.media_types import CONTENT_TYPES
from photosky.imaging.presets import DEFAULT_PRESETS, Preset
from photosky.imaging.rejection import corrupt_image


class Header(NamedTuple):
    """The header of a file that is within the limits.

    Attributes:
        format: A key of `CONTENT_TYPES`.
        content_type: The media type.
        width, height: Displayed size in pixels, with the header's orientation applied. If the orientation of a PNG
            follows its image data, this is the stored size; only rendering returns the displayed size.
        frame_count: 1 for a still image.
        decode_bytes: An upper bound of the memory for rendering a photograph at the smallest sufficient scale.
        full_decode_bytes: An upper bound of the memory for rendering a JPEG that is decoded at full scale, because of
            fine detail or to find missing rows, or a graphic with lossless previews. It may exceed the limits; then
            the JPEG is decoded at the smaller scale only, or the previews are lossy.
        orientation: As stored, 1 to 8 as in EXIF; 1 if there is none.
    """

    format: str
    content_type: str
    width: int
    height: int
    frame_count: int
    decode_bytes: int
    full_decode_bytes: int
    orientation: int = 1


def inspect(
    source: BinaryIO,
    size_bytes: int,
    limits: Limits,
    presets: Sequence[Preset] = DEFAULT_PRESETS,
    threads: int = 1,
) -> Header:
    """Read the header of a file and check it against the limits.

    Reads a few short ranges; only the frames of a GIF are counted over the whole file.

    Args:
        source: The file; it must be seekable.
        size_bytes: The size of the file.
        limits: The limits of an upload.
        presets, threads: Arguments of the later call of `render`, which determine its memory.

    Raises `PhotoSkyError`: UploadTooLarge, UnsupportedFormat, CorruptImage, TooManyPixels or TooManyFrames.
    """
    check_size(size_bytes, limits)
    try:
        format_name = sniff(source)
        layout = _read_layout(format_name, source, limits.max_frames)
    except HeaderError as error:
        raise corrupt_image(f"The file header is invalid: {error}") from error
    if layout.width < 1 or layout.height < 1:
        raise corrupt_image(f"The file header declares {layout.width} x {layout.height} pixels")
    decode_bytes = predict_decode_bytes(layout, size_bytes, presets, threads)
    check_layout(format_name, layout, decode_bytes, limits)
    width, height = oriented_size((layout.width, layout.height), layout.orientation)
    return Header(
        format=format_name,
        content_type=CONTENT_TYPES[format_name],
        width=width,
        height=height,
        frame_count=layout.frame_count,
        decode_bytes=decode_bytes,
        full_decode_bytes=predict_decode_bytes(
            layout,
            size_bytes,
            presets,
            threads,
            in_full=layout.is_scalable,
            may_be_graphic=format_name in GRAPHIC_FORMATS,
        ),
        orientation=layout.orientation,
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
            return tiff_layout.read_layout(source, max_frames)
        case _:
            return heif.read_layout(source, max_frames)
