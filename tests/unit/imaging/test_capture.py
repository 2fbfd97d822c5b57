"""Capture metadata is read from EXIF; invalid values are omitted, and no input raises or gives large values."""

import math
import random
import struct
from typing import Any

import pytest
from PIL import Image
from PIL.TiffImagePlugin import IFDRational

from photosky.imaging.capture import Capture, read_capture
from photosky.location import Location, apply_location_policy
from tests.pictures import encoded, tiff_file

MAKE, MODEL, EXIF_IFD, GPS_IFD = 0x010F, 0x0110, 0x8769, 0x8825
ORIGINAL, ORIGINAL_OFFSET, DIGITIZED, DIGITIZED_OFFSET = 0x9003, 0x9011, 0x9004, 0x9012


def exif(main: dict[int, Any] | None = None, details: dict[int, Any] | None = None, gps: Any = None) -> bytes:
    block = Image.Exif()
    for tag, value in (main or {}).items():
        block[tag] = value
    block.get_ifd(EXIF_IFD).update(details or {})
    block.get_ifd(GPS_IFD).update(gps or {})
    return block.tobytes()


def gps_ifd(latitude: Any, longitude: Any, **others: Any) -> dict[int, Any]:
    return {1: others.get("north", "N"), 2: latitude, 3: others.get("east", "E"), 4: longitude}


def test_all_fields_are_read() -> None:
    block = exif(
        {MAKE: "FUJIFILM", MODEL: "X-T5"},
        {
            ORIGINAL: "2024:07:14 18:03:59",
            ORIGINAL_OFFSET: "+02:00",
            0x829A: IFDRational(1, 250),
            0x829D: IFDRational(56, 10),
            0x8827: 400,
            0x920A: IFDRational(33, 1),
            0xA434: "XF33mmF1.4 R LM WR",
        },
        gps_ifd((48.0, 51.0, 29.6), (2.0, 17.0, 40.2)) | {5: b"\x00", 6: IFDRational(351, 10)},
    )
    assert read_capture(block) == Capture(
        taken_at="2024-07-14T18:03:59+02:00",
        camera="FUJIFILM X-T5",
        lens="XF33mmF1.4 R LM WR",
        exposure_seconds=0.004,
        aperture_f_number=5.6,
        iso=400,
        focal_length_mm=33.0,
        location=Location(48.858222, 2.294500, 35.1),
    )


@pytest.mark.parametrize(
    ("details", "taken_at"),
    [
        ({ORIGINAL: "2024:07:14 18:03:59"}, "2024-07-14T18:03:59"),
        ({ORIGINAL: "2024-07-14T18:03:59", ORIGINAL_OFFSET: "-03:30"}, "2024-07-14T18:03:59-03:30"),
        ({ORIGINAL: "2024:07:14 18:03:59", ORIGINAL_OFFSET: "+99:00"}, "2024-07-14T18:03:59"),
        ({ORIGINAL: "2024:07:14 18:03:59", DIGITIZED_OFFSET: "+01:00"}, "2024-07-14T18:03:59"),
        ({ORIGINAL: "0000:00:00 00:00:00", DIGITIZED: "2001:02:03 04:05:06"}, "2001-02-03T04:05:06"),
        ({DIGITIZED: "2001:02:03 04:05:06", DIGITIZED_OFFSET: "Z"}, "2001-02-03T04:05:06Z"),
        ({ORIGINAL: "    :  :     :  :  "}, None),
        ({ORIGINAL: "2023:02:29 00:00:00"}, None),
        ({ORIGINAL: 7}, None),
    ],
)
def test_time_is_local_with_its_own_offset(details: dict[int, Any], taken_at: str | None) -> None:
    assert read_capture(exif(details=details)).taken_at == taken_at


@pytest.mark.parametrize(
    ("make", "model", "camera"),
    [
        ("Canon", "Canon EOS 300D DIGITAL", "Canon EOS 300D DIGITAL"),
        ("NIKON CORPORATION", "NIKON D90", "NIKON D90"),
        ("Apple", "iPhone 15", "Apple iPhone 15"),
        ("SONY  ", "\x07ILCE-7M4\0junk", "SONY ILCE-7M4"),
        ("", "Box", "Box"),
        ("Leica", "", "Leica"),
        ("\x01\x02", " ", None),
        ("x" * 5000, "y" * 5000, "x" * 128),
    ],
)
def test_camera_is_make_and_model_without_repetition(make: str, model: str, camera: str | None) -> None:
    assert read_capture(exif({MAKE: make, MODEL: model})).camera == camera


