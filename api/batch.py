"""`POST /photos/batch`: operations on up to a hundred photos, each with its own result."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Final, Literal, NamedTuple, get_args

from api import changes, fields
from api.fields import Check, FieldsError, Path, field_error
from api.requests import checked_edit, read_if_match, read_object, refused_as_invalid
from photosky.aws import fault_of
from photosky.errors import Code, PhotoSkyError, problem
from photosky.location import LocationPolicy
from photosky.photo import Photo, etag_of, is_photo_id
from photosky.telemetry import logger

MAX_OPERATIONS: Final = 100

Kind = Literal["edit", "delete", "restore"]
Result = dict[str, Any]


class Operation(NamedTuple):
    """One operation on a photo.

    Attributes:
        changes: Of an edit, by attribute; empty for other kinds.
        version: The version that an edit is for; None for any.
        is_permanent: Whether a deletion leaves out the trash.
        keeps_trashed: Whether a deletion leaves a photo that is in the trash there.
    """

    kind: Kind
    photo_id: str
    changes: Mapping[str, Any]
    version: int | None
    is_permanent: bool
    keeps_trashed: bool


def read_operations(body: str | None, location_policy: LocationPolicy) -> list[Operation | PhotoSkyError]:
    """Read the operations of a batch, or why one is refused. Raises PhotoSkyError, InvalidRequest, for another body."""
    with refused_as_invalid():
        listed = fields.checked(read_object(body), {"operations": _list}, {})["operations"]
    return [_read(("operations", index), item, location_policy) for index, item in enumerate(listed)]


def perform(
    owner_id: str,
    operations: list[Operation | PhotoSkyError],
    request_id: str,
    present: Callable[[Photo], Mapping[str, Any]],
) -> list[Result]:
    """Perform the operations one after the other, and return their results in the same order.

    The objects of deleted photos are removed at the end, together. `present` returns a photo as the API shows it.
    """
    results: list[Result] = []
    deleting: dict[int, Photo] = {}
    for index, operation in enumerate(operations):
        try:
            result, deleted = _perform(owner_id, operation, present)
        except PhotoSkyError as error:
            result, deleted = _failure(error, request_id), None
        except Exception as error:  # noqa: BLE001 - the other operations must be performed
            result, deleted = _fault(error, request_id), None
        results.append(result)
        if deleted:
            deleting[index] = deleted
    try:
        changes.finish_deletes(deleting.values())
    except Exception as error:  # noqa: BLE001 - the results of the other operations must be returned
        for index in deleting:
            results[index] = _fault(error, request_id)
    return results


def _perform(
    owner_id: str, operation: Operation | PhotoSkyError, present: Callable[[Photo], Mapping[str, Any]]
) -> tuple[Result, Photo | None]:
    """The result of an operation, and the photo whose deletion it has begun."""
    if isinstance(operation, PhotoSkyError):
        raise operation
    if operation.kind == "delete":
        deleting = changes.begin_delete(
            owner_id,
            operation.photo_id,
            is_permanent=operation.is_permanent,
            keeps_trashed=operation.keeps_trashed,
        )
        return {"status": int(HTTPStatus.NO_CONTENT)}, deleting
    if operation.kind == "restore":
        photo = changes.restore(owner_id, operation.photo_id)
    else:
        photo = changes.edit(owner_id, operation.photo_id, operation.changes, operation.version)
    document = present(photo)
    return {"status": int(HTTPStatus.OK), "photo": document, "etag": etag_of(photo, document)}, None


def _failure(error: PhotoSkyError, request_id: str) -> Result:
    return {"status": error.status, "problem": problem(error.code, error.detail, request_id, error.errors)}


def _fault(error: Exception, request_id: str) -> Result:
    """The client gets no detail of a fault; the log has it under the same request id."""
    logger.exception("Unhandled exception", extra={"request_id": request_id} | fault_of(error))
    detail = "The operation failed because of an internal error. Try again later."
    return _failure(PhotoSkyError(Code.INTERNAL_ERROR, detail), request_id)


def _read(path: Path, item: Any, location_policy: LocationPolicy) -> Operation | PhotoSkyError:
    try:
        with refused_as_invalid():
            return _checked(path, item, location_policy)
    except PhotoSkyError as refusal:
        return refusal


def _checked(path: Path, item: Any, location_policy: LocationPolicy) -> Operation:
    if not isinstance(item, dict):
        raise FieldsError([field_error(path, "must be an object")])
    required: dict[str, Check] = {"op": _kind, "photo_id": _photo_id}
    optional: dict[str, Check] = {}
    if item.get("op") == "edit":
        required["changes"] = lambda place, value: checked_edit(place, value, location_policy)
        optional["if_match"] = fields.etag
    if item.get("op") == "delete":
        optional |= {"permanent": fields.boolean, "keep_trashed": fields.boolean}
    values = fields.checked(item, required, optional, path)
    version = read_if_match(values.get("if_match"))
    return Operation(
        values["op"],
        values["photo_id"],
        values.get("changes", {}),
        version,
        is_permanent=values.get("permanent", False),
        keeps_trashed=values.get("keep_trashed", False),
    )


def _list(path: Path, value: Any) -> list[Any]:
    if not isinstance(value, list) or not 1 <= len(value) <= MAX_OPERATIONS:
        raise FieldsError([field_error(path, f"must be an array of 1 to {MAX_OPERATIONS} operations")])
    return value


def _kind(path: Path, value: Any) -> str:
    if value not in get_args(Kind):
        raise FieldsError([field_error(path, f"must be one of {', '.join(get_args(Kind))}")])
    return str(value)


def _photo_id(path: Path, value: Any) -> str:
    if not isinstance(value, str):
        raise FieldsError([field_error(path, "must be a string")])
    if not is_photo_id(value):
        raise changes.not_found()
    return value
