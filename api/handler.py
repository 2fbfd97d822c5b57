"""The photos API's Lambda handler: it routes each request to its operation and turns errors into problem documents."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from api import operations
from api.proxy import Request
from api.responses import Response, problem_response
from api.routes import ROUTES
from photosky.aws import fault_of
from photosky.delivery import preview_urls
from photosky.errors import EXPOSED_HEADERS, Code, PhotoSkyError
from photosky.headers import SECURITY_HEADERS
from photosky.presigning import presigner
from photosky.settings import settings
from photosky.startup import initialize
from photosky.store.media import media_bucket
from photosky.store.photos import photos_table
from photosky.telemetry import annotate, logger, span


def handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """The Lambda handler."""
    request = Request(event)
    route = " ".join(request.route)
    ids = {"request_id": request.id, **request.loggable_photo_id}
    with span("photos_api", route=route, **ids):
        response = _response(request)
        annotate(status=str(response.status))
    logger.info("Request completed", extra={"route": route, "status": response.status, **ids})
    headers = {**SECURITY_HEADERS, "Vary": "Origin", "X-Request-Id": request.id}
    return response.to_proxy({**_cors_headers(request.header("Origin")), **headers})


def _response(request: Request) -> Response:
    """The operation's response, or the problem document of its error. The client gets no detail of a fault."""
    try:
        return _operation(request)(request)
    except PhotoSkyError as error:
        refusal = error
    except Exception as fault:  # noqa: BLE001 - logged with its traceback; the client gets a problem document
        # The log has the fault under the same request id.
        logger.exception("Unhandled exception", extra={"request_id": request.id} | fault_of(fault))
        detail = "The request failed because of an internal error. Try again later."
        refusal = PhotoSkyError(Code.INTERNAL_ERROR, detail)
    annotate(code=str(refusal.code))
    return problem_response(refusal, request.id)


def _operation(request: Request) -> Callable[[Request], Response]:
    """The function that serves the request. Raises PhotoSkyError, RouteNotFound."""
    if request.route not in _OPERATIONS:
        raise PhotoSkyError(Code.ROUTE_NOT_FOUND, "The API has no route for this path.")
    found: Callable[[Request], Response] = getattr(operations, _OPERATIONS[request.route])
    return found


def _cors_headers(origin: str | None) -> dict[str, str]:
    """The headers for an allowed origin. API Gateway answers preflights itself."""
    if origin is None or origin not in settings().allowed_origins:
        return {}
    return {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Expose-Headers": ",".join(sorted(EXPOSED_HEADERS)),
    }


_OPERATIONS: Final = {
    (route.method, route.path): route.operation for route in ROUTES if route.integration == "function"
}
"""The names of the functions in `api/operations.py`, by method and path."""

initialize(photos_table, media_bucket, presigner, preview_urls)
