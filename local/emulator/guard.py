"""Access control for the emulator: programs of this machine, and browsers for the page, the API and its data only.

Gap: MiniStack answers any Host and any Origin with `Access-Control-Allow-Origin: *`, and its reset and configuration
routes are open. Any website that the developer visits could use them.
Closed upstream when `POST /_ministack/reset` from a foreign origin is refused without this module.
"""

import json
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final
from urllib.parse import parse_qs

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

HOST: Final = "127.0.0.1"
PAGE: Final = "/_photosky/"
"""The path prefix of the example page."""

EDGE: Final = "/_aws/cloudfront/"
"""The path prefix of CloudFront distributions, followed by the first label of the domain name."""

_LOOPBACK_NAMES: Final = (HOST, "localhost", "[::1]")
_HEALTH: Final = ("/_ministack/health", "/_ministack/ready")
_CALLBACKS: Final = ("/_ministack/cfn-response/", "/_ministack/cfn-signal/")
_API: Final = ("/restapis/", "/_aws/execute-api/")
_COGNITO: Final = "AWSCognitoIdentityProviderService."
_ALLOW_ORIGIN: Final = b"access-control-allow-origin"


class Target(Enum):
    """The kinds of requests that the guard distinguishes."""

    API = "the REST API"
    BUCKET = "S3 objects"
    EDGE = "a CloudFront distribution"
    COGNITO = "Cognito"
    HEALTH = "health"
    PAGE = "the page"
    CALLBACK = "a CloudFormation callback"
    ADMINISTRATION = "the emulator's own administration"
    AWS = "an AWS API"


@dataclass(frozen=True)
class Request:
    """The parts of a request that the guard uses; header names in lower case."""

    method: str
    path: str
    headers: dict[str, str] = field(default_factory=dict)
    query: dict[str, list[str]] = field(default_factory=dict)

    @property
    def is_signed(self) -> bool:
        """Whether it has an AWS signature, which MiniStack verifies."""
        return self.headers.get("authorization", "").startswith("AWS4-HMAC-SHA256") or "X-Amz-Signature" in self.query


@dataclass(frozen=True)
class Rules:
    """The port, the origins that browsers may use, and the test for a bucket's name."""

    port: int
    allowed_origins: frozenset[str]
    is_bucket: Callable[[str], bool]

    def target(self, request: Request) -> Target:
        """Classify a request."""
        path = request.path
        if path in _HEALTH:
            return Target.HEALTH
        if path.startswith(_API):
            return Target.API
        if path.startswith(EDGE):
            return Target.EDGE
        if request.method == "PUT" and path.startswith(_CALLBACKS):
            return Target.CALLBACK
        if path.startswith(PAGE):
            return Target.PAGE
        if path.startswith("/_"):
            return Target.ADMINISTRATION
        if self._is_cognito(request):
            return Target.COGNITO
        named_service = "x-amz-target" in request.headers or path == "/"
        if not named_service and self.is_bucket(path.split("/")[1]):
            return Target.BUCKET
        return Target.AWS

    @staticmethod
    def _is_cognito(request: Request) -> bool:
        if request.path.endswith(("/.well-known/jwks.json", "/.well-known/openid-configuration")):
            return request.method in ("GET", "OPTIONS")
        if request.path != "/":
            return False
        asked = request.headers.get("access-control-request-headers", "").lower()
        preflight = request.method == "OPTIONS" and "x-amz-target" in asked
        return preflight or request.headers.get("x-amz-target", "").startswith(_COGNITO)

    def refusal(self, request: Request) -> str | None:
        """Return why a request is refused; None if it is allowed."""
        hosts = {f"{name}:{self.port}" for name in _LOOPBACK_NAMES}
        if request.headers.get("host") not in hosts:
            return f"The Host header must be {' or '.join(sorted(hosts))}."
        target = self.target(request)
        if target is Target.ADMINISTRATION:
            return "The emulator's administration routes are closed."
        origin = request.headers.get("origin")
        # The API, the buckets and the distributions have their own CORS rules, which are under test and must not be
        # replaced here. They require a token or a signature as well.
        if origin is not None and target not in (Target.API, Target.BUCKET, Target.EDGE):
            own = {f"http://{host}" for host in hosts}
            if target is Target.PAGE and origin not in own:
                return f"The origin {origin} is not the page's."
            if target not in (Target.COGNITO, Target.PAGE):
                return f"Browsers may not call {target.value} here."
            if origin not in self.allowed_origins | own:
                return f"The origin {origin} is not one of the environment's allowed_origins."
        if target is Target.AWS and not request.is_signed:
            return "This call needs an AWS signature."
        return None


def guard(application: Application, rules: Rules) -> Application:
    """Apply the rules before `application`; a refused request gets 403 without CORS headers."""

    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http":
            await application(scope, receive, send)
            return
        request = _request(scope)
        reason = rules.refusal(request)
        if reason is not None:
            await _refuse(send, reason)
            return
        origin = request.headers.get("origin") if rules.target(request) is Target.COGNITO else None
        await application(scope, receive, _naming_origin(send, origin) if origin else send)

    return guarded


def _request(scope: Scope) -> Request:
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    query = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    return Request(scope["method"], scope["path"], headers, query)


async def _refuse(send: Send, reason: str) -> None:
    body = json.dumps({"__type": "AccessDeniedException", "message": reason}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 403, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _naming_origin(send: Send, origin: str) -> Send:
    """Replace MiniStack's `Access-Control-Allow-Origin: *` by the request's origin."""

    async def named(message: Message) -> None:
        if message["type"] == "http.response.start":
            others = _without(message["headers"], _ALLOW_ORIGIN)
            message = {**message, "headers": [*others, (_ALLOW_ORIGIN, origin.encode()), (b"vary", b"Origin")]}
        await send(message)

    return named


def _without(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> list[tuple[bytes, bytes]]:
    return [header for header in headers if header[0].lower() != name]
