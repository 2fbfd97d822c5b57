"""Decoding: the one place where bytes reach a decoder, and where whatever it raises becomes CorruptImage."""

import io
import math
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Final, cast

# Each plugin by its name: Pillow loads all of its dozens when bytes meet one that isn't loaded yet.
from PIL import (
    AvifImagePlugin,  # noqa: F401
    GifImagePlugin,
    Image,
    ImageChops,
    ImageFile,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,  # noqa: F401
)

from photosky.errors import Code, PhotoSkyError
from photosky.imaging.cicp import profile_of
from photosky.imaging.detail import Detail, detail_of
from photosky.imaging.geometry import Box, Size, jpeg_eighths, scaled_size, turned
from photosky.imaging.headers import heif, png
from photosky.imaging.headers.exif import exif_orientation
from photosky.imaging.headers.jpeg import count_scans
from photosky.imaging.headers.reading import HeaderError
from photosky.imaging.inspection import Header
from photosky.imaging.limits import MAX_SCANS, check_scans
from photosky.imaging.presets import Preset

_PILLOW_FORMATS: Final[Mapping[str, str]] = {
    "jpeg": "JPEG",
    "png": "PNG",
    "webp": "WEBP",
    "gif": "GIF",
    "tiff": "TIFF",
    "avif": "AVIF",
    "heic": "HEIF",
}

# Pillow asks libjpeg for 1 / n of the size, and libjpeg takes the next larger eighth.
_DENOMINATORS: Final = {1: 8, 2: 4, 3: 3, 4: 2, 8: 1}

# Inspection has already held every picture against our own limits; Pillow's would refuse what those allow.
Image.MAX_IMAGE_PIXELS = None
# Profiles of wide printers and displays reach a few MiB; Pillow refuses a whole PNG above 1 MiB.
PngImagePlugin.MAX_TEXT_CHUNK = 4 * 1024 * 1024


def _skip_chunk(stream: PngImagePlugin.PngStream, _: int, length: int) -> bytes:
    """Reads a chunk for its checksum alone."""
    return ImageFile._safe_read(stream.fp, length) if stream.fp else b""


# Texts are not kept, so that none is inflated, to 64 MiB all told.
for _name in ("tEXt", "zTXt", "iTXt"):
    setattr(PngImagePlugin.PngStream, f"chunk_{_name}", _skip_chunk)

# A block that reaches over the picture's edge is scaled with what the encoder put there: visible in a few pixels.
_LEAST_DRAFTED_EDGE: Final = 64

_USUAL_WHITES: Final[Mapping[str, tuple[int, ...]]] = {"I": (255, 65535), "F": (1, 255, 65535)}
_WHITE_IS_ZERO: Final = 0
_PHOTOMETRIC, _BITS_PER_SAMPLE = 262, 258


@dataclass(frozen=True)
class Decoded:
    """A decoded picture, maybe smaller than stored.

    Attributes:
        image: Its pixels in L, LA, RGB, RGBA, CMYK or LAB, without metadata, as stored.
        box: The part of `image` that the picture fills: a scaled JPEG ends within its last pixels.
        detail: How carefully it is to be scaled.
        orientation: What is left to apply, 1 to 8 as in EXIF.
        size: The full size as displayed.
        icc_profile: The embedded profile, empty without one.
        exif: The EXIF block, empty without one; a TIFF file is its own.
    """

    image: Image.Image
    box: Box
    detail: Detail
    orientation: int
    size: Size
    icc_profile: bytes
    exif: bytes


def decode(data: bytes, header: Header, presets: Sequence[Preset], memory_bytes: int) -> Decoded:
    """Decode the first frame of `data` at the smallest scale that serves all presets.

    A JPEG that shows fine detail at that scale is decoded again in full, if `memory_bytes` allow: a scaled decode has
    no filter before it.

    Raises `PhotoSkyError` (CorruptImage) for whatever a decoder can't make sense of, missing bytes included.
    """
    _check_data(data, header)
    decoded = _decode(data, header, presets)
    is_scaled = decoded.image.size != turned(decoded.size, decoded.orientation)
    if is_scaled and decoded.detail is Detail.FINE and header.full_decode_bytes <= memory_bytes:
        del decoded
        return replace(_decode(data, header, None), detail=Detail.FINE)
    return decoded


