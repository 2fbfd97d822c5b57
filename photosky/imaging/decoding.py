"""Decoding: the only module that passes bytes to a decoder; it converts every decoder error to CorruptImage."""

import io
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import BinaryIO, Final

# Plugins are imported by name: without one, Pillow would load all of its plugins on the first file of that format.
from PIL import (
    AvifImagePlugin,  # noqa: F401
    GifImagePlugin,  # noqa: F401
    Image,
    ImageFile,
    JpegImagePlugin,
    PngImagePlugin,  # noqa: F401
    WebPImagePlugin,  # noqa: F401
)

from photosky.imaging.cicp import cicp_profile
from photosky.imaging.completeness import TAILS, digest, is_end_grey, is_suspicious, lacks_intervals
from photosky.imaging.detail import Detail, measure_detail
from photosky.imaging.geometry import Box, Size, jpeg_eighths, oriented_size, scaled_size
from photosky.imaging.headers import png, webp
from photosky.imaging.headers.exif import exif_orientation
from photosky.imaging.headers.heif.coded import check_coded_pictures
from photosky.imaging.headers.heif.decoded_items import decoded_items_only
from photosky.imaging.headers.heif.layout import read_cicp as read_heif_cicp
from photosky.imaging.headers.jpeg_scans import Scans, read_scans
from photosky.imaging.headers.reading import HeaderError, Piece
from photosky.imaging.headers.tiff_pixels import pixels_only
from photosky.imaging.inspection import Header
from photosky.imaging.limits import MAX_SCANS, check_scans
from photosky.imaging.metadata import Metadata, read_metadata
from photosky.imaging.normalization import Corrections, normalize
from photosky.imaging.pixels import open_pieces
from photosky.imaging.presets import Preset
from photosky.imaging.rejection import corrupt_image
from photosky.imaging.tiff_decoding import corrections_of, register, select_decoder, to_usual_mode

_PILLOW_FORMATS: Final[Mapping[str, str]] = {
    "jpeg": "JPEG",
    "png": "PNG",
    "webp": "WEBP",
    "gif": "GIF",
    "tiff": "TIFF",
    "avif": "AVIF",
    "heic": "HEIF",
}

# Pillow requests 1 / n of the size, and libjpeg uses the next larger eighth.
_DENOMINATORS: Final = {1: 8, 2: 4, 3: 3, 4: 2, 8: 1}

# A JPEG block that exceeds the image's edge is scaled with the encoder's padding: visible in images of a few pixels.
_MIN_DRAFT_EDGE_PIXELS: Final = 64

_MISSING_ROWS: Final = "the image data ends before the last row"

# The limits were checked by inspection; Pillow's own limit is lower.
Image.MAX_IMAGE_PIXELS = None


@dataclass(frozen=True)
class Decoded:
    """A decoded image, possibly at a smaller scale.

    Attributes:
        image: The pixels as stored, in L, LA, RGB, RGBA, CMYK or LAB, without metadata.
        box: The part of `image` that the stored image covers: a scaled JPEG ends within its last pixels.
        detail: The amount of fine detail, which selects the resize filters.
        orientation: The orientation that is still to be applied, 1 to 8 as in EXIF.
        size: The displayed size at full scale.
        icc_profile: The effective profile; empty if there is none.
        metadata: The embedded metadata.
    """

    image: Image.Image
    box: Box
    detail: Detail
    orientation: int
    size: Size
    icc_profile: bytes
    metadata: Metadata


def decode(data: bytes, header: Header, presets: Sequence[Preset], memory_bytes: int) -> Decoded:
    """Decode the first frame of a file at the smallest scale that is sufficient for all presets.

    A scaled decode of a JPEG aliases fine detail. A JPEG with fine detail is therefore decoded again at full scale, if
    it needs at most `memory_bytes`.

    Raises `PhotoSkyError` (CorruptImage) if the decoder fails or bytes are missing.
    """
    load = _loader(data, header, memory_bytes)
    decoded = _decode(data, header, load, presets)
    is_scaled = decoded.image.size != oriented_size(decoded.size, decoded.orientation)
    if is_scaled and decoded.detail is Detail.FINE and header.full_decode_bytes <= memory_bytes:
        del decoded
        return replace(_decode(data, header, load, None), detail=Detail.FINE)
    return decoded


def _decode(data: bytes, header: Header, load: "_Loader", presets: Sequence[Preset] | None) -> Decoded:
    """Decode at the smallest scale that is sufficient for the presets; at full scale without presets."""
    with _decoder_errors(header.format):
        loaded = load(presets)
        metadata, image = read_metadata(io.BytesIO(data), header.format), loaded.image
        orientation, info = _orientation(image, header.format, metadata), image.info
        pixels = normalize(image, loaded.corrections)
        metadata = metadata._replace(
            exif=metadata.exif or _bytes(info.get("exif")),
            icc_profile=metadata.icc_profile or _bytes(info.get("icc_profile")),
        )
        return Decoded(
            image=pixels,
            box=loaded.box or (0, 0, *image.size),
            detail=measure_detail(pixels),
            orientation=orientation,
            size=oriented_size(loaded.stored if loaded.box else image.size, orientation),
            icc_profile=_icc_profile(data, header.format, metadata.icc_profile),
            metadata=metadata,
        )


@dataclass(frozen=True)
class _Loaded:
    """A decoded file: its image, its stored size, the part of a scaled JPEG's image that is covered, corrections."""

    image: Image.Image
    stored: Size
    box: Box | None
    corrections: Corrections


_Loader = Callable[[Sequence[Preset] | None], _Loaded]
"""Decodes a file at the smallest scale that is sufficient for the presets; at full scale without presets."""


