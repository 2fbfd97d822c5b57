"""The responses that API Gateway makes itself are problem documents that a frontend can read."""

import json
from typing import Final

from diagrams.synthesis import Synthesized, Template
from photosky.errors import CATALOGUE, Code
from photosky.headers import SECURITY_HEADERS

GATEWAY_RESPONSES: Final = {
    "ACCESS_DENIED": (401, Code.UNAUTHORIZED),
    "BAD_REQUEST_BODY": (400, Code.INVALID_REQUEST),
    "BAD_REQUEST_PARAMETERS": (400, Code.INVALID_REQUEST),
    "DEFAULT_4XX": (400, Code.INVALID_REQUEST),
    "DEFAULT_5XX": (500, Code.INTERNAL_ERROR),
    "EXPIRED_TOKEN": (401, Code.UNAUTHORIZED),
    "INTEGRATION_FAILURE": (500, Code.INTERNAL_ERROR),
    "INTEGRATION_TIMEOUT": (504, Code.INGEST_TIMED_OUT),
    "INVALID_SIGNATURE": (404, Code.ROUTE_NOT_FOUND),
    "MISSING_AUTHENTICATION_TOKEN": (404, Code.ROUTE_NOT_FOUND),
    "QUOTA_EXCEEDED": (429, Code.TOO_MANY_REQUESTS),
    "REQUEST_TOO_LARGE": (400, Code.INVALID_REQUEST),
    "RESOURCE_NOT_FOUND": (404, Code.ROUTE_NOT_FOUND),
    "THROTTLED": (429, Code.TOO_MANY_REQUESTS),
    "UNAUTHORIZED": (401, Code.UNAUTHORIZED),
    "UNSUPPORTED_MEDIA_TYPE": (400, Code.INVALID_REQUEST),
}


def test_gateway_responses_are_the_catalogues_problems(stack_template: Template) -> None:
    responses = {}
    for response in stack_template.all("AWS::ApiGateway::GatewayResponse"):
        (body,) = response.properties["ResponseTemplates"].values()
        document = json.loads(body)
        code = Code(document["code"])
        assert document == {
            "type": f"urn:photosky:problem:{code}",
            "title": CATALOGUE[code].title,
            "status": CATALOGUE[code].status,
            "detail": document["detail"],
            "code": str(code),
            "request_id": "$context.requestId",
        }
        responses[response.properties["ResponseType"]] = (int(response.properties["StatusCode"]), code)
    assert responses == GATEWAY_RESPONSES


def test_gateway_responses_have_cors_headers(stack: Synthesized) -> None:
    origins = stack.environment.allowed_origins
    for response in stack.template.all("AWS::ApiGateway::GatewayResponse"):
        code = GATEWAY_RESPONSES[response.properties["ResponseType"]][1]
        assert response.properties["ResponseParameters"] == _gateway_headers(
            {
                "Access-Control-Allow-Origin": f"'{origins[0]}'"
                if len(origins) == 1
                else "method.request.header.Origin",
                "Access-Control-Expose-Headers": "'ETag,Location,Retry-After,WWW-Authenticate,X-Request-Id'",
                **{name: f"'{value}'" for name, value in SECURITY_HEADERS.items()},
                "Content-Type": "'application/problem+json'",
                "Vary": "'Origin'",
                "X-Request-Id": "context.requestId",
            }
            | ({"Retry-After": "'2'"} if CATALOGUE[code].retryable else {})
            | ({"WWW-Authenticate": "'Bearer realm=\"photosky\"'"} if code is Code.UNAUTHORIZED else {})
        )


def _gateway_headers(headers: dict[str, str]) -> dict[str, str]:
    return {f"gatewayresponse.header.{name}": value for name, value in headers.items()}
