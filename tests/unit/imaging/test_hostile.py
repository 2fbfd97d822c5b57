"""Malicious files are rejected before they reach a decoder, or take no more resources than valid ones."""

import struct
import zlib
from typing import Any

import pytest
from PIL import Image

from photosky.errors import Code, PhotoSkyError
from photosky.imaging.headers import png
from photosky.imaging.limits import check_scans
from tests.pictures import (
    FORMATS,
    bomb_png,
    encoded,
    giant_jpeg,
    many_scans,
    png_chunk,
    png_file,
    tiff_file,
    webp_declaring,
)
from tests.unit.imaging.previews import DAMAGED_HINT, outcome, rejection

MANY_SCANS = "The JPEG has more than 100 scans. Upload it as a baseline JPEG."


# Pixels, frames, scans


@pytest.mark.usefixtures("no_decoder")
@pytest.mark.parametrize(
    "data",
    [bomb_png(20000, 20000), webp_declaring(16384, 10800), giant_jpeg(), png_file(2**31 - 1, 2**31 - 1)],
    ids=["PNG of 20000 x 20000", "WebP of 34 bytes and 177 MP", "JPEG of 280 MP", "PNG of 4 exapixels"],
)
def test_pixel_bombs_reach_no_decoder(data: bytes) -> None:
    assert rejection(data)[0] == Code.TOO_MANY_PIXELS


@pytest.mark.usefixtures("no_decoder")
def test_ten_thousand_frames_reach_no_decoder() -> None:
    gif = b"GIF89a\1\0\1\0\x80\0\0" + bytes(6) + b",\0\0\0\0\1\0\1\0\0\2\2L\1\0" * 10_000 + b";"
    canvas = b"VP8X" + struct.pack("<L", 10) + b"\x02" + bytes(9)
    webp = b"RIFF\0\0\0\0WEBP" + canvas + (b"ANMF" + struct.pack("<L", 16) + bytes(16)) * 10_000
    assert (rejection(gif)[0], rejection(webp)[0]) == (Code.TOO_MANY_FRAMES, Code.TOO_MANY_FRAMES)


@pytest.mark.usefixtures("no_decoder")
@pytest.mark.parametrize("scans", [101, 306])
def test_jpegs_with_many_scans_reach_no_decoder(scans: int) -> None:
    assert rejection(many_scans(scans)) == (Code.CORRUPT_IMAGE, MANY_SCANS)


def test_jpeg_with_100_scans_is_decoded() -> None:
    assert outcome(many_scans(100)) == "jpeg"


def test_markers_in_metadata_do_not_count_as_scans() -> None:
    assert outcome(encoded("jpeg", comment=b"\xff\xda\0\2" * 200)) == "jpeg"


def test_large_jpegs_may_have_fewer_scans() -> None:
    check_scans(100, 40_000_000)
    check_scans(28, 140_000_000)
    with pytest.raises(PhotoSkyError) as caught:
        check_scans(29, 140_000_000)
    assert caught.value.code == Code.CORRUPT_IMAGE
    assert caught.value.detail == "The JPEG has more than 28 scans. Upload it as a baseline JPEG."


# Metadata


def test_repeated_exif_segments_cost_nothing() -> None:
    segment = b"\xff\xe1" + struct.pack(">H", 65535) + b"Exif\0\0" + bytes(65527)
    data = encoded("jpeg")
    assert outcome(data[:2] + segment * 900 + data[2:]) == "jpeg"


def test_jpeg_with_a_megabyte_of_metadata_is_accepted() -> None:
    exif = b"\xff\xe1" + struct.pack(">H", 65535) + b"Exif\0\0" + bytes(65527)
    comment = b"\xff\xfe" + struct.pack(">H", 65535) + bytes(65533)
    data = encoded("jpeg")
    assert outcome(data[:2] + exif * 16 + comment * 16 + data[2:]) == "jpeg"


def test_gif_with_a_megabyte_of_comments_is_accepted() -> None:
    data = encoded("gif")
    comment = b"!\xfe" + (b"\xff" + b"c" * 255) * 4096 + b"\0"
    assert outcome(data[: 13 + 768] + comment + data[13 + 768 :]) == "gif"


def test_png_with_a_megabyte_of_text_is_accepted() -> None:
    assert outcome(encoded("png", pnginfo=None, comment="c" * 1_000_000)) == "png"


@pytest.mark.parametrize(("name", "prefix"), [(b"tEXt", b"a\0"), (b"zTXt", b"a\0\0"), (b"iTXt", b"a\0\1\0\0\0")])
def test_png_text_is_not_inflated(name: bytes, prefix: bytes) -> None:
    packed = zlib.compress(bytes(100_000_000), 9)
    assert outcome(png_file(1, 1, png_chunk(name, prefix + packed), data=bytes(4))) == "png"


