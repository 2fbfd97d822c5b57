"""AVIF and HEIC files whose boxes do not match the coded data are rejected before they reach a decoder."""

import io
import struct

import pytest

from photosky.errors import Code
from photosky.imaging.headers.bitstream import av1_pictures, hevc_pictures, hevc_sps_sizes
from photosky.imaging.headers.heif.coded import CodedDataCheck, check_pictures
from photosky.imaging.headers.heif.layout import read_layout
from photosky.imaging.headers.heif.meta import read_meta
from photosky.imaging.headers.reading import HeaderError
from tests.pictures import PictureFormat, encoded
from tests.unit.imaging.previews import outcome, rejection


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


def _with_ispe(data: bytes, size: tuple[int, int]) -> bytes:
    """The file with this size in every `ispe` box."""
    parts = data.split(b"ispe" + bytes(4))
    return (b"ispe" + bytes(4)).join([parts[0], *(struct.pack(">LL", *size) + part[8:] for part in parts[1:])])


def _coded_data(data: bytes, kind: bytes) -> bytes:
    """The data of the first item of this type."""
    meta = read_meta(io.BytesIO(data))
    check = CodedDataCheck(io.BytesIO(data), meta, len(data))
    return check.data(next(item for item in meta.items.values() if item.kind == kind))
