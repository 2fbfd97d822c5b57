"""Proxy events as API Gateway sends them, and assertions on the handler's responses."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from api.handler import handler
from photosky.errors import CATALOGUE, Code
from photosky.headers import SECURITY_HEADERS
from tests.storage import OWNER

ORIGIN: Final = "http://127.0.0.1:5173"
"""An allowed origin of the environment `local`."""

REQUEST_ID: Final = "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"


@dataclass(frozen=True)
class Response:
    """A response of the handler; header names as they are sent, the body as text."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def document(self) -> Any:
        """The body as JSON; None if there is none."""
        return json.loads(self.text) if self.text else None


def call(
    method: str,
    resource: str,
    photo_id: str | None = None,
    *,
    body: object = None,
    query: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    owner_id: str | None = OWNER,
    origin: str | None = ORIGIN,
    request_id: str = REQUEST_ID,
) -> Response:
    """Send a request as an owner; bytes are sent as base64, other bodies than strings as JSON."""
    event = proxy_event(
        method,
        resource,
        photo_id,
        body=body,
        query=query,
        headers=({"Origin": origin} if origin else {}) | dict(headers or {}),
        owner_id=owner_id,
        request_id=request_id,
    )
    response = json.loads(json.dumps(handler(event, None)))
    assert response["isBase64Encoded"] is False
    multiple = response["multiValueHeaders"]
    assert all(len(values) == 1 for values in multiple.values()), multiple
    return Response(response["statusCode"], {name: values[0] for name, values in multiple.items()}, response["body"])


def proxy_event(
    method: str,
    resource: str,
    photo_id: str | None = None,
    *,
    body: object = None,
    query: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    owner_id: str | None = OWNER,
    request_id: str = REQUEST_ID,
) -> dict[str, Any]:
    """The event of a Lambda proxy integration (API Gateway guide, "Input format of a Lambda function")."""
    is_binary = isinstance(body, bytes)
    if isinstance(body, bytes):
        text: str | None = base64.b64encode(body).decode()
    else:
        text = body if isinstance(body, str | None) else json.dumps(body)
    sent = {
        "Accept": "*/*",
        "Authorization": "Bearer of.a.token",
        "Host": "api.example",
        "X-Amzn-Trace-Id": "Root=1-5e66d96f-7491f09xmpl79d18acf3d050",
        **({"Content-Type": "application/json"} if body is not None else {}),
        **(headers or {}),
    }
    path = resource.replace("{photo_id}", photo_id or "")
    authorizer = {"authorizer": {"claims": {"sub": owner_id, "token_use": "id", "cognito:username": "user"}}}
    return {
        "resource": resource,
        "path": path,
        "httpMethod": method,
        "headers": sent,
        "multiValueHeaders": {name: [value] for name, value in sent.items()},
        "queryStringParameters": dict(query) if query else None,
        "multiValueQueryStringParameters": {name: [value] for name, value in query.items()} if query else None,
        "pathParameters": {"photo_id": photo_id} if photo_id is not None else None,
        "stageVariables": None,
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "a1b2c3d4e5",
            "httpMethod": method,
            "identity": {"sourceIp": "192.0.2.7", "userAgent": "tests"},
            "path": f"/v1{path}",
            "protocol": "HTTP/1.1",
            "requestId": request_id,
            "requestTimeEpoch": 1_790_000_100_000,
            "resourceId": "abc123",
            "resourcePath": resource,
            "stage": "v1",
            **(authorizer if owner_id is not None else {}),
        },
        "body": text,
        "isBase64Encoded": is_binary,
    }


def headers(content_type: str | None = "application/json", /, **more: str) -> dict[str, str]:
    """The headers of every response to an allowed origin, and `more` with `_` for `-`."""
    return {
        "Access-Control-Allow-Origin": ORIGIN,
        "Access-Control-Expose-Headers": "ETag,Location,Retry-After,WWW-Authenticate,X-Request-Id",
        **SECURITY_HEADERS,
        "Vary": "Origin",
        "X-Request-Id": REQUEST_ID,
        **({"Content-Type": content_type} if content_type else {}),
        **{name.replace("_", "-"): value for name, value in more.items()},
    }


def expect(response: Response, status: int, document: object, sent: Mapping[str, str] | None = None) -> None:
    """Assert the status, all headers and the body."""
    assert (response.status, response.document, response.headers) == (status, document, dict(sent or headers()))


def expect_problem(
    response: Response, code: Code, detail: str, request_id: str = REQUEST_ID, **place: str | None
) -> None:
    """Assert a problem document and its headers. `place` is the pointer or parameter of its only error."""
    entry = CATALOGUE[code]
    document = {
        "type": f"urn:photosky:problem:{code}",
        "title": entry.title,
        "status": entry.status,
        "detail": detail,
        "code": str(code),
        "request_id": request_id,
        **({"errors": [{"detail": detail, **place}]} if any(place.values()) else {}),
    }
    retry = {"Retry-After": "2"} if entry.retryable else {}
    expect(response, entry.status, document, headers("application/problem+json", X_Request_Id=request_id) | retry)
