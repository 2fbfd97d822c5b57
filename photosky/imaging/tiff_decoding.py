"""TIFF decoding: how Pillow's libtiff decoder reads each displayed kind of samples, and their conversion to 8 bits."""

import struct
from collections.abc import Mapping
from functools import lru_cache
from typing import Final, cast

from PIL import Image, ImageFile, TiffImagePlugin

from photosky.imaging.headers.tiff_pixels import TiffPixels, decoded_photometric
from photosky.imaging.headers.tiff_samples import (
    BLACK_IS_ZERO,
    CIELAB,
    CMYK,
    FLOAT,
    ICCLAB,
    PALETTE,
    RGB,
    SIGNED,
    UNSIGNED,
    WHITE_IS_ZERO,
    YCBCR,
    Samples,
)
from photosky.imaging.normalization import Corrections

_Mode = tuple[str, str]  # of the image, and of its decoder's output

# By interpretation, bits and the first extra sample. libtiff returns samples in the machine's byte order.
_MODES: Final[Mapping[tuple[int, int, int | None], _Mode]] = {
    (WHITE_IS_ZERO, 1, None): ("1", "1;I"),
    (WHITE_IS_ZERO, 2, None): ("L", "L;2I"),
    (WHITE_IS_ZERO, 4, None): ("L", "L;4I"),
    (WHITE_IS_ZERO, 8, None): ("L", "L;I"),
    (BLACK_IS_ZERO, 1, None): ("1", "1"),
    (BLACK_IS_ZERO, 2, None): ("L", "L;2"),
    (BLACK_IS_ZERO, 4, None): ("L", "L;4"),
    (BLACK_IS_ZERO, 8, None): ("L", "L"),
    (BLACK_IS_ZERO, 8, 0): ("L", "LX"),
    (BLACK_IS_ZERO, 8, 1): ("La", "La"),
    (BLACK_IS_ZERO, 8, 2): ("LA", "LA"),
    (RGB, 8, None): ("RGB", "RGB"),
    (RGB, 8, 0): ("RGB", "RGBX"),
    (RGB, 8, 1): ("RGBA", "RGBa"),
    (RGB, 8, 2): ("RGBA", "RGBA"),
    (RGB, 16, None): ("RGB", "RGB;16N"),
    (RGB, 16, 0): ("RGB", "RGBX;16N"),
    (RGB, 16, 1): ("RGBA", "RGBa;16N"),
    (RGB, 16, 2): ("RGBA", "RGBA;16N"),
    (PALETTE, 1, None): ("P", "P;1"),
    (PALETTE, 2, None): ("P", "P;2"),
    (PALETTE, 4, None): ("P", "P;4"),
    (PALETTE, 8, None): ("P", "P"),
    (PALETTE, 8, 0): ("P", "PX"),
    (PALETTE, 8, 2): ("PA", "PA"),
    (CMYK, 8, None): ("CMYK", "CMYK"),
    (CMYK, 8, 0): ("CMYK", "CMYKX"),
    (CMYK, 16, None): ("CMYK", "CMYK;16N"),
    (YCBCR, 8, None): ("RGB", "RGBX"),
}
# Grey of more than 8 bits, by sample format and bits.
_DEEP_MODES: Final[Mapping[tuple[int, int], _Mode]] = {
    (UNSIGNED, 12): ("I;16", "I;12"),
    (UNSIGNED, 16): ("I;16", "I;16N"),
    (UNSIGNED, 32): ("F", "F;32N"),
    (SIGNED, 16): ("I", "I;16NS"),
    (SIGNED, 32): ("I", "I;32NS"),
    (FLOAT, 16): ("I;16", "I;16N"),
    (FLOAT, 32): ("F", "F;32NF"),
    (FLOAT, 64): ("F", "F;64NF"),
}
# Two samples of 16 bits are read as four bytes each: Pillow has no mode for them.
_DEEP_GREY_ALPHA: Final[_Mode] = ("CMYK", "CMYK")
_HIGH_BYTES: Final = (1, 3) if struct.pack("=H", 1) == b"\1\0" else (0, 2)
_HALF_ONE, _HALF_NEGATIVE = 0x3C00, 0x8000
_HALF_WHITES: Final = (_HALF_ONE, 0x5BF8, 0x7BFF)  # 1, 255 and 65504, the largest finite number
_JPEG: Final = 7
_JPEG_YCBCR: Final[_Mode] = ("RGB", "RGB")  # converted by libjpeg


