"""Decoding: the only module that passes bytes to a decoder; it converts every decoder error to CorruptImage."""

import io
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Final

# Plugins are imported by name: without one, Pillow would load all of its plugins on the first file of that format.
from PIL import (
    AvifImagePlugin,  # noqa: F401
    GifImagePlugin,  # noqa: F401
    Image,
    ImageFile,
    JpegImagePlugin,
    PngImagePlugin,
    WebPImagePlugin,  # noqa: F401
)

from photosky.imaging.cicp import cicp_profile
from photosky.imaging.detail import Detail, measure_detail
from photosky.imaging.geometry import Box, Size, jpeg_eighths, oriented_size, scaled_size
from photosky.imaging.headers import png
from photosky.imaging.headers.exif import exif_orientation
from photosky.imaging.headers.heif.coded import check_coded_pictures
from photosky.imaging.headers.heif.decoded_items import decoded_items_only
from photosky.imaging.headers.heif.layout import read_cicp as read_heif_cicp
from photosky.imaging.headers.jpeg import count_scans
from photosky.imaging.headers.reading import HeaderError
from photosky.imaging.headers.tiff_samples import Samples
from photosky.imaging.inspection import Header
from photosky.imaging.limits import MAX_SCANS, check_scans
from photosky.imaging.normalization import Corrections, normalize
from photosky.imaging.presets import Preset
from photosky.imaging.rejection import corrupt_image
from photosky.imaging.tiff_decoding import corrections_of, open_tiff, to_usual_mode

_PILLOW_FORMATS: Final[Mapping[str, str]] = {
    "jpeg": "JPEG",
    "png": "PNG",
    "webp": "WEBP",
    "gif": "GIF",
    "avif": "AVIF",
    "heic": "HEIF",
}

# Pillow requests 1 / n of the size, and libjpeg uses the next larger eighth.
_DENOMINATORS: Final = {1: 8, 2: 4, 3: 3, 4: 2, 8: 1}

# A JPEG block that exceeds the image's edge is scaled with the encoder's padding: visible in images of a few pixels.
_MIN_DRAFT_EDGE_PIXELS: Final = 64

# The limits were checked by inspection; Pillow's own limit is lower.
Image.MAX_IMAGE_PIXELS = None
# Profiles of wide-gamut printers and displays have a few MiB; by default Pillow rejects a PNG with more than 1 MiB.
PngImagePlugin.MAX_TEXT_CHUNK = 4 * 1024 * 1024


def _skip_chunk(stream: PngImagePlugin.PngStream, _: int, length: int) -> bytes:
    """Read a chunk only for its checksum."""
    return ImageFile._safe_read(stream.fp, length) if stream.fp else b""


# Text chunks are skipped; Pillow would inflate them, up to 64 MiB in total.
for _name in ("tEXt", "zTXt", "iTXt"):
    setattr(PngImagePlugin.PngStream, f"chunk_{_name}", _skip_chunk)


@dataclass(frozen=True)
class Decoded:
    """A decoded image, possibly at a smaller scale.

    Attributes:
        image: The pixels as stored, in L, LA, RGB, RGBA, CMYK or LAB, without metadata.
        box: The part of `image` that the stored image covers: a scaled JPEG ends within its last pixels.
        detail: The amount of fine detail, which selects the resize filters.
        orientation: The orientation that is still to be applied, 1 to 8 as in EXIF.
        size: The displayed size at full scale.
        icc_profile: The embedded profile; empty if there is none.
        exif: The EXIF block, or the whole file of a TIFF; empty if there is none.
    """

    image: Image.Image
    box: Box
    detail: Detail
    orientation: int
    size: Size
    icc_profile: bytes
    exif: bytes


def decode(data: bytes, header: Header, presets: Sequence[Preset], memory_bytes: int) -> Decoded:
    """Decode the first frame of a file at the smallest scale that is sufficient for all presets.

    A scaled decode of a JPEG aliases fine detail. A JPEG with fine detail is therefore decoded again at full scale, if
    it needs at most `memory_bytes`.

    Raises `PhotoSkyError` (CorruptImage) if the decoder fails or bytes are missing.
    """
    _check_data(data, header)
    decoded = _decode(data, header, presets)
    is_scaled = decoded.image.size != oriented_size(decoded.size, decoded.orientation)
    if is_scaled and decoded.detail is Detail.FINE and header.full_decode_bytes <= memory_bytes:
        del decoded
        return replace(_decode(data, header, None), detail=Detail.FINE)
    return decoded