@pytest.mark.parametrize(
    ("gps", "location"),
    [
        (gps_ifd((33.0, 51.0, 36.0), (151.0, 12.0, 36.0), north="S"), Location(-33.86, 151.21)),
        (gps_ifd((40.5,), (73.25,), east="W"), Location(40.5, -73.25)),
        (gps_ifd((1.0, 0.0, 0.0), (1.0, 0.0, 0.0)) | {5: b"\x01", 6: 12.34}, Location(1.0, 1.0, -12.3)),
        (gps_ifd((1.0, 0.0, 0.0), (1.0, 0.0, 0.0)) | {6: 1e9}, Location(1.0, 1.0)),
        (gps_ifd((0.0, 0.0, 0.0), (0.0, 0.0, 0.0)), None),
        (gps_ifd((1.0, 0.0, 0.0), (1.0, 0.0, 0.0)) | {9: "V"}, None),
        (gps_ifd((91.0, 0.0, 0.0), (1.0, 0.0, 0.0)), None),
        (gps_ifd((1.0, 0.0, 0.0), (181.0, 0.0, 0.0)), None),
        (gps_ifd((1.0, 0.0, 0.0, 5.0), (1.0, 0.0, 0.0)), None),
        ({2: (1.0, 0.0, 0.0), 3: "E", 5: b"\x00"}, None),
        ({1: "N", 2: (1.0, 0.0, 0.0)}, None),
    ],
)
def test_location_is_valid_coordinates_or_none(gps: dict[int, Any], location: Location | None) -> None:
    assert read_capture(exif(gps=gps)).location == location


def test_rational_with_zero_denominator_is_omitted() -> None:
    # The EXIF directory is at offset 26: exposure time, a RATIONAL at 44 with the value 1/0.
    details = struct.pack("<H", 1) + struct.pack("<HHLL", 0x829A, 5, 1, 44) + bytes(4) + struct.pack("<LL", 1, 0)
    assert read_capture(tiff_file([(EXIF_IFD, 4, 1, 26)], tail=details)) == Capture()


@pytest.mark.parametrize("value", [math.nan, math.inf, -1.0, 0.0])
def test_invalid_numbers_are_omitted(value: float) -> None:
    # Exposure time as a DOUBLE at offset 44.
    details = struct.pack("<H", 1) + struct.pack("<HHLL", 0x829A, 12, 1, 44) + bytes(4) + struct.pack("<d", value)
    assert read_capture(tiff_file([(EXIF_IFD, 4, 1, 26)], tail=details)) == Capture()


def test_text_is_truncated_to_128_characters() -> None:
    entries = [(MAKE, 2, 1_000_000, 26)]
    assert read_capture(tiff_file(entries, tail=b"m" * 1_000_000)) == Capture(camera="m" * 128)


@pytest.mark.parametrize(
    "entries",
    [
        [(MAKE, 2, 2**32 - 1, 2**32 - 1)],
        [(EXIF_IFD, 4, 1, 8)],
        [(EXIF_IFD, 4, 1, 2**32 - 1)],
        [(GPS_IFD, 2, 100, 8)],
        [(EXIF_IFD, 99, 1, 8)],
        [(EXIF_IFD, 11, 1, 0x7FC00000)],
    ],
)
def test_fields_with_invalid_offsets_are_omitted(entries: list[tuple[int, int, int, int]]) -> None:
    assert read_capture(tiff_file(entries)) == Capture()


@pytest.mark.parametrize("block", [b"", b"Exif\0\0", b"II*\0", b"MM\0*\xff\xff\xff\xff", b"II*\0\x08\0\0\0\xff\xff"])
def test_damaged_blocks_give_no_values(block: bytes) -> None:
    assert read_capture(block) == Capture()


def test_mutated_blocks_do_not_raise() -> None:
    original = exif(
        {MAKE: "A", MODEL: "B"},
        {ORIGINAL: "2024:07:14 18:03:59", 0x829A: IFDRational(1, 250), 0x8827: 400},
        gps_ifd((48.0, 51.0, 29.6), (2.0, 17.0, 40.2)),
    )
    source = random.Random(5)
    for _ in range(3000):
        block = bytearray(original)
        for _ in range(source.randint(1, 6)):
            block[source.randrange(6, len(block))] = source.choice((0, 1, 0x7F, 0xFF, source.randrange(256)))
        capture = read_capture(bytes(block))
        assert len(repr(capture)) < 1000


def test_tiff_file_is_read_as_exif_block() -> None:
    block = Image.Exif()
    block[MAKE] = "Scan"
    assert read_capture(encoded("tiff", exif=block)).camera == "Scan"


def test_location_policy_keeps_rounds_or_drops() -> None:
    location = Location(48.858222, -2.2945, 35.1)
    assert apply_location_policy(location, "keep") == location
    assert apply_location_policy(location, "coarse") == Location(48.9, -2.3)
    assert apply_location_policy(location, "drop") is None
    assert apply_location_policy(None, "keep") is None
