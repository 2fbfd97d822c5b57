"""Damage to metadata changes no pixel and refuses nothing, in PNG, JPEG and WebP."""

import io
import struct
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from photosky.imaging.decoding import decode
from photosky.imaging.inspection import inspect
from photosky.imaging.limits import DEFAULT_LIMITS
from photosky.imaging.pixels import open_pieces
from tests.pictures import animation, encoded, in_mode, photograph, png_chunk, zone_plate
from tests.profiles import rgb_profile
from tests.unit.imaging.previews import SMALL, render_presets

Pixels = tuple[str, tuple[int, int], bytes]
Join = Callable[[bytes], bytes]

PROFILE = rgb_profile("Display P3")


def pixels(data: bytes) -> Pixels:
    """Mode, size and samples of a decoded file, before colour conversion and orientation."""
    image = decode(data, inspect(io.BytesIO(data), len(data), DEFAULT_LIMITS), (), DEFAULT_LIMITS.memory_bytes).image
    return image.mode, image.size, image.tobytes()


def exif_block(orientation: int = 6) -> bytes:
    exif = Image.Exif()
    exif[274] = orientation
    return exif.tobytes()


def damaged(part: bytes, body: slice, resized: Callable[[bytes], bytes]) -> Iterator[bytes]:
    """A chunk or segment with each byte inverted, cut after each byte of its body, and repeated."""
    for index in range(len(part)):
        yield part[:index] + bytes((part[index] ^ 0xFF,)) + part[index + 1 :]
        yield part[:index] + bytes((part[index] ^ 1,)) + part[index + 1 :]
    for size in range(len(part[body])):
        yield resized(part[body][:size])
    yield part * 2
    yield part * 5


# PNG

PNG_CHUNKS = {
    "gAMA": struct.pack(">L", 45455),
    "cHRM": struct.pack(">8L", 31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000),
    "sRGB": b"\0",
    "sBIT": b"\5\6\5",
    "pHYs": struct.pack(">LLB", 2835, 2835, 1),
    "bKGD": bytes(6),
    "hIST": bytes(16),
    "tIME": b"\x07\xe8\1\1\1\1\1",
    "iCCP": b"P3\0\0" + zlib.compress(PROFILE),
    "cICP": b"\x0c\x0d\0\1",
    "mDCV": bytes(24),
    "cLLI": bytes(8),
    "eXIf": exif_block().removeprefix(b"Exif\0\0"),
    "tEXt": b"Title\0A text",
    "zTXt": b"Title\0\0" + zlib.compress(b"A text"),
    "iTXt": b"XML:com.adobe.xmp\0\0\0\0\0<x/>",
    "acTL": struct.pack(">LL", 2, 0),
    "fcTL": struct.pack(">LLLLLHHBB", 0, 24, 16, 0, 0, 1, 10, 0, 0),
    "vpAg": bytes(9),
    "CgBI": bytes(4),
    "oFFs": bytes(9),
    "sPLT": b"name\0\x08" + bytes(12),
    "iDOT": bytes(28),
}


def png_parts(mode: str, **options: Any) -> tuple[bytes, bytes, bytes]:
    """A small PNG: up to IHDR, up to the image data, and the rest."""
    data = encoded("png", mode=mode, image=in_mode(zone_plate(24, 16), mode), **options)
    start = data.index(b"IDAT") - 4
    return data[:33], data[33:start], data[start:]


PNGS = {"RGB": png_parts("RGB"), "grey with alpha": png_parts("LA"), "palette": png_parts("P", transparency=3)}


@pytest.mark.parametrize("name", PNG_CHUNKS)
@pytest.mark.parametrize("picture", PNGS)
def test_damaged_png_chunks_change_no_pixel(picture: str, name: str) -> None:
    head, tables, body = PNGS[picture]
    expected = pixels(head + tables + body)
    chunk = png_chunk(name.encode(), PNG_CHUNKS[name])
    for part in damaged(chunk, slice(8, -4), lambda cut: png_chunk(name.encode(), cut)):
        assert pixels(head + part + tables + body) == expected, part


