"""Capture metadata: time, camera, exposure and location from an EXIF block (CIPA DC-008, section 4.6)."""

import math
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from photosky.imaging.headers.exif import open_exif
from photosky.imaging.headers.reading import HeaderError
from photosky.imaging.headers.tiff import Directory, Tiff
from photosky.location import Location

MAX_TEXT_CHARS: Final = 128
_DECIMAL_PLACES: Final = 6  # of degrees: 0.1 m

_MAKE, _MODEL, _EXIF_IFD, _GPS_IFD = 0x010F, 0x0110, 0x8769, 0x8825
_EXPOSURE, _F_NUMBER, _ISO, _FOCAL_LENGTH, _LENS_MODEL = 0x829A, 0x829D, 0x8827, 0x920A, 0xA434
_TIMES: Final = ((0x9003, 0x9011), (0x9004, 0x9012))  # DateTimeOriginal, then DateTimeDigitized; each with its offset
_LATITUDE_REF, _LATITUDE, _LONGITUDE_REF, _LONGITUDE, _ALTITUDE_REF, _ALTITUDE, _STATUS = 1, 2, 3, 4, 5, 6, 9

_TIME: Final = re.compile(r"(\d{4})[:/.-](\d\d)[:/.-](\d\d)[ T](\d\d):(\d\d):(\d\d)")
_OFFSET: Final = re.compile(r"[+-](0\d|1[0-4]):[0-5]\d|Z")


@dataclass(frozen=True)
class Capture:
    """Capture metadata; a field is None if its value is missing or invalid.

    Attributes:
        taken_at: ISO 8601 in the camera's local time, with the UTC offset if it is known.
        camera: Make and model.
        lens: Model of the lens.
        exposure_seconds, aperture_f_number, iso: The exposure.
        focal_length_mm: The actual focal length, not its 35 mm equivalent.
        location: Location of the camera.
    """

    taken_at: str | None = None
    camera: str | None = None
    lens: str | None = None
    exposure_seconds: float | None = None
    aperture_f_number: float | None = None
    iso: int | None = None
    focal_length_mm: float | None = None
    location: Location | None = None


def read_capture(exif: bytes) -> Capture:
    """Read an EXIF block or a TIFF file. Never raises; invalid values are omitted."""
    try:
        tiff = open_exif(exif)
        main = tiff.directory(tiff.first_offset)
    except HeaderError:
        return Capture()
    details = _sub_directory(tiff, main, _EXIF_IFD)
    iso = _positive(tiff, details, _ISO)
    return Capture(
        taken_at=_taken_at(tiff, details),
        camera=_camera(_text(tiff, main, _MAKE), _text(tiff, main, _MODEL)),
        lens=_text(tiff, details, _LENS_MODEL) or None,
        exposure_seconds=_positive(tiff, details, _EXPOSURE),
        aperture_f_number=_positive(tiff, details, _F_NUMBER),
        iso=None if iso is None else round(iso),
        focal_length_mm=_positive(tiff, details, _FOCAL_LENGTH),
        location=_location(tiff, _sub_directory(tiff, main, _GPS_IFD)),
    )


def _sub_directory(tiff: Tiff, main: Directory, tag: int) -> Directory:
    offset = tiff.number(main, tag, 0)
    if offset <= 0:
        return Directory({}, 0)
    try:
        return tiff.directory(offset)
    except HeaderError:
        return Directory({}, 0)


def _text(tiff: Tiff, directory: Directory, tag: int) -> str:
    """A text on one line, without control characters, of at most `MAX_TEXT_CHARS`."""
    data = tiff.text(directory, tag)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    printable = "".join(character if character.isprintable() else " " for character in text)
    return " ".join(printable.split())[:MAX_TEXT_CHARS].strip()


def _camera(make: str, model: str) -> str | None:
    first = make.split(" ", 1)[0].casefold()
    name = model if first and model.casefold().startswith(first) else f"{make} {model}".strip()
    return name[:MAX_TEXT_CHARS].strip() or None


def _taken_at(tiff: Tiff, details: Directory) -> str | None:
    for time_tag, offset_tag in _TIMES:
        found = _TIME.fullmatch(_text(tiff, details, time_tag))
        if found is None:
            continue
        try:
            taken_at = datetime(*map(int, found.groups())).isoformat()  # type: ignore[arg-type]
        except ValueError:  # such as month 0, written by cameras without a clock
            continue
        offset = _text(tiff, details, offset_tag)
        return taken_at + offset if _OFFSET.fullmatch(offset) else taken_at
    return None


def _positive(tiff: Tiff, directory: Directory, tag: int) -> float | None:
    """The first value of a numeric tag, to six significant digits; None unless it is positive and finite."""
    values = tiff.numbers(directory, tag)
    if not values or not math.isfinite(values[0]) or values[0] <= 0:
        return None
    return float(f"{values[0]:.6g}")


def _location(tiff: Tiff, gps: Directory) -> Location | None:
    latitude = _degrees(tiff, gps, _LATITUDE, negative=tiff.text(gps, _LATITUDE_REF)[:1] in (b"S", b"s"))
    longitude = _degrees(tiff, gps, _LONGITUDE, negative=tiff.text(gps, _LONGITUDE_REF)[:1] in (b"W", b"w"))
    if latitude is None or longitude is None or abs(latitude) > 90 or abs(longitude) > 180:
        return None
    # Without a fix, receivers write status V (void) or zeros.
    if tiff.text(gps, _STATUS)[:1] == b"V" or (latitude, longitude) == (0, 0):
        return None
    return Location(latitude, longitude, _altitude(tiff, gps))


def _degrees(tiff: Tiff, gps: Directory, tag: int, *, negative: bool) -> float | None:
    """Decimal degrees from degrees, minutes and seconds; minutes and seconds are optional."""
    values = tiff.numbers(gps, tag)
    declared = gps.fields[tag].count if tag in gps.fields else 0
    if not 1 <= declared <= 3 or len(values) != declared or not all(math.isfinite(value) for value in values):
        return None
    degrees = sum(value / unit for value, unit in zip(values, (1, 60, 3600), strict=False))
    return round(-degrees if negative else degrees, _DECIMAL_PLACES)


def _altitude(tiff: Tiff, gps: Directory) -> float | None:
    values = tiff.numbers(gps, _ALTITUDE)
    if not values or not math.isfinite(values[0]) or abs(values[0]) > 100_000:
        return None
    is_below_sea = tiff.number(gps, _ALTITUDE_REF, 0) == 1
    return round(-values[0] if is_below_sea else values[0], 1)
