"""The web page of `web/`, served at `/_photosky/` of the emulator's address.

There is no build step: the page's files are served as they are, and so are the npm packages that its import map names.
`config.json` is generated from the connection.
"""

import base64
import gzip
import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from infrastructure.environment import Environment
from local.connection import Connection
from local.emulator import executions
from local.emulator.guard import HOST, PAGE, Application, Receive, Scope, Send
from local.toolchain import ROOT, Line, npm_packages

SOURCE: Final = ROOT / "web"

_PACKAGES: Final = "packages/"
_CONFIG: Final = "config.json"
_EXECUTIONS: Final = "executions"
_NO_STORE: Final[Mapping[str, str]] = {"cache-control": "no-store"}
_SECURITY_HEADERS: Final[Mapping[str, str]] = {
    "cross-origin-resource-policy": "same-origin",
    "x-content-type-options": "nosniff",
}
_DOCUMENT_HEADERS: Final[Mapping[str, str]] = {
    **_NO_STORE,
    "cross-origin-opener-policy": "same-origin",
    "referrer-policy": "no-referrer",
}
_ETAG_DIGITS: Final = 16
"""Of a digest: 64 bits tell the versions of a file apart."""
_CONTENT_TYPES: Final[Mapping[str, str]] = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
_IMPORT_MAP: Final = re.compile(r'<script type="importmap">(.*?)</script>', re.DOTALL)


