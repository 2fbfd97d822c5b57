"""Validation of bodies and headers: each is read into a typed value, or refused with its wrong parts."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, NamedTuple

from api import fields
from api.fields import Check, FieldsError, Path, field_error, shortened
from photosky.errors import Code, FieldError, PhotoSkyError
from photosky.location import LocationPolicy, apply_location_policy
from photosky.store.idempotency import RequestKey

MAX_KEY_CHARACTERS: Final = 255

_ETAG: Final = re.compile(r'"(\d{1,15})(?:-[0-9a-f]{1,64})?"')
"""Versions 1.0 of the API had no digest in its ETags."""
_IDEMPOTENCY_KEY: Final = re.compile(rf'("?)([!#-\[\]-~]{{1,{MAX_KEY_CHARACTERS}}})\1')
_LISTED_ETAG: Final = re.compile(r'(?:W/)?("[^"]*")')


class CreatePhoto(NamedTuple):
    """The body of `POST /photos`."""

    filename: str
    content_type: str
    size_bytes: int
    sha256: str | None

    def key(self, idempotency_key: str) -> RequestKey:
        """The stored form of the request's `Idempotency-Key`."""
        return RequestKey.of(idempotency_key, [self.filename, self.content_type, self.size_bytes, self.sha256])


def read_create(body: str | None, max_upload_bytes: int) -> CreatePhoto:
    """Read the body of `POST /photos`. Raises PhotoSkyError: InvalidRequest, UnsupportedFormat or UploadTooLarge."""
    required: dict[str, Check] = {
        "filename": fields.filename,
        "content_type": fields.content_type,
        "size_bytes": fields.positive_integer,
    }
    with refused_as_invalid():
        values = fields.checked(read_object(body), required, {"sha256": fields.sha256})
    if values["size_bytes"] > max_upload_bytes:
        raise PhotoSkyError(
            Code.UPLOAD_TOO_LARGE,
            f"size_bytes is {values['size_bytes']}; this environment accepts at most {max_upload_bytes}.",
        )
    return CreatePhoto(values["filename"], values["content_type"], values["size_bytes"], values.get("sha256"))


_EDITS: Final[Mapping[str, tuple[str, Check]]] = {
    "title": ("title", fields.title),
    "description": ("description", fields.description),
    "tags": ("tags", fields.tags),
    "favorite": ("favorite", fields.boolean),
    "taken_at": ("owner_taken_at", fields.local_time),
    "location": ("owner_location", fields.location),
}
"""The attribute that stores each field of an edit, and its check."""


def read_edit(body: str | None, location_policy: LocationPolicy) -> dict[str, Any]:
    """Read the changes of `PATCH /photos/{photo_id}` by attribute; None removes a value.

    The environment's policy also applies to a location that the owner sends. Raises PhotoSkyError, InvalidRequest.
    """
    with refused_as_invalid():
        return checked_edit((), read_object(body), location_policy)


def checked_edit(path: Path, document: Any, location_policy: LocationPolicy) -> dict[str, Any]:
    """The changes at a place of a body, as `read_edit` returns them. Raises FieldsError."""
    if not isinstance(document, dict):
        raise FieldsError([field_error(path, "must be an object")])
    changes = fields.checked(document, {}, {name: check for name, (_, check) in _EDITS.items()}, path)
    if not changes:
        raise FieldsError([field_error(path, f"must contain at least one of {', '.join(_EDITS)}")])
    if changes.get("location"):
        changes["location"] = apply_location_policy(changes["location"], location_policy)
        if changes["location"] is None:
            reason = "must be null, because this environment stores no places"
            raise FieldsError([field_error((*path, "location"), reason)])
    return {_EDITS[name][0]: value for name, value in changes.items()}


def read_if_match(header: str | None) -> int | None:
    """The version in `If-Match`, or None if every version matches. Raises PhotoSkyError, PreconditionFailed."""
    if header is None or header.strip() == "*":
        return None
    match = _ETAG.fullmatch(header.strip())
    if not match:
        raise PhotoSkyError(Code.PRECONDITION_FAILED, "If-Match must be the photo's ETag or *.")
    return int(match[1])


def read_idempotency_key(header: str | None) -> str | None:
    """Read `Idempotency-Key` with or without quotes. Raises PhotoSkyError, InvalidRequest.

    It is a string of a structured field (IETF draft "The Idempotency-Key HTTP Header Field"), but many clients send it
    without quotes.
    """
    if header is None:
        return None
    match = _IDEMPOTENCY_KEY.fullmatch(header.strip())
    if not match:
        detail = f"Idempotency-Key must have 1 to {MAX_KEY_CHARACTERS} visible ASCII characters without quotes."
        raise invalid([parameter_error("Idempotency-Key", detail)])
    return match[2]


def is_known(etag: str, if_none_match: str | None) -> bool:
    """Whether `If-None-Match` names this ETag or `*` (RFC 9110, section 13.1.2: a weak comparison)."""
    if if_none_match is None:
        return False
    return if_none_match.strip() == "*" or etag in _LISTED_ETAG.findall(if_none_match)


@contextmanager
def refused_as_invalid() -> Iterator[None]:
    """Turn FieldsError into the error that the client gets."""
    try:
        yield
    except FieldsError as error:
        raise invalid(error.errors) from None


def read_object(body: str | None) -> dict[str, Any]:
    """A body that is a JSON object. Raises FieldsError."""
    try:
        document = json.loads(body or "", parse_constant=_no_constant, object_pairs_hook=_unique_fields)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise FieldsError([field_error((), "must be a JSON object")])
    return document


def _unique_fields(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object's fields. Parsers disagree on the value of a repeated name (RFC 8259, section 4), so it is refused."""
    document = dict(pairs)
    if len(document) < len(pairs):
        names = [name for name, _ in pairs]
        repeated = next(name for name in names if names.count(name) > 1)
        raise FieldsError([FieldError(f"{shortened(repeated)} occurs more than once.", pointer="#")])
    return document


def _no_constant(name: str) -> Any:
    raise ValueError(name)


def invalid(errors: Iterable[FieldError]) -> PhotoSkyError:
    """The error for a request with wrong parts."""
    reported = tuple(errors)[: fields.MAX_REPORTED]
    return PhotoSkyError(Code.INVALID_REQUEST, " ".join(error.detail for error in reported), reported)


def parameter_error(name: str, detail: str) -> FieldError:
    """The error of a query parameter or of a header."""
    return FieldError(detail, parameter=name)
