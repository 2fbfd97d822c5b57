"""The photos API: every route but the ingest, which API Gateway hands to the state machine itself."""

import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, CORSConfig, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError

from api import requests
from photosky.aws import fault_of
from photosky.errors import (
    CATALOGUE,
    EXPOSED_HEADERS,
    PROBLEM_CONTENT_TYPE,
    RETRY_AFTER_SECONDS,
    Code,
    PhotoSkyError,
    problem,
)
from photosky.headers import SECURITY_HEADERS
from photosky.photo import Photo, Status, is_photo_id, new_photo_id, timestamp
from photosky.presigning import presigner
from photosky.settings import settings
from photosky.store import cursors, keys
from photosky.store.attributes import UPLOAD_WAIT_SECONDS
from photosky.store.media import media_bucket
from photosky.store.photos import photos_table
from photosky.store.table import ConditionFailedError
from photosky.telemetry import annotate, logger, span


@cache
def app() -> APIGatewayRestResolver:
    """The resolver with every route; made at first use, because CORS needs the settings."""
    origins = settings().allowed_origins
    resolver = APIGatewayRestResolver(
        cors=CORSConfig(
            allow_origin=origins[0],
            extra_origins=list(origins[1:]),
            expose_headers=list(EXPOSED_HEADERS),
        )
    )
    resolver.get("/health")(health)
    resolver.post("/photos")(create_photo)
    resolver.get("/photos")(list_photos)
    resolver.get("/photos/<photo_id>")(read_photo)
    resolver.get("/photos/<photo_id>/original")(download_original)
    resolver.patch("/photos/<photo_id>")(edit_photo)
    resolver.delete("/photos/<photo_id>")(delete_photo)
    resolver.exception_handler(PhotoSkyError)(refuse)
    resolver.exception_handler(NotFoundError)(refuse_route)
    resolver.exception_handler(Exception)(break_down)
    return resolver


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The Lambda handler."""
    route = f"{event['httpMethod']} {event['resource']}"
    with span("photos_api", route=route, request_id=event["requestContext"]["requestId"], **_photo_id(event)):
        answer = app().resolve({**event, "path": _path(event)}, context)
        annotate(status=str(answer["statusCode"]))
    always = {**SECURITY_HEADERS, "Vary": "Origin", "X-Request-Id": _request_id()}
    answer["multiValueHeaders"] |= {name: [value] for name, value in always.items()}
    logger.info(
        "The API answered",
        extra={
            "route": route,
            "status": answer["statusCode"],
            "request_id": _request_id(),
            **_photo_id(event),
        },
    )
    return answer


def health() -> Response[Any]:
    """`GET /health`: the API answers, and names its version."""
    return _json(HTTPStatus.OK, {"status": "ok", "version": settings().version})


def create_photo() -> Response[Any]:
    """`POST /photos`: a record that awaits its upload, and the form that uploads it; or the photo there already is."""
    wanted = requests.read_create(_body(), settings().max_upload_bytes)
    if wanted.sha256 is not None and (known := photos_table().find_by_digest(_owner_id(), wanted.sha256)):
        return _json(HTTPStatus.OK, {"photo": _shown(known)})
    now = time.time()
    photo = Photo(
        owner_id=_owner_id(),
        photo_id=new_photo_id(),
        status=Status.AWAITING_UPLOAD,
        filename=wanted.filename,
        content_type=wanted.content_type,
        size_bytes=wanted.size_bytes,
        declared_sha256=wanted.sha256,
        created_at=timestamp(datetime.fromtimestamp(now, UTC)),
        expires_at=int(now) + UPLOAD_WAIT_SECONDS,
    )
    annotate(photo_id=photo.photo_id)
    photos_table().create(photo)
    form = presigner().upload_form(photo.owner_id, photo.photo_id, photo.content_type, photo.size_bytes)
    return _json(
        HTTPStatus.CREATED,
        {
            "photo": _shown(photo),
            "upload": {"url": form.url, "fields": dict(form.fields), "expires_at": form.expires_at},
        },
        ETag=photo.etag,
        # Relative to /photos, so that it is right below any stage or base path (RFC 9110, section 10.2.2).
        Location=f"photos/{photo.photo_id}",
    )


def list_photos() -> Response[Any]:
    """`GET /photos`: one page of the owner's ready photos."""
    wanted = requests.read_list(app().current_event.query_string_parameters or {})
    owner_id, order, table = _owner_id(), wanted.order, photos_table()
    after = None if wanted.cursor is None else requests.read_cursor(wanted.cursor, table.cursor_key, owner_id, order)
    page = table.list_ready(owner_id, limit=wanted.limit, order=order, after=after)
    cursor = cursors.seal(table.cursor_key, owner_id, order, page.photos[-1].photo_id) if page.more else None
    return _json(HTTPStatus.OK, {"photos": [_shown(photo) for photo in page.photos], "next_cursor": cursor})


def read_photo(photo_id: str) -> Response[Any]:
    """`GET /photos/{photo_id}`: one photo in any status."""
    photo = _photo(photo_id)
    return _json(HTTPStatus.OK, _shown(photo), ETag=photo.etag)