def _loader(data: bytes, header: Header, memory_bytes: int) -> _Loader:
    """Check what needs the whole file and must precede the decoder. Only the pixel data reaches Pillow, if possible."""
    try:
        match header.format:
            case "jpeg":
                scans = read_scans(data, MAX_SCANS + 1)
                check_scans(len(scans.scans), header.width * header.height)
                return partial(_load_jpeg, data, header, scans, header.full_decode_bytes <= memory_bytes)
            case "png":
                return partial(_load_png, data, header, png.pixel_pieces(data))
            case "webp":
                return partial(_load_source, open_pieces(webp.pixel_pieces(data)), header)
            case "tiff":
                return partial(_load_tiff, data, header)
            case "avif" | "heic":
                check_coded_pictures(io.BytesIO(data))
                return partial(_load_source, io.BytesIO(decoded_items_only(data)), header)
    except HeaderError as error:
        raise corrupt_image(f"The {header.format.upper()} data is invalid: {error}") from error
    return partial(_load_source, io.BytesIO(data), header)


def _load_jpeg(
    data: bytes, header: Header, scans: Scans, is_full_scale_possible: bool, presets: Sequence[Preset] | None
) -> _Loaded:
    """Raises `ValueError` if rows are missing; libjpeg would make them grey."""
    # A smaller scale hides the last bits of a progressive JPEG.
    scale = None if is_full_scale_possible else presets
    if is_suspicious(scans):
        _check_rows(data, header, scans, scale)
        return _load_source(open_pieces(scans.pieces(data)), header, presets)
    loaded = _load_source(open_pieces(scans.pieces(data)), header, presets)
    if is_end_grey(scans, loaded.image):
        del loaded  # the memory of one image at a time is predicted
        _check_rows(data, header, scans, scale)
        return _load_source(open_pieces(scans.pieces(data)), header, presets)
    return loaded


def _check_rows(data: bytes, header: Header, scans: Scans, presets: Sequence[Preset] | None) -> None:
    sources = (open_pieces(scans.pieces(data, tail)) for tail in TAILS)
    if lacks_intervals(scans, data) or len({digest(_load_source(s, header, presets).image) for s in sources}) > 1:
        raise ValueError(_MISSING_ROWS)


def _load_png(data: bytes, header: Header, pieces: Sequence[Piece], _: Sequence[Preset] | None) -> _Loaded:
    """Raises `ValueError` if rows are missing; Pillow would make them black."""
    try:
        loaded = _load_source(open_pieces(pieces), header)
    except OSError:
        # Browsers show a PNG whose last checksum is wrong: its rows are complete.
        end = png.rows_end(data)
        if end is None:
            raise
        return _load_source(open_pieces(png.pixel_pieces(data, end)), header)
    # Only if the last rows are zero: the check takes two thirds of the time of a decode.
    if _is_end_zero(loaded.image) and png.rows_end(data) is None:
        raise ValueError(_MISSING_ROWS)
    return loaded


def _load_tiff(data: bytes, header: Header, _: Sequence[Preset] | None) -> _Loaded:
    pixels = pixels_only(data)
    register(pixels.samples)
    with _open(open_pieces(pixels.pieces), header.format) as image:
        select_decoder(image, pixels)
        _check_pixels(image, header)
        image.load()
        return _Loaded(to_usual_mode(image, pixels.samples), image.size, None, corrections_of(pixels.samples))


def _load_source(source: BinaryIO, header: Header, presets: Sequence[Preset] | None = None) -> _Loaded:
    with _open(source, header.format) as image:
        _check_pixels(image, header)
        stored = image.size
        box = None if presets is None else _draft(image, header, presets)
        corrections = Corrections.from_image(image)
        image.load()
        _check_pixels(image, header)
        return _Loaded(image, stored, box, corrections)


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
def _open(source: BinaryIO, format_name: str) -> Iterator[ImageFile.ImageFile]:
    if format_name == "heic":
        _register_heif()
    with Image.open(source, formats=(_PILLOW_FORMATS[format_name],)) as image:
        yield image


def _register_heif() -> None:
    # Imported only for HEIC: the import takes as long as Pillow's, and most uploads are JPEG.
    import pillow_heif

    pillow_heif.register_heif_opener(thumbnails=False, depth_images=False, aux_images=False)


def _draft(image: ImageFile.ImageFile, header: Header, presets: Sequence[Preset]) -> Box | None:
    """Set the scale of a JPEG's decode to the smallest sufficient one; return the part of the pixels that it covers.

    Like `Image.draft`, which does not support 3/8: from 24 megapixels to 2048 px, 3/8 halves the first resize.
    """
    if not isinstance(image, JpegImagePlugin.JpegImageFile) or len(image.tile) != 1:
        return None
    if min(image.size) < _MIN_DRAFT_EDGE_PIXELS:
        return None
    width, height = image.size
    eighths = jpeg_eighths((header.width, header.height), presets)
    image._size = scaled_size(image.size, eighths)
    image.tile = [image.tile[0]._replace(extents=(0, 0, *image.size))]
    image.decoderconfig = (_DENOMINATORS[eighths], 0)
    return 0, 0, width * eighths / 8, height * eighths / 8


def _orientation(image: Image.Image, format_name: str, metadata: Metadata) -> int:
    # libheif applies a HEIC's orientation; Pillow maps an AVIF's irot and imir to its EXIF. A TIFF is an EXIF block.
    if format_name == "heic":
        return 1
    return exif_orientation(_bytes(image.info.get("exif")) if format_name == "avif" else metadata.exif)


def _bytes(value: object) -> bytes:
    return value if isinstance(value, bytes) else b""