def _decode(data: bytes, header: Header, presets: Sequence[Preset] | None) -> Decoded:
    """Decode at the smallest scale that is sufficient for the presets; at full scale without presets."""
    with _decoder_errors(header.format), _open(data, header.format) as (image, samples):
        _check_pixels(image, header)
        stored = image.size
        box = None if presets is None else _draft(image, presets)
        corrections = Corrections.from_image(image) if samples is None else corrections_of(samples)
        image.load()
        _check_pixels(image, header)
        # Only if the last rows are zero: the check takes two thirds of the time of a decode.
        if header.format == "png" and _is_end_zero(image) and not png.has_all_rows(data):
            raise ValueError("the image data ends before the last row")
        orientation, info = _orientation(image, data, header.format), image.info
        pixels = normalize(image if samples is None else to_usual_mode(image, samples), corrections)
        return Decoded(
            image=pixels,
            box=box or (0, 0, *image.size),
            detail=measure_detail(pixels),
            orientation=orientation,
            size=oriented_size(stored if box else image.size, orientation),
            icc_profile=_icc_profile(data, header.format, _bytes(info.get("icc_profile"))),
            exif=data if header.format == "tiff" else _bytes(info.get("exif")),
        )


def _check_data(data: bytes, header: Header) -> None:
    """Checks that need the whole file and must precede the decoder."""
    try:
        match header.format:
            case "jpeg":
                check_scans(count_scans(data, MAX_SCANS + 1), header.width * header.height)
            case "png":
                png.check_chunks(data)
            case "avif" | "heic":
                check_coded_pictures(io.BytesIO(data))
    except HeaderError as error:
        raise corrupt_image(f"The {header.format.upper()} data is invalid: {error}") from error


def _icc_profile(data: bytes, format_name: str, embedded: bytes) -> bytes:
    """The effective profile: a PNG's cICP chunk takes precedence over it; AVIF and HEIC use `nclx` if there is none.

    A PNG's gAMA and cHRM chunks are ignored, as in libvips and Pillow, because many writers set them incorrectly.
    """
    if format_name == "png":
        cicp = png.read_cicp(io.BytesIO(data))
    elif format_name in ("avif", "heic") and not embedded:
        cicp = read_heif_cicp(io.BytesIO(data))
    else:
        cicp = None
    return embedded if cicp is None else cicp_profile(*cicp)


def _check_pixels(image: Image.Image, header: Header) -> None:
    # The limits were checked against the header; the actual size of a HEIC is known only after the decode.
    if image.width * image.height > header.width * header.height:
        raise ValueError("the decoded image has more pixels than the header declares")


def _is_end_zero(image: Image.Image) -> bool:
    """Whether one of the last two rows is zero, as if rows or the last pass of an interlaced image are missing."""
    rows = range(max(0, image.height - 2), image.height)
    return not all(any(image.crop((0, row, image.width, row + 1)).tobytes()) for row in rows)


@contextmanager
def _decoder_errors(format_name: str) -> Iterator[None]:
    """Convert every exception of a decoder to CorruptImage."""
    try:
        with warnings.catch_warnings():
            # Pillow warns about invalid metadata, which does not affect the pixels.
            warnings.simplefilter("ignore")
            yield
    except MemoryError:
        raise
    except Exception as error:
        # Decoders raise unrelated exceptions: 30,000 mutated files raised six types.
        raise corrupt_image(f"The {format_name.upper()} data cannot be decoded") from error


@contextmanager
def _open(data: bytes, format_name: str) -> Iterator[tuple[ImageFile.ImageFile, Samples | None]]:
    """Open a file; also return the samples of a TIFF."""
    if format_name == "heic":
        _register_heif()
    if format_name == "avif":
        data = decoded_items_only(data)
    if format_name == "tiff":
        with open_tiff(data) as opened:
            yield opened
    else:
        with Image.open(io.BytesIO(data), formats=(_PILLOW_FORMATS[format_name],)) as image:
            yield image, None


def _register_heif() -> None:
    # Imported only for HEIC: the import takes as long as Pillow's, and most uploads are JPEG.
    import pillow_heif

    pillow_heif.register_heif_opener(thumbnails=False, depth_images=False, aux_images=False)


def _draft(image: ImageFile.ImageFile, presets: Sequence[Preset]) -> Box | None:
    """Set the scale of a JPEG's decode to the smallest sufficient one; return the part of the pixels that it covers.

    Like `Image.draft`, which does not support 3/8: from 24 megapixels to 2048 px, 3/8 halves the first resize.
    """
    if not isinstance(image, JpegImagePlugin.JpegImageFile) or len(image.tile) != 1:
        return None
    if min(image.size) < _MIN_DRAFT_EDGE_PIXELS:
        return None
    width, height = image.size
    eighths = jpeg_eighths(oriented_size(image.size, _orientation(image, b"", "jpeg")), presets)
    image._size = scaled_size(image.size, eighths)
    image.tile = [image.tile[0]._replace(extents=(0, 0, *image.size))]
    image.decoderconfig = (_DENOMINATORS[eighths], 0)
    return 0, 0, width * eighths / 8, height * eighths / 8


def _orientation(image: Image.Image, data: bytes, format_name: str) -> int:
    # A TIFF is an EXIF block. libheif applies a HEIC's orientation; Pillow maps an AVIF's irot and imir to its EXIF.
    if format_name == "heic":
        return 1
    return exif_orientation(data if format_name == "tiff" else _bytes(image.info.get("exif")))


def _bytes(value: object) -> bytes:
    return value if isinstance(value, bytes) else b""
