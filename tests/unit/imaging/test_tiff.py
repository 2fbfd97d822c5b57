"""TIFF kinds are displayed correctly, or refused with their name before they reach a decoder."""

import io
import itertools
import struct
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from photosky.errors import Code
from photosky.imaging.headers.reading import MAX_METADATA_BYTES, Metadata
from photosky.imaging.metadata import read_metadata
from tests.pictures import in_mode, tiff_file
from tests.profiles import rgb_profile
from tests.tiffs import DEFLATE, Options, tiff
from tests.unit.imaging.previews import mean_difference, rejection, show

WIDTH, HEIGHT = 83, 61
_Y, _X = np.mgrid[0:HEIGHT, 0:WIDTH].astype(float)
RED, GREEN = _X / (WIDTH - 1), _Y / (HEIGHT - 1)
BLUE: Final = 0.5 + 0.4 * np.sin(_X / 9) * np.cos(_Y / 7)
ALPHA: Final = 1 - 0.7 * RED
NO_BLACK: Final = 0 * RED

STORAGE: Final = {
    "one strip": Options(),
    "strips": Options(rows=7),
    "tiles": Options(tile=(16, 32)),
    "Deflate": Options(rows=7, compression=DEFLATE),
    "predictor": Options(rows=9, compression=DEFLATE, predictor=2),
    "predictor in tiles": Options(tile=(32, 16), compression=DEFLATE, predictor=2),
    "BigTIFF": Options(rows=7, is_big=True),
    "reversed bits": Options(rows=7, fill_order=2),
}
# Interpretation, extra samples, samples as stored, and the colours and the alpha channel that are displayed.
KINDS: Final[dict[str, tuple[int, Sequence[int], Sequence[Any], Sequence[Any]]]] = {
    "RGB": (2, [], [RED, GREEN, BLUE], [RED, GREEN, BLUE]),
    "RGB with a mask": (2, [0], [RED, GREEN, BLUE, ALPHA], [RED, GREEN, BLUE]),
    "RGBA": (2, [2], [RED, GREEN, BLUE, ALPHA], [RED, GREEN, BLUE, ALPHA]),
    "premultiplied RGBA": (2, [1], [RED * ALPHA, GREEN * ALPHA, BLUE * ALPHA, ALPHA], [RED, GREEN, BLUE, ALPHA]),
    "CMYK": (5, [], [1 - RED, 1 - GREEN, 1 - BLUE, NO_BLACK], [RED, GREEN, BLUE]),
}
GREY_KINDS: Final[dict[str, tuple[int, Sequence[int], Sequence[Any], Sequence[Any]]]] = {
    "grey": (1, [], [RED], [RED, RED, RED]),
    "inverted grey": (0, [], [1 - RED], [RED, RED, RED]),
    "grey with a mask": (1, [0], [RED, ALPHA], [RED, RED, RED]),
    "grey with alpha": (1, [2], [RED, ALPHA], [RED, RED, RED, ALPHA]),
    "premultiplied grey": (1, [1], [RED * ALPHA, ALPHA], [RED, RED, RED, ALPHA]),
}


def samples(channels: Sequence[NDArray[Any]], dtype: str) -> NDArray[Any]:
    """Channels from 0 to 1 as samples; integers have the full range."""
    scale = 1 if dtype[0] == "f" else np.iinfo(dtype).max
    return (
        np.stack(channels, -1).astype(dtype) if scale == 1 else np.round(np.stack(channels, -1) * scale).astype(dtype)
    )


def picture(channels: Sequence[NDArray[Any]]) -> Image.Image:
    """Channels from 0 to 1 as the displayed picture."""
    return Image.fromarray(samples(channels, "u1"))


