"""Damaged and truncated files are rejected as CorruptImage; harmless deviations are accepted."""

import io
import struct
import zlib

import pytest
import pyvips
from PIL import Image

from photosky.errors import Code, PhotoSkyError
from photosky.imaging.decoding import decode
from photosky.imaging.inspection import inspect
from photosky.imaging.limits import DEFAULT_LIMITS
from tests.pictures import (
    FORMATS,
    UPRIGHT,
    PictureFormat,
    bomb_png,
    corners,
    encoded,
    photograph,
    png_chunk,
    png_file,
)
from tests.profiles import rgb_profile
from tests.unit.imaging.previews import DAMAGED_HINT, SMALL, outcome, rejection, render_presets, show

UNDECODABLE_PNG = f"The PNG data cannot be decoded. {DAMAGED_HINT}"


@pytest.mark.parametrize("picture_format", FORMATS)
@pytest.mark.parametrize("share", [0.98, 0.6, 0.3])
def test_truncated_files_are_corrupt(picture_format: PictureFormat, share: float) -> None:
    data = encoded(picture_format, size=(600, 400))
    assert rejection(data[: int(len(data) * share)])[0] == Code.CORRUPT_IMAGE


@pytest.mark.parametrize("picture_format", FORMATS)
def test_truncation_at_any_kilobyte_is_handled(picture_format: PictureFormat) -> None:
    data = encoded(picture_format, image=photograph(400, 300))
    outcomes = {outcome(data[:size]) for size in range(1024, len(data), 1024)}
    assert outcomes <= {picture_format, Code.CORRUPT_IMAGE}


@pytest.mark.parametrize("picture_format", ["jpeg", "png", "gif", "webp", "tiff"])
def test_trailing_bytes_are_ignored(picture_format: PictureFormat) -> None:
    assert render_presets(encoded(picture_format) + b"trailing" * 500, SMALL).format == picture_format


def test_image_larger_than_its_header_is_corrupt() -> None:
    data = encoded("png", size=(320, 240))
    forged = inspect(io.BytesIO(data), len(data), DEFAULT_LIMITS)._replace(width=10, height=10)
    with pytest.raises(PhotoSkyError) as caught:
        decode(data, forged, [SMALL], DEFAULT_LIMITS.memory_bytes)
    assert caught.value.code == Code.CORRUPT_IMAGE


def test_profile_that_inflates_to_100_mb_is_ignored() -> None:
    packed = zlib.compress(bytes(100_000_000), 9)
    data = png_file(1, 1, png_chunk(b"iCCP", b"a\0\0" + packed), data=bytes(4))
    assert render_presets(data, SMALL).dominant_color == "#000000"


def test_profile_of_2_mb_is_accepted() -> None:
    profile = rgb_profile("Display P3") + bytes(2_000_000)
    assert corners(show(encoded("png", profile=profile))) == UPRIGHT


def test_memory_error_is_not_reported_as_damage(monkeypatch: pytest.MonkeyPatch) -> None:
    def exhausted(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(Image.Image, "resize", exhausted)
    monkeypatch.setattr("PIL.PngImagePlugin.PngImageFile.load", exhausted)
    with pytest.raises(MemoryError):
        render_presets(encoded("png"))


# PNG data that ends early in a valid zlib stream


@pytest.mark.parametrize("is_interlaced", [False, True])
@pytest.mark.parametrize("missing", [1, 1000, 20_000])
def test_png_with_missing_rows_is_corrupt(is_interlaced: bool, missing: int) -> None:
    data = _vips_png(photograph(96, 80), is_interlaced)
    assert render_presets(data, SMALL).width == 96
    assert rejection(_without_last_bytes(data, missing)) == (Code.CORRUPT_IMAGE, UNDECODABLE_PNG)


def test_png_with_few_rows_is_corrupt() -> None:
    assert rejection(bomb_png(2000, 2000)) == (Code.CORRUPT_IMAGE, UNDECODABLE_PNG)


@pytest.mark.parametrize("is_interlaced", [False, True])
@pytest.mark.parametrize("size", [(1, 1), (1, 9), (9, 1), (2, 2), (64, 48)])
def test_black_png_is_rendered(size: tuple[int, int], is_interlaced: bool) -> None:
    assert render_presets(_vips_png(Image.new("RGB", size), is_interlaced), SMALL).dominant_color == "#000000"


@pytest.mark.parametrize(("mode", "depth"), [("1", 1), ("L", 8), ("P", 8), ("LA", 8), ("RGBA", 8), ("I;16", 16)])
def test_png_with_zero_last_rows_is_rendered(mode: str, depth: int) -> None:
    output = io.BytesIO()
    Image.new(mode, (33, 17)).save(output, "PNG", bits=depth)
    assert render_presets(output.getvalue(), SMALL).height == 17


def _vips_png(image: Image.Image, is_interlaced: bool) -> bytes:
    """A PNG of an RGB picture, written by libvips because Pillow cannot write interlaced PNGs."""
    source = pyvips.Image.new_from_memory(image.tobytes(), image.width, image.height, 3, "uchar")
    written: bytes = source.pngsave_buffer(interlace=is_interlaced, compression=6)
    return written


def _without_last_bytes(data: bytes, missing: int) -> bytes:
    """The PNG with the last `missing` bytes of its inflated image data removed."""
    offset, head, raw = 8, data[:8], b""
    while offset < len(data):
        size, name = struct.unpack_from(">L4s", data, offset)
        if name == b"IDAT":
            raw += data[offset + 8 : offset + 8 + size]
        elif name != b"IEND":
            head += data[offset : offset + 12 + size]
        offset += 12 + size
    return head + png_chunk(b"IDAT", zlib.compress(zlib.decompress(raw)[:-missing])) + png_chunk(b"IEND", b"")