def download_original(photo_id: str) -> Response[Any]:
    """`GET /photos/{photo_id}/original`: a URL that downloads the original under its own filename."""
    redirect = requests.read_redirect(app().current_event.query_string_parameters or {})
    photo = _photo(photo_id)
    if photo.status is Status.PROCESSING:
        raise PhotoSkyError(Code.INGEST_IN_PROGRESS, "The photo is being ingested; its original follows.")
    if photo.status is not Status.READY or photo.original is None:
        raise PhotoSkyError(Code.UPLOAD_MISSING, f"The photo is {photo.status}; there is no original to download.")
    signed = presigner().url(
        photo.original,
        response_content_disposition=content_disposition(photo.filename),
    )
    if redirect:
        return _empty(HTTPStatus.FOUND, Location=signed.url)
    return _json(HTTPStatus.OK, {"url": signed.url, "expires_at": signed.expires_at})


def edit_photo(photo_id: str) -> Response[Any]:
    """`PATCH /photos/{photo_id}`: what the owner says about the photo."""
    version = requests.read_if_match(_header("If-Match"))
    changes = requests.read_edit(_body())
    _require_id(photo_id)
    try:
        photo = photos_table().edit(_owner_id(), photo_id, changes, version=version)
    except ConditionFailedError as refused:
        if refused.photo is None or refused.photo.status is Status.DELETING:
            raise _not_found() from refused
        photo = refused.photo
        # Made already, perhaps by this client, whose answer was lost: then that is the answer (RFC 9110, 13.1.1).
        if not photo.matches(changes):
            raise PhotoSkyError(
                Code.PRECONDITION_FAILED, f"The photo is at version {photo.etag}, not at the one If-Match names."
            ) from refused
    return _json(HTTPStatus.OK, _shown(photo), ETag=photo.etag)


def delete_photo(photo_id: str) -> Response[Any]:
    """`DELETE /photos/{photo_id}`: out of the listings first, then the objects, then the record."""
    _require_id(photo_id)
    owner_id = _owner_id()
    try:
        photo = photos_table().begin_delete(owner_id, photo_id)
    except ConditionFailedError as refused:
        if not photos_table().was_deleted(owner_id, photo_id):
            raise _not_found() from refused
    else:
        media_bucket().remove(keys.all_keys(photo, settings().presets))
        photos_table().finish_delete(owner_id, photo_id)
    return _empty(HTTPStatus.NO_CONTENT)


def refuse(error: PhotoSkyError) -> Response[Any]:
    """The problem document of a refusal."""
    annotate(code=str(error.code))
    headers = {"Retry-After": str(RETRY_AFTER_SECONDS)} if CATALOGUE[error.code].retryable else {}
    return _json(error.status, problem(error.code, error.detail, _request_id()), PROBLEM_CONTENT_TYPE, **headers)


def refuse_route(_error: NotFoundError) -> Response[Any]:
    """The problem document where no route matches."""
    return refuse(PhotoSkyError(Code.ROUTE_NOT_FOUND, "The API has no such route."))


def break_down(error: Exception) -> Response[Any]:
    """The problem document of a fault; what it was stands in the log under the same request id."""
    logger.exception("The API broke", extra={"request_id": _request_id()} | fault_of(error))
    return refuse(PhotoSkyError(Code.INTERNAL_ERROR, "The request could not be answered. Try again later."))


def content_disposition(filename: str) -> str:
    """An attachment under this name: plain for old clients, encoded for the rest (RFC 6266, section 4.3)."""
    plain = "".join(c if c.isascii() and c.isprintable() and c not in '"\\' else "_" for c in filename)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(filename, safe='')}"


def _path(event: Mapping[str, Any]) -> str:
    """The path of the route that API Gateway chose, for the resolver to choose the same.

    The request's own path may start with a custom domain's base path; and where it ends in a line break, the resolver's
    patterns pass over that, and take `/photos/%0A` for `/photos`.
    """
    photo_id = (event["pathParameters"] or {}).get("photo_id", "")
    return str(event["resource"]).replace("{photo_id}", quote(photo_id, safe="", errors="replace"))


def _photo_id(event: Mapping[str, Any]) -> dict[str, str]:
    """The photo that the path names, to search by; what can't be an id may be anything that somebody typed."""
    photo_id = (event["pathParameters"] or {}).get("photo_id", "")
    return {"photo_id": photo_id} if is_photo_id(photo_id) else {}


def _json(
    status: int, document: Mapping[str, Any], content_type: str = "application/json", **headers: str
) -> Response[Any]:
    return Response(
        status_code=int(status),
        content_type=content_type,
        # Powertools writes `application/json` only; a body that is no text makes API Gateway answer 502.
        body=json.dumps(document),
        headers={name.replace("_", "-"): value for name, value in headers.items()},
    )


def _empty(status: HTTPStatus, **headers: str) -> Response[Any]:
    return Response(status_code=int(status), body="", headers=headers)


def _shown(photo: Photo) -> dict[str, Any]:
    return photo.present(lambda key: presigner().url(key).url)


def _photo(photo_id: str) -> Photo:
    _require_id(photo_id)
    photo = photos_table().get(_owner_id(), photo_id)
    if photo is None or photo.status is Status.DELETING:
        raise _not_found()
    return photo


def _require_id(photo_id: str) -> None:
    if not is_photo_id(photo_id):
        raise _not_found()


def _not_found() -> PhotoSkyError:
    return PhotoSkyError(Code.PHOTO_NOT_FOUND, "There is no photo with this id.")


def _owner_id() -> str:
    claims: Mapping[str, str] = app().current_event.request_context.authorizer.claims or {}
    return claims["sub"]


def _body() -> str | None:
    try:
        return app().current_event.decoded_body
    except ValueError:
        raise PhotoSkyError(Code.INVALID_REQUEST, "the body must be UTF-8 text.") from None


def _header(name: str) -> str | None:
    return app().current_event.headers.get(name)


def _request_id() -> str:
    return str(app().current_event.request_context.request_id)
