"""What an EXIF block states about a picture (CIPA DC-008, section 4.6)."""

import math
from collections.abc import Iterator
from typing import Final

from photosky.details import MAX_NAME_CHARACTERS
from photosky.imaging.headers.exif import open_exif
from photosky.imaging.headers.reading import HeaderError
from photosky.imaging.headers.tiff import Directory, Tiff
from photosky.imaging.numbers import positive
from photosky.imaging.places import altitude, coordinate, location, parse_coordinate
from photosky.imaging.statements import Statement, camera
from photosky.imaging.texts import decode_text, one_line
from photosky.imaging.times import gps_time, parse_time
from photosky.location import Location

_MAKE, _MODEL, _EXIF_IFD, _GPS_IFD = 0x010F, 0x0110, 0x8769, 0x8825
_EXPOSURE, _F_NUMBER, _FOCAL_LENGTH, _LENS_MODEL = 0x829A, 0x829D, 0x920A, 0xA434
_ISO, _RECOMMENDED_INDEX, _ISO_IN_OTHER_TAG = 0x8827, 0x8832, 65535
_TIMES: Final = ((0x9003, 0x9011), (0x9004, 0x9012))  # DateTimeOriginal, then DateTimeDigitized; each with its offset
_LATITUDE_REF, _LATITUDE, _LONGITUDE_REF, _LONGITUDE, _ALTITUDE_REF, _ALTITUDE = 1, 2, 3, 4, 5, 6
_GPS_CLOCK, _GPS_STATUS, _GPS_DATE = 7, 9, 29


def read_exif(block: bytes) -> Statement:
    """Read an EXIF block or a TIFF file. Never raises; invalid values are omitted."""
    try:
        tiff = open_exif(block)
        main = tiff.directory(tiff.first_offset)
    except HeaderError:
        return Statement()
    details, gps = _sub_directory(tiff, main, _EXIF_IFD), _sub_directory(tiff, main, _GPS_IFD)
    # Some software writes the fields of the EXIF directory into the first one.
    both = Directory({**main.fields, **details.fields}, 0)
    return Statement(
        taken_at=next(_times(tiff, details, main), None),
        gps_time=_gps_time(tiff, gps),
        camera=camera(_text(tiff, main, _MAKE), _text(tiff, main, _MODEL)),
        lens=one_line(_text(tiff, both, _LENS_MODEL), MAX_NAME_CHARACTERS) or None,
        exposure_seconds=positive(_number(tiff, both, _EXPOSURE)),
        f_number=positive(_number(tiff, both, _F_NUMBER)),
        iso=_iso(tiff, both),
        focal_length_mm=positive(_number(tiff, both, _FOCAL_LENGTH)),
        location=_location(tiff, gps),
    )


def _sub_directory(tiff: Tiff, main: Directory, tag: int) -> Directory:
    offset = tiff.number(main, tag, 0)
    if offset <= 0:
        return Directory({}, 0)
    try:
        return tiff.directory(offset)
    except HeaderError:
        return Directory({}, 0)


def _times(tiff: Tiff, *directories: Directory) -> Iterator[str]:
    for time_tag, offset_tag in _TIMES:
        for directory in directories:
            text = _text(tiff, directory, time_tag)
            if taken_at := parse_time(text, _text(tiff, directory, offset_tag)):
                yield taken_at


def _gps_time(tiff: Tiff, gps: Directory) -> str | None:
    date = _text(tiff, gps, _GPS_DATE)
    clock = _text(tiff, gps, _GPS_CLOCK)
    return parse_time(f"{date} {clock}", "Z") if date and clock else gps_time(date, tiff.numbers(gps, _GPS_CLOCK))


def _text(tiff: Tiff, directory: Directory, tag: int) -> str:
    return decode_text(tiff.text(directory, tag))


def _number(tiff: Tiff, directory: Directory, tag: int) -> float | None:
    """The first value of a numeric tag."""
    return next(iter(tiff.numbers(directory, tag)), None)


def _iso(tiff: Tiff, directory: Directory) -> int | None:
    """The sensitivity; its first tag has 16 bits, and 65535 refers to another tag (CIPA DC-008, section 4.6.5)."""
    value = _number(tiff, directory, _ISO)
    if value in (None, _ISO_IN_OTHER_TAG):
        value = _number(tiff, directory, _RECOMMENDED_INDEX) or value
    return None if positive(value) is None or value is None else round(value) or None


def _location(tiff: Tiff, gps: Directory) -> Location | None:
    if tiff.text(gps, _GPS_STATUS)[:1] == b"V":  # void: the receiver had no fix
        return None
    return location(
        _coordinate(tiff, gps, _LATITUDE, _LATITUDE_REF),
        _coordinate(tiff, gps, _LONGITUDE, _LONGITUDE_REF),
        altitude(_number(tiff, gps, _ALTITUDE), _reference(tiff, gps, _ALTITUDE_REF)),
    )


def _coordinate(tiff: Tiff, gps: Directory, tag: int, reference_tag: int) -> float | None:
    reference, values = _reference(tiff, gps, reference_tag), tiff.numbers(gps, tag)
    if not values:
        return parse_coordinate(_text(tiff, gps, tag), reference)
    return coordinate(values, reference) if len(values) == gps.fields[tag].value_count else None


def _reference(tiff: Tiff, gps: Directory, tag: int) -> str:
    """A reference, such as `S`, `South` or `1`, whether it is stored as a text or as a number."""
    number = _number(tiff, gps, tag)
    if number is not None and math.isfinite(number) and 0 <= number < 128:
        return _character(int(number))
    text = _text(tiff, gps, tag)
    return _character(ord(text[0])) if len(text) == 1 else text.strip()


def _character(code: int) -> str:
    """The character of a printable code; other numbers as digits."""
    return chr(code) if code >= 32 else str(code)