@pytest.mark.parametrize("name", PNG_CHUNKS)
def test_damaged_chunks_after_the_image_data_change_no_pixel(name: str) -> None:
    data, end = encoded("png", size=(24, 16)), png_chunk(b"IEND", b"")
    expected = pixels(data)
    chunk = png_chunk(name.encode(), PNG_CHUNKS[name])
    for part in damaged(chunk, slice(8, -4), lambda cut: png_chunk(name.encode(), cut)):
        assert pixels(data.removesuffix(end) + part + end) == expected, part


@pytest.mark.parametrize("missing", range(13))
def test_png_may_end_within_its_last_chunk(missing: int) -> None:
    data = encoded("png", size=(24, 16))
    assert pixels(data[: len(data) - missing]) == pixels(data)


@pytest.mark.parametrize("index", range(12))
def test_damaged_end_chunk_changes_no_pixel(index: int) -> None:
    data = bytearray(encoded("png", size=(24, 16)))
    expected = pixels(bytes(data))
    data[index - 12] ^= 0x5A
    assert pixels(bytes(data)) == expected


def rebuilt(packed: bytes, *, sizes: int) -> bytes:
    """The RGB picture with this image data, in IDAT chunks of at most `sizes` bytes."""
    head, tables, _ = PNGS["RGB"]
    chunks = (png_chunk(b"IDAT", packed[start : start + sizes]) for start in range(0, len(packed), sizes))
    return head + tables + b"".join(chunks) + png_chunk(b"IEND", b"")


@pytest.mark.parametrize("sizes", [1, 2, 3, 5, 1000, 100_000])
@pytest.mark.parametrize("last", [b"", b"\0", b"\0\0\0", b"\xff" * 4, bytes(4), b"more after the checksum"])
def test_wrong_checksum_of_the_image_data_changes_no_pixel(last: bytes, sizes: int) -> None:
    head, tables, body = PNGS["RGB"]
    size = int.from_bytes(body[:4])
    packed = body[8 : 8 + size]
    assert pixels(rebuilt(packed[:-4] + last, sizes=sizes)) == pixels(head + tables + body)


def test_chunks_between_the_image_data_change_no_pixel() -> None:
    head, tables, body = PNGS["RGB"]
    size = int.from_bytes(body[:4])
    packed = body[8 : 8 + size]
    parts = [png_chunk(b"IDAT", packed[:50]), png_chunk(b"vpAg", bytes(9)), png_chunk(b"IDAT", packed[50:])]
    assert pixels(head + tables + b"".join(parts)) == pixels(head + tables + body)


@pytest.mark.parametrize("count", [257, 300, 1000])
def test_transparency_longer_than_the_palette_is_cut(count: int) -> None:
    head, _, _ = PNGS["palette"]
    palette = png_chunk(b"PLTE", bytes(range(9)))
    image = png_chunk(b"IDAT", zlib.compress((b"\0" + bytes(24)) * 16))
    alpha = bytes((7, 200)) + bytes(count - 2)
    mode, size, samples = pixels(head + palette + png_chunk(b"tRNS", alpha) + image)
    assert (mode, size, samples[:4]) == ("RGBA", (24, 16), bytes((0, 1, 2, 7)))


@pytest.mark.parametrize("picture", PNGS)
@pytest.mark.parametrize("body", [b"", b"\0"])
def test_short_transparency_refuses_nothing(picture: str, body: bytes) -> None:
    head, tables, data = PNGS[picture]
    assert pixels(head + png_chunk(b"tRNS", body) + tables + data)[1] == (24, 16)


# JPEG

