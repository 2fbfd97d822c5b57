"""Files that are made to hurt are refused before a decoder meets them, or cost no more than an honest one."""

import io
import struct
import zlib
from typing import Any

import pytest
import pyvips
from PIL import Image

from photosky.errors import Code, PhotoSkyError
from photosky.imaging import decoding
from photosky.imaging.headers import jpeg, png
from photosky.imaging.headers.bitstream import av1_pictures, hevc_pictures, hevc_sps_sizes
from photosky.imaging.headers.heif.coded import CodedDataCheck, check_pictures
from photosky.imaging.headers.heif.meta import read_meta
from photosky.imaging.headers.reading import HeaderError
from photosky.imaging.limits import DEFAULT_LIMITS, check_scans
from photosky.imaging.presets import Preset
from photosky.imaging.rendering import Rendered, render
from tests.pictures import (
    PictureFormat,
    bomb_png,
    encoded,
    giant_jpeg,
    many_scans,
    photograph,
    png_chunk,
    png_file,
    tiff_file,
    webp_claiming,
)

FORMATS: tuple[PictureFormat, ...] = ("jpeg", "png", "webp", "gif", "tiff", "avif", "heic")
SMALL = Preset("small", 64, 64, effort=0)
HINT = "Upload an undamaged copy of the file."


def rendered(data: bytes) -> Rendered:
    return render(data, [SMALL], DEFAULT_LIMITS)


def refusal(data: bytes) -> tuple[Code, str]:
    with pytest.raises(PhotoSkyError) as caught:
        rendered(data)
    return caught.value.code, caught.value.detail


@pytest.fixture
def undecoded(monkeypatch: pytest.MonkeyPatch) -> None:
    """No decoder may be reached in this test."""

    def reached(*_: object, **__: object) -> None:
        raise AssertionError("a decoder was reached")

    monkeypatch.setattr(decoding, "_open", reached)


# Pixels, frames, scans


@pytest.mark.usefixtures("undecoded")
@pytest.mark.parametrize(
    "data",
    [bomb_png(20000, 20000), webp_claiming(16384, 10800), giant_jpeg(), png_file(2**31 - 1, 2**31 - 1)],
    ids=["PNG of 20000 x 20000", "WebP of 34 bytes and 177 MP", "JPEG of 280 MP", "PNG of 4 exapixels"],
)
def test_a_bomb_of_pixels_reaches_no_decoder(data: bytes) -> None:
    assert refusal(data)[0] == Code.TOO_MANY_PIXELS


@pytest.mark.usefixtures("undecoded")
def test_a_gif_and_a_webp_of_ten_thousand_frames_reach_no_decoder() -> None:
    gif = b"GIF89a\1\0\1\0\x80\0\0" + bytes(6) + b",\0\0\0\0\1\0\1\0\0\2\2L\1\0" * 10_000 + b";"
    canvas = b"VP8X" + struct.pack("<L", 10) + b"\x02" + bytes(9)
    webp = b"RIFF\0\0\0\0WEBP" + canvas + (b"ANMF" + struct.pack("<L", 16) + bytes(16)) * 10_000
    assert (refusal(gif)[0], refusal(webp)[0]) == (Code.TOO_MANY_FRAMES, Code.TOO_MANY_FRAMES)


@pytest.mark.usefixtures("undecoded")
def test_a_progressive_jpeg_of_306_scans_reaches_no_decoder() -> None:
    assert refusal(many_scans(306)) == (
        Code.CORRUPT_IMAGE,
        "The JPEG has more than 100 scans. Upload it as a baseline JPEG.",
    )


def test_a_large_jpeg_may_have_fewer_scans_than_a_small_one() -> None:
    check_scans(100, 40_000_000)
    check_scans(28, 140_000_000)
    with pytest.raises(PhotoSkyError) as caught:
        check_scans(29, 140_000_000)
    assert caught.value.code == Code.CORRUPT_IMAGE
    assert caught.value.detail == "The JPEG has more than 28 scans. Upload it as a baseline JPEG."


# Metadata


@pytest.mark.usefixtures("undecoded")
def test_a_jpeg_of_endless_exif_segments_reaches_no_decoder() -> None:
    segment = b"\xff\xe1" + struct.pack(">H", 65535) + b"Exif\0\0" + bytes(65527)
    data = encoded("jpeg")
    detail = f"The file header is invalid: the JPEG has more than {jpeg.MAX_EXIF_SEGMENTS} EXIF segments. {HINT}"
    assert refusal(data[:2] + segment * 17 + data[2:]) == (Code.CORRUPT_IMAGE, detail)


