"""The metadata readers of JPEG, PNG and WebP: each field, its bound, and damage to it."""

import io
import struct
import zlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from photosky.imaging.headers.reading import MAX_METADATA_BYTES, MAX_PROFILE_BYTES, MAX_TEXTS
from photosky.imaging.metadata import Metadata, read_metadata
from tests.pictures import PictureFormat, encoded, png_chunk, png_file
from tests.profiles import rgb_profile

PROFILE = rgb_profile("Display P3")
XMP = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>"
IPTC = b"\x1c\x02\x05\0\x05title"


def exif_of(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[274] = orientation
    return exif


EXIF = exif_of(6).tobytes().removeprefix(b"Exif\0\0")


def segment(marker: int, body: bytes) -> bytes:
    return bytes((0xFF, marker)) + struct.pack(">H", 2 + len(body)) + body


def jpeg(*segments: bytes) -> bytes:
    data = encoded("jpeg", size=(16, 16))
    return data[:2] + b"".join(segments) + data[2:]


def read_jpeg(*segments: bytes) -> Metadata:
    return read_metadata(io.BytesIO(jpeg(*segments)), "jpeg")


def read_png(*chunks: bytes) -> Metadata:
    return read_metadata(io.BytesIO(png_file(1, 1, *chunks, data=bytes(4))), "png")


def resource(number: int, data: bytes, name: bytes = b"") -> bytes:
    """An image resource of Photoshop."""
    named = bytes((len(name),)) + name
    return (
        b"8BIM"
        + struct.pack(">H", number)
        + named
        + bytes(len(named) % 2)
        + struct.pack(">L", len(data))
        + data
        + bytes(len(data) % 2)
    )


@pytest.mark.parametrize("picture_format", ["jpeg", "png", "webp"])
def test_all_fields_are_read(picture_format: PictureFormat) -> None:
    options: dict[str, Any] = {} if picture_format == "png" else {"xmp": XMP}
    data = encoded(picture_format, 6, profile=PROFILE, size=(16, 16), **options)
    expected = Metadata(exif=EXIF, xmp=options.get("xmp", b""), icc_profile=PROFILE)
    assert read_metadata(io.BytesIO(data), picture_format) == expected


@pytest.mark.parametrize("picture_format", ["jpeg", "png", "webp", "gif"])
def test_files_without_metadata_have_empty_fields(picture_format: PictureFormat) -> None:
    assert read_metadata(io.BytesIO(encoded(picture_format, size=(16, 16))), picture_format) == Metadata()


# JPEG


def test_profile_in_several_segments_is_joined_in_their_order() -> None:
    parts = [PROFILE[:200], PROFILE[200:400], PROFILE[400:]]
    segments = [segment(0xE2, b"ICC_PROFILE\0" + bytes((index + 1, 3)) + part) for index, part in enumerate(parts)]
    assert read_jpeg(*reversed(segments)) == Metadata(icc_profile=PROFILE)
    assert read_jpeg(*segments, segments[1]) == Metadata(icc_profile=PROFILE)
    assert read_jpeg(*segments[:2]) == Metadata()


@pytest.mark.parametrize("numbers", [b"\0\0", b"\1\2", b"\5\7"])
def test_complete_profile_with_wrong_numbers_is_read(numbers: bytes) -> None:
    assert read_jpeg(segment(0xE2, b"ICC_PROFILE\0" + numbers + PROFILE)) == Metadata(icc_profile=PROFILE)


@pytest.mark.parametrize("name", [b"", b"a", b"ab"])
def test_iptc_is_read_from_photoshops_resources(name: bytes) -> None:
    resources = resource(0x03ED, bytes(16)) + resource(0x0404, IPTC, name) + resource(0x0425, bytes(16))
    assert read_jpeg(segment(0xED, b"Photoshop 3.0\0" + resources)) == Metadata(iptc=IPTC)


def test_resources_may_continue_in_the_next_segment() -> None:
    resources = resource(0x03ED, bytes(16)) + resource(0x0404, IPTC)
    parts = [segment(0xED, b"Photoshop 3.0\0" + part) for part in (resources[:30], resources[30:])]
    assert read_jpeg(*parts) == Metadata(iptc=IPTC)


def test_first_xmp_packet_counts() -> None:
    head = b"http://ns.adobe.com/xap/1.0/\0"
    assert read_jpeg(segment(0xE1, head + XMP), segment(0xE1, head + b"<other/>")) == Metadata(xmp=XMP)


def test_exif_after_a_cut_segment_is_read() -> None:
    wrong_length = b"\xff\xe1\0\x09http://"
    assert read_jpeg(wrong_length, segment(0xE1, b"Exif\0\0" + EXIF)) == Metadata(exif=EXIF)


def test_metadata_of_a_jpeg_is_bounded() -> None:
    exif = read_jpeg(*[segment(0xE1, b"Exif\0\0" + bytes(65000))] * 200).exif
    assert 900_000 < len(exif) <= MAX_METADATA_BYTES


# PNG


@pytest.mark.parametrize(
    ("name", "body"),
    [
        (b"tEXt", b"Title\0Caf\xe9"),
        (b"zTXt", b"Title\0\0" + zlib.compress(b"Caf\xe9")),
        (b"iTXt", b"Title\0\0\0en\0Titel\0" + "Café".encode()),
        (b"iTXt", b"Title\0\1\0en\0Titel\0" + zlib.compress("Café".encode())),
    ],
)
def test_texts_are_read(name: bytes, body: bytes) -> None:
    assert read_png(png_chunk(name, body)) == Metadata(texts={"Title": "Café"})


def test_texts_after_the_image_data_are_read() -> None:
    data = png_file(1, 1, data=bytes(4))
    end = data.index(b"IEND") - 4
    text = png_chunk(b"tEXt", b"Creation Time\x002024:01:16 21:15:35")
    expected = Metadata(texts={"Creation Time": "2024:01:16 21:15:35"})
    assert read_metadata(io.BytesIO(data[:end] + text + data[end:]), "png") == expected


def test_xmp_of_a_png_is_its_own_field() -> None:
    assert read_png(png_chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + XMP)) == Metadata(xmp=XMP)


