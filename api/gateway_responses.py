"""The responses that API Gateway makes itself, without an integration: one row per response type."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from aws_cdk import aws_apigateway as apigateway

from api import templates
from photosky.errors import CATALOGUE, EXPOSED_HEADERS, PROBLEM_CONTENT_TYPE, RETRY_AFTER_SECONDS, Code
from photosky.headers import SECURITY_HEADERS

_CHALLENGE: Final = "'Bearer realm=\"photosky\"'"
"""Every 401 has a challenge (RFC 9110, section 11.6.1); `Bearer` has a parameter (RFC 6750, section 3)."""

_UNAUTHENTICATED: Final = "Send a valid ID token of this environment's user pool in the Authorization header."
_NO_ROUTE: Final = "The API has no route for this path."
_THROTTLED: Final = "Too many requests. Retry after the interval in Retry-After."
_FAULT: Final = "The request failed because of an internal error. Try again later."


@dataclass(frozen=True)
class GatewayResponse:
    """The problem that API Gateway returns for one of its response types."""

    type: apigateway.ResponseType
    code: Code
    detail: str


GATEWAY_RESPONSES: Final = (
    GatewayResponse(apigateway.ResponseType.UNAUTHORIZED, Code.UNAUTHORIZED, _UNAUTHENTICATED),
    GatewayResponse(apigateway.ResponseType.ACCESS_DENIED, Code.UNAUTHORIZED, _UNAUTHENTICATED),
    GatewayResponse(
        apigateway.ResponseType.EXPIRED_TOKEN, Code.UNAUTHORIZED, "The token has expired; sign in again or refresh it."
    ),
    GatewayResponse(apigateway.ResponseType.MISSING_AUTHENTICATION_TOKEN, Code.ROUTE_NOT_FOUND, _NO_ROUTE),
    # API Gateway expects a SigV4 signature only if no route matches: no route uses IAM authorization.
    GatewayResponse(apigateway.ResponseType.INVALID_SIGNATURE, Code.ROUTE_NOT_FOUND, _NO_ROUTE),
    GatewayResponse(apigateway.ResponseType.RESOURCE_NOT_FOUND, Code.ROUTE_NOT_FOUND, _NO_ROUTE),
    GatewayResponse(apigateway.ResponseType.BAD_REQUEST_BODY, Code.INVALID_REQUEST, "The request body is invalid."),
    GatewayResponse(
        apigateway.ResponseType.BAD_REQUEST_PARAMETERS,
        Code.INVALID_REQUEST,
        "A request parameter is invalid.",
    ),
    GatewayResponse(
        apigateway.ResponseType.UNSUPPORTED_MEDIA_TYPE,
        Code.INVALID_REQUEST,
        "Content-Type must be application/json, or absent if there is no body. A compressed body must have the coding "
        "that Content-Encoding names, gzip or deflate.",
    ),
    GatewayResponse(
        apigateway.ResponseType.REQUEST_TOO_LARGE, Code.INVALID_REQUEST, "The request body is larger than 10 MB."
    ),
    GatewayResponse(apigateway.ResponseType.THROTTLED, Code.TOO_MANY_REQUESTS, _THROTTLED),
    GatewayResponse(apigateway.ResponseType.QUOTA_EXCEEDED, Code.TOO_MANY_REQUESTS, _THROTTLED),
    GatewayResponse(
        apigateway.ResponseType.INTEGRATION_TIMEOUT,
        Code.INGEST_TIMED_OUT,
        "The request timed out. Retry after the interval in Retry-After.",
    ),
    GatewayResponse(apigateway.ResponseType.INTEGRATION_FAILURE, Code.INTERNAL_ERROR, _FAULT),
    GatewayResponse(apigateway.ResponseType.DEFAULT_4_XX, Code.INVALID_REQUEST, "The request is invalid."),
    GatewayResponse(apigateway.ResponseType.DEFAULT_5_XX, Code.INTERNAL_ERROR, _FAULT),
)


def add_gateway_responses(rest_api: apigateway.RestApi, allowed_origins: Sequence[str]) -> None:
    """Give each response type its problem document, CORS headers and security headers."""
    for response in GATEWAY_RESPONSES:
        headers = _headers(allowed_origins)
        if response.code is Code.UNAUTHORIZED:
            headers["WWW-Authenticate"] = _CHALLENGE
        if CATALOGUE[response.code].retryable:
            headers["Retry-After"] = f"'{RETRY_AFTER_SECONDS}'"
        rest_api.add_gateway_response(
            # A deployed id: with another one, CloudFormation would reset the response type after it set it.
            f"Answer{response.type.response_type}",
            type=response.type,
            status_code=str(CATALOGUE[response.code].status),
            response_headers=headers,
            templates={"application/json": templates.gateway_problem(response.code, response.detail)},
        )


def _headers(allowed_origins: Sequence[str]) -> dict[str, str]:
    """The headers of every gateway response.

    A gateway response has no conditions. One allowed origin is named; of several, the caller's own origin is returned,
    which lets it read only the error of its own request.
    """
    origin = f"'{allowed_origins[0]}'" if len(allowed_origins) == 1 else "method.request.header.Origin"
    return {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Expose-Headers": f"'{','.join(EXPOSED_HEADERS)}'",
        "Vary": "'Origin'",
        **{name: f"'{value}'" for name, value in SECURITY_HEADERS.items()},
        "Content-Type": f"'{PROBLEM_CONTENT_TYPE}'",
        "X-Request-Id": "context.requestId",
    }
