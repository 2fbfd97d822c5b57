"""Capture metadata is read from EXIF; invalid values are omitted, and no input raises or gives large values."""

import math
import random
import struct
from typing import Any

import pytest
from PIL import Image
from PIL.TiffImagePlugin import IFDRational

from photosky.details import CaptureSettings
from photosky.imaging.capture import Capture
from photosky.imaging.capture import read_capture as read_metadata_capture
from photosky.imaging.headers.reading import Metadata
from photosky.location import Location, apply_location_policy
from tests.embedded import (
    DIGITIZED,
    DIGITIZED_OFFSET,
    EXIF_IFD,
    GPS_IFD,
    MAKE,
    MODEL,
    ORIGINAL,
    ORIGINAL_OFFSET,
    exif,
)
from tests.pictures import encoded, tiff_file


def read_capture(block: bytes) -> Capture:
    """The capture metadata of an EXIF block."""
    return read_metadata_capture(Metadata(exif=block))


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
        taken_at_source="exif",
        camera="FUJIFILM X-T5",
        settings=CaptureSettings(
            lens="XF33mmF1.4 R LM WR", exposure_seconds=0.004, f_number=5.6, iso=400, focal_length_mm=33.0
        ),
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
        (gps_ifd((33.0, 51.0, 36.0), (151.0, 12.0, 36.0), north="s", east="w"), Location(-33.86, -151.21)),
        (gps_ifd((33.0, 51.0, 36.0), (151.0, 12.0, 36.0), north="South", east="East"), Location(-33.86, 151.21)),
        (gps_ifd((1.0, 0.0, 0.0, 5.0), (1.0, 0.0, 0.0)), None),
        ({2: (1.0, 0.0, 0.0), 3: "E", 5: b"\x00"}, None),
        ({1: "N", 2: (1.0, 0.0, 0.0)}, None),
    ],
)
def test_location_is_valid_coordinates_or_none(gps: dict[int, Any], location: Location | None) -> None:
    assert read_capture(exif(gps=gps)).location == location


SIGNED_RATIONAL, SHORT, BYTE, ASCII = 10, 3, 1, 2


def gps_block(*entries: tuple[int, int, bytes]) -> bytes:
    """An EXIF block with entries of the GPS directory: tag, type and value in the block's byte order."""
    sizes = {SIGNED_RATIONAL: 8, SHORT: 2, BYTE: 1, ASCII: 1}
    table, tail, start = b"", b"", 26 + 2 + 12 * len(entries) + 4
    for tag, kind, value in entries:
        inline = value.ljust(4, b"\0") if len(value) <= 4 else struct.pack("<L", start + len(tail))
        table += struct.pack("<HHL", tag, kind, len(value) // sizes[kind]) + inline
        tail += value if len(value) > 4 else b""
    directory = struct.pack("<H", len(entries)) + table + bytes(4)
    return tiff_file([(GPS_IFD, 4, 1, 26)], tail=directory + tail)


def signed(*values: int) -> bytes:
    return b"".join(struct.pack("<ll", value, 10) for value in values)


@pytest.mark.parametrize(
    ("references", "location"),
    [
        (((1, ASCII, b"S\0"), (3, ASCII, b"W\0")), Location(-52.5, -13.4)),
        (((1, ASCII, b"N\0"), (3, ASCII, b"E\0")), Location(52.5, 13.4)),
        (((1, SHORT, b"S\0"), (3, BYTE, b"W")), Location(-52.5, -13.4)),
        ((), Location(-52.5, -13.4)),
        (((5, BYTE, b"\1"), (6, SIGNED_RATIONAL, signed(-125))), Location(-52.5, -13.4, -12.5)),
        (((5, ASCII, b"1\0"), (6, SIGNED_RATIONAL, signed(125))), Location(-52.5, -13.4, -12.5)),
        (((5, ASCII, b"\1\0"), (6, SIGNED_RATIONAL, signed(125))), Location(-52.5, -13.4, -12.5)),
        (((5, SHORT, b"\1\0"), (6, SIGNED_RATIONAL, signed(125))), Location(-52.5, -13.4, -12.5)),
        (((5, BYTE, b"\0"), (6, SIGNED_RATIONAL, signed(-125))), Location(-52.5, -13.4, -12.5)),
    ],
)
def test_signs_and_references_do_not_add_up(references: tuple[tuple[int, int, bytes], ...], location: Location) -> None:
    degrees = ((2, SIGNED_RATIONAL, signed(-520, -300, 0)), (4, SIGNED_RATIONAL, signed(-130, -240, 0)))
    assert read_capture(gps_block(*degrees, *references)).location == location


def test_places_and_times_as_texts_are_read() -> None:
    texts = ((2, b"33,51.6S"), (3, b"West"), (4, b"151,12.6"), (7, b"10:36:13"), (29, b"2020:02:13"))
    assert read_capture(gps_block(*((tag, ASCII, text + b"\0") for tag, text in texts))) == Capture(
        location=Location(-33.86, -151.21), taken_at="2020-02-13T10:36:13Z", taken_at_source="gps"
    )


def test_rational_with_zero_denominator_is_omitted() -> None:
    # The EXIF directory is at offset 26: exposure time, a RATIONAL at 44 with the value 1/0.
    details = struct.pack("<H", 1) + struct.pack("<HHLL", 0x829A, 5, 1, 44) + bytes(4) + struct.pack("<LL", 1, 0)
    assert read_capture(tiff_file([(EXIF_IFD, 4, 1, 26)], tail=details)) == Capture()


@pytest.mark.parametrize("value", [math.nan, math.inf, -1.0, 0.0])
def test_invalid_numbers_are_omitted(value: float) -> None:
    # Exposure time as a DOUBLE at offset 44.
    details = struct.pack("<H", 1) + struct.pack("<HHLL", 0x829A, 12, 1, 44) + bytes(4) + struct.pack("<d", value)
    assert read_capture(tiff_file([(EXIF_IFD, 4, 1, 26)], tail=details)) == Capture()


@pytest.mark.parametrize(
    ("details", "iso"),
    [
        ({0x8827: 400, 0x8832: 500}, 400),
        ({0x8827: 65535, 0x8832: 102400}, 102400),
        ({0x8827: 65535}, 65535),
        ({0x8832: 102400}, 102400),
        ({0x8827: 0}, None),
    ],
)
def test_iso_above_16_bits_is_in_its_own_tag(details: dict[int, Any], iso: int | None) -> None:
    assert read_capture(exif(details=details)).settings.iso == iso


def test_fields_in_the_first_directory_are_read() -> None:
    block = exif({ORIGINAL: "2024:07:14 18:03:59", ORIGINAL_OFFSET: "+0200", 0x8827: 400, 0xA434: "Lens"})
    assert read_capture(block) == Capture(
        taken_at="2024-07-14T18:03:59+02:00",
        taken_at_source="exif",
        settings=CaptureSettings(iso=400, lens="Lens"),
    )
    both = exif({ORIGINAL: "2024:07:14 18:03:59"}, {ORIGINAL: "    :  :     :  :  ", DIGITIZED: "2025:01:01 00:00:00"})
    assert read_capture(both).taken_at == "2024-07-14T18:03:59"


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