@pytest.mark.parametrize("planar", [False, True], ids=["chunky", "planar"])
@pytest.mark.parametrize("order", ["<", ">"], ids=["little-endian", "big-endian"])
@pytest.mark.parametrize("dtype", ["u1", "u2"])
@pytest.mark.parametrize("kind", KINDS)
def test_colour_is_displayed_however_it_is_stored(kind: str, dtype: str, order: Any, planar: bool) -> None:
    photometric, extras, stored, displayed = KINDS[kind]
    channels, expected = samples(stored, dtype), picture(displayed)
    for name, storage in STORAGE.items():
        options = replace(storage, photometric=photometric, extras=extras, order=order, is_planar=planar)
        assert mean_difference(show(tiff(channels, options)), expected) < 2, name


@pytest.mark.parametrize("order", ["<", ">"], ids=["little-endian", "big-endian"])
@pytest.mark.parametrize("dtype", ["u1", "u2"])
@pytest.mark.parametrize("kind", GREY_KINDS)
def test_grey_is_displayed_however_it_is_stored(kind: str, dtype: str, order: Any) -> None:
    photometric, extras, stored, displayed = GREY_KINDS[kind]
    for name, storage in STORAGE.items():
        options = replace(storage, photometric=photometric, extras=extras, order=order)
        assert mean_difference(show(tiff(samples(stored, dtype), options)), picture(displayed)) < 1, name


@pytest.mark.parametrize("order", ["<", ">"], ids=["little-endian", "big-endian"])
@pytest.mark.parametrize("dtype", ["u4", "i4", "f2", "f4", "f8"])
def test_deep_grey_is_displayed_however_it_is_stored(dtype: str, order: Any) -> None:
    for name, storage in STORAGE.items():
        predictor = 3 if storage.predictor == 2 and dtype[0] == "f" else storage.predictor
        options = replace(storage, photometric=1, order=order, predictor=predictor)
        image = show(tiff(samples([RED], dtype), options))
        assert mean_difference(image, picture([RED, RED, RED])) < 1, name


@pytest.mark.parametrize("order", ["<", ">"], ids=["little-endian", "big-endian"])
@pytest.mark.parametrize("photometric", [0, 1], ids=["white is 0", "black is 0"])
@pytest.mark.parametrize("bits", [1, 2, 4, 12])
def test_packed_grey_is_displayed(bits: int, photometric: int, order: Any) -> None:
    white = 2**bits - 1
    levels = np.round(RED * white).astype("u2")
    stored = levels if photometric else white - levels
    for storage in (Options(), Options(rows=7, compression=DEFLATE), Options(tile=(16, 16)), Options(fill_order=2)):
        image = show(tiff(stored, replace(storage, photometric=photometric, order=order, bits=bits)))
        assert mean_difference(image, picture([levels / white] * 3)) < 1


@pytest.mark.parametrize(("maximum", "level"), [(1.0, 255), (0.5, 128), (255.0, 255), (51.0, 51), (65504.0, 255)])
def test_half_floats_use_a_usual_white(maximum: float, level: int) -> None:
    data = tiff(np.full((8, 8), maximum, "f2"), Options(photometric=1))
    assert show(data).getpixel((4, 4)) == (level, level, level)


def test_negative_half_floats_are_black() -> None:
    data = tiff(np.concatenate([np.full((8, 8), -1, "f2"), np.full((8, 8), 1, "f2")], 1), Options(photometric=1))
    image = show(data)
    assert (image.getpixel((2, 4)), image.getpixel((13, 4))) == ((0, 0, 0), (255, 255, 255))


# Palettes


@pytest.mark.parametrize("order", ["<", ">"], ids=["little-endian", "big-endian"])
@pytest.mark.parametrize("bits", [1, 2, 4, 8])
@pytest.mark.parametrize("factor", [1, 257], ids=["8-bit entries", "16-bit entries"])
def test_colour_maps_are_displayed(factor: int, bits: int, order: Any) -> None:
    colours = _colours(2**bits)
    indices = np.round(RED * (2**bits - 1)).astype("u1" if bits == 8 else "u2")
    for storage in (Options(), Options(rows=7, compression=DEFLATE), Options(tile=(16, 16)), Options(fill_order=2)):
        colour_map = (colours.T.ravel() * factor).tolist()
        data = tiff(indices, replace(storage, photometric=3, bits=bits, order=order, colour_map=colour_map))
        assert mean_difference(show(data), Image.fromarray(colours.astype(np.uint8)[indices])) < 2


