"""Validation of bodies, queries and headers: each is read into a typed value, or refused by the name of its field."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

from photosky.details import (
    CONTROL,
    CONTROL_EXCEPT_WHITESPACE,
    MAX_DESCRIPTION_CHARACTERS,
    MAX_TAG_CHARACTERS,
    MAX_TAGS,
    MAX_TITLE_CHARACTERS,
    SURROGATE,
)
from photosky.errors import Code, PhotoSkyError
from photosky.imaging.formats import CONTENT_TYPES, UNKNOWN_CONTENT_TYPE, normalized_content_type
from photosky.store import cursors
from photosky.store.listings import Order

MAX_FILENAME_CHARACTERS: Final = 255
DEFAULT_LIMIT: Final = 50
MAX_LIMIT: Final = 100

_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_ETAG: Final = re.compile(r'"(\d{1,15})"')

Check = Callable[[str, Any], Any]


@dataclass(frozen=True)
class CreatePhoto:
    """The body of `POST /photos`."""

    filename: str
    content_type: str
    size_bytes: int
    sha256: str | None


@dataclass(frozen=True)
class ListPhotos:
    """The query of `GET /photos`; the cursor is not yet verified."""

    limit: int
    order: Order
    cursor: str | None


def read_create(body: str | None, max_upload_bytes: int) -> CreatePhoto:
    """Read the body of `POST /photos`. Raises PhotoSkyError: InvalidRequest, UnsupportedFormat or UploadTooLarge."""
    values = _checked(
        _object(body),
        required={"filename": _filename, "content_type": _content_type, "size_bytes": _positive_integer},
        optional={"sha256": _sha256},
    )
    if values["size_bytes"] > max_upload_bytes:
        raise PhotoSkyError(
            Code.UPLOAD_TOO_LARGE,
            f"size_bytes is {values['size_bytes']}; this environment accepts at most {max_upload_bytes}.",
        )
    return CreatePhoto(values["filename"], values["content_type"], values["size_bytes"], values.get("sha256"))


def read_edit(body: str | None) -> dict[str, Any]:
    """Read the changes of `PATCH /photos/{photo_id}`; null removes a value. Raises PhotoSkyError, InvalidRequest."""
    changes = _checked(
        _object(body),
        required={},
        optional={"title": _title, "description": _description, "tags": _tags, "favorite": _boolean},
    )
    if not changes:
        raise _invalid("The request body", "must contain at least one of title, description, tags and favorite")
    return changes


def read_list(query: Mapping[str, str]) -> ListPhotos:
    """Read the query of `GET /photos`. Raises PhotoSkyError, InvalidRequest."""
    unknown = sorted(set(query) - {"limit", "cursor", "order"})
    if unknown:
        raise _invalid(_quoted(unknown[0]), "is not a query parameter of this request")
    limit = query.get("limit", str(DEFAULT_LIMIT))
    if not re.fullmatch(r"[0-9]{1,3}", limit) or not 1 <= int(limit) <= MAX_LIMIT:
        raise _invalid("limit", f"must be an integer from 1 to {MAX_LIMIT}")
    order = query.get("order", "desc")
    if order not in ("asc", "desc"):
        raise _invalid("order", "must be asc or desc")
    return ListPhotos(int(limit), cast(Order, order), query.get("cursor"))


def read_cursor(cursor: str, key: bytes, owner_id: str, order: Order) -> str:
    """The id of the photo after which the page starts. Raises PhotoSkyError if the cursor is of another listing."""
    try:
        return cursors.unseal(key, owner_id, order, cursor)
    except cursors.InvalidCursorError:
        raise _invalid("cursor", "must be the next_cursor of a page of this listing with the same order") from None


def read_if_match(header: str | None) -> int | None:
    """The version in `If-Match`, or None if every version matches. Raises PhotoSkyError, PreconditionFailed."""
    if header is None or header.strip() == "*":
        return None
    match = _ETAG.fullmatch(header.strip())
    if not match:
        raise PhotoSkyError(Code.PRECONDITION_FAILED, "If-Match must be the photo's ETag or *.")
    return int(match[1])


def read_redirect(query: Mapping[str, str]) -> bool:
    """Read `redirect` of `GET /photos/{photo_id}/original`. Raises PhotoSkyError, InvalidRequest."""
    redirect = query.get("redirect", "false")
    if redirect not in ("true", "false"):
        raise _invalid("redirect", "must be true or false")
    return redirect == "true"


def _object(body: str | None) -> dict[str, Any]:
    try:
        document = json.loads(body or "", parse_constant=_no_constant, object_pairs_hook=_unique_fields)
    except (ValueError, RecursionError):
        raise _invalid("The request body", "must be a JSON object") from None
    if not isinstance(document, dict):
        raise _invalid("The request body", "must be a JSON object")
    return document


def _unique_fields(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object's fields. Parsers disagree on the value of a repeated name (RFC 8259, section 4), so it is refused."""
    document = dict(pairs)
    if len(document) < len(pairs):
        names = [name for name, _ in pairs]
        raise _invalid(_quoted(next(name for name in names if names.count(name) > 1)), "occurs more than once")
    return document