JPEG_SEGMENTS = {
    "JFIF": b"\xff\xe0JFIF\0\1\1\0\0\1\0\1\0\0",
    "JFXX": b"\xff\xe0JFXX\0\x10" + bytes(20),
    "EXIF": b"\xff\xe1" + exif_block(),
    "EXIF with thumbnail": b"\xff\xe1"
    + exif_block()
    + encoded("jpeg", mode="L", image=Image.new("L", (8, 8)), optimize=True),
    "XMP": b"\xff\xe1http://ns.adobe.com/xap/1.0/\0<x/>",
    # Its header, and its bytes that are like the start of a marker: no others matter here.
    "ICC": b"\xff\xe2ICC_PROFILE\0\1\1" + PROFILE[:130] + PROFILE[390:420],
    "MPF": b"\xff\xe2MPF\0II*\0\x08\0\0\0" + bytes(8),
    "FlashPix": b"\xff\xe2FPXR\0" + bytes(8),
    "Photoshop": b"\xff\xedPhotoshop 3.0\0"
    + b"8BIM\x03\xed\0\0"
    + struct.pack(">LLHHLHH", 16, 72 << 16, 1, 1, 72, 1, 1),
    "C2PA": b"\xff\xebJP\0\1" + bytes(20),
    "comment": b"\xff\xfea comment",
}


def segment(part: bytes) -> bytes:
    return part[:2] + struct.pack(">H", len(part)) + part[2:]


def short_segment(part: bytes) -> Callable[[bytes], bytes]:
    return lambda body: segment(part[:2] + body)


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
@pytest.mark.parametrize("name", JPEG_SEGMENTS)
def test_damaged_jpeg_segments_change_no_pixel(name: str, mode: str) -> None:
    data = encoded("jpeg", mode=mode, image=zone_plate(24, 16))
    start = 4 + int.from_bytes(data[4:6])  # after JFIF or Adobe: the format is detected by the first three bytes
    expected = pixels(data)
    part = segment(JPEG_SEGMENTS[name])
    for index, changed in enumerate(damaged(part, slice(4, None), short_segment(part))):
        if index < 8 and changed[1] in (0xC4, 0xDB, 0xD9, 0xDA):
            continue  # another kind of segment
        assert pixels(data[:start] + changed + data[start:]) == expected, changed


@pytest.mark.parametrize("size", range(12))
def test_cut_adobe_segments_are_ignored(size: int) -> None:
    data = encoded("jpeg", mode="CMYK", image=zone_plate(24, 16))
    start = data.index(b"\xff\xee")
    end = start + 2 + int.from_bytes(data[start + 2 : start + 4])
    cut = data[:start] + segment(b"\xff\xee" + data[start + 4 : start + 4 + size]) + data[end:]
    assert pixels(cut) == pixels(data[:start] + data[end:])


def test_adobe_segment_selects_the_colour_transform() -> None:
    planes = encoded("jpeg", image=zone_plate(24, 16), keep_rgb=True)
    assert pixels(planes) != pixels(planes.replace(b"Adobe\0\x64\0\0\0\0\0", b"Adobe\0\x64\0\0\0\0\1"))


@settings(max_examples=200, deadline=None)
@given(
    part=st.builds(
        lambda marker, body: segment(bytes((0xFF, marker)) + body),
        st.sampled_from([*range(0xE1, 0xEE), 0xEF, 0xFE]),
        st.binary(max_size=200),
    ),
    count=st.integers(1, 4),
)
def test_any_application_segment_changes_no_pixel(part: bytes, count: int) -> None:
    data = encoded("jpeg", image=zone_plate(24, 16))
    assert pixels(data[:2] + part * count + data[2:]) == pixels(data)


@settings(max_examples=200, deadline=None)
@given(
    name=st.from_regex(rb"[a-z][a-zA-Z]{3}", fullmatch=True).filter(lambda name: name != b"tRNS"),
    body=st.binary(max_size=200),
    checksum=st.none() | st.binary(min_size=4, max_size=4),
    picture=st.sampled_from(sorted(PNGS)),
)
def test_any_ancillary_chunk_changes_no_pixel(name: bytes, body: bytes, checksum: bytes | None, picture: str) -> None:
    head, tables, data = PNGS[picture]
    chunk = png_chunk(name, body)
    part = chunk if checksum is None else chunk[:-4] + checksum
    assert pixels(head + part + tables + data) == pixels(head + tables + data)