def test_a_megabyte_of_exif_and_comments_is_no_bomb() -> None:
    exif = b"\xff\xe1" + struct.pack(">H", 65535) + b"Exif\0\0" + bytes(65527)
    comment = b"\xff\xfe" + struct.pack(">H", 65535) + bytes(65533)
    data = encoded("jpeg")
    assert rendered(data[:2] + exif * 16 + comment * 16 + data[2:]).format == "jpeg"
    data = encoded("gif")
    comment = b"!\xfe" + (b"\xff" + b"c" * 255) * 4096 + b"\0"
    assert rendered(data[: 13 + 768] + comment + data[13 + 768 :]).format == "gif"
    assert rendered(encoded("png", pnginfo=None, comment="c" * 1_000_000)).format == "png"


@pytest.mark.parametrize("name", [b"tEXt", b"zTXt", b"iTXt"])
def test_a_text_that_inflates_to_a_hundred_megabytes_is_not_inflated(name: bytes) -> None:
    packed = zlib.compress(bytes(100_000_000), 9)
    head = {b"tEXt": b"a\0", b"zTXt": b"a\0\0", b"iTXt": b"a\0\1\0\0\0"}[name]
    assert rendered(png_file(1, 1, png_chunk(name, head + packed), data=bytes(4))).format == "png"


@pytest.mark.usefixtures("undecoded")
def test_300_000_text_chunks_reach_no_decoder_before_or_after_the_pixels() -> None:
    texts = png_chunk(b"tEXt", b"a\0b") * 300_000
    assert refusal(png_file(1, 1, texts, data=bytes(4)))[1].endswith(
        f"more than 1000 chunks before its image data. {HINT}"
    )
    whole = png_file(1, 1, data=bytes(4))
    end = whole.index(b"IEND") - 4
    detail = f"The PNG data is invalid: the PNG has more than {png.MAX_CHUNKS} chunks. {HINT}"
    assert refusal(whole[:end] + texts + whole[end:]) == (Code.CORRUPT_IMAGE, detail)


# TIFF

BASE = [(256, 4, 1, 8), (257, 4, 1, 8), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1), (277, 3, 1, 1)]


@pytest.mark.usefixtures("undecoded")
@pytest.mark.parametrize(
    ("entries", "code"),
    [
        ([*BASE, (273, 4, 300_001, 8), (279, 4, 300_001, 8)], Code.CORRUPT_IMAGE),
        ([*BASE, (278, 4, 1, 8), (322, 4, 1, 2**20), (323, 4, 1, 2**20)], Code.TOO_MANY_PIXELS),
        ([(259, 3, 1, 34661)], Code.UNSUPPORTED_FORMAT),
        ([(259, 3, 1, 50001)], Code.UNSUPPORTED_FORMAT),
    ],
    ids=["300,001 strips", "a tile of a terapixel", "JBIG", "WebP inside"],
)
def test_a_hostile_tiff_reaches_no_decoder(entries: list[tuple[int, int, int, int]], code: Code) -> None:
    assert refusal(tiff_file(sorted(entries)))[0] == code


@pytest.mark.usefixtures("undecoded")
def test_a_tiff_of_endless_directories_reaches_no_decoder() -> None:
    ring = tiff_file(BASE, next_offset=8)
    detail = f"The file header is invalid: the TIFF's directories form a loop. {HINT}"
    assert refusal(ring) == (Code.CORRUPT_IMAGE, detail)
    chain = bytearray(tiff_file(BASE))
    chain[-4:] = struct.pack("<L", len(chain))
    for _ in range(1000):
        chain += struct.pack("<H", 4096) + bytes(4096 * 12) + struct.pack("<L", len(chain) + 2 + 4096 * 12 + 4)
    assert refusal(bytes(chain))[0] == Code.TOO_MANY_FRAMES


def test_a_tiff_whose_tags_claim_gigabytes_is_shown_or_refused() -> None:
    data = encoded("tiff", size=(64, 48))
    outcomes = set()
    for tag in (270, 305, 315, 700, 33723, 34377, 34675, 37724, 65000):
        for kind in (1, 2, 3, 4, 5, 7, 12, 16):
            entry = struct.pack("<HHLL", tag, kind, 2**31 - 1, 8)
            outcomes.add(_outcome(_with_entry(data, entry)))
    assert outcomes <= {"tiff", Code.CORRUPT_IMAGE}


def _with_entry(data: bytes, entry: bytes) -> bytes:
    """The TIFF with one more entry in a copy of its directory."""
    (offset,) = struct.unpack("<L", data[4:8])
    (count,) = struct.unpack("<H", data[offset : offset + 2])
    table = data[offset + 2 : offset + 2 + 12 * count] + entry
    return data[:4] + struct.pack("<L", len(data)) + data[8:] + struct.pack("<H", count + 1) + table + bytes(4)


