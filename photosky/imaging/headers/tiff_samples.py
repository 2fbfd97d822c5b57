"""TIFF samples: what the pixels of a TIFF consist of, and which of these kinds are displayed (TIFF 6.0, part 2)."""

from collections.abc import Mapping
from typing import BinaryIO, Final, NamedTuple

from photosky.imaging.headers.tiff import Directory, Tiff

# PhotometricInterpretation: TIFF 6.0, page 37; Photoshop TIFF technical notes (ICCLab); TIFF-FX, RFC 3949 (ITULab).
WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, PALETTE, CMYK, YCBCR, CIELAB, ICCLAB = 0, 1, 2, 3, 5, 6, 8, 9
UNSIGNED, SIGNED, FLOAT = 1, 2, 3
"""SampleFormat (TIFF 6.0, section 19)."""
UNSPECIFIED, ASSOCIATED, UNASSOCIATED = 0, 1, 2
"""ExtraSamples (TIFF 6.0, section 18)."""

_BITS, _COMPRESSION, _PHOTOMETRIC, _FILL_ORDER, _SAMPLES, _PLANAR = 258, 259, 262, 266, 277, 284
_INK_SET, _EXTRA_SAMPLES, _SAMPLE_FORMAT = 332, 338, 339
_CCITT: Final = frozenset({2, 3, 4})
_OLD_JPEG, _JPEG = 6, 7
_IN_PLANES: Final = 2
_INKS_CMYK: Final = 1
_COREL_ALPHA: Final = 999  # written by Corel Draw 10 for alpha

_COLOURS: Final[Mapping[int, int]] = {
    WHITE_IS_ZERO: 1,
    BLACK_IS_ZERO: 1,
    RGB: 3,
    PALETTE: 1,
    CMYK: 4,
    YCBCR: 3,
    CIELAB: 3,
    ICCLAB: 3,
}
"""Samples per pixel of each displayed interpretation, without extra samples."""

_REFUSED_COLOURS: Final[Mapping[int, str]] = {
    4: "a transparency mask",
    10: "ITU L*a*b* colours",
    32803: "a colour filter array",
    32844: "LogL samples",
    32845: "LogLuv samples",
    34892: "linear raw samples",
}

_ANY_ALPHA: Final = frozenset({None, UNSPECIFIED, ASSOCIATED, UNASSOCIATED})
_NO_EXTRA: Final = frozenset({None})
_Alphas = frozenset[int | None]

# For each interpretation, sample format and bits per sample: the extra samples that may follow the colours. A mask that
# is not alpha may be repeated. Everything that is not listed is refused.
_DISPLAYED: Final[Mapping[tuple[int, int, int], _Alphas]] = {
    **{(grey, UNSIGNED, bits): _NO_EXTRA for grey in (WHITE_IS_ZERO, BLACK_IS_ZERO) for bits in (1, 2, 4, 12, 32)},
    **{(BLACK_IS_ZERO, SIGNED, bits): _NO_EXTRA for bits in (16, 32)},
    **{(grey, FLOAT, bits): _NO_EXTRA for grey in (WHITE_IS_ZERO, BLACK_IS_ZERO) for bits in (16, 32, 64)},
    (WHITE_IS_ZERO, UNSIGNED, 8): _NO_EXTRA,
    (WHITE_IS_ZERO, UNSIGNED, 16): _NO_EXTRA,
    (BLACK_IS_ZERO, UNSIGNED, 8): _ANY_ALPHA,
    (BLACK_IS_ZERO, UNSIGNED, 16): _ANY_ALPHA,
    (RGB, UNSIGNED, 8): _ANY_ALPHA,
    (RGB, UNSIGNED, 16): _ANY_ALPHA,
    **{(PALETTE, UNSIGNED, bits): _NO_EXTRA for bits in (1, 2, 4)},
    (PALETTE, UNSIGNED, 8): frozenset({None, UNSPECIFIED, UNASSOCIATED}),
    (CMYK, UNSIGNED, 8): frozenset({None, UNSPECIFIED}),
    (CMYK, UNSIGNED, 16): _NO_EXTRA,
    (YCBCR, UNSIGNED, 8): _NO_EXTRA,
    **{(lab, UNSIGNED, bits): _NO_EXTRA for lab in (CIELAB, ICCLAB) for bits in (8, 16)},
}