def _decode(data: bytes, header: Header, presets: Sequence[Preset] | None) -> Decoded:
    """The picture at the smallest scale that serves the presets, or at its full size."""
    with _decode_boundary(header.format), _opened(data, header.format) as image:
        _check_pixels(image, header)
        stored = image.size
        box = None if presets is None else _draft(image, presets)
        fixes = _Fixes.of(image)
        # Pillow would turn a TIFF by its XMP, as no browser does.
        image.info.pop("xmp", None)
        image.load()
        _check_pixels(image, header)
        if header.format == "png" and _ends_empty(image) and not png.has_all_rows(data):
            raise ValueError("the image data end before the last row")
        orientation, info = _orientation(image, header.format), image.info
        pixels = _normal(image, fixes)
        return Decoded(
            image=pixels,
            box=box or (0, 0, *image.size),
            detail=detail_of(pixels),
            orientation=orientation,
            size=turned(stored if box else image.size, orientation),
            icc_profile=_icc_profile(data, header.format, _bytes(info.get("icc_profile"))),
            exif=data if header.format == "tiff" else _bytes(info.get("exif")),
        )


def _check_data(data: bytes, header: Header) -> None:
    """Refuse what only the whole file tells, and a decoder must not meet."""
    try:
        match header.format:
            case "jpeg":
                check_scans(count_scans(data, MAX_SCANS + 1), header.width * header.height)
            case "png":
                png.check_chunks(data)
            case "avif" | "heic":
                heif.check_coded_pictures(io.BytesIO(data))
    except HeaderError as error:
        raise PhotoSkyError(Code.CORRUPT_IMAGE, f"The {header.format.upper()} can't be decoded: {error}.") from error


def _icc_profile(data: bytes, format_name: str, embedded: bytes) -> bytes:
    """The profile that counts: a PNG's cICP chunk goes before it, an AVIF's or HEIC's `nclx` box stands in for it.

    A PNG's gAMA and cHRM chunks are left out of account, as libvips and Pillow do: writers got them wrong too often.
    """
    if format_name == "png":
        cicp = png.read_cicp(io.BytesIO(data))
    elif format_name in ("avif", "heic") and not embedded:
        cicp = heif.read_cicp(io.BytesIO(data))
    else:
        cicp = None
    return embedded if cicp is None else profile_of(*cicp)


def _check_pixels(image: Image.Image, header: Header) -> None:
    # The limits were held against the header; a HEIC tells its true size only once it is decoded.
    if image.width * image.height > header.width * header.height:
        raise ValueError("the decoder sees more pixels than the header tells")


def _ends_empty(image: Image.Image) -> bool:
    """Whether one of the last two rows is all zeros, as where rows or an interlaced picture's last pass are missing."""
    rows = range(max(0, image.height - 2), image.height)
    return not all(any(image.crop((0, row, image.width, row + 1)).tobytes()) for row in rows)


@contextmanager
def _decode_boundary(format_name: str) -> Iterator[None]:
    try:
        with warnings.catch_warnings():
            # Pillow warns of damaged metadata, which doesn't harm the pixels.
            warnings.simplefilter("ignore")
            yield
    except MemoryError:
        raise
    except Exception as error:
        # Decoders raise anything: 30,000 mutated files gave six unrelated types.
        raise PhotoSkyError(Code.CORRUPT_IMAGE, f"The {format_name.upper()} data can't be decoded.") from error


@contextmanager
def _opened(data: bytes, format_name: str) -> Iterator[ImageFile.ImageFile]:
    if format_name == "heic":
        _register_heif()
    with Image.open(io.BytesIO(data), formats=(_PILLOW_FORMATS[format_name],)) as image:
        yield image


def _register_heif() -> None:
    # Here, because importing it costs as much as Pillow itself, and most uploads are JPEG.
    import pillow_heif

    pillow_heif.register_heif_opener(thumbnails=False, depth_images=False, aux_images=False)


def _draft(image: ImageFile.ImageFile, presets: Sequence[Preset]) -> Box | None:
    """Have a JPEG decoded at the fewest eighths that serve, and tell the part of those pixels that it fills.

    What `Image.draft` does, which knows no 3/8: for 24 megapixels and 2048 that spares half of the first resize.
    """
    if not isinstance(image, JpegImagePlugin.JpegImageFile) or len(image.tile) != 1:
        return None
    if min(image.size) < _LEAST_DRAFTED_EDGE:
        return None
    width, height = image.size
    eighths = jpeg_eighths(turned(image.size, _orientation(image, "jpeg")), presets)
    image._size = scaled_size(image.size, eighths)
    image.tile = [image.tile[0]._replace(extents=(0, 0, *image.size))]
    image.decoderconfig = (_DENOMINATORS[eighths], 0)
    return 0, 0, width * eighths / 8, height * eighths / 8


