"""Inspection reads format, size and frames from the header, and rejects files beyond the limits."""

import io
import struct
from typing import Any

import pytest

from photosky.errors import Code, PhotoSkyError
from photosky.imaging.headers import jpeg, png, tiff_layout, webp
from photosky.imaging.headers.heif import layout as heif
from photosky.imaging.inspection import Header, inspect
from photosky.imaging.limits import DEFAULT_LIMITS, Limits
from tests.pictures import (
    FORMATS,
    ORIENTABLE_FORMATS,
    PictureFormat,
    animation,
    bomb_png,
    encoded,
    giant_jpeg,
    photograph,
    png_chunk,
    png_file,
    tiff_file,
    webp_declaring,
    wrong_bytes,
)
from tests.unit.imaging.previews import DAMAGED_HINT


class CountingFile(io.BytesIO):
    """A file that counts the bytes read from it."""

    bytes_read = 0

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size)
        self.bytes_read += len(data)
        return data


def inspect_bytes(data: bytes, limits: Limits = DEFAULT_LIMITS) -> Header:
    return inspect(io.BytesIO(data), len(data), limits)


def rejection(data: bytes, limits: Limits = DEFAULT_LIMITS) -> tuple[Code, str]:
    with pytest.raises(PhotoSkyError) as caught:
        inspect_bytes(data, limits)
    return caught.value.code, caught.value.detail


@pytest.mark.parametrize("picture_format", FORMATS)
def test_formats_are_detected_by_content(picture_format: PictureFormat) -> None:
    header = inspect_bytes(encoded(picture_format, size=(320, 200)))
    memory = header.decode_bytes, header.full_decode_bytes
    assert header == Header(picture_format, f"image/{picture_format}", 320, 200, 1, *memory)


@pytest.mark.parametrize("picture_format", ORIENTABLE_FORMATS)
@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_applied_to_the_size(picture_format: PictureFormat, orientation: int) -> None:
    header = inspect_bytes(encoded(picture_format, orientation, size=(320, 200)))
    assert (header.width, header.height) == (320, 200)


@pytest.mark.parametrize("picture_format", FORMATS)
def test_pixels_are_not_read(picture_format: PictureFormat) -> None:
    heic = {"tile_size": 512, "enc_params": {"preset": "ultrafast"}}
    options: dict[str, Any] = heic if picture_format == "heic" else {}
    data = encoded(picture_format, size=(1200, 900), **options)
    source = CountingFile(data)
    inspect(source, len(data), DEFAULT_LIMITS)
    assert source.bytes_read < (len(data) + 1000 if picture_format == "gif" else 5000)


@pytest.mark.parametrize("picture_format", ["gif", "webp", "png", "avif"])
def test_frames_of_animations_are_counted(picture_format: Any) -> None:
    data = animation(picture_format, 5, (64, 48))
    header = inspect_bytes(data)
    assert (header.format, header.width, header.height, header.frame_count) == (picture_format, 64, 48, 5)
    code, detail = rejection(data, DEFAULT_LIMITS._replace(max_frames=4))
    assert code == Code.TOO_MANY_FRAMES
    assert detail == f"The {picture_format.upper()} has more than 4 frames, the limit. Upload a file with fewer frames."


def test_pages_of_tiffs_are_counted() -> None:
    data = encoded("tiff", save_all=True, append_images=[photograph(60, 40, seed) for seed in (2, 3)])
    assert inspect_bytes(data).frame_count == 3
    assert rejection(data, DEFAULT_LIMITS._replace(max_frames=2))[0] == Code.TOO_MANY_FRAMES


def test_heic_grids_have_the_size_of_the_whole() -> None:
    header = inspect_bytes(encoded("heic", size=(700, 500), tile_size=256))
    assert (header.format, header.width, header.height) == ("heic", 700, 500)


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>", "SVG"),
        (b"\xef\xbb\xbf  <svg/>", "SVG"),
        (b"%PDF-1.7", "PDF"),
        (b"BM" + bytes(60), "BMP"),
        (b"8BPS\0\1", "Photoshop"),
        (b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom", "MP4 or QuickTime"),
        (b"\0\0\0\x18ftypcrx \0\0\0\1crx isom", "camera raw"),
        (b"II*\0\x10\0\0\0CR\2\0", "camera raw"),
        (tiff_file([(50706, 1, 4, 0x0401)]), "camera raw"),
        (tiff_file([(254, 4, 1, 1), (330, 4, 1, 100)]), "camera raw"),
        (b"\xff\x0a" + bytes(20), "JPEG XL"),
        (b"\0\0\0\x0cJXL \r\n\x87\n", "JPEG XL"),
        (b"\0\0\0\x0cjP  \r\n\x87\n", "JPEG 2000"),
        (b"RIFF\0\0\0\0WAVEfmt ", "AVI or WAV"),
        (b"PK\x03\x04", "ZIP"),
        (b"<!DOCTYPE html><title>x</title>", "HTML"),
    ],
)
def test_known_unsupported_formats_are_named(data: bytes, name: str) -> None:
    detail = f"Unsupported format: {name}. Upload a JPEG, PNG, WebP, GIF, TIFF, AVIF or HEIC file."
    assert rejection(data) == (Code.UNSUPPORTED_FORMAT, detail)