# WebP


def webp_file(*chunks: bytes) -> bytes:
    body = b"WEBP" + b"".join(chunks)
    return b"RIFF" + struct.pack("<L", len(body)) + body


def webp_chunk(name: bytes, body: bytes) -> bytes:
    return name + struct.pack("<L", len(body)) + body + bytes(len(body) % 2)


def webp_chunks(data: bytes) -> dict[bytes, bytes]:
    found, offset = {}, 12
    while offset < len(data):
        size = int.from_bytes(data[offset + 4 : offset + 8], "little")
        found[data[offset : offset + 4]] = data[offset : offset + 8 + size + size % 2]
        offset += 8 + size + size % 2
    return found


@pytest.mark.parametrize("name", [b"EXIF", b"XMP ", b"abcd"])
@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_damaged_webp_chunks_change_no_pixel(name: bytes, mode: str) -> None:
    data = encoded("webp", mode=mode, image=zone_plate(24, 16), exif=exif_with_orientation(1), xmp=b"<x/>")
    found = webp_chunks(data)
    kept = [chunk for key, chunk in found.items() if key not in (b"EXIF", b"XMP ")]
    expected = pixels(data)
    part = webp_chunk(name, exif_block(1))
    for changed in damaged(part, slice(8, None), lambda cut: webp_chunk(name, cut)):
        assert pixels(webp_file(*kept, changed)) == expected, changed


def test_webp_that_ends_within_its_metadata_is_shown() -> None:
    data = encoded("webp", image=zone_plate(24, 16), exif=exif_with_orientation(6))
    start = data.index(b"EXIF")
    assert {pixels(data[:size]) for size in range(start, len(data))} == {pixels(data)}


def test_webp_without_the_profile_it_declares_is_shown() -> None:
    data = encoded("webp", image=zone_plate(24, 16), profile=PROFILE)
    found = webp_chunks(data)
    assert pixels(webp_file(found[b"VP8X"], found[b"VP8 "])) == pixels(data)


def test_animated_webp_needs_only_its_first_frame() -> None:
    data = animation("webp", 3, (24, 16))
    second = data.index(b"ANMF", data.index(b"ANMF") + 4)
    assert pixels(data[: second + 30]) == pixels(data)


def exif_with_orientation(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[274] = orientation
    return exif


# Pieces


@given(st.lists(st.binary(max_size=9), max_size=9), st.lists(st.integers(-1, 30), max_size=9), st.integers(0, 40))
def test_pieces_are_read_like_one_file(pieces: list[bytes], sizes: list[int], offset: int) -> None:
    joined, source = io.BytesIO(b"".join(pieces)), open_pieces(pieces)
    assert [(source.seek(offset), source.tell()), [source.read(size) for size in sizes]] == [
        (joined.seek(offset), joined.tell()),
        [joined.read(size) for size in sizes],
    ]


def test_orientation_and_profile_are_applied_from_our_readers() -> None:
    for picture_format in ("png", "jpeg", "webp"):
        result = render_presets(encoded(picture_format, 6, profile=PROFILE, image=photograph(40, 30)), SMALL)
        assert (result.width, result.height) == (40, 30)


def test_first_of_repeated_exif_chunks_counts_everywhere() -> None:
    first, second = (exif_block(orientation).removeprefix(b"Exif\0\0") for orientation in (6, 1))
    head, tables, body = PNGS["RGB"]
    png = head + png_chunk(b"eXIf", first) + png_chunk(b"eXIf", second) + tables + body
    found = webp_chunks(encoded("webp", image=zone_plate(24, 16), exif=exif_with_orientation(1)))
    chunks = [webp_chunk(b"EXIF", first), webp_chunk(b"EXIF", second)]
    for data in (png, webp_file(found[b"VP8X"], found[b"VP8 "], *chunks)):
        header, result = inspect(io.BytesIO(data), len(data), DEFAULT_LIMITS), render_presets(data, SMALL)
        assert {(header.width, header.height), (result.width, result.height)} == {(16, 24)}
