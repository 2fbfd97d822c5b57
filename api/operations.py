"""The operations that the photos function serves, by the names in `api/routes.py`."""

import time
from dataclasses import asdict
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from api import batch, changes, queries, requests
from api.proxy import Request
from api.queries import ListChanges, ListPhotos, Previews
from api.requests import CreatePhoto
from api.responses import Response, empty_response, json_response
from photosky.delivery import preview_url, signing_ahead
from photosky.errors import Code, PhotoSkyError
from photosky.headers import content_disposition
from photosky.photo import Photo, Status, etag_of, new_photo_id, timestamp
from photosky.presigning import presigner
from photosky.settings import settings
from photosky.store import cursors
from photosky.store.attributes import UPLOAD_WAIT_SECONDS
from photosky.store.changes import PositionExpiredError, position_now
from photosky.store.creations import CreationConflictError, QuotaExceededError
from photosky.store.idempotency import KeyTakenError, RequestInProgressError, RequestKey
from photosky.store.photos import photos_table
from photosky.store.table import ConditionFailedError
from photosky.telemetry import annotate


def read_health(_request: Request) -> Response:
    """`GET /health`: the API is available, and its version."""
    return json_response(HTTPStatus.OK, {"status": "ok", "version": settings().version})


def create_photo(request: Request) -> Response:
    """`POST /photos`: a new record and its upload form, or the owner's ready photo with the same digest."""
    key_text = requests.read_idempotency_key(request.header("Idempotency-Key"))
    new = requests.read_create(request.body, settings().max_upload_bytes)
    key = None if key_text is None else new.key(key_text)
    try:
        return _create(request.owner_id, new, key)
    except KeyTakenError as taken:
        return _repeated_creation(request.owner_id, taken)
    except RequestInProgressError:
        detail = "Another request with this Idempotency-Key is in progress; retry after the interval in Retry-After."
        raise PhotoSkyError(Code.REQUEST_IN_PROGRESS, detail) from None
    except QuotaExceededError as error:
        raise PhotoSkyError(Code.QUOTA_EXCEEDED, error.detail) from error
    except CreationConflictError as error:
        detail = "Too many of your photos are created or deleted at the same time; retry later."
        raise PhotoSkyError(Code.TOO_MANY_REQUESTS, detail) from error


def list_photos(request: Request) -> Response:
    """`GET /photos`: one page of the owner's ready photos, or of the trash."""
    query = queries.read_list(request.query, _preset_names())
    after = _position(request.owner_id, query)
    with signing_ahead(request.owner_id):
        page = photos_table().list_photos(
            request.owner_id, query.view, limit=query.limit, order=query.order, after=after
        )
    cursor = None if page.position is None else _cursor(request.owner_id, query, page.position)
    photos = [_document(photo, query.previews) for photo in page.photos]
    return json_response(HTTPStatus.OK, {"photos": photos, "next_cursor": cursor})


def read_timeline(request: Request) -> Response:
    """`GET /timeline`: the number of ready photos of each period in which the owner has any."""
    unit = queries.read_timeline(request.query)
    periods = photos_table().timeline(request.owner_id, unit)
    return json_response(HTTPStatus.OK, {"unit": unit, "periods": [asdict(period) for period in periods]})


def list_changes(request: Request) -> Response:
    """`GET /changes`: one page of what changed since a cursor."""
    query = queries.read_changes(request.query, _preset_names())
    if query.starts_now:
        cursor = _cursor(request.owner_id, query, position_now())
        return json_response(HTTPStatus.OK, {"changes": [], "next_cursor": cursor, "has_more": False})
    try:
        page = photos_table().changes(request.owner_id, _position(request.owner_id, query), query.limit)
    except PositionExpiredError:
        detail = (
            "Deletions after this cursor are forgotten. Start without cursor and drop photos that are not reported."
        )
        raise PhotoSkyError(Code.CURSOR_EXPIRED, detail) from None
    cursor = _cursor(request.owner_id, query, page.position)
    found = [_change(entry, query.previews) for entry in page.changes]
    return json_response(HTTPStatus.OK, {"changes": found, "next_cursor": cursor, "has_more": page.more})