def _orientation(image: Image.Image, format_name: str) -> int:
    # Pillow turns a TIFF itself, and libheif a HEIC; Pillow tells an AVIF's irot and imir in its EXIF.
    return 1 if format_name in ("tiff", "heic") else exif_orientation(_bytes(image.info.get("exif")))


def _bytes(value: object) -> bytes:
    return value if isinstance(value, bytes) else b""


@dataclass(frozen=True)
class _Fixes:
    """What Pillow leaves to its callers, told before loading, which forgets it.

    Attributes:
        white: The value of white in 16-bit grey.
        is_inverted: 0 is white.
        transparency_factor: What a PNG's transparent colour is multiplied by, as its samples were.
        frame_box: The part of a GIF's canvas that its first frame fills.
    """

    white: int = 65535
    is_inverted: bool = False
    transparency_factor: float = 1.0
    frame_box: tuple[int, int, int, int] | None = None

    @classmethod
    def of(cls, image: ImageFile.ImageFile) -> "_Fixes":
        if isinstance(image, TiffImagePlugin.TiffImageFile):
            (bits, *_) = image.tag_v2.get(_BITS_PER_SAMPLE, (16,))
            is_inverted = image.tag_v2.get(_PHOTOMETRIC) == _WHITE_IS_ZERO and image.mode in ("I;16", "F")
            return cls(white=2**bits - 1, is_inverted=is_inverted)
        if isinstance(image, PngImagePlugin.PngImageFile):
            factors = {"L;2": 255 / 3, "L;4": 255 / 15, "I;16B": 255 / 65535, "RGB;16B": 1 / 256}
            return cls(transparency_factor=factors.get(str(image.tile[0].args), 1.0))
        if isinstance(image, GifImagePlugin.GifImageFile):
            return cls(frame_box=image.tile[0].extents)
        return cls()


def _normal(image: ImageFile.ImageFile, fixes: _Fixes) -> Image.Image:
    """The pixels in a mode that can be resized and converted to sRGB, without metadata."""
    transparency = image.info.get("transparency")
    pixels: Image.Image = image
    if image.mode.startswith("I") or image.mode == "F":
        pixels = _grey(image, fixes.white)
    if fixes.is_inverted:
        pixels = ImageChops.invert(pixels)
    pixels.info = {} if transparency is None else {"transparency": _scaled(transparency, fixes.transparency_factor)}
    if pixels.has_transparency_data:
        pixels = pixels if pixels.mode in ("LA", "RGBA") else pixels.convert("LA" if pixels.mode == "La" else "RGBA")
    elif pixels.mode in ("1", "P", "YCbCr"):
        pixels = pixels.convert("L" if pixels.mode == "1" else "RGB")
    if fixes.frame_box is not None and fixes.frame_box != (0, 0, *pixels.size):
        pixels = _on_canvas(pixels, fixes.frame_box)
    pixels.info = {}
    return pixels


def _scaled(transparency: object, factor: float) -> object:
    if isinstance(transparency, tuple):
        return tuple(int(level * factor) for level in transparency)
    return round(transparency * factor) if isinstance(transparency, int) else transparency


def _on_canvas(pixels: Image.Image, box: tuple[int, int, int, int]) -> Image.Image:
    """The first frame alone: what it doesn't cover is transparent, as in browsers."""
    canvas = Image.new("RGBA", pixels.size)
    canvas.paste(pixels.crop(box), box)
    return canvas


def _grey(image: Image.Image, white: int) -> Image.Image:
    """8-bit grey from 16 and 32-bit integers and floats; `convert("L")` alone would clip them all to white."""
    if image.mode == "I;16":
        return _stretched(image, 0, white)
    if image.mode == "I;16B":
        return _stretched(image.convert("I"), 0, white)
    return _stretched(image.convert("F"), *_range(image.getextrema(), _USUAL_WHITES[image.mode]))


def _stretched(image: Image.Image, black: float, white: float) -> Image.Image:
    factor = 255 / (white - black)
    return image.point(lambda level: level * factor + (0.5 - black * factor)).convert("L")


def _range(extrema: object, usual_whites: tuple[int, ...]) -> tuple[float, float]:
    """Black and white of samples whose range no header tells: the usual ones if they fit, else what is there."""
    least, most = cast("tuple[float, float]", extrema)
    if not math.isfinite(least) or not math.isfinite(most):
        return 0, 1
    for usual in usual_whites:
        if least >= 0 and most <= usual:
            return 0, usual
    return least, most if most > least else least + 1
