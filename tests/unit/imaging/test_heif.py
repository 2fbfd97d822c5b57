"""AVIF and HEIC files whose boxes do not match the coded data are rejected before they reach a decoder."""

import io
import struct
from collections.abc import Sequence
from dataclasses import replace

import pytest

from photosky.errors import Code
from photosky.imaging.headers.bitstream import av1_pictures, hevc_pictures, hevc_sps_sizes
from photosky.imaging.headers.heif.coded import CodedDataCheck, check_pictures
from photosky.imaging.headers.heif.layout import read_layout
from photosky.imaging.headers.heif.meta import read_meta
from photosky.imaging.headers.heif.metadata import has_gain_map
from photosky.imaging.headers.reading import MAX_METADATA_BYTES, HeaderError, Metadata
from photosky.imaging.metadata import read_metadata
from tests.heifs import HeifItem, auxc, box, coded_item, grid, heif, ispe, without
from tests.pictures import PictureFormat, animation, encoded, tiff_file
from tests.profiles import rgb_profile
from tests.unit.imaging.previews import mean_difference, outcome, rejection, render_presets, show


@pytest.mark.usefixtures("no_decoder")
@pytest.mark.parametrize("picture_format", ["heic", "avif"])
@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_forged_ispe_reaches_no_decoder(picture_format: PictureFormat, mode: str) -> None:
    code, detail = rejection(_with_ispe(encoded(picture_format, mode=mode, size=(640, 400)), (16, 16)))
    reason = "the file declares 16 x 16 pixels, but the coded data has 640 x 400"
    assert code == Code.CORRUPT_IMAGE
    assert detail.startswith(f"The {picture_format.upper()} data is invalid: {reason}")


@pytest.mark.usefixtures("no_decoder")
def test_forged_grid_size_reaches_no_decoder() -> None:
    data = encoded("heic", size=(700, 500), tile_size=256)
    grid = struct.pack(">HH", 700, 500)
    assert data.count(b"\0\0\1\2" + grid) == 1
    code, detail = rejection(data.replace(b"\0\0\1\2" + grid, b"\0\0\1\2" + struct.pack(">HH", 60000, 60000)))
    reason = "the file declares 700 x 500 pixels, but the coded data has 60000 x 60000"
    assert (code, reason in detail) == (Code.CORRUPT_IMAGE, True)


def test_grid_with_oversized_tiles_is_rejected() -> None:
    data = encoded("heic", size=(300, 300), tile_size=256)
    ispe = b"ispe" + bytes(4)
    first = data.index(ispe + struct.pack(">LL", 256, 256))
    forged = data[: first + 8] + struct.pack(">LL", 30000, 30000) + data[first + 16 :]
    with pytest.raises(HeaderError, match="the grid's tiles are larger than the image"):
        read_layout(io.BytesIO(forged), 1)