def read_usage(request: Request) -> Response:
    """`GET /me`: what the owner's photos use, and the quota."""
    used, quota = photos_table().usage(request.owner_id)._asdict(), settings().quota._asdict()
    return json_response(HTTPStatus.OK, {name: {"used": used[name], "limit": quota[name]} for name in used})


def read_photo(request: Request) -> Response:
    """`GET /photos/{photo_id}`: one photo in any status."""
    previews = queries.read_previews(request.query, _preset_names())
    photo = _existing_photo(request)
    document = _document(photo, previews)
    etag = etag_of(photo, document)
    if requests.is_known(etag, request.header("If-None-Match")):
        return empty_response(HTTPStatus.NOT_MODIFIED, ETag=etag)
    return json_response(HTTPStatus.OK, document, ETag=etag)


def renew_upload(request: Request) -> Response:
    """`POST /photos/{photo_id}/upload`: a new form for a photo that awaits its upload or failed."""
    try:
        photo = photos_table().await_upload(request.owner_id, request.photo_id)
    except ConditionFailedError as error:
        if error.photo is None or error.photo.status is Status.DELETING:
            raise changes.not_found() from error
        if error.photo.status is Status.PROCESSING:
            raise PhotoSkyError(Code.INGEST_IN_PROGRESS, "The photo is being ingested; wait for the result.") from error
        detail = f"The photo takes no upload, because its status is {error.photo.status}."
        raise PhotoSkyError(Code.UPLOAD_NOT_EXPECTED, detail) from error
    return _upload_response(HTTPStatus.OK, photo)


def download_original(request: Request) -> Response:
    """`GET /photos/{photo_id}/original`: a URL that downloads the original under its filename."""
    (is_redirect,) = queries.read_flags(request.query, "redirect")
    photo = _existing_photo(request)
    if photo.status is Status.PROCESSING:
        raise PhotoSkyError(Code.INGEST_IN_PROGRESS, "The photo is being ingested; its original is not available yet.")
    if not photo.is_ingested or photo.original is None:
        raise PhotoSkyError(Code.UPLOAD_MISSING, f"The photo has no original, because its status is {photo.status}.")
    signed = presigner().url(
        photo.original,
        response_content_disposition=content_disposition(photo.filename),
    )
    if is_redirect:
        return empty_response(HTTPStatus.FOUND, Location=signed.url)
    return json_response(HTTPStatus.OK, {"url": signed.url, "expires_at": signed.expires_at})


def edit_photo(request: Request) -> Response:
    """`PATCH /photos/{photo_id}`: change the owner's texts and marks, or correct the time and the place."""
    version = requests.read_if_match(request.header("If-Match"))
    edits = requests.read_edit(request.body, settings().location_policy)
    photo = changes.edit(request.owner_id, request.photo_id, edits, version)
    document = _document(photo)
    return json_response(HTTPStatus.OK, document, ETag=etag_of(photo, document))


def delete_photo(request: Request) -> Response:
    """`DELETE /photos/{photo_id}`: move it to the trash, or remove it: from the listings, its objects, its record."""
    is_permanent, keeps_trashed = queries.read_flags(request.query, "permanent", "keep_trashed")
    photo = changes.begin_delete(
        request.owner_id, request.photo_id, is_permanent=is_permanent, keeps_trashed=keeps_trashed
    )
    if photo:
        changes.finish_deletes([photo])
    return empty_response(HTTPStatus.NO_CONTENT)


def restore_photo(request: Request) -> Response:
    """`POST /photos/{photo_id}/restore`: bring a photo back from the trash."""
    photo = changes.restore(request.owner_id, request.photo_id)
    document = _document(photo)
    return json_response(HTTPStatus.OK, document, ETag=etag_of(photo, document))


def change_photos(request: Request) -> Response:
    """`POST /photos/batch`: up to a hundred operations, each of which succeeds or fails alone."""
    operations = batch.read_operations(request.body, settings().location_policy)
    results = batch.perform(request.owner_id, operations, request.id, _document)
    return json_response(HTTPStatus.OK, {"results": results})