def test_dark_16_bit_colour_maps_stay_dark() -> None:
    data = tiff(samples([RED], "u1"), Options(photometric=3, colour_map=[4 * index for index in range(256)] * 3))
    assert mean_difference(show(data), picture([RED * 1020 / 65535] * 3)) < 1


@pytest.mark.parametrize(("extra", "has_alpha"), [(0, False), (2, True)])
def test_colour_maps_may_have_an_extra_sample(extra: int, has_alpha: bool) -> None:
    colours = _colours(256)
    stored = samples([RED, ALPHA], "u1")
    image = show(tiff(stored, Options(photometric=3, extras=[extra], colour_map=colours.T.ravel().tolist())))
    expected = Image.fromarray(colours.astype(np.uint8)[stored[..., 0]])
    if has_alpha:
        expected.putalpha(Image.fromarray(stored[..., 1]))
    assert mean_difference(image, expected) < 2


def _colours(count: int) -> NDArray[Any]:
    ramp = np.linspace(0, 255, count).astype(np.uint16)
    return np.stack([ramp, 255 - ramp // 2, ramp // 3], -1)


# L*a*b* and YCbCr


@pytest.mark.parametrize("order", ["<", ">"], ids=["little-endian", "big-endian"])
@pytest.mark.parametrize("dtype", ["u1", "u2"])
@pytest.mark.parametrize("photometric", [8, 9], ids=["CIELab", "ICCLab"])
def test_lab_is_displayed_however_it_is_stored(photometric: int, dtype: str, order: Any) -> None:
    photo = picture([RED, GREEN, BLUE])
    stored = _lab(photo, photometric, dtype)
    for (name, storage), planar in itertools.product(STORAGE.items(), (False, True)):
        options = replace(storage, photometric=photometric, order=order, is_planar=planar)
        assert mean_difference(show(tiff(stored, options)), photo) < 3, (name, planar)


def _lab(photo: Image.Image, photometric: int, dtype: str) -> NDArray[Any]:
    """CIELab has signed a* and b* (TIFF 6.0, section 23), ICCLab an offset of half the range."""
    offset = np.stack([np.asarray(band) for band in in_mode(photo, "LAB").split()], -1).astype(int)
    factor = 1 if dtype == "u1" else 256
    lightness = offset[..., 0] * (257 if (photometric, dtype) == (8, "u2") else factor)
    axes = [(offset[..., axis] - (128 if photometric == 8 else 0)) * factor for axis in (1, 2)]
    return np.stack([lightness, *axes], -1).astype(dtype)


@pytest.mark.parametrize("planar", [False, True], ids=["chunky", "planar"])
def test_uncompressed_ycbcr_is_converted(planar: bool) -> None:
    photo = picture([RED, GREEN, BLUE])
    for storage in (Options(), Options(rows=7), Options(tile=(16, 32)), Options(order=">")):
        options = replace(storage, photometric=6, is_planar=planar, tags={530: [1, 1]})
        assert mean_difference(show(tiff(np.asarray(photo.convert("YCbCr")), options)), photo) < 3


def test_subsampled_ycbcr_is_converted() -> None:
    photo = picture([RED, GREEN, BLUE]).resize((64, 48))
    luma, *chroma = (np.asarray(band) for band in photo.convert("YCbCr").split())
    cells = luma.reshape(24, 2, 32, 2).transpose(0, 2, 1, 3).reshape(24, 32, 4)
    units = np.concatenate([cells, *(band[::2, ::2, None] for band in chroma)], -1)
    tags = {256: [64], 257: [48], 258: [8, 8, 8], 277: [3], 278: [48], 530: [2, 2]}
    data = tiff(units.reshape(24, -1), Options(photometric=6, tags=tags))
    assert mean_difference(show(data), photo) < 3


# Tags


@pytest.mark.parametrize(
    ("stored", "options"),
    [
        ([RED, GREEN, BLUE], Options(photometric=None)),
        ([RED, GREEN, BLUE], Options(tags={258: [8]})),
        ([RED, GREEN, BLUE], Options(tags={339: [4, 4, 4]})),
        ([RED, GREEN, BLUE, ALPHA, ALPHA], Options(extras=[0, 0])),
        ([1 - RED, 1 - GREEN, 1 - BLUE, NO_BLACK, ALPHA], Options(photometric=5, extras=[0])),
        ([1 - RED, 1 - GREEN, 1 - BLUE, NO_BLACK, ALPHA], Options(photometric=5)),
        ([1 - RED, 1 - GREEN, 1 - BLUE, NO_BLACK, ALPHA], Options(photometric=5, extras=[0], is_planar=True)),
    ],
    ids=["no interpretation", "bits once", "undefined format", "masks", "CMYK, mask", "undeclared mask", "mask plane"],
)
def test_unusual_tags_are_understood(stored: Sequence[Any], options: Options) -> None:
    assert mean_difference(show(tiff(samples(stored, "u1"), options)), picture([RED, GREEN, BLUE])) < 2


def test_grey_without_interpretation_has_black_as_zero() -> None:
    data = tiff(samples([RED], "u1"), Options(photometric=None))
    assert mean_difference(show(data), picture([RED, RED, RED])) < 1


def test_fourth_sample_of_rgb_is_alpha_if_undeclared() -> None:
    image = show(tiff(samples([RED, GREEN, BLUE, ALPHA], "u1"), Options()))
    assert mean_difference(image, picture([RED, GREEN, BLUE, ALPHA])) < 2


@pytest.mark.usefixtures("no_decoder")
@pytest.mark.parametrize(
    ("channels", "dtype", "options", "name"),
    [
        (3, "f2", Options(), "16-bit floating-point samples"),
        (3, "f4", Options(predictor=3), "32-bit floating-point samples"),
        (3, "f4", Options(is_planar=True), "32-bit floating-point samples"),
        (3, "f8", Options(is_big=True), "64-bit floating-point samples"),
        (1, "u2", Options(photometric=1, tags={258: [24], 339: [3]}), "24-bit floating-point samples"),
        (1, "c8", Options(photometric=1), "64-bit complex samples"),
        (3, "u4", Options(), "32-bit samples"),
        (1, "u8", Options(photometric=1), "64-bit samples"),
        (1, "i1", Options(photometric=1), "8-bit signed samples"),
        (3, "i2", Options(order=">"), "16-bit signed samples"),
        (1, "u2", Options(photometric=1, bits=10), "10-bit samples"),
        (3, "u1", Options(tags={258: [5, 6, 5]}), "samples of different types"),
        (3, "u1", Options(tags={339: [1, 1, 2]}), "samples of different types"),
        (5, "u1", Options(photometric=5, extras=[1]), "8-bit CMYK and alpha"),
        (5, "u2", Options(photometric=5, extras=[2]), "16-bit CMYK and alpha"),
        (4, "u1", Options(photometric=5, tags={332: [2]}), "inks other than CMYK"),
        (2, "u1", Options(photometric=1, extras=[2], is_planar=True), "8-bit grey and alpha in planes"),
        (2, "u2", Options(photometric=1, extras=[1], is_planar=True), "16-bit grey and alpha in planes"),
        (4, "u1", Options(photometric=8, extras=[2]), "8-bit L*a*b* and alpha"),
        (2, "u1", Options(photometric=2), "2 samples per pixel"),
        (7, "u1", Options(photometric=2, extras=[0, 0, 0, 0]), "7 samples per pixel"),
        (3, "u1", Options(photometric=10), "ITU L*a*b* colours"),
        (1, "u2", Options(photometric=32844), "LogL samples"),
        (3, "u2", Options(photometric=32845), "LogLuv samples"),
        (1, "u1", Options(photometric=4), "a transparency mask"),
        (1, "u2", Options(photometric=32803), "a colour filter array"),
        (3, "u1", Options(photometric=999), "photometric interpretation 999"),
    ],
)
def test_other_kinds_are_refused_by_name(channels: int, dtype: str, options: Options, name: str) -> None:
    detail = f"Unsupported format: TIFF with {name}. Upload a JPEG, PNG, WebP, GIF, TIFF, AVIF or HEIC file."
    data = tiff(np.zeros((8, 8, channels), dtype), options)
    assert rejection(data) == (Code.UNSUPPORTED_FORMAT, detail)


# Metadata

XMP = b"<x:xmpmeta/>"
IPTC = b"\x1c\x02\x05\0\x05Title"
RESOURCES = b"8BIM\x04\x04\0\0" + struct.pack(">L", len(IPTC)) + IPTC
PROFILE = rgb_profile("Display P3")


@pytest.mark.parametrize("is_big", [False, True], ids=["TIFF", "BigTIFF"])
@pytest.mark.parametrize("order", ["<", ">"], ids=["little-endian", "big-endian"])
def test_xmp_iptc_and_profile_are_read(order: Any, is_big: bool) -> None:
    blocks = {700: XMP, 33723: IPTC, 34675: PROFILE}
    data = tiff(samples([RED], "u1"), Options(photometric=1, order=order, is_big=is_big, blocks=blocks))
    assert read_metadata(io.BytesIO(data), "tiff") == Metadata(data, XMP, IPTC, PROFILE)


def test_iptc_in_photoshop_resources_is_read() -> None:
    data = tiff(samples([RED], "u1"), Options(photometric=1, blocks={34377: RESOURCES}))
    assert read_metadata(io.BytesIO(data), "tiff") == Metadata(data, iptc=IPTC)


def test_iptc_in_the_byte_order_of_the_file_is_read() -> None:
    words = struct.pack("<3L", *struct.unpack(">3L", IPTC + bytes(2)))
    data = tiff_file([(33723, 4, 3, 26)], tail=words)
    assert read_metadata(io.BytesIO(data), "tiff") == Metadata(data, iptc=IPTC + bytes(2))


@pytest.mark.parametrize("tag", [700, 33723, 34377, 34675])
@pytest.mark.parametrize(("count", "offset"), [(2**32 - 1, 8), (1000, 8), (100, 2**32 - 1), (0, 0)])
def test_damaged_metadata_is_omitted(tag: int, count: int, offset: int) -> None:
    data = tiff_file([(tag, 7, count, offset)])
    assert read_metadata(io.BytesIO(data), "tiff") == Metadata(data)


def test_large_metadata_is_omitted() -> None:
    large = bytes([65]) * (MAX_METADATA_BYTES + 1)
    data = tiff(samples([RED], "u1"), Options(photometric=1, blocks={700: large, 33723: large}))
    assert read_metadata(io.BytesIO(data), "tiff") == Metadata(data)


def test_metadata_of_a_damaged_tiff_is_empty() -> None:
    assert read_metadata(io.BytesIO(b"II*\0\xff\xff\xff\xff"), "tiff") == Metadata()


@pytest.mark.parametrize("tag", [270, 305, 315, 700, 33723, 34377, 34675, 37724, 65000])
def test_damaged_tags_refuse_no_photo(tag: int) -> None:
    plain = tiff(samples([RED], "u1"), Options(photometric=1))
    for kind in (1, 2, 3, 4, 5, 7, 12, 16):
        (start,) = struct.unpack("<L", plain[4:8])
        (count,) = struct.unpack("<H", plain[start : start + 2])
        entry = struct.pack("<HHLL", tag, kind, 2**31 - 1, 8)
        table = plain[start + 2 : start + 2 + 12 * count] + entry
        data = plain[:4] + struct.pack("<L", len(plain)) + plain[8:] + struct.pack("<H", count + 1) + table + bytes(4)
        assert mean_difference(show(data), picture([RED, RED, RED])) < 1