@dataclass(frozen=True)
class Response:
    """A response. Header names are in lower case."""

    status: HTTPStatus
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Page:
    """The files of the page in `source`, its npm packages in `packages`, and the content of `config.json`."""

    source: Path
    packages: Path
    config: Mapping[str, Any]

    @classmethod
    def of(cls, connection: Connection, environment: Environment, packages: Path) -> "Page":
        """The page of a running stack. Its configuration has the credentials of the demo user."""
        config = {
            "api_url": connection.api_url,
            "cognito_url": connection.endpoint_url,
            "client_id": connection.client_id,
            "trash_days": environment.trash_days,
            "self_sign_up": environment.self_sign_up,
            "mfa": environment.mfa,
            "executions_url": _EXECUTIONS,
            "username": connection.username,
            "password": connection.password,
        }
        return cls(SOURCE, packages, config)

    def respond(self, method: str, name: str, headers: Mapping[str, str]) -> Response:
        """Respond to a request for a file. Header names are in lower case."""
        if method not in ("GET", "HEAD"):
            return _plain(HTTPStatus.METHOD_NOT_ALLOWED, "The page supports only GET and HEAD.", {"allow": "GET, HEAD"})
        if name == _CONFIG or name.split("/")[0] == _EXECUTIONS:
            # They contain a password and the executions of all users, so pages of other sites must not read them.
            # Only browsers send Sec-Fetch-Site (W3C Fetch Metadata).
            if headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
                return _plain(HTTPStatus.FORBIDDEN, "Only the page itself can read this file.")
            content = self.config if name == _CONFIG else _executions(name.removeprefix(_EXECUTIONS).removeprefix("/"))
            if content is None:
                return _plain(HTTPStatus.NOT_FOUND, "The execution does not exist, or is no longer kept.")
            content_type = {"content-type": "application/json"}
            return Response(HTTPStatus.OK, {**_NO_STORE, **content_type}, json.dumps(content).encode())
        path = self._file(name or "index.html")
        if path is None:
            return _plain(HTTPStatus.NOT_FOUND, "The page does not have this file.")
        return self._file_response(path, headers)

    def _file_response(self, path: Path, headers: Mapping[str, str]) -> Response:
        """The file, compressed if the browser accepts gzip, or 304 if it has the current version."""
        body, encoding = path.read_bytes(), {"vary": "accept-encoding"}
        if "gzip" in headers.get("accept-encoding", ""):
            body, encoding = _compressed(body), {**encoding, "content-encoding": "gzip"}
        content = {"content-type": _CONTENT_TYPES[path.suffix], **encoding}
        if path.suffix == ".html":
            return Response(
                HTTPStatus.OK, {**_DOCUMENT_HEADERS, **content, "content-security-policy": self._policy()}, body
            )
        # Of the encoded bytes, since a strong ETag differs between encodings (RFC 9110, section 8.8.3.3).
        validators = {"etag": f'"{hashlib.sha256(body).hexdigest()[:_ETAG_DIGITS]}"', "cache-control": "no-cache"}
        if headers.get("if-none-match") == validators["etag"]:
            return Response(HTTPStatus.NOT_MODIFIED, {**validators, "vary": encoding["vary"]}, b"")
        return Response(HTTPStatus.OK, {**validators, **content}, body)

    def _file(self, name: str) -> Path | None:
        """The file with this name: one of the page's folder, or of a package in the import map."""
        if name.startswith(_PACKAGES):
            wanted = f"./{name}"
            return self.packages / name.removeprefix(_PACKAGES) if wanted in self._imports() else None
        files = (path for path in self.source.rglob("*") if path.suffix in _CONTENT_TYPES)
        return {path.relative_to(self.source).as_posix(): path for path in files}.get(name)

    def _import_map(self) -> str:
        (found,) = _IMPORT_MAP.findall((self.source / "index.html").read_text())
        return str(found)

    def _imports(self) -> Iterable[str]:
        addresses: Mapping[str, str] = json.loads(self._import_map())["imports"]
        return addresses.values()

    def _policy(self) -> str:
        digest = base64.b64encode(hashlib.sha256(self._import_map().encode()).digest()).decode()
        return (
            "default-src 'none'; "
            f"script-src 'self' 'sha256-{digest}'; "  # An import map must be inline.
            "style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
            "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )


@lru_cache(maxsize=256)
def _compressed(body: bytes) -> bytes:
    return gzip.compress(body, mtime=0)  # Without a time, the same bytes have the same ETag.


def _executions(name: str) -> Any:
    """The execution with this name, or None; for an empty name, the newest executions."""
    return executions.find(name) if name else executions.recent()


def install(cache: Path, on_line: Line) -> Path:
    """Install the page's npm packages from its lock file, and return their folder. Raises CommandFailed."""
    return npm_packages(SOURCE, cache, on_line)


def serving(application: Application, page: Callable[[], Page | None]) -> Application:
    """Wrap an ASGI application so that it also serves the page, once there is one."""

    async def served(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(PAGE):
            await application(scope, receive, send)
            return
        await _send(send, scope["method"], _respond(page(), scope))

    return served


def _respond(page: Page | None, scope: Scope) -> Response:
    if page is None:
        return _plain(HTTPStatus.SERVICE_UNAVAILABLE, "The stack is not ready yet.", {"retry-after": "2"})
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    host = headers["host"]
    if not host.startswith(f"{HOST}:"):
        # The API, S3 and Cognito have this origin. Pages of another origin would need CORS.
        address = f"http://{HOST}:{host.rpartition(':')[2]}{scope['path']}"
        return _plain(HTTPStatus.TEMPORARY_REDIRECT, address, {"location": address})
    return page.respond(scope["method"], scope["path"].removeprefix(PAGE), headers)


def _plain(status: HTTPStatus, text: str, more: Mapping[str, str] | None = None) -> Response:
    return Response(status, {"content-type": "text/plain; charset=utf-8", **(more or {})}, f"{text}\n".encode())


async def _send(send: Send, method: str, response: Response) -> None:
    headers = {**response.headers, **_SECURITY_HEADERS}
    if response.status is not HTTPStatus.NOT_MODIFIED:
        headers["content-length"] = str(len(response.body))
    encoded = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": int(response.status), "headers": encoded})
    await send({"type": "http.response.body", "body": b"" if method == "HEAD" else response.body})