def _outcome(data: bytes) -> str | Code:
    try:
        return rendered(data).format
    except PhotoSkyError as error:
        return error.code


# HEIC and AVIF


def lying(data: bytes, size: tuple[int, int]) -> bytes:
    """The file with every `ispe` box telling a size of its own."""
    parts = data.split(b"ispe" + bytes(4))
    return (b"ispe" + bytes(4)).join([parts[0], *(struct.pack(">LL", *size) + part[8:] for part in parts[1:])])


@pytest.mark.usefixtures("undecoded")
@pytest.mark.parametrize("picture_format", ["heic", "avif"])
@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_an_ispe_that_lies_reaches_no_decoder(picture_format: PictureFormat, mode: str) -> None:
    code, detail = refusal(lying(encoded(picture_format, mode=mode, size=(640, 400)), (16, 16)))
    name = picture_format.upper()
    assert code == Code.CORRUPT_IMAGE
    assert detail.startswith(
        f"The {name} data is invalid: the file declares 16 x 16 pixels, but the coded data has 640 x 400"
    )


@pytest.mark.usefixtures("undecoded")
def test_a_heic_grid_whose_own_data_tell_more_reaches_no_decoder() -> None:
    data = encoded("heic", size=(700, 500), tile_size=256)
    grid = struct.pack(">HH", 700, 500)
    assert data.count(b"\0\0\1\2" + grid) == 1
    code, detail = refusal(data.replace(b"\0\0\1\2" + grid, b"\0\0\1\2" + struct.pack(">HH", 60000, 60000)))
    assert (code, "700 x 500 pixels, but the coded data has 60000 x 60000" in detail) == (Code.CORRUPT_IMAGE, True)