@pytest.mark.usefixtures("no_decoder")
def test_pngs_with_300_000_chunks_reach_no_decoder() -> None:
    texts = png_chunk(b"tEXt", b"a\0b") * 300_000
    _, detail = rejection(png_file(1, 1, texts, data=bytes(4)))
    assert detail.endswith(f"more than 1000 chunks before its image data. {DAMAGED_HINT}")
    data = png_file(1, 1, data=bytes(4))
    end = data.index(b"IEND") - 4
    reason = f"The PNG data is invalid: the PNG has more than {png.MAX_CHUNKS} chunks."
    assert rejection(data[:end] + texts + data[end:]) == (Code.CORRUPT_IMAGE, f"{reason} {DAMAGED_HINT}")


# TIFF

TAGS = [(256, 4, 1, 8), (257, 4, 1, 8), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1), (277, 3, 1, 1)]


@pytest.mark.usefixtures("no_decoder")
@pytest.mark.parametrize(
    ("entries", "code"),
    [
        ([*TAGS, (273, 4, 300_001, 8), (279, 4, 300_001, 8)], Code.CORRUPT_IMAGE),
        ([*TAGS, (278, 4, 1, 8), (322, 4, 1, 2**20), (323, 4, 1, 2**20)], Code.TOO_MANY_PIXELS),
        ([(259, 3, 1, 34661)], Code.UNSUPPORTED_FORMAT),
        ([(259, 3, 1, 50001)], Code.UNSUPPORTED_FORMAT),
    ],
    ids=["300,001 strips", "tile of a terapixel", "JBIG", "WebP compression"],
)
def test_malicious_tiffs_reach_no_decoder(entries: list[tuple[int, int, int, int]], code: Code) -> None:
    assert rejection(tiff_file(sorted(entries)))[0] == code


@pytest.mark.usefixtures("no_decoder")
def test_tiff_directory_loops_reach_no_decoder() -> None:
    detail = f"The file header is invalid: the TIFF's directories form a loop. {DAMAGED_HINT}"
    assert rejection(tiff_file(TAGS, next_offset=8)) == (Code.CORRUPT_IMAGE, detail)


@pytest.mark.usefixtures("no_decoder")
def test_long_tiff_directory_chains_reach_no_decoder() -> None:
    chain = bytearray(tiff_file(TAGS))
    chain[-4:] = struct.pack("<L", len(chain))
    for _ in range(1000):
        chain += struct.pack("<H", 4096) + bytes(4096 * 12) + struct.pack("<L", len(chain) + 2 + 4096 * 12 + 4)
    assert rejection(bytes(chain))[0] == Code.TOO_MANY_FRAMES


def test_tiff_tags_that_declare_gigabytes_are_handled() -> None:
    data = encoded("tiff", size=(64, 48))
    outcomes = set()
    for tag in (270, 305, 315, 700, 33723, 34377, 34675, 37724, 65000):
        for kind in (1, 2, 3, 4, 5, 7, 12, 16):
            entry = struct.pack("<HHLL", tag, kind, 2**31 - 1, 8)
            outcomes.add(outcome(_with_entry(data, entry)))
    assert outcomes <= {"tiff", Code.CORRUPT_IMAGE}


def _with_entry(data: bytes, entry: bytes) -> bytes:
    """The TIFF with an additional entry, in a copy of its directory at the end."""
    (offset,) = struct.unpack("<L", data[4:8])
    (count,) = struct.unpack("<H", data[offset : offset + 2])
    table = data[offset + 2 : offset + 2 + 12 * count] + entry
    return data[:4] + struct.pack("<L", len(data)) + data[8:] + struct.pack("<H", count + 1) + table + bytes(4)


# Choice of the decoder


def test_only_the_detected_formats_decoder_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = set()
    open_image = Image.open

    def recorded(file: Any, mode: Any = "r", formats: Any = None) -> Any:
        calls.add((_magic(file.read(12)), formats))
        file.seek(0)
        return open_image(file, mode, formats)

    monkeypatch.setattr(Image, "open", recorded)
    heads = [b"BM", b"8BPS", b"P6 1 1 255 ", b"%!PS-Adobe", b"\0\0\1\0", b"SIMPLE  =", b"DDS ", b"\xd7\xcd\xc6\x9a"]
    files = [encoded(picture_format) for picture_format in FORMATS]
    for data in [*files, *(file[:-20] for file in files), *(head + bytes(2000) for head in heads)]:
        outcome(data)
    assert calls == {
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