def test_unknown_formats_are_rejected() -> None:
    detail = "Unsupported format. Upload a JPEG, PNG, WebP, GIF, TIFF, AVIF or HEIC file."
    assert rejection(wrong_bytes()) == (Code.UNSUPPORTED_FORMAT, detail)


def test_empty_files_are_corrupt() -> None:
    assert rejection(b"") == (Code.CORRUPT_IMAGE, f"The file is empty. {DAMAGED_HINT}")


def test_size_is_checked_before_the_format() -> None:
    limits = DEFAULT_LIMITS._replace(max_bytes=1000)
    assert rejection(wrong_bytes(), limits) == (
        Code.UPLOAD_TOO_LARGE,
        "The file has 1024 bytes; the limit is 1000 bytes. Upload a smaller file.",
    )


@pytest.mark.parametrize(
    ("data", "size"),
    [
        (giant_jpeg(), "JPEG has 20000 x 14000 pixels (280.0 megapixels); the limit is 250.0"),
        (bomb_png(20000, 20000), "PNG has 20000 x 20000 pixels (400.0 megapixels); the limit is 200.0"),
        (webp_declaring(16384, 10800), "WEBP has 16384 x 10800 pixels (176.9 megapixels); the limit is 100.0"),
        (
            tiff_file([(256, 4, 1, 60000), (257, 4, 1, 60000)]),
            "TIFF has 60000 x 60000 pixels (3600.0 megapixels); the limit is 160.0",
        ),
    ],
)
def test_declared_pixels_above_the_limit_are_rejected(data: bytes, size: str) -> None:
    assert rejection(data) == (Code.TOO_MANY_PIXELS, f"The {size} megapixels. Upload a smaller image.")


@pytest.mark.parametrize("size", [(16382, 3860), (12000, 9000)], ids=["panorama of a phone", "phone of 108 MP"])
def test_largest_heics_of_phones_are_accepted(size: tuple[int, int]) -> None:
    data = encoded("heic", size=(128, 64)).replace(struct.pack(">LL", 128, 64), struct.pack(">LL", *size))
    header = inspect_bytes(data)
    assert (header.width, header.height) == size


@pytest.mark.parametrize(
    "data",
    [png_file(14000, 14000, colour=6), webp_declaring(10000, 9900)],
    ids=["PNG with alpha", "WebP"],
)
def test_predicted_memory_is_below_the_pixel_limit(data: bytes) -> None:
    code, detail = rejection(data)
    assert (code, "MiB of memory; the limit is 1536 MiB" in detail) == (Code.TOO_MANY_PIXELS, True)


def test_memory_above_the_limit_is_rejected() -> None:
    data = encoded("png", size=(400, 300))
    needed = inspect_bytes(data).decode_bytes
    assert inspect_bytes(data, DEFAULT_LIMITS._replace(memory_bytes=needed)).decode_bytes == needed
    assert rejection(data, DEFAULT_LIMITS._replace(memory_bytes=2 * 2**20)) == (
        Code.TOO_MANY_PIXELS,
        f"The PNG has 400 x 300 pixels and needs {needed // 2**20} MiB of memory; the limit is 2 MiB. "
        "Upload a smaller image.",
    )


@pytest.mark.parametrize("picture_format", FORMATS)
def test_truncation_at_any_byte_is_handled(picture_format: PictureFormat) -> None:
    data = encoded(picture_format, orientation=1 if picture_format == "gif" else 6, size=(40, 30))
    codes = {_outcome(data[:size]) for size in range(1, len(data))}
    assert codes <= {None, Code.CORRUPT_IMAGE, Code.UNSUPPORTED_FORMAT}


