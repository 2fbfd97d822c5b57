"""Places: coordinates and altitudes of EXIF and XMP, whose references repeat or replace the sign."""

import math
import re
from collections.abc import Sequence
from typing import Final

from photosky.imaging.numbers import parse_number
from photosky.location import Location

_DECIMAL_PLACES: Final = 6  # of degrees: 0.1 m
_MAX_ALTITUDE_METRES: Final = 100_000
_MAX_COORDINATE_CHARS: Final = 64
_NUMBER: Final = re.compile(r"[+-]?\d{1,12}(?:\.\d{0,18})?(?:/\d{1,12})?", re.ASCII)
_REFERENCE: Final = re.compile(r"^\s*([NSEW])|([NSEW])[A-Z]*\s*$", re.IGNORECASE)


def coordinate(parts: Sequence[float], reference: str) -> float | None:
    """Decimal degrees from degrees, minutes and seconds, of which the last two are optional.

    The reference decides the sign (CIPA DC-008, section 4.6.6); the sign of the degrees counts without a reference.
    Software that writes signed degrees with a reference repeats the sign.
    """
    if not 1 <= len(parts) <= 3 or not all(math.isfinite(part) for part in parts):
        return None
    degrees = sum(abs(part) / unit for part, unit in zip(parts, (1, 60, 3600), strict=False))
    is_negative = reference[:1].upper() in ("S", "W") or (
        reference[:1].upper() not in ("N", "E") and any(part < 0 for part in parts)
    )
    return round(-degrees if is_negative else degrees, _DECIMAL_PLACES) + 0.0  # no negative zero


def parse_coordinate(text: str, reference: str = "") -> float | None:
    """Decimal degrees from a text such as `52,30.5N` or `52,30,15S` (XMP, part 2, section 3.1), or `-52.5`."""
    short = text[:_MAX_COORDINATE_CHARS]
    parts = [parse_number(number) for number in _NUMBER.findall(short)]
    own = _REFERENCE.search(short)
    letter = (own[1] or own[2]) if own else reference
    return None if None in parts else coordinate([part for part in parts if part is not None], letter)


def altitude(metres: float | None, reference: str) -> float | None:
    """Metres above sea level; references 1 and 3 stand for below (CIPA DC-008, section 4.6.6)."""
    if metres is None or not math.isfinite(metres) or abs(metres) > _MAX_ALTITUDE_METRES:
        return None
    is_below = reference[:1].upper() in ("1", "3", "B")
    return round(-abs(metres) if is_below else metres, 1) + 0.0


def location(latitude: float | None, longitude: float | None, altitude_m: float | None) -> Location | None:
    """The location, or None without both coordinates, outside their ranges, and at 0, 0: receivers without a fix."""
    if latitude is None or longitude is None or abs(latitude) > 90 or abs(longitude) > 180:
        return None
    return None if (latitude, longitude) == (0, 0) else Location(latitude, longitude, altitude_m)
