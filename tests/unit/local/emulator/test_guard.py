"""The requests that the emulator's guard accepts and refuses."""

import json
from typing import Any

import pytest

from local.emulator.guard import Message, Receive, Request, Rules, Scope, Send, Target, guard

PORT = 4566
HOST = {"host": f"127.0.0.1:{PORT}"}
OURS = {"origin": "http://localhost:5173"}
PAGE = {"origin": f"http://127.0.0.1:{PORT}"}
FOREIGN = {"origin": "http://evil.example"}
SIGNED = {"authorization": "AWS4-HMAC-SHA256 Credential=…"}
SIGN_IN = {"x-amz-target": "AWSCognitoIdentityProviderService.InitiateAuth"}
TABLES = {"x-amz-target": "DynamoDB_20120810.ListTables"}
RULES = Rules(PORT, frozenset({"http://localhost:5173"}), is_bucket=lambda name: name == "media")


def request(method: str, path: str, *headers: dict[str, str], query: dict[str, list[str]] | None = None) -> Request:
    merged = dict(HOST)
    for more in headers:
        merged |= more
    return Request(method, path, merged, query or {})


@pytest.mark.parametrize(
    ("incoming", "target"),
    [
        (request("GET", "/_ministack/health"), Target.HEALTH),
        (request("POST", "/_aws/execute-api/abc/v1/photos"), Target.API),
        (request("GET", "/restapis/abc/v1/_user_request_/photos"), Target.API),
        (request("POST", "/_ministack/reset"), Target.ADMINISTRATION),
        (request("GET", "/_localstack/anything"), Target.ADMINISTRATION),
        (request("GET", "/_photosky/"), Target.PAGE),
        (request("GET", "/_photosky"), Target.ADMINISTRATION),
        (request("PUT", "/_ministack/cfn-response/token"), Target.CALLBACK),
        (request("GET", "/_aws/cloudfront/d1/owner/a.webp"), Target.EDGE),
        (request("POST", "/media"), Target.BUCKET),
        (request("GET", "/media/previews/a.webp"), Target.BUCKET),
        (request("GET", "/elsewhere/a.webp"), Target.AWS),
        (request("POST", "/", SIGN_IN), Target.COGNITO),
        (request("OPTIONS", "/", {"access-control-request-headers": "X-Amz-Target"}), Target.COGNITO),
        (request("GET", "/us-east-1_pool/.well-known/jwks.json"), Target.COGNITO),
        (request("POST", "/", TABLES), Target.AWS),
        (request("POST", "/media", TABLES), Target.AWS),
        (request("GET", "/"), Target.AWS),
    ],
)
def test_target_of_a_request(incoming: Request, target: Target) -> None:
    assert RULES.target(incoming) is target


@pytest.mark.parametrize(
    "incoming",
    [
        request("GET", "/_ministack/health"),
        request("POST", "/", SIGNED, TABLES),
        request("GET", "/restapis", SIGNED),
        request("GET", "/", query={"X-Amz-Signature": ["…"]}),
        request("POST", "/", SIGN_IN),
        request("POST", "/", SIGN_IN, OURS),
        request("POST", "/", SIGN_IN, PAGE),
        request("GET", "/_photosky/app.js", PAGE),
        request("GET", "/_photosky/app.js"),
        request("GET", "/_aws/execute-api/abc/v1/photos", OURS),
        request("GET", "/_aws/execute-api/abc/v1/photos", FOREIGN),
        request("GET", "/_aws/cloudfront/d1/owner/a.webp"),
        request("GET", "/_aws/cloudfront/d1/owner/a.webp", FOREIGN),
        request("POST", "/media", OURS),
        request("GET", "/media/previews/a.webp", FOREIGN),
        Request("GET", "/_ministack/health", {"host": f"localhost:{PORT}"}),
        Request("GET", "/_ministack/health", {"host": f"[::1]:{PORT}"}),
    ],
)
def test_permitted_requests_are_accepted(incoming: Request) -> None:
    assert RULES.refusal(incoming) is None


@pytest.mark.parametrize(
    ("incoming", "reason"),
    [
        (Request("GET", "/", {"host": "evil.example:4566"}), "The Host header must be"),
        (Request("GET", "/", {"host": "127.0.0.1:80"}), "The Host header must be"),
        (Request("GET", "/", {}), "The Host header must be"),
        (request("POST", "/_ministack/reset", SIGNED), "administration"),
        (request("POST", "/_ministack/config", OURS), "administration"),
        (request("GET", "/_photosky/config.json", OURS), "is not the page's."),
        (request("GET", "/_photosky/config.json", FOREIGN), "is not the page's."),
        (request("POST", "/", TABLES, SIGNED, PAGE), "Browsers may not call"),
        (request("POST", "/", SIGN_IN, FOREIGN), "not one of the environment's allowed_origins"),
        (request("POST", "/", SIGN_IN, {"origin": "null"}), "not one of the environment's allowed_origins"),
        (request("POST", "/", SIGNED, TABLES, OURS), "Browsers may not call an AWS API"),
        (request("GET", "/_ministack/health", FOREIGN), "Browsers may not call health"),
        (request("PUT", "/_ministack/cfn-response/token", OURS), "Browsers may not call"),
        (request("POST", "/", TABLES), "needs an AWS signature"),
        (request("POST", "/", TABLES, {"authorization": "Bearer x"}), "needs an AWS signature"),
        (request("GET", "/oauth2/authorize"), "needs an AWS signature"),
    ],
)
def test_other_requests_are_refused(incoming: Request, reason: str) -> None:
    assert reason in (RULES.refusal(incoming) or "")


def send_guarded(method: str, path: str, headers: dict[str, str], *, kind: str = "http") -> list[Message]:
    """Return the messages that the guarded application sends; the application responds like MiniStack."""
    sent: list[Message] = []

    async def application(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"Access-Control-Allow-Origin", b"*")]})

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        sent.append(message)

    encoded = [(name.encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": kind, "method": method, "path": path, "query_string": b"", "headers": encoded}
    # The coroutine never waits, so it ends at its first step. An event loop would open sockets.
    assert next(guard(application, RULES)(scope, receive, send).__await__(), None) is None
    return sent


def test_refused_request_gets_403_without_cors_headers() -> None:
    start, body = send_guarded("POST", "/_ministack/reset", HOST)
    assert start["status"] == 403
    assert [name for name, _ in start["headers"]] == [b"content-type", b"content-length"]
    assert json.loads(body["body"])["message"] == "The emulator's administration routes are closed."


def test_cognito_response_allows_the_requests_origin() -> None:
    (start,) = send_guarded("POST", "/", HOST | OURS | SIGN_IN)
    assert start["headers"] == [(b"access-control-allow-origin", b"http://localhost:5173"), (b"vary", b"Origin")]


def test_api_response_keeps_its_cors_headers() -> None:
    (start,) = send_guarded("GET", "/_aws/execute-api/abc/v1/photos", HOST | OURS)
    assert start["headers"] == [(b"Access-Control-Allow-Origin", b"*")]


def test_websockets_are_refused() -> None:
    assert send_guarded("GET", "/", HOST, kind="websocket") == [{"type": "websocket.close", "code": 1008}]