def register(samples: Samples) -> None:
    """Add the samples to Pillow's list of known ones; `select_decoder` selects the mode."""
    bits = (samples.bits or 0,) * samples.per_pixel
    for prefix in (TiffImagePlugin.II, TiffImagePlugin.MM):
        for fill_order in (1, 2):
            sample_format = (samples.format or UNSIGNED,)
            key = prefix, decoded_photometric(samples), sample_format, fill_order, bits, samples.extras
            TiffImagePlugin.OPEN_INFO.setdefault(key, decoder_mode(samples))


def select_decoder(image: ImageFile.ImageFile, pixels: TiffPixels) -> None:
    """Let libtiff decode an opened TIFF, unless Pillow reads its samples correctly."""
    if isinstance(image, TiffImagePlugin.TiffImageFile) and (pixels.is_tiled or not pixels.samples.is_plain):
        image._mode, raw_mode = decoder_mode(pixels.samples)
        image.use_load_libtiff = True
        image.tile = [ImageFile._Tile("libtiff", (0, 0, *image.size), 0, (raw_mode, False, image.tag_v2.offset))]


def decoder_mode(samples: Samples) -> _Mode:
    """Pillow's mode of the image and of libtiff's output."""
    photometric, bits = decoded_photometric(samples), samples.bits or 0
    if samples.is_grey and bits > 8:
        return _DEEP_GREY_ALPHA if samples.extras else _DEEP_MODES[samples.format or UNSIGNED, bits]
    if photometric == YCBCR and samples.compression == _JPEG and not samples.is_planar:
        return _JPEG_YCBCR
    mode, raw_mode = _MODES[photometric, bits, samples.alpha]
    return mode, raw_mode + "X" * (len(samples.extras) - 1)


def corrections_of(samples: Samples) -> Corrections:
    """The corrections that remain after `to_usual_mode`."""
    is_deep = samples.is_grey and (samples.bits or 0) > 8
    return Corrections(white=2 ** (samples.bits or 0) - 1, is_inverted=is_deep and samples.photometric == WHITE_IS_ZERO)


def to_usual_mode(image: Image.Image, samples: Samples) -> Image.Image:
    """Convert the decoded samples of L*a*b*, 16-bit grey with alpha and half-precision grey to a mode of Pillow."""
    if samples.photometric in (CIELAB, ICCLAB):
        return _to_lab(image, is_signed=samples.photometric == CIELAB)
    if samples.is_grey and samples.bits == 16 and samples.extras:
        grey, alpha = (image.getchannel(band) for band in _HIGH_BYTES)
        if not samples.has_alpha:
            return grey
        return Image.merge("La" if samples.alpha == 1 else "LA", (grey, alpha))
    if samples.is_grey and (samples.format, samples.bits) == (FLOAT, 16):
        return _half_to_grey(image)
    return image


def _to_lab(image: Image.Image, *, is_signed: bool) -> Image.Image:
    """Pillow's LAB has a* and b* with an offset of 128, as ICC profiles; CIELab in a TIFF has them signed."""
    lightness, *axes = image.split()
    if is_signed:
        axes = [axis.point([level ^ 128 for level in range(256)]) for axis in axes]
    return Image.merge("LAB", (lightness, *axes))


def _half_to_grey(image: Image.Image) -> Image.Image:
    """Grey from the bits of half-precision floats (IEEE 754, binary16): white is 1, 255 or 65504, as it fits.

    Negative numbers and NaN are black.
    """
    _, maximum = cast("tuple[int, int]", image.getextrema())
    positive = maximum if maximum < _HALF_NEGATIVE else _HALF_ONE
    levels = _half_levels(next((white for white in _HALF_WHITES if positive <= white), _HALF_ONE))
    return image.convert("I").point(levels, "L")


@lru_cache(maxsize=3)
def _half_levels(white: int) -> list[int]:
    """The 8-bit level of every half-precision number."""
    values = struct.unpack("<65536e", struct.pack("<65536H", *range(65536)))
    return [round(min(1.0, value / values[white]) * 255) if value > 0 else 0 for value in values]
