"""The page that looks at the running stack, under `/_photosky/` of the emulator's own address.

Its files go out as they are, and so do the npm packages that its import map names; nothing is built. What a deployment
elsewhere has different, `config.json` says: here, it is made up from the connection.
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
_UNKEPT: Final[Mapping[str, str]] = {"cache-control": "no-store"}
_ALWAYS: Final[Mapping[str, str]] = {
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
class Answer:
    """One response; header names in lower case."""

    status: HTTPStatus
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Page:
    """The page's files in `source`, its packages' in `packages`, and what it is told about the stack."""

    source: Path
    packages: Path
    config: Mapping[str, str]

    @classmethod
    def of(cls, connection: Connection, packages: Path) -> "Page":
        """The page for a running stack, with its demo user prefilled."""
        config = {
            "api_url": connection.api_url,
            "cognito_url": connection.endpoint_url,
            "client_id": connection.client_id,
            "executions_url": _EXECUTIONS,
            "username": connection.username,
            "password": connection.password,
        }
        return cls(SOURCE, packages, config)

    def answer(self, method: str, name: str, headers: Mapping[str, str]) -> Answer:
        """What a request for a file gets; header names in lower case."""
        if method not in ("GET", "HEAD"):
            return _plain(HTTPStatus.METHOD_NOT_ALLOWED, "The page is only read.", {"allow": "GET, HEAD"})
        if name == _CONFIG or name.split("/")[0] == _EXECUTIONS:
            # There is a password in the one, and everybody's work in the other: neither another page's script nor its
            # link gets them. Browsers alone tell this.
            if headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
                return _plain(HTTPStatus.FORBIDDEN, "Only the page itself reads this.")
            told = self.config if name == _CONFIG else _told(name.removeprefix(_EXECUTIONS).removeprefix("/"))
            if told is None:
                return _plain(HTTPStatus.NOT_FOUND, "There is no such execution, or not any more.")
            kind = {"content-type": "application/json"}
            return Answer(HTTPStatus.OK, {**_UNKEPT, **kind}, json.dumps(told).encode())
        path = self._file(name or "index.html")
        if path is None:
            return _plain(HTTPStatus.NOT_FOUND, "The page has no such file.")
        return self._sent(path, headers.get("if-none-match"))

    def _sent(self, path: Path, known: str | None) -> Answer:
        """A file; or word that the one that the browser knows is still the same."""
        body = path.read_bytes()
        content = {"content-type": _TYPES[path.suffix]}
        if path.suffix == ".html":
            return Answer(HTTPStatus.OK, {**_UNKEPT, **content, "content-security-policy": self._policy()}, body)
        tag = {"etag": f'"{hashlib.sha256(body).hexdigest()}"', "cache-control": "no-cache"}
        if known == tag["etag"]:
            return Answer(HTTPStatus.NOT_MODIFIED, tag, b"")
        return Answer(HTTPStatus.OK, {**tag, **content}, body)

    def _file(self, name: str) -> Path | None:
        """The file that a name stands for: one of the page's folder, or one that the import map names."""
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
            f"script-src 'self' 'sha256-{digest}'; "  # The import map has to stand in the page itself.
            "style-src 'self'; img-src 'self' data:; connect-src 'self'; "
            "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )


def _told(execution: str) -> Any:
    """One execution, or the newest in short where none is named; None when there is none of this name."""
    return executions.find(execution) if execution else executions.recent()


def install(cache: Path, on_line: Line) -> Path:
    """The packages that the page imports, by npm from its lock file. Raises CommandFailed."""
    return npm_packages(SOURCE, cache, on_line)


def serving(application: Application, page: Callable[[], Page | None]) -> Application:
    """`application`, with the page under its prefix once there is one."""

    async def served(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(PAGE):
            await application(scope, receive, send)
            return
        await _send(send, scope["method"], _answer(page(), scope))

    return served


def _answer(page: Page | None, scope: Scope) -> Answer:
    if page is None:
        return _plain(HTTPStatus.SERVICE_UNAVAILABLE, "The stack is not ready yet.", {"retry-after": "2"})
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    host = headers["host"]
    if not host.startswith(f"{HOST}:"):
        # One origin, that of the API, the objects and Cognito: the others would need CORS.
        address = f"http://{HOST}:{host.rpartition(':')[2]}{scope['path']}"
        return _plain(HTTPStatus.TEMPORARY_REDIRECT, address, {"location": address})
    return page.answer(scope["method"], scope["path"].removeprefix(PAGE), headers)


def _plain(status: HTTPStatus, text: str, more: Mapping[str, str] | None = None) -> Answer:
    return Answer(status, {"content-type": "text/plain; charset=utf-8", **(more or {})}, f"{text}\n".encode())


async def _send(send: Send, method: str, answer: Answer) -> None:
    headers = {**answer.headers, **_ALWAYS}
    if answer.status is not HTTPStatus.NOT_MODIFIED:
        headers["content-length"] = str(len(answer.body))
    encoded = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": int(answer.status), "headers": encoded})
    await send({"type": "http.response.body", "body": b"" if method == "HEAD" else answer.body})
