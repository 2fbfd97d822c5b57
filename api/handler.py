"""The photos API's Lambda handler: it routes each request to its operation and turns errors into problem documents."""

from collections.abc import Callable
from functools import cache
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, CORSConfig, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError

from api import operations
from api.proxy import Request, loggable_photo_id, resolver_path
from api.responses import problem_response
from api.routes import ROUTES
from photosky.aws import fault_of
from photosky.errors import EXPOSED_HEADERS, Code, PhotoSkyError
from photosky.headers import SECURITY_HEADERS
from photosky.presigning import presigner
from photosky.settings import settings
from photosky.startup import initialize
from photosky.store.photos import photos_table
from photosky.telemetry import annotate, logger, span


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The Lambda handler."""
    route = f"{event['httpMethod']} {event['resource']}"
    ids = {"request_id": str(event["requestContext"]["requestId"]), **loggable_photo_id(event)}
    with span("photos_api", route=route, **ids):
        response = app().resolve({**event, "path": resolver_path(event)}, context)
        annotate(status=str(response["statusCode"]))
    headers = {**SECURITY_HEADERS, "Vary": "Origin", "X-Request-Id": ids["request_id"]}
    response["multiValueHeaders"] |= {name: [value] for name, value in headers.items()}
    logger.info("Request completed", extra={"route": route, "status": response["statusCode"], **ids})
    return response


@cache
def app() -> APIGatewayRestResolver:
    """The resolver with every route of the function; created on first use, because CORS needs the settings."""
    origins = settings().allowed_origins
    resolver = APIGatewayRestResolver(
        cors=CORSConfig(
            allow_origin=origins[0],
            extra_origins=list(origins[1:]),
            expose_headers=list(EXPOSED_HEADERS),
        )
    )
    for route in ROUTES:
        if route.integration == "function":
            pattern = route.path.replace("{", "<").replace("}", ">")
            resolver.route(pattern, route.method)(_serve(getattr(operations, route.operation)))
    resolver.exception_handler(PhotoSkyError)(_on_error)
    resolver.exception_handler(NotFoundError)(_on_unknown_route)
    resolver.exception_handler(Exception)(_on_fault)
    return resolver


def _serve(operation: Callable[[Request], Response[Any]]) -> Callable[..., Response[Any]]:
    """The operation as Powertools calls it: with the path parameters, which the request has already."""

    def serve(**_path_parameters: str) -> Response[Any]:
        return operation(_request())

    return serve


def _on_error(error: PhotoSkyError) -> Response[Any]:
    annotate(code=str(error.code))
    return problem_response(error, _request().id)


def _on_unknown_route(_error: NotFoundError) -> Response[Any]:
    return _on_error(PhotoSkyError(Code.ROUTE_NOT_FOUND, "The API has no route for this path."))


def _on_fault(error: Exception) -> Response[Any]:
    """The client gets no detail of a fault; the log has it under the same request id."""
    logger.exception("Unhandled exception", extra={"request_id": _request().id} | fault_of(error))
    detail = "The request failed because of an internal error. Try again later."
    return _on_error(PhotoSkyError(Code.INTERNAL_ERROR, detail))


def _request() -> Request:
    return Request(app().current_event)


initialize(app, photos_table, presigner)