@pytest.mark.parametrize(
    "chunk",
    [
        png_chunk(b"tEXt", b"Title\0A text")[:-1] + b"\0",
        png_chunk(b"zTXt", b"Title\0\7" + zlib.compress(b"A text")),
        png_chunk(b"zTXt", b"Title\0\0no zlib data"),
        png_chunk(b"zTXt", b"Title\0\0" + zlib.compress(b"A text")[:-1]),
        png_chunk(b"iTXt", b"Title\0\1\7\0\0" + zlib.compress(b"A text")),
        png_chunk(b"iTXt", b"Title"),
        png_chunk(b"iCCP", b"P3\0\7" + zlib.compress(PROFILE)),
        png_chunk(b"iCCP", b"P3\0\0" + zlib.compress(PROFILE)[:-3]),
        png_chunk(b"iCCP", b"P3\0\0" + zlib.compress(bytes(MAX_PROFILE_BYTES + 1))),
        png_chunk(b"eXIf", EXIF)[:-1] + b"\0",
    ],
)
def test_damaged_chunks_are_omitted(chunk: bytes) -> None:
    good = png_chunk(b"tEXt", b"Author\0A person")
    assert read_png(chunk, good) == Metadata(texts={"Author": "A person"})


def test_text_of_a_decompression_bomb_is_omitted() -> None:
    good = png_chunk(b"tEXt", b"Author\0A person")
    bomb = png_chunk(b"zTXt", b"Title\0\0" + zlib.compress(bytes(100_000_000)))
    assert read_png(bomb, good) == Metadata(texts={"Author": "A person"})


def test_profile_with_a_wrong_checksum_is_proven_by_its_own() -> None:
    chunk = png_chunk(b"iCCP", b"P3\0\0" + zlib.compress(PROFILE))
    assert read_png(chunk[:-4] + bytes(4)) == Metadata(icc_profile=PROFILE)


def test_texts_are_bounded_in_number_and_size() -> None:
    texts = [png_chunk(b"tEXt", b"%d\0" % number + b"a" * 30_000) for number in range(100)]
    found = read_png(*texts).texts
    assert sum(map(len, found.values())) <= MAX_METADATA_BYTES
    assert len(read_png(*(png_chunk(b"tEXt", b"%d\0a" % number) for number in range(100))).texts) == MAX_TEXTS


# Any bytes


@settings(max_examples=300, deadline=None)
@given(data=st.binary(max_size=300), picture_format=st.sampled_from(["jpeg", "png", "webp"]))
def test_any_bytes_are_read_without_an_error(data: bytes, picture_format: PictureFormat) -> None:
    whole = encoded(picture_format, 6, profile=PROFILE, size=(16, 16))
    for start in (2, 12, 33, len(whole) // 2):
        assert read_metadata(io.BytesIO(whole[:start] + data), picture_format).xmp == b""
        read_metadata(io.BytesIO(whole[:start] + data + whole[start:]), picture_format)
