"""Checks of a request's values. Each returns the value to store or to look for, or raises FieldsError.

All wrong fields are reported together, so that a form can mark each of them.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

from photosky.details import (
    CONTROL,
    CONTROL_EXCEPT_WHITESPACE,
    MAX_DESCRIPTION_CHARACTERS,
    MAX_TAG_CHARACTERS,
    MAX_TAGS,
    MAX_TITLE_CHARACTERS,
    SURROGATE,
)
from photosky.errors import Code, FieldError, PhotoSkyError
from photosky.imaging.media_types import CONTENT_TYPES, UNKNOWN_CONTENT_TYPE, normalized_content_type
from photosky.location import Location

MAX_FILENAME_CHARACTERS: Final = 255
MAX_REPORTED: Final = 20
"""The number of errors in one response, so that it stays small whatever the body is."""

_MAX_SHOWN_CHARACTERS: Final = 40
MAX_ALTITUDE_METRES: Final = 100_000
"""From space; also the depth below the sea."""

_LOCAL_TIME: Final = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)?)?", re.ASCII)
_SHA256: Final = re.compile(r"[0-9a-f]{64}")

Path = tuple[str | int, ...]
"""The names and indexes that lead from the body to a value."""
Check = Callable[[Path, Any], Any]


class FieldsError(Exception):
    """Raised for wrong fields; `errors` has one entry for each."""

    def __init__(self, errors: Iterable[FieldError]) -> None:
        self.errors = tuple(errors)
        super().__init__(" ".join(error.detail for error in self.errors))


def checked(
    document: Mapping[str, Any], required: Mapping[str, Check], optional: Mapping[str, Check], path: Path = ()
) -> dict[str, Any]:
    """The checked values by name.

    Raises FieldsError for all wrong, unknown and missing fields, and otherwise the first PhotoSkyError of a check.
    """
    checks = {**required, **optional}
    values: dict[str, Any] = {}
    wrong = [_unknown(path, name) for name in document if name not in checks]
    wrong += [field_error((*path, name), "is required") for name in required if name not in document]
    refusals = []
    for name in checks:
        if name in document:
            try:
                values[name] = checks[name]((*path, name), document[name])
            except FieldsError as error:
                wrong += error.errors
            except PhotoSkyError as error:
                refusals.append(error)
    if wrong:
        raise FieldsError(wrong)
    if refusals:
        raise refusals[0]
    return values


def field_error(path: Path, reason: str) -> FieldError:
    """The error at a place of the body. An empty path means the body itself."""
    pointer = "#" + "".join(f"/{_escaped(part)}" for part in path)
    return FieldError(f"{_name(path)} {reason}.", pointer=pointer)


def shortened(name: str) -> str:
    """A name that the client sent, shortened and escaped for the response."""
    return repr(name[:_MAX_SHOWN_CHARACTERS])


def filename(path: Path, value: Any) -> str:
    """A filename in Unicode's normalization form C: macOS sends decomposed characters."""
    if value == "":
        raise _wrong(path, "must not be empty")
    return unicodedata.normalize("NFC", _string(path, value, MAX_FILENAME_CHARACTERS, CONTROL))


def title(path: Path, value: Any) -> str | None:
    """A text of one line, or None."""
    return _text(path, value, MAX_TITLE_CHARACTERS, CONTROL)


def description(path: Path, value: Any) -> str | None:
    """A text that may have line breaks and tabs, or None."""
    return _text(path, value, MAX_DESCRIPTION_CHARACTERS, CONTROL_EXCEPT_WHITESPACE)


def tags(path: Path, value: Any) -> list[str]:
    """Tags without blank ones. Of several that differ only in case, the first is kept."""
    if not isinstance(value, list) or len(value) > MAX_TAGS:
        raise _wrong(path, f"must be an array of at most {MAX_TAGS} strings")
    found: dict[str, str] = {}
    wrong: list[FieldError] = []
    for index, item in enumerate(value):
        try:
            text = _normalized(_string((*path, index), item, MAX_TAG_CHARACTERS, CONTROL))
        except FieldsError as error:
            wrong += error.errors
        else:
            found.setdefault(text.casefold(), text)
    if wrong:
        raise FieldsError(wrong)
    return [text for text in found.values() if text]


def tag(path: Path, value: Any) -> str:
    """A tag to look for: as `tags` normalizes it, and without case."""
    text = _normalized(_string(path, value, MAX_TAG_CHARACTERS, CONTROL))
    if not text:
        raise _wrong(path, "must not be blank")
    return text.casefold()


