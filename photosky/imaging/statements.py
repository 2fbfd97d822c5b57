"""What one source of metadata states about a picture: EXIF, XMP or IPTC. Each is read into the same form."""

from collections.abc import Mapping
from dataclasses import dataclass

from photosky.details import (
    MAX_DESCRIPTION_CHARACTERS,
    MAX_NAME_CHARACTERS,
    MAX_TAG_CHARACTERS,
    MAX_TAGS,
    MAX_TITLE_CHARACTERS,
)
from photosky.imaging import iptc
from photosky.imaging.iptc import DataSet
from photosky.imaging.numbers import parse_number, positive
from photosky.imaging.places import altitude, location, parse_coordinate
from photosky.imaging.texts import keywords, lines, one_line
from photosky.imaging.times import parse_time
from photosky.location import Location


@dataclass(frozen=True, kw_only=True)
class Statement:
    """The values of one source; a value is None or empty if it is missing or invalid.

    Attributes:
        taken_at: ISO 8601 in local time, with the UTC offset if it is known.
        gps_time: The time of the position, ISO 8601 in UTC.
        exposure_seconds, f_number, iso, focal_length_mm: As in `details.CaptureSettings`.
        rating: As in `details.Embedded`.
    """

    taken_at: str | None = None
    gps_time: str | None = None
    camera: str | None = None
    lens: str | None = None
    exposure_seconds: float | None = None
    f_number: float | None = None
    iso: int | None = None
    focal_length_mm: float | None = None
    location: Location | None = None
    title: str | None = None
    description: str | None = None
    keywords: tuple[str, ...] = ()
    rating: int | None = None


_XMP_TIMES = ("exif:DateTimeOriginal", "photoshop:DateCreated", "exif:DateTimeDigitized", "xmp:CreateDate")
_XMP_LENSES = ("exifEX:LensModel", "aux:Lens")
_XMP_ISOS = ("exifEX:PhotographicSensitivity", "exif:ISOSpeedRatings")
_RATINGS = (-1, 1, 2, 3, 4, 5)  # 0 stands for unrated, and many cameras write it


def of_xmp(properties: Mapping[str, tuple[str, ...]]) -> Statement:
    """The statement of an XMP packet, given as the result of `xmp.read_xmp`."""

    def text(*names: str) -> str:
        return next((properties[name][0] for name in names if properties.get(name)), "")

    def number(*names: str) -> float | None:
        return positive(parse_number(text(*names)))

    iso, rating = number(*_XMP_ISOS), parse_number(text("xmp:Rating"))
    return Statement(
        taken_at=next(filter(None, (parse_time(text(name)) for name in _XMP_TIMES)), None),
        gps_time=parse_time(text("exif:GPSTimeStamp")),
        camera=camera(text("tiff:Make"), text("tiff:Model")),
        lens=one_line(text(*_XMP_LENSES), MAX_NAME_CHARACTERS) or None,
        exposure_seconds=number("exif:ExposureTime"),
        f_number=number("exif:FNumber"),
        iso=None if iso is None else round(iso) or None,
        focal_length_mm=number("exif:FocalLength"),
        location=None
        if text("exif:GPSStatus") == "V"
        else location(
            parse_coordinate(text("exif:GPSLatitude"), text("exif:GPSLatitudeRef")),
            parse_coordinate(text("exif:GPSLongitude"), text("exif:GPSLongitudeRef")),
            altitude(parse_number(text("exif:GPSAltitude")), text("exif:GPSAltitudeRef")),
        ),
        title=one_line(text("dc:title"), MAX_TITLE_CHARACTERS) or None,
        description=lines(text("dc:description"), MAX_DESCRIPTION_CHARACTERS) or None,
        keywords=keywords(properties.get("dc:subject", ()), MAX_TAGS, MAX_TAG_CHARACTERS),
        rating=int(rating) if rating in _RATINGS else None,
    )


def of_iptc(data_sets: Mapping[DataSet, tuple[str, ...]]) -> Statement:
    """The statement of an IPTC block, given as the result of `iptc.read_iptc`."""

    def text(data_set: DataSet) -> str:
        return data_sets.get(data_set, ("",))[0]

    created = _iptc_time(text(iptc.DATE_CREATED), text(iptc.TIME_CREATED))
    return Statement(
        taken_at=created or _iptc_time(text(iptc.DIGITAL_DATE), text(iptc.DIGITAL_TIME)),
        title=one_line(text(iptc.TITLE), MAX_TITLE_CHARACTERS) or None,
        description=lines(text(iptc.CAPTION), MAX_DESCRIPTION_CHARACTERS) or None,
        keywords=keywords(data_sets.get(iptc.KEYWORD, ()), MAX_TAGS, MAX_TAG_CHARACTERS),
    )


def camera(make: str, model: str) -> str | None:
    """Make and model without repetition; None without both."""
    make, model = one_line(make, MAX_NAME_CHARACTERS), one_line(model, MAX_NAME_CHARACTERS)
    first = make.split(" ", 1)[0].casefold()
    name = model if first and model.casefold().startswith(first) else f"{make} {model}".strip()
    return name[:MAX_NAME_CHARACTERS].strip() or None


def _iptc_time(date: str, clock: str) -> str | None:
    """The time of a date CCYYMMDD and a time HHMMSS±HHMM (IPTC-NAA IIM 4.2, section 6, 2:55 and 2:60).

    Some software writes both with separators.
    """
    if len(date) == 8 and date.isdecimal():
        date = f"{date[:4]}-{date[4:6]}-{date[6:]}"
    if clock[:6].isdecimal() and len(clock) >= 6:
        clock = f"{clock[:2]}:{clock[2:4]}:{clock[4:]}"
    return parse_time(f"{date} {clock}".strip())