def test_tiles_that_share_data_are_rejected() -> None:
    data = encoded("heic", size=(700, 500), tile_size=256)
    meta = read_meta(io.BytesIO(data))
    CodedDataCheck(io.BytesIO(data), meta, bytes_left=len(data)).item(meta.primary_id)
    with pytest.raises(HeaderError, match="several items share the same data"):
        CodedDataCheck(io.BytesIO(data), meta, bytes_left=len(data) // 2).item(meta.primary_id)


@pytest.mark.usefixtures("no_decoder")
@pytest.mark.parametrize("codec", [b"jpeg", b"unci", b"j2k1", b"av01"])
def test_heic_with_another_codec_reaches_no_decoder(codec: bytes) -> None:
    code, detail = rejection(encoded("heic").replace(b"hvc1\0", codec + b"\0"))
    assert (code, f"HEIF with codec '{codec.decode()}'" in detail) == (Code.UNSUPPORTED_FORMAT, True)


@pytest.mark.parametrize("kind", [b"pitm", b"iinf", b"iref", b"iloc"])
def test_empty_and_truncated_boxes_are_handled(kind: bytes) -> None:
    data = encoded("heic", size=(150, 100), tile_size=64)
    box = data.index(kind) - 4
    size = int.from_bytes(data[box : box + 4])
    outcomes = set()
    for left in range(8, size):
        filler = struct.pack(">L4s", size - left, b"free") if size - left >= 8 else b""
        kept = struct.pack(">L", left if filler else size) + data[box + 4 : box + left]
        outcomes.add(outcome(data[:box] + (kept + filler).ljust(size, b"\0") + data[box + size :]))
    assert outcomes <= {"heic", Code.CORRUPT_IMAGE, Code.UNSUPPORTED_FORMAT}


def test_items_with_many_pictures_are_rejected() -> None:
    with pytest.raises(HeaderError, match="an image item has 5 coded pictures; the limit is 4"):
        check_pictures([], 5, (1, 1))


def test_items_with_many_units_are_rejected() -> None:
    with pytest.raises(HeaderError, match="an image item has more than 20000 units"):
        av1_pictures(b"\x12\0" * 20_001)
    with pytest.raises(HeaderError, match="an image item has more than 20000 units"):
        hevc_pictures(b"\0\0\0\1\x02" * 20_002, 4)


def test_av1_sequence_headers_have_the_encoded_size() -> None:
    assert av1_pictures(_coded_data(encoded("avif", size=(641, 399)), b"av01")) == ([(641, 399)], 1)


def test_hevc_data_has_one_picture() -> None:
    assert hevc_pictures(_coded_data(encoded("heic", size=(640, 400)), b"hvc1"), 4) == ([], 1)


def test_hevc_parameter_sets_have_the_encoded_size() -> None:
    # The sequence parameter set of a 64 x 64 picture in the Main Still Picture profile, as x265 writes it.
    data = encoded("heic", size=(64, 64))
    start = data.index(b"\x42\x01\x01")
    assert hevc_sps_sizes(data[start : start + 40]) == [(64, 64)]
    assert hevc_sps_sizes(b"\x42\x09" + bytes(30)) == []


# Only what is decoded is checked

ALPHA = b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha"
GAIN_MAP = b"urn:com:apple:photo:2020:aux:hdrgainmap"
TONE_MAP = bytes(6) + struct.pack(">4L", 0, 1, 1, 1) + struct.pack(">lLlLLLlLlL", 0, 1, 1, 1, 1, 1, 0, 1, 0, 1)
EXIF = tiff_file([(0x010F, 2, 6, 26)], tail=b"Maker\0")
HEIF_FORMATS: Sequence[PictureFormat] = ("avif", "heic")


@pytest.mark.parametrize("picture_format", HEIF_FORMATS)
@pytest.mark.parametrize(
    "tail",
    [
        b"x",
        bytes(4),
        bytes(20),
        b"\0\0\0\3free",
        b"\0\0\0\5hello world",
        b"\0\0\0\1free\0",
        b"\0\0\0\0free" + bytes(20),
        b"\0\0\0\x0cjunkjunk",
        b"\xff\xff\xff\xffjunk",
        b"some text without any box",
    ],
)
def test_bytes_after_the_last_box_are_ignored(picture_format: PictureFormat, tail: bytes) -> None:
    assert outcome(encoded(picture_format) + tail) == picture_format


def test_bytes_after_the_last_box_of_a_sequence_are_ignored() -> None:
    data = animation("avif", 3, (64, 48))
    assert {outcome(data + tail) for tail in (b"x", bytes(20), b"\0\0\0\5hello")} == {"avif"}


@pytest.mark.parametrize("picture_format", HEIF_FORMATS)
@pytest.mark.parametrize("has_alpha_grid", [False, True])
@pytest.mark.parametrize("has_gain_map_grid", [False, True])
def test_grids_whose_tiles_are_equal_are_displayed(
    picture_format: PictureFormat, has_alpha_grid: bool, has_gain_map_grid: bool
) -> None:
    source, tile = _coded(picture_format, 128)
    _, grey = _coded(picture_format, 64, "L")
    _, alpha = _coded(picture_format, 128, "L")
    items = {1: _grid(tile, 10, 256), **dict.fromkeys(range(10, 14), tile), 40: _tone_map((1, 2))}
    items |= {2: _grid(grey, 20, 128), **dict.fromkeys(range(20, 24), grey)} if has_gain_map_grid else {2: grey}
    if has_alpha_grid:
        items |= {3: _auxiliary(_grid(alpha, 30, 256), ALPHA), **dict.fromkeys(range(30, 34), alpha)}
    image = show(heif(source, items, brands=[b"tmap"]))
    assert (image.size, image.mode) == ((256, 256), "RGBA" if has_alpha_grid else "RGB")
    quarter = show(source).convert(image.mode).crop((8, 8, 120, 120))
    assert mean_difference(image.convert("RGB").crop((136, 136, 248, 248)), quarter.convert("RGB")) < 8


def test_many_equal_tiles_are_displayed() -> None:
    source, tile = _coded("avif", 128)
    items = {1: _grid(tile, 100, 128 * 6, 6), **dict.fromkeys(range(100, 136), tile)}
    assert show(heif(source, items)).size == (768, 768)


@pytest.mark.usefixtures("no_decoder")
def test_shared_data_beyond_a_byte_per_pixel_is_rejected() -> None:
    source, tile = _coded("avif", 64)
    padded = replace(tile, data=tile.data + b"\x7a\x00" * 9000)
    items = {1: _grid(tile, 100, 64 * 6, 6), **dict.fromkeys(range(100, 136), padded)}
    assert "several items share the same data" in rejection(heif(source, items))[1]


@pytest.mark.parametrize("picture_format", HEIF_FORMATS)
@pytest.mark.parametrize(
    "tone_map",
    [TONE_MAP, TONE_MAP + b"xyz", b"\x09" + TONE_MAP[1:], b"\0\0\x09\0\x09" + TONE_MAP[5:], TONE_MAP[:9], b""],
    ids=["valid", "extra bytes", "version", "minimum version", "truncated", "empty"],
)
@pytest.mark.parametrize("inputs", [(1, 2), (1, 9), (1,), ()])
def test_gain_map_metadata_is_not_needed(picture_format: PictureFormat, tone_map: bytes, inputs: Sequence[int]) -> None:
    source, image = _coded(picture_format, 128)
    _, grey = _coded(picture_format, 64, "L")
    items = {1: image, 2: grey, 3: replace(_tone_map(inputs), data=tone_map)}
    assert outcome(heif(source, items, brands=[b"tmap"])) == picture_format


@pytest.mark.parametrize("picture_format", HEIF_FORMATS)
def test_brand_of_gain_maps_needs_no_gain_map(picture_format: PictureFormat) -> None:
    source, image = _coded(picture_format, 128)
    assert outcome(heif(source, {1: image}, brands=[b"tmap"])) == picture_format


@pytest.mark.parametrize("picture_format", HEIF_FORMATS)
def test_gain_maps_need_no_size(picture_format: PictureFormat) -> None:
    source, image = _coded(picture_format, 128)
    _, grey = _coded(picture_format, 64, "L")
    items = {1: image, 2: _auxiliary(without(grey, b"ispe"), GAIN_MAP), 3: without(grey, b"ispe"), 4: _tone_map((1, 3))}
    assert outcome(heif(source, items, brands=[b"tmap"])) == picture_format


@pytest.mark.parametrize("picture_format", HEIF_FORMATS)
def test_alpha_without_a_size_is_displayed(picture_format: PictureFormat) -> None:
    source, image = _coded(picture_format, 128)
    _, grey = _coded(picture_format, 128, "L")
    shown = [
        show(heif(source, {1: image, 2: _auxiliary(alpha, ALPHA)}) + b"\0\0\0\5tail")
        for alpha in (grey, without(grey, b"ispe"))
    ]
    assert shown[0].mode == "RGBA"
    assert mean_difference(*shown) == 0


@pytest.mark.usefixtures("no_decoder")
@pytest.mark.parametrize("picture_format", HEIF_FORMATS)
def test_alpha_without_a_size_is_not_larger_than_its_image(picture_format: PictureFormat) -> None:
    source, image = _coded(picture_format, 64)
    _, grey = _coded(picture_format, 512, "L")
    data = heif(source, {1: image, 2: _auxiliary(without(grey, b"ispe"), ALPHA)})
    assert "declares 64 x 64 pixels, but the coded data has 512 x 512" in rejection(data)[1]


@pytest.mark.usefixtures("no_decoder")
@pytest.mark.parametrize("picture_format", HEIF_FORMATS)
def test_alpha_of_tiles_is_checked(picture_format: PictureFormat) -> None:
    source, tile = _coded(picture_format, 64)
    _, grey = _coded(picture_format, 512, "L")
    items = {1: _grid(tile, 10, 128), **dict.fromkeys(range(10, 14), tile)}
    items[20] = replace(_auxiliary(grey, ALPHA), references=[(b"auxl", [10])])
    assert "declares 64 x 64 pixels, but the coded data has 512 x 512" in rejection(heif(source, items))[1]


@pytest.mark.usefixtures("no_decoder")
@pytest.mark.parametrize("picture_format", HEIF_FORMATS)
def test_items_derived_from_themselves_reach_no_decoder(picture_format: PictureFormat) -> None:
    source, tile = _coded(picture_format, 64)
    looped = replace(_grid(tile, 10, 128), references=[(b"dimg", [1, 1, 10, 10])])
    assert outcome(heif(source, {1: looped, 10: tile})) == Code.CORRUPT_IMAGE


@pytest.mark.usefixtures("no_decoder")
@pytest.mark.parametrize("picture_format", HEIF_FORMATS)
def test_alpha_that_is_derived_from_its_image_reaches_no_decoder(picture_format: PictureFormat) -> None:
    source, tile = _coded(picture_format, 64)
    alpha = replace(_auxiliary(_grid(tile, 1, 64, 1), ALPHA), references=[(b"auxl", [1]), (b"dimg", [1])])
    assert outcome(heif(source, {1: tile, 2: alpha})) == Code.CORRUPT_IMAGE


# Metadata

DESCRIBES = [(b"cdsc", [1])]


@pytest.mark.parametrize("picture_format", HEIF_FORMATS)
@pytest.mark.parametrize("prefix", [bytes(4), b"\0\0\0\6Exif\0\0", b"\0\0\0\0Exif\0\0", b"\xff\xff\xff\xff", b""])
def test_exif_xmp_and_profile_are_read(picture_format: PictureFormat, prefix: bytes) -> None:
    profile = b"prof" + rgb_profile("Display P3")
    source, image = _coded(picture_format, 64)
    image = replace(without(image, b"colr"), properties=[*without(image, b"colr").properties, box(b"colr", profile)])
    items = {
        1: image,
        2: HeifItem(b"Exif", prefix + EXIF, [], DESCRIBES),
        3: HeifItem(b"mime", b"<x:xmpmeta/>", [], DESCRIBES, b"application/rdf+xml"),
    }
    expected = Metadata(exif=EXIF, xmp=b"<x:xmpmeta/>", icc_profile=profile[4:])
    data = heif(source, items)
    assert read_metadata(io.BytesIO(data), picture_format) == expected
    assert render_presets(data).capture.camera == "Maker"


@pytest.mark.parametrize("picture_format", HEIF_FORMATS)
@pytest.mark.parametrize(
    "item",
    [
        HeifItem(b"Exif", bytes(4) + EXIF + bytes(MAX_METADATA_BYTES), [], DESCRIBES),
        HeifItem(b"Exif", bytes(4) + EXIF, [], [(b"cdsc", [7])]),
        HeifItem(b"Exif", b"abc", [], DESCRIBES),
        HeifItem(b"Exif", b"", [], DESCRIBES),
        HeifItem(b"Exif", bytes(100), [], DESCRIBES),
        HeifItem(b"mime", b"text", [], DESCRIBES, b"text/plain"),
        HeifItem(b"mime", b"packed", [], DESCRIBES, b"application/rdf+xml\0deflate"),
    ],
    ids=["too large", "of another image", "short", "empty", "not EXIF", "plain text", "compressed"],
)
def test_unusable_metadata_is_omitted(picture_format: PictureFormat, item: HeifItem) -> None:
    source, image = _coded(picture_format, 64)
    data = heif(source, {1: image, 2: item})
    assert read_metadata(io.BytesIO(data), picture_format) == Metadata()
    assert outcome(data) == picture_format


@pytest.mark.parametrize("picture_format", HEIF_FORMATS)
@pytest.mark.parametrize("field", ["offset", "size"])
def test_metadata_outside_the_file_is_omitted(picture_format: PictureFormat, field: str) -> None:
    source, image = _coded(picture_format, 64)
    data = heif(source, {1: image, 2: HeifItem(b"Exif", bytes(4) + EXIF, [], DESCRIBES)})
    size = data.index(struct.pack(">L", 4 + len(EXIF)), data.index(b"iloc"))
    start = size - 4 if field == "offset" else size
    data = data[:start] + b"\x7f\xff\xff\xf0" + data[start + 4 :]
    assert read_metadata(io.BytesIO(data), picture_format) == Metadata()
    assert outcome(data) == picture_format


@pytest.mark.parametrize("picture_format", HEIF_FORMATS)
@pytest.mark.parametrize("body", [b"", b"nclx", b"xxxx\0", b"prof", b"prof" + bytes(20)])
def test_invalid_colour_properties_are_ignored(picture_format: PictureFormat, body: bytes) -> None:
    source, image = _coded(picture_format, 64)
    changed = without(image, b"colr")
    data = heif(source, {1: replace(changed, properties=[*changed.properties, box(b"colr", body)])})
    assert outcome(data) == picture_format


def test_heif_without_a_meta_box_has_no_metadata() -> None:
    data = b"\0\0\0\x14ftypavif\0\0\0\0avif"
    assert (read_metadata(io.BytesIO(data), "avif"), has_gain_map(io.BytesIO(data))) == (Metadata(), False)


@pytest.mark.parametrize("picture_format", HEIF_FORMATS)
def test_gain_maps_are_detected(picture_format: PictureFormat) -> None:
    source, image = _coded(picture_format, 128)
    _, grey = _coded(picture_format, 64, "L")
    files = {
        "plain": {1: image},
        "alpha": {1: image, 2: _auxiliary(grey, ALPHA)},
        "Apple": {1: image, 2: _auxiliary(grey, GAIN_MAP)},
        "ISO": {1: image, 2: grey, 3: _tone_map((1, 2))},
    }
    found = {name: has_gain_map(io.BytesIO(heif(source, items))) for name, items in files.items()}
    assert found == {"plain": False, "alpha": False, "Apple": True, "ISO": True}


def _coded(picture_format: PictureFormat, edge: int, mode: str = "RGB") -> tuple[bytes, HeifItem]:
    data = encoded(picture_format, mode=mode, size=(edge, edge))
    return data, coded_item(data)


def _grid(tile: HeifItem, first: int, edge: int, columns: int = 2) -> HeifItem:
    """A grid of `columns` x `columns` tiles whose ids start at `first`."""
    properties = [ispe(edge, edge), *(found for found in tile.properties if found[4:8] in (b"pixi", b"colr"))]
    data = grid(columns, columns, edge, edge)
    return HeifItem(b"grid", data, properties, [(b"dimg", range(first, first + columns**2))])


def _auxiliary(item: HeifItem, urn: bytes) -> HeifItem:
    """The item as an auxiliary image of item 1."""
    return replace(item, properties=[*item.properties, auxc(urn)], references=[*item.references, (b"auxl", [1])])


def _tone_map(inputs: Sequence[int]) -> HeifItem:
    return HeifItem(b"tmap", TONE_MAP, [ispe(128, 128)], [(b"dimg", inputs)] if inputs else [])


def _with_ispe(data: bytes, size: tuple[int, int]) -> bytes:
    """The file with this size in every `ispe` box."""
    parts = data.split(b"ispe" + bytes(4))
    return (b"ispe" + bytes(4)).join([parts[0], *(struct.pack(">LL", *size) + part[8:] for part in parts[1:])])


def _coded_data(data: bytes, kind: bytes) -> bytes:
    """The data of the first item of this type."""
    meta = read_meta(io.BytesIO(data))
    check = CodedDataCheck(io.BytesIO(data), meta, len(data))
    return check.data(next(item for item in meta.items.values() if item.kind == kind))