def _no_constant(name: str) -> Any:
    raise ValueError(name)


def _checked(
    document: Mapping[str, Any], required: Mapping[str, Check], optional: Mapping[str, Check]
) -> dict[str, Any]:
    for name in document:
        if name not in required and name not in optional:
            raise _invalid(_quoted(name), "is not a field of this request")
    for name in required:
        if name not in document:
            raise _invalid(name, "is required")
    checks = {**required, **optional}
    return {name: checks[name](name, value) for name, value in document.items()}


def _text(name: str, value: Any, max_characters: int, forbidden: re.Pattern[str]) -> str:
    if not isinstance(value, str):
        raise _invalid(name, "must be a string")
    if not 1 <= len(value) <= max_characters:
        raise _invalid(name, f"must have 1 to {max_characters} characters")
    if forbidden.search(value) or SURROGATE.search(value):
        raise _invalid(name, "must not contain control characters or lone surrogates")
    return value


def _filename(name: str, value: Any) -> str:
    return _text(name, value, MAX_FILENAME_CHARACTERS, CONTROL)


def _title(name: str, value: Any) -> str | None:
    return None if value is None else _text(name, value, MAX_TITLE_CHARACTERS, CONTROL)


def _description(name: str, value: Any) -> str | None:
    return None if value is None else _text(name, value, MAX_DESCRIPTION_CHARACTERS, CONTROL_EXCEPT_WHITESPACE)


def _tags(name: str, value: Any) -> list[str]:
    if not isinstance(value, list) or len(value) > MAX_TAGS:
        raise _invalid(name, f"must be an array of at most {MAX_TAGS} strings")
    tags = [_text(f"{name}[{index}]", tag, MAX_TAG_CHARACTERS, CONTROL) for index, tag in enumerate(value)]
    return list(dict.fromkeys(tags))


def _boolean(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise _invalid(name, "must be true or false")
    return value


def _positive_integer(name: str, value: Any) -> int:
    """JSON has one number type, so 5.0 is the integer 5 (JSON Schema 2020-12, validation, section 6.1.1)."""
    is_integer = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
    if not is_integer or isinstance(value, bool) or value < 1:
        raise _invalid(name, "must be a positive integer")
    return int(value)


def _sha256(name: str, value: Any) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str) or not _SHA256.fullmatch(value):
        raise _invalid(name, "must be 64 lowercase hexadecimal digits")
    return value


def _content_type(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise _invalid(name, "must be a string")
    content_type = normalized_content_type(value)
    if content_type is None:
        allowed = ", ".join([*sorted({*CONTENT_TYPES.values(), "image/heif"}), UNKNOWN_CONTENT_TYPE])
        raise PhotoSkyError(Code.UNSUPPORTED_FORMAT, f"content_type must be one of {allowed}.")
    return content_type


def _invalid(name: str, reason: str) -> PhotoSkyError:
    return PhotoSkyError(Code.INVALID_REQUEST, f"{name} {reason}.")


def _quoted(name: str) -> str:
    """A name that the client sent, shortened and escaped for the response."""
    return repr(name[:40])