# Extra samples by the bits of all samples: what the decoder's unpackers support.
_MAX_EXTRAS: Final[Mapping[tuple[int, int], int]] = {(RGB, 8): 3, (CMYK, 8): 2}


class Samples(NamedTuple):
    """The samples of an image.

    Attributes:
        photometric: PhotometricInterpretation; if the tag is missing, libtiff's assumption.
        compression: Compression.
        format: SampleFormat; None if the samples differ in it.
        bits: Bits of each sample; None if the samples differ in it.
        per_pixel: Samples per pixel, with the extra ones; without planes that are not alpha, which are not read.
        stored_per_pixel: SamplesPerPixel: with such planes.
        extras: ExtraSamples: the meaning of each sample after the colours.
        is_in_planes: Whether each sample has a plane of its own (PlanarConfiguration 2).
        fill_order: FillOrder: 2 if the bits of each byte are reversed.
        has_other_inks: Whether the inks are not cyan, magenta, yellow and black.
    """

    photometric: int
    compression: int
    format: int | None
    bits: int | None
    per_pixel: int
    stored_per_pixel: int
    extras: tuple[int, ...]
    is_in_planes: bool
    fill_order: int
    has_other_inks: bool

    @property
    def alpha(self) -> int | None:
        """Meaning of the first extra sample; None without extra samples."""
        return self.extras[0] if self.extras else None

    @property
    def has_alpha(self) -> bool:
        """Whether the preview has an alpha channel."""
        return self.alpha in (ASSOCIATED, UNASSOCIATED)

    @property
    def is_planar(self) -> bool:
        """Whether more than one plane is read."""
        return self.is_in_planes and self.per_pixel > 1

    @property
    def is_plain(self) -> bool:
        """Whether Pillow reads the samples itself if they are in strips; the other kinds need libtiff.

        Its own reader takes planes of 16 bits for planes of 8 bits, and ignores the subsampling of YCbCr and, for most
        samples, the order of bits.
        """
        is_deep = (self.bits or 0) > 8 and self.photometric not in (RGB, CMYK)
        is_converted = self.photometric in (YCBCR, CIELAB, ICCLAB)
        return (self.compression, self.fill_order) == (1, 1) and not (self.is_planar or is_deep or is_converted)

    @property
    def pixel_bits(self) -> int:
        """Bits of a pixel in the decoder's buffers; decoders return YCbCr as RGBA."""
        bits = self.per_pixel * (self.bits or 0)
        return bits + 32 if self.photometric == YCBCR else bits

    @property
    def is_grey(self) -> bool:
        """Whether there is one colour, which is not an index into a palette."""
        return self.photometric in (WHITE_IS_ZERO, BLACK_IS_ZERO)


def read_samples(source: BinaryIO) -> Samples:
    """The samples of the first image of a TIFF file. Raises `HeaderError` if the first directory is invalid."""
    tiff = Tiff(source)
    return samples_of(tiff, tiff.directory(tiff.first_offset))


def samples_of(tiff: Tiff, directory: Directory) -> Samples:
    """The samples of the image of a directory."""
    compression = tiff.number(directory, _COMPRESSION, 1)
    photometric = tiff.number(directory, _PHOTOMETRIC, -1)
    stored_per_pixel = max(1, tiff.number(directory, _SAMPLES, _default_count(compression, photometric)))
    if compression == _OLD_JPEG:
        photometric = YCBCR  # always, whatever the tag says: TIFF technical note 2
    if photometric < 0:
        photometric = _default_photometric(compression, stored_per_pixel)
    if photometric == YCBCR and stored_per_pixel == 1:
        photometric = BLACK_IS_ZERO  # a grey JPEG
    extras = _extras(tiff.numbers(directory, _EXTRA_SAMPLES), photometric, stored_per_pixel)
    is_in_planes = tiff.number(directory, _PLANAR, 1) == _IN_PLANES and stored_per_pixel > 1
    per_pixel = stored_per_pixel
    if is_in_planes and set(extras) == {UNSPECIFIED}:
        per_pixel, extras = per_pixel - len(extras), ()  # these planes are not read
    return Samples(
        photometric=photometric,
        compression=compression,
        format=_format(_common(tiff.numbers(directory, _SAMPLE_FORMAT)[:per_pixel], UNSIGNED)),
        bits=_common(tiff.numbers(directory, _BITS)[:per_pixel], 8 if compression in (_OLD_JPEG, _JPEG) else 1),
        per_pixel=per_pixel,
        stored_per_pixel=stored_per_pixel,
        extras=extras,
        is_in_planes=is_in_planes,
        fill_order=tiff.number(directory, _FILL_ORDER, 1),
        has_other_inks=photometric == CMYK and tiff.number(directory, _INK_SET, _INKS_CMYK) != _INKS_CMYK,
    )