def test_heic_tiles_that_share_their_data_are_refused() -> None:
    data = encoded("heic", size=(700, 500), tile_size=256)
    meta = read_meta(io.BytesIO(data))
    CodedDataCheck(io.BytesIO(data), meta, bytes_left=len(data)).item(meta.primary_id)
    with pytest.raises(HeaderError, match="several items share the same data"):
        CodedDataCheck(io.BytesIO(data), meta, bytes_left=len(data) // 2).item(meta.primary_id)


@pytest.mark.usefixtures("undecoded")
@pytest.mark.parametrize("kind", [b"jpeg", b"unci", b"j2k1", b"av01"])
def test_a_heic_that_is_coded_in_another_way_reaches_no_decoder(kind: bytes) -> None:
    code, detail = refusal(encoded("heic").replace(b"hvc1\0", kind + b"\0"))
    assert (code, f"HEIF with codec '{kind.decode()}'" in detail) == (Code.UNSUPPORTED_FORMAT, True)


@pytest.mark.parametrize("kind", [b"pitm", b"iinf", b"iref", b"iloc"])
def test_a_heif_box_that_is_empty_or_cut_is_told(kind: bytes) -> None:
    data = encoded("heic", size=(150, 100), tile_size=64)
    box = data.index(kind) - 4
    size = int.from_bytes(data[box : box + 4])
    outcomes = set()
    for left in range(8, size):
        filler = struct.pack(">L4s", size - left, b"free") if size - left >= 8 else b""
        kept = struct.pack(">L", left if filler else size) + data[box + 4 : box + left]
        outcomes.add(_outcome(data[:box] + (kept + filler).ljust(size, b"\0") + data[box + size :]))
    assert outcomes <= {"heic", Code.CORRUPT_IMAGE, Code.UNSUPPORTED_FORMAT}


def test_coded_data_of_many_pictures_are_refused() -> None:
    with pytest.raises(HeaderError, match="an image item has 5 coded pictures; the limit is 4"):
        check_pictures([], 5, (1, 1))
    with pytest.raises(HeaderError, match="an image item has more than 20000 units"):
        av1_pictures(b"\x12\0" * 20_001)
    with pytest.raises(HeaderError, match="an image item has more than 20000 units"):
        hevc_pictures(b"\0\0\0\1\x02" * 20_002, 4)


def test_sequence_headers_tell_what_was_encoded() -> None:
    def told(data: bytes, kind: bytes) -> Any:
        meta = read_meta(io.BytesIO(data))
        check = CodedDataCheck(io.BytesIO(data), meta, len(data))
        return check.data(next(item for item in meta.items.values() if item.kind == kind))

    assert av1_pictures(told(encoded("avif", size=(641, 399)), b"av01")) == ([(641, 399)], 1)
    assert hevc_pictures(told(encoded("heic", size=(640, 400)), b"hvc1"), 4) == ([], 1)
    # The parameter set of a 64 x 64 picture of the main still profile, as x265 writes it.
    sps = encoded("heic", size=(64, 64))
    start = sps.index(b"\x42\x01\x01")
    assert hevc_sps_sizes(sps[start : start + 40]) == [(64, 64)]
    assert hevc_sps_sizes(b"\x42\x09" + bytes(30)) == []


# Truncation, and what may be reached


@pytest.mark.parametrize("picture_format", FORMATS)
def test_a_file_that_is_cut_at_any_kilobyte_is_shown_or_refused(picture_format: PictureFormat) -> None:
    data = encoded(picture_format, image=photograph(400, 300))
    outcomes = {_outcome(data[:size]) for size in range(1024, len(data), 1024)}
    assert outcomes <= {picture_format, Code.CORRUPT_IMAGE}


def test_only_the_decoder_of_the_sniffed_format_sees_the_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = set()
    opener = Image.open

    def recorded(file: Any, mode: Any = "r", formats: Any = None) -> Any:
        asked.add((_magic(file.getvalue()), formats))
        return opener(file, mode, formats)

    monkeypatch.setattr(Image, "open", recorded)
    heads = [b"BM", b"8BPS", b"P6 1 1 255 ", b"%!PS-Adobe", b"\0\0\1\0", b"SIMPLE  =", b"DDS ", b"\xd7\xcd\xc6\x9a"]
    files = [encoded(picture_format) for picture_format in FORMATS]
    for data in [*files, *(file[:-20] for file in files), *(head + bytes(2000) for head in heads)]:
        _outcome(data)
    assert asked == {
        (b"\xff\xd8", ("JPEG",)),
        (b"\x89P", ("PNG",)),
        (b"RI", ("WEBP",)),
        (b"GI", ("GIF",)),
        (b"II", ("TIFF",)),
        (b"avif", ("AVIF",)),
        (b"heic", ("HEIF",)),
    }


def _magic(data: bytes) -> bytes:
    return data[8:12] if data[4:8] == b"ftyp" else data[:2]


# Image data that end early, but cleanly


def vips_png(image: Image.Image, interlaced: bool) -> bytes:
    """A PNG of an RGB picture by libvips: Pillow does not write interlaced ones."""
    source = pyvips.Image.new_from_memory(image.tobytes(), image.width, image.height, 3, "uchar")
    written: bytes = source.pngsave_buffer(interlace=interlaced, compression=6)
    return written


def without_last_rows(data: bytes, missing: int) -> bytes:
    """The PNG with its image data inflated, cut by so many bytes, and deflated again."""
    offset, head, raw = 8, data[:8], b""
    while offset < len(data):
        size, name = struct.unpack_from(">L4s", data, offset)
        if name == b"IDAT":
            raw += data[offset + 8 : offset + 8 + size]
        elif name != b"IEND":
            head += data[offset : offset + 12 + size]
        offset += 12 + size
    return head + png_chunk(b"IDAT", zlib.compress(zlib.decompress(raw)[:-missing])) + png_chunk(b"IEND", b"")


@pytest.mark.parametrize("interlaced", [False, True])
@pytest.mark.parametrize("missing", [1, 1000, 20_000])
def test_a_png_whose_rows_end_early_is_refused_and_not_filled_with_black(interlaced: bool, missing: int) -> None:
    data = vips_png(photograph(96, 80), interlaced)
    assert rendered(data).width == 96
    assert refusal(without_last_rows(data, missing)) == (Code.CORRUPT_IMAGE, f"The PNG data cannot be decoded. {HINT}")


@pytest.mark.parametrize("interlaced", [False, True])
@pytest.mark.parametrize("size", [(1, 1), (1, 9), (9, 1), (2, 2), (64, 48)])
def test_a_png_that_is_black_is_a_picture(size: tuple[int, int], interlaced: bool) -> None:
    assert rendered(vips_png(Image.new("RGB", size), interlaced)).dominant_color == "#000000"


@pytest.mark.parametrize(("mode", "depth"), [("1", 1), ("L", 8), ("P", 8), ("LA", 8), ("RGBA", 8), ("I;16", 16)])
def test_a_png_of_any_kind_whose_last_rows_are_empty_is_a_picture(mode: str, depth: int) -> None:
    output = io.BytesIO()
    Image.new(mode, (33, 17)).save(output, "PNG", bits=depth)
    assert rendered(output.getvalue()).height == 17


def test_a_png_that_has_a_few_of_its_rows_is_refused() -> None:
    assert refusal(bomb_png(2000, 2000)) == (Code.CORRUPT_IMAGE, f"The PNG data cannot be decoded. {HINT}")
