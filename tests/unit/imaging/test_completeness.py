"""A JPEG is shown if the data of all rows is there, whatever follows it, and is CorruptImage if data is missing."""

import io
from typing import Any

import pytest
from PIL import Image, ImageDraw

from photosky.errors import Code, PhotoSkyError
from photosky.imaging.headers.jpeg_scans import read_scans
from photosky.imaging.limits import MAX_SCANS
from tests.pictures import encoded, photograph, zone_plate
from tests.unit.imaging.previews import DAMAGED_HINT, SMALL, render_presets

END = b"\xff\xd9"
UNDECODABLE = (Code.CORRUPT_IMAGE, f"The JPEG data cannot be decoded. {DAMAGED_HINT}")

PROCESSES: dict[str, dict[str, Any]] = {
    "baseline": {},
    "grey": {"mode": "L"},
    "CMYK": {"mode": "CMYK"},
    "4:4:4": {"subsampling": 0},
    "optimized": {"optimize": True},
    "progressive": {"progressive": True},
    "progressive grey": {"progressive": True, "mode": "L"},
    "restart markers": {"restart_marker_blocks": 2},
    "a restart marker per row": {"restart_marker_rows": 1},
    "progressive with restart markers": {"progressive": True, "restart_marker_blocks": 3},
}
each_process = pytest.mark.parametrize("options", PROCESSES.values(), ids=PROCESSES)


def result(data: bytes) -> tuple[Code, str] | tuple[bytes, ...]:
    """The previews of a file, or code and detail of its rejection."""
    try:
        return tuple(preview.data for preview in render_presets(data, SMALL).previews)
    except PhotoSkyError as error:
        return error.code, error.detail


def with_grey_end(image: Image.Image) -> Image.Image:
    """The picture with a lower half in the grey of missing blocks."""
    ImageDraw.Draw(image).rectangle((0, image.height // 2, image.width, image.height), fill=(128, 128, 128))
    return image


@each_process
@pytest.mark.parametrize("tail", [b"", END[:1], END + END, END + b"trailing" * 100, b"\0" * 20, b"\xff" * 9 + END])
def test_whole_jpegs_are_shown_whatever_follows_the_data(options: dict[str, Any], tail: bytes) -> None:
    data = encoded("jpeg", size=(90, 70), **options)
    assert result(data.removesuffix(END) + tail) == result(data)


@each_process
@pytest.mark.parametrize("size", [(600, 400), (1600, 1200)])
@pytest.mark.parametrize("end", [b"", END])
@pytest.mark.parametrize("share", [0.3, 0.5, 0.9])
def test_jpegs_with_missing_rows_are_corrupt(options: dict[str, Any], size: Any, end: bytes, share: float) -> None:
    data = encoded("jpeg", size=size, **options)
    assert result(data[: int(len(data) * share)] + end) == UNDECODABLE


@pytest.mark.slow
@each_process
@pytest.mark.parametrize("end", [b"", END])
def test_jpegs_cut_at_any_byte_are_whole_or_corrupt(options: dict[str, Any], end: bytes) -> None:
    data = encoded("jpeg", image=zone_plate(24, 24), **options).removesuffix(END)
    expected = result(data)
    # With an EOI marker between two scans, a progressive JPEG is a whole image of lower quality.
    between_scans = {scan.end + count for scan in read_scans(data, MAX_SCANS).scans[:-1] for count in (-1, 0, 1)}
    cuts = set(range(data.index(b"\xff\xda") + 14, len(data))) - (between_scans if end else set())
    assert {cut for cut in cuts if result(data[:cut] + end) not in (expected, UNDECODABLE)} == set()
    assert expected == result(data + END)


@each_process
@pytest.mark.parametrize("end", [b"", END])
@pytest.mark.parametrize("size", [(64, 48), (800, 600)])
def test_jpegs_that_end_in_grey_are_shown(options: dict[str, Any], end: bytes, size: tuple[int, int]) -> None:
    data = encoded("jpeg", image=with_grey_end(photograph(*size)), **options)
    assert result(data.removesuffix(END) + end) == result(data)
    assert result(data)[0] != Code.CORRUPT_IMAGE


def test_jpegs_cut_between_restart_intervals_are_corrupt() -> None:
    data = encoded("jpeg", size=(600, 400), restart_marker_rows=1)
    last = max(data.rindex(bytes((0xFF, 0xD0 + number))) for number in range(8))
    assert [result(data[:last] + end) for end in (b"", END, data[last : last + 2] + END)] == [UNDECODABLE] * 3


def test_scaled_decodes_find_missing_rows() -> None:
    data = encoded("jpeg", size=(3000, 2000))
    assert [result(data[: len(data) * 2 // 3] + end) for end in (b"", END)] == [UNDECODABLE] * 2
    assert result(data.removesuffix(END)) == result(data)


def test_progressive_jpegs_without_their_last_scans_are_corrupt() -> None:
    data = encoded("jpeg", size=(64, 48), progressive=True)
    last = data.rindex(b"\xff\xda")
    assert result(data[: data.rindex(b"\xff\xc4", 0, last)]) == UNDECODABLE


def test_second_picture_of_a_file_does_not_complete_the_first() -> None:
    output = io.BytesIO()
    photograph(600, 400).save(output, "MPO", save_all=True, append_images=[photograph(600, 400, seed=2)])
    data = output.getvalue()
    end = data.index(END + b"\xff\xd8")
    cut = data[: end * 2 // 3] + data[end:]
    assert (result(cut), result(data)[0] != Code.CORRUPT_IMAGE) == (UNDECODABLE, True)