def _create(owner_id: str, new: CreatePhoto, key: RequestKey | None) -> Response:
    """Answer a request without a key, or the first one with it. Raises KeyTakenError and RequestInProgressError."""
    table = photos_table()
    if key:
        table.check_free(owner_id, key)
    if new.sha256 is not None and (existing := table.find_by_digest(owner_id, new.sha256)):
        if key:
            table.keep_key(existing, key)
        return _creation_response(existing, is_new=False)
    photo = _new_photo(owner_id, new)
    if key:
        table.create_once(photo, key, settings().quota)
    else:
        table.create(photo, settings().quota)
    return _creation_response(photo, is_new=True)


def _repeated_creation(owner_id: str, taken: KeyTakenError) -> Response:
    """Answer a request whose key was used before."""
    earlier = taken.earlier
    if not taken.is_same_request:
        detail = "This Idempotency-Key was sent with another body. Use a new key for each new request."
        raise PhotoSkyError(Code.IDEMPOTENCY_KEY_REUSED, detail)
    photo = photos_table().get(owner_id, earlier.photo_id)
    if photo is None or photo.status is Status.DELETING:
        raise PhotoSkyError(Code.PHOTO_NOT_FOUND, "The photo of this Idempotency-Key was deleted.")
    return _creation_response(photo, is_new=earlier.is_creator)


def _new_photo(owner_id: str, new: CreatePhoto) -> Photo:
    now = time.time()
    return Photo(
        owner_id=owner_id,
        photo_id=new_photo_id(),
        status=Status.AWAITING_UPLOAD,
        filename=new.filename,
        content_type=new.content_type,
        size_bytes=new.size_bytes,
        declared_sha256=new.sha256,
        created_at=timestamp(datetime.fromtimestamp(now, UTC)),
        awaited_until=int(now) + UPLOAD_WAIT_SECONDS,
    )


def _creation_response(photo: Photo, *, is_new: bool) -> Response:
    annotate(photo_id=photo.photo_id)
    if not is_new:
        return json_response(HTTPStatus.OK, {"photo": _document(photo)})
    # Relative to /photos, so that it is correct below any stage or base path (RFC 9110, section 10.2.2).
    return _upload_response(HTTPStatus.CREATED, photo, Location=f"photos/{photo.photo_id}")


def _position(owner_id: str, query: ListPhotos | ListChanges) -> str | None:
    """The position after which a page starts; None for the first page. Raises PhotoSkyError, InvalidRequest."""
    return None if query.cursor is None else queries.read_cursor(query, photos_table().cursor_key, owner_id)


def _cursor(owner_id: str, query: ListPhotos | ListChanges, position: str) -> str:
    """The cursor of the page after a position."""
    return cursors.seal(photos_table().cursor_key, owner_id, query.listing, position)


def _change(entry: Photo | str, previews: Previews) -> dict[str, Any]:
    """A changed photo, or the id of one that left the listings."""
    if isinstance(entry, str):
        return {"type": "deleted", "photo_id": entry}
    return {"type": "upserted", "photo": _document(entry, previews)}


def _existing_photo(request: Request) -> Photo:
    photo = photos_table().get(request.owner_id, request.photo_id)
    if photo is None or photo.status is Status.DELETING:
        raise changes.not_found()
    return photo


def _upload_response(status: HTTPStatus, photo: Photo, **headers: str) -> Response:
    """A photo and the form for its upload."""
    document = _document(photo)
    form = presigner().upload_form(photo.owner_id, photo.photo_id, photo.content_type, photo.size_bytes)
    upload = {"url": form.url, "fields": dict(form.fields), "expires_at": form.expires_at}
    return json_response(status, {"photo": document, "upload": upload}, ETag=etag_of(photo, document), **headers)


def _preset_names() -> list[str]:
    return [preset.name for preset in settings().presets]


def _document(photo: Photo, previews: Previews = None) -> dict[str, Any]:
    return photo.present(preview_url, previews)
