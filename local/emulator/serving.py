"""The example page, served under `/_photosky/` of the emulator's address.

Its files and the npm packages of its import map are served as they are, without a build step. `config.json` has what
differs between deployments; here it is generated from the connection.
"""

import base64
import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

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
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
_TYPES: Final[Mapping[str, str]] = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
_IMPORT_MAP: Final = re.compile(r'<script type="importmap">(.*?)</script>', re.DOTALL)


@dataclass(frozen=True)
class Response:
    """One response; header names in lower case."""

    status: HTTPStatus
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Page:
    """The page's files in `source`, its packages in `packages`, and its configuration."""

    source: Path
    packages: Path
    config: Mapping[str, str]

    @classmethod
    def of(cls, connection: Connection, packages: Path) -> "Page":
        """Make the page for a running stack, with the demo user's name and password filled in."""
        config = {
            "api_url": connection.api_url,
            "cognito_url": connection.endpoint_url,
            "client_id": connection.client_id,
            "executions_url": _EXECUTIONS,
            "username": connection.username,
            "password": connection.password,
        }
        return cls(SOURCE, packages, config)

    def respond(self, method: str, name: str, headers: Mapping[str, str]) -> Response:
        """Respond to a request for a file; header names in lower case."""
        if method not in ("GET", "HEAD"):
            return _plain(HTTPStatus.METHOD_NOT_ALLOWED, "The page supports GET and HEAD.", {"allow": "GET, HEAD"})
        if name == _CONFIG or name.split("/")[0] == _EXECUTIONS:
            # The configuration has a password, and the executions have all users' data: another site's script or link
            # must not get them. Only browsers send this header.
            if headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
                return _plain(HTTPStatus.FORBIDDEN, "Only the page itself may read this.")
            document = self.config if name == _CONFIG else _executions(name.removeprefix(_EXECUTIONS).removeprefix("/"))
            if document is None:
                return _plain(HTTPStatus.NOT_FOUND, "The execution does not exist, or its history was removed.")
            content = {"content-type": "application/json"}
            return Response(HTTPStatus.OK, {**_NO_STORE, **content}, json.dumps(document).encode())
        path = self._file(name or "index.html")
        if path is None:
            return _plain(HTTPStatus.NOT_FOUND, "The page has no such file.")
        return self._file_response(path, headers.get("if-none-match"))

    def _file_response(self, path: Path, known: str | None) -> Response:
        """Respond with a file, or with 304 if its entity tag is `known`."""
        body = path.read_bytes()
        content = {"content-type": _TYPES[path.suffix]}
        if path.suffix == ".html":
            return Response(HTTPStatus.OK, {**_NO_STORE, **content, "content-security-policy": self._policy()}, body)
        tag = {"etag": f'"{hashlib.sha256(body).hexdigest()}"', "cache-control": "no-cache"}
        if known == tag["etag"]:
            return Response(HTTPStatus.NOT_MODIFIED, tag, b"")
        return Response(HTTPStatus.OK, {**tag, **content}, body)

    def _file(self, name: str) -> Path | None:
        """Return the file of a name, in the page's folder or in a package of the import map; None if there is none."""
        if name.startswith(_PACKAGES):
            wanted = f"./{name}"
            return self.packages / name.removeprefix(_PACKAGES) if wanted in self._imports() else None
        files = (path for path in self.source.rglob("*") if path.suffix in _TYPES)
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
            f"script-src 'self' 'sha256-{digest}'; "  # Import maps must be inline.
            "style-src 'self'; img-src 'self' data:; connect-src 'self'; "
            "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )


def _executions(execution: str) -> Any:
    """Return one execution, or a summary of the newest ones if none is named; None if it does not exist."""
    return executions.find(execution) if execution else executions.recent()


def install(cache: Path, on_line: Line) -> Path:
    """Install the packages that the page imports, with npm from its lock file. Raises CommandFailed."""
    return npm_packages(SOURCE, cache, on_line)


def serving(application: Application, page: Callable[[], Page | None]) -> Application:
    """Serve the page under its prefix, and `application` for everything else."""

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
        # The API, the objects and Cognito have this origin; another one would need CORS.
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
