"""Times as cameras and editors write them, in ISO 8601 to the second."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

MAX_TIME_CHARS: Final = 128

_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

_PATTERNS: Final = tuple(
    re.compile(pattern, re.ASCII | re.IGNORECASE | re.VERBOSE | re.DOTALL)
    for pattern in (
        # EXIF (CIPA DC-008, section 4.6.5) and ISO 8601. Some cameras pad with spaces instead of zeros.
        r"""\s* (?P<year>\d{4}) [:/.-] [ ]?(?P<month>\d{1,2}) [:/.-] [ ]?(?P<day>\d{1,2})
            (?: [T ] [ ]{0,2}(?P<hour>\d{1,2}) : [ ]?(?P<minute>\d{1,2})
                (?: : [ ]?(?P<second>\d{1,2}) (?: [.,]\d* )? )? )?
            (?P<rest>.*)""",
        # RFC 1123, section 5.2.14, as PNG recommends for `Creation Time`.
        r"""\s* (?: [a-z]{3,9},? \s* )? (?P<day>\d{1,2}) [ -] (?P<month>[a-z]{3}) [a-z]{0,6} [ -] (?P<year>\d{4})
            [ ]+ (?P<hour>\d{1,2}) : (?P<minute>\d{2}) (?: : (?P<second>\d{2}) )? (?P<rest>.*)""",
    )
)
_OFFSET: Final = re.compile(r"\s*([+-])(\d{2})(?::?([0-5]\d))?(?!\d)", re.ASCII)
_ZONE: Final = re.compile(r"\s*([A-Z]{1,3})\b", re.ASCII | re.IGNORECASE)
_HALF_OF_DAY: Final = re.compile(r"\s*([AP])\.?M\b", re.ASCII | re.IGNORECASE)
_MAX_OFFSET_HOURS: Final = 14

_ZONES: Final[Mapping[str, str]] = {
    **dict.fromkeys(("Z", "UT", "UTC", "GMT"), "Z"),
    **{"EST": "-05:00", "EDT": "-04:00", "CST": "-06:00", "CDT": "-05:00"},
    **{"MST": "-07:00", "MDT": "-06:00", "PST": "-08:00", "PDT": "-07:00"},
}
"""The zones of RFC 822, section 5.1."""


def parse_time(text: str, offset: str = "") -> str | None:
    """The time in a text, as ISO 8601 in local time with its UTC offset if that is known; None if there is none.

    Fractions of a second are dropped. A date without a time of day counts from 00:00:00, and hour 24 is hour 0 of the
    same day, as readers of EXIF show it. `offset` is the UTC offset if the text has none itself.
    """
    found = next(filter(None, (pattern.match(text[:MAX_TIME_CHARS]) for pattern in _PATTERNS)), None)
    if found is None:
        return None
    rest = found["rest"]
    if found["hour"] is None:
        # The time of day is missing, or blank, which stands for unknown; anything else is no time.
        return None if re.search(r"\d", rest) else _local(found, 0, 0, 0)
    hour = _hour(int(found["hour"]), _HALF_OF_DAY.match(rest))
    # Leap seconds are no times in Python.
    second = 59 if found["second"] == "60" else int(found["second"] or 0)
    local = _local(found, hour, int(found["minute"]), second)
    return None if local is None else local + (parse_offset(rest) or parse_offset(offset))


def parse_offset(text: str) -> str:
    """A UTC offset as `+02:00` or `Z`; empty if the text starts with none."""
    if found := _OFFSET.match(text):
        sign, hours, minutes = found[1], found[2], found[3] or "00"
        if int(hours) * 60 + int(minutes) > _MAX_OFFSET_HOURS * 60:
            return ""
        # ISO 8601 has no negative zero.
        return f"{'+' if hours == minutes == '00' else sign}{hours}:{minutes}"
    zone = _ZONE.match(text)
    return _ZONES.get(zone[1].upper(), "") if zone else ""


def gps_time(date: str, clock: Sequence[float]) -> str | None:
    """The time of a GPS date and its hours, minutes and seconds in UTC (CIPA DC-008, section 4.6.6)."""
    if len(clock) != 3 or not all(0 <= value < 100 for value in clock):
        return None
    seconds = int(clock[0] * 3600 + clock[1] * 60 + clock[2])
    return parse_time(f"{date.strip()} {seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}Z")


def _hour(hour: int, half_of_day: re.Match[str] | None) -> int:
    if half_of_day is None or not 1 <= hour <= 12:
        return 0 if hour == 24 else hour
    return hour % 12 + (12 if half_of_day[1] in "pP" else 0)


def _local(found: re.Match[str], hour: int, minute: int, second: int) -> str | None:
    """ISO 8601 of the date that was found and a time of day; None if that time does not exist."""
    name = found["month"].lower()
    try:
        month = _MONTHS.index(name) + 1 if name.isalpha() else int(name)
        return datetime(int(found["year"]), month, int(found["day"]), hour, minute, second).isoformat()
    except ValueError:  # such as month 0, written by cameras without a clock
        return None