def local_time(path: Path, value: Any) -> str | None:
    """A date, or a date and a time with an optional UTC offset, in ISO 8601 to the second; or None."""
    if value is None:
        return None
    wrong = _wrong(path, "must be a date or time in ISO 8601, such as 2026-08-02T18:41:07+02:00, or null")
    if not isinstance(value, str) or not _LOCAL_TIME.fullmatch(value):
        raise wrong
    try:
        time = datetime.fromisoformat(value)
    except ValueError:
        raise wrong from None
    return time.replace(microsecond=0).isoformat().replace("+00:00", "Z")


def location(path: Path, value: Any) -> Location | None:
    """A location whose numbers are rounded to a centimetre; or None."""
    if value is None:
        return None
    if not isinstance(value, dict):
        raise _wrong(path, "must be an object or null")
    optional = {"altitude_m": lambda place, number: None if number is None else _altitude(place, number)}
    return Location(**checked(value, {"latitude": _latitude, "longitude": _longitude}, optional, path))


def etag(path: Path, value: Any) -> str | None:
    """The text of an `If-Match`, or None."""
    if value is not None and not isinstance(value, str):
        raise _wrong(path, "must be a string or null")
    return value


def boolean(path: Path, value: Any) -> bool:
    """True or False."""
    if not isinstance(value, bool):
        raise _wrong(path, "must be true or false")
    return value


def positive_integer(path: Path, value: Any) -> int:
    """JSON has one number type, so 5.0 is the integer 5 (JSON Schema 2020-12, validation, section 6.1.1)."""
    is_integer = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
    if not is_integer or isinstance(value, bool) or value < 1:
        raise _wrong(path, "must be a positive integer")
    return int(value)


def sha256(path: Path, value: Any) -> str | None:
    """A digest in hexadecimal digits, or None."""
    if value is None:
        return None
    if not isinstance(value, str) or not _SHA256.fullmatch(value):
        raise _wrong(path, "must be 64 lowercase hexadecimal digits")
    return value


def content_type(path: Path, value: Any) -> str:
    """A declared media type without its aliases. Raises PhotoSkyError, UnsupportedFormat, for other media types."""
    if not isinstance(value, str):
        raise _wrong(path, "must be a string")
    known = normalized_content_type(value)
    if known is None:
        allowed = ", ".join([*sorted({*CONTENT_TYPES.values(), "image/heif"}), UNKNOWN_CONTENT_TYPE])
        raise PhotoSkyError(Code.UNSUPPORTED_FORMAT, f"{_name(path)} must be one of {allowed}.")
    return known


def _latitude(path: Path, value: Any) -> float:
    return _number(path, value, 90, 7)


def _longitude(path: Path, value: Any) -> float:
    return _number(path, value, 180, 7)


def _altitude(path: Path, value: Any) -> float:
    return _number(path, value, MAX_ALTITUDE_METRES, 2)


def _number(path: Path, value: Any, limit: int, decimal_places: int) -> float:
    """Rounded, because DynamoDB has no number below 1e-130 (developer guide, "Number")."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not -limit <= value <= limit:
        raise _wrong(path, f"must be a number from -{limit} to {limit}")
    return round(float(value), decimal_places) + 0.0  # Without the sign of -0.0.


def _text(path: Path, value: Any, max_characters: int, forbidden: re.Pattern[str]) -> str | None:
    return None if value is None else _normalized(_string(path, value, max_characters, forbidden)) or None


def _string(path: Path, value: Any, max_characters: int, forbidden: re.Pattern[str]) -> str:
    """A string whose length as sent is within its limit; the normalized one can be longer."""
    if not isinstance(value, str):
        raise _wrong(path, "must be a string")
    if len(value) > max_characters:
        raise _wrong(path, f"must have at most {max_characters} characters")
    if forbidden.search(value) or SURROGATE.search(value):
        raise _wrong(path, "must not contain control characters or lone surrogates")
    return value


def _normalized(text: str) -> str:
    """Equal texts as equal strings: in normalization form C (Unicode Standard Annex 15), without outer whitespace."""
    return unicodedata.normalize("NFC", text).strip()


def _wrong(path: Path, reason: str) -> FieldsError:
    return FieldsError([field_error(path, reason)])


def _unknown(path: Path, name: str) -> FieldError:
    pointer = field_error((*path, name) if len(name) <= _MAX_SHOWN_CHARACTERS else path, "").pointer
    return FieldError(f"{shortened(name)} is not a field of this request.", pointer=pointer)


def _name(path: Path) -> str:
    """A path as people write it: `tags[1]`."""
    if not path:
        return "The request body"
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")


def _escaped(part: str | int) -> str:
    """A reference token of a JSON Pointer in a URI fragment."""
    return quote(str(part).replace("~", "~0").replace("/", "~1"), safe="~", errors="replace")