def unsupported_kind(samples: Samples) -> str | None:
    """The name of a kind that is not displayed, such as "floating-point samples"; None if it is displayed."""
    if samples.photometric not in _COLOURS:
        return _REFUSED_COLOURS.get(samples.photometric, f"photometric interpretation {samples.photometric}")
    if samples.has_other_inks:
        return "inks other than CMYK"
    if samples.bits is None or samples.format is None:
        return "samples of different types"
    alphas = _DISPLAYED.get((samples.photometric, samples.format, samples.bits))
    if alphas is None:
        return _sample_name(samples.format, samples.bits)
    return _unsupported_extras(samples, alphas)


def _unsupported_extras(samples: Samples, alphas: _Alphas) -> str | None:
    colours = _COLOURS[samples.photometric]
    if samples.per_pixel < colours or len(samples.extras) != samples.per_pixel - colours:
        return f"{samples.per_pixel} samples per pixel"
    if samples.alpha not in alphas:
        return f"{_colour_name(samples)} and alpha" if samples.has_alpha else f"{samples.per_pixel} samples per pixel"
    if len(samples.extras) > _MAX_EXTRAS.get((samples.photometric, samples.bits or 0), 1):
        return f"{samples.per_pixel} samples per pixel"
    if samples.is_planar and samples.has_alpha and colours == 1:
        return f"{_colour_name(samples)} and alpha in planes"
    return None


def _sample_name(sample_format: int, bits: int) -> str:
    names = {SIGNED: "signed", FLOAT: "floating-point", 5: "complex", 6: "complex"}
    return f"{bits}-bit {names[sample_format]} samples" if sample_format in names else f"{bits}-bit samples"


def _colour_name(samples: Samples) -> str:
    names = {PALETTE: "a palette", CMYK: "CMYK", YCBCR: "YCbCr", CIELAB: "L*a*b*", ICCLAB: "L*a*b*", RGB: "RGB"}
    return f"{samples.bits}-bit {names.get(samples.photometric, 'grey')}"


def _default_count(compression: int, photometric: int) -> int:
    return 3 if compression in (_OLD_JPEG, _JPEG) and photometric in (RGB, YCBCR) else 1


def _default_photometric(compression: int, count: int) -> int:
    """The interpretation that libtiff assumes if the tag is missing (tif_getimage.c, TIFFRGBAImageBegin)."""
    if count >= _COLOURS[RGB]:
        return RGB
    return WHITE_IS_ZERO if compression in _CCITT else BLACK_IS_ZERO


def _common(values: tuple[float, ...], default: int) -> int | None:
    """The value that all samples share; None if they differ."""
    found = {int(value) for value in values} or {default}
    return found.pop() if len(found) == 1 else None


def _format(found: int | None) -> int | None:
    """Undefined data (4) is read as unsigned integers, as in libtiff."""
    return UNSIGNED if found == 4 else found


def _extras(declared: tuple[float, ...], photometric: int, count: int) -> tuple[int, ...]:
    """The declared extra samples. If undeclared, a fourth sample of RGB is alpha, and others are unspecified."""
    missing = count - _COLOURS.get(photometric, count)
    if declared or missing <= 0:
        return tuple(UNASSOCIATED if value == _COREL_ALPHA else int(value) for value in declared)[: max(0, missing)]
    return (UNASSOCIATED,) if photometric == RGB and missing == 1 else (UNSPECIFIED,) * missing