def _outcome(data: bytes) -> Code | None:
    try:
        inspect_bytes(data)
    except PhotoSkyError as error:
        return error.code
    return None


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\xff\xd8\xff\xd9", "the JPEG has no frame header"),
        (b"\xff\xd8\xff\xe0\0\1", "the JPEG ends before its first scan"),
        (b"\xff\xd8\xff\xe0\0\2" + bytes(100), "the JPEG ends before its first scan"),
        (b"\xff\xd8" + b"\xff\xe0\0\2" * 5000, "the JPEG has more than 4096 segments before its first scan"),
        (
            b"\xff\xd8" + b"\xff\xc0\0\x0b\x08\0\1\0\1\1\1\x11\0" * 2,
            "the JPEG has two frame headers before its first scan",
        ),
        (b"\x89PNG\r\n\x1a\n" + png_chunk(b"tEXt", bytes(20)), "the PNG's IHDR chunk is invalid"),
        (png_file(1, 1, png_chunk(b"tEXt", b"a\0b") * 1001), "the PNG has more than 1000 chunks before its image data"),
        (b"RIFF\0\0\0\0WEBPVP9 " + bytes(20), "the WebP's first chunk has an unknown type"),
        (b"GIF89a\1\0\1\0\0\0\0;", "the GIF contains no image"),
        (b"II*\0\x08\0\0\0\xff\xff", "a TIFF directory has 65535 entries; the limit is 4096"),
        (tiff_file([(256, 4, 1, 1), (257, 4, 1, 1)], next_offset=8), "the TIFF's directories form a loop"),
        (b"\0\0\0\x14ftypavif\0\0\0\0avif", "the file has no meta box"),
        (
            b"\0\0\0\x14ftypheic\0\0\0\0heic\xff\xff\xff\xffmeta",
            "the meta box has 4294967287 bytes; the limit is 1048576",
        ),
    ],
)
def test_invalid_headers_are_rejected_with_a_reason(data: bytes, reason: str) -> None:
    assert rejection(data) == (Code.CORRUPT_IMAGE, f"The file header is invalid: {reason}. {DAMAGED_HINT}")


@pytest.mark.parametrize(
    "data",
    [png_file(0, 5), tiff_file([(256, 4, 1, 0), (257, 4, 1, 5)]), tiff_file([])],
)
def test_zero_width_or_height_is_corrupt(data: bytes) -> None:
    assert rejection(data)[0] == Code.CORRUPT_IMAGE


def test_counting_stops_above_the_frame_limit() -> None:
    frame = b",\0\0\0\0\1\0\1\0\0\2\2L\1\0"
    data = b"GIF89a\1\0\1\0\x80\0\0" + bytes(6) + frame * 10_000 + b";"
    source = CountingFile(data)
    with pytest.raises(PhotoSkyError) as caught:
        inspect(source, len(data), DEFAULT_LIMITS)
    assert (caught.value.code, source.bytes_read < 70_000) == (Code.TOO_MANY_FRAMES, True)


def test_gifs_with_millions_of_blocks_are_rejected() -> None:
    data = b"GIF89a\1\0\1\0\0\0\0!\xfe" + b"\1a" * 2_000_001
    detail = f"The file header is invalid: the GIF has more than 2000000 sub-blocks. {DAMAGED_HINT}"
    assert rejection(data) == (Code.CORRUPT_IMAGE, detail)


def test_webps_with_many_frames_are_rejected() -> None:
    canvas = b"VP8X" + struct.pack("<L", 10) + b"\x02" + bytes(9)
    data = b"RIFF\0\0\0\0WEBP" + canvas + (b"ANMF" + struct.pack("<L", 16) + bytes(16)) * 10_000
    assert rejection(data)[0] == Code.TOO_MANY_FRAMES


def test_progressive_jpegs_need_memory_for_coefficients() -> None:
    plain, progressive = (jpeg.read_layout(io.BytesIO(encoded("jpeg", progressive=on))) for on in (False, True))
    samples = 320 * 240 * 1.5  # 4:2:0
    assert progressive.codec_bytes - plain.codec_bytes == 2 * samples


def test_readers_detect_grey_and_alpha() -> None:
    assert jpeg.read_layout(io.BytesIO(encoded("jpeg", mode="L"))).pixel_bytes == 1
    assert png.read_layout(io.BytesIO(encoded("png", mode="P", transparency=0))).has_alpha
    assert webp.read_layout(io.BytesIO(encoded("webp", mode="RGBA")), 1).has_alpha
    assert tiff_layout.read_layout(io.BytesIO(encoded("tiff", mode="RGBA")), 1).has_alpha
    assert heif.read_layout(io.BytesIO(encoded("heic", mode="RGBA")), 1).has_alpha
    assert heif.read_layout(io.BytesIO(encoded("avif", mode="RGBA")), 1).has_alpha
    assert not heif.read_layout(io.BytesIO(encoded("avif")), 1).has_alpha
