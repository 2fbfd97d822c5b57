"""The web page of `web/`, served at `/_photosky/` of the emulator's address.

`config.json` is generated from the connection.
"""

import gzip
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from infrastructure.environment import Environment
from infrastructure.page_policy import DOCUMENT_HEADERS, FILE_HEADERS, FIXED_POLICY, content_policy
from local.connection import Connection
from local.emulator import executions
from local.emulator.guard import HOST, PAGE, Application, Receive, Scope, Send
from local.page import CONFIG, CONFIG_TYPE, CONTENT_TYPES, INDEX, PageFiles, configuration

_EXECUTIONS: Final = "executions"
_NO_STORE: Final[Mapping[str, str]] = {"cache-control": "no-store"}
_ETAG_DIGITS: Final = 16
"""Of a digest: 64 bits tell the versions of a file apart."""


@dataclass(frozen=True)
class Response:
    """A response. Header names are in lower case."""

    status: HTTPStatus
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Page:
    """The files of the page, and the content of `config.json`."""

    files: PageFiles
    config: Mapping[str, Any]

    @classmethod
    def of(cls, connection: Connection, environment: Environment, files: PageFiles) -> "Page":
        """The page of a running stack. Its configuration has the credentials of the demo user."""
        config = {
            **configuration(connection.api_url, connection.endpoint_url, connection.client_id, environment),
            "executions_url": _EXECUTIONS,
            "username": connection.username,
            "password": connection.password,
        }
        return cls(files, config)

    def respond(self, method: str, name: str, headers: Mapping[str, str]) -> Response:
        """Respond to a request for a file. Header names are in lower case."""
        if method not in ("GET", "HEAD"):
            return _plain(HTTPStatus.METHOD_NOT_ALLOWED, "The page supports only GET and HEAD.", {"allow": "GET, HEAD"})
        if name == CONFIG or name.split("/")[0] == _EXECUTIONS:
            # They contain a password and the executions of all users, so pages of other sites must not read them.
            # Only browsers send Sec-Fetch-Site (W3C Fetch Metadata).
            if headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
                return _plain(HTTPStatus.FORBIDDEN, "Only the page itself can read this file.")
            content = self.config if name == CONFIG else _executions(name.removeprefix(_EXECUTIONS).removeprefix("/"))
            if content is None:
                return _plain(HTTPStatus.NOT_FOUND, "The execution does not exist, or is no longer kept.")
            content_type = {"content-type": CONFIG_TYPE}
            return Response(HTTPStatus.OK, {**_NO_STORE, **content_type}, json.dumps(content).encode())
        path = self.files.paths().get(name or INDEX)
        if path is None:
            return _plain(HTTPStatus.NOT_FOUND, "The page does not have this file.")
        return self._file_response(path, headers)

    def _file_response(self, path: Path, headers: Mapping[str, str]) -> Response:
        """The file, compressed if the browser accepts gzip, or 304 if it has the current version."""
        body, encoding = path.read_bytes(), {"vary": "accept-encoding"}
        if "gzip" in headers.get("accept-encoding", ""):
            body, encoding = _compressed(body), {**encoding, "content-encoding": "gzip"}
        content = {"content-type": CONTENT_TYPES[path.suffix], **encoding}
        if path.suffix == ".html":
            policy = f"{content_policy(self.files.import_map)}; {FIXED_POLICY}"
            document = {**_NO_STORE, **DOCUMENT_HEADERS, "content-security-policy": policy}
            return Response(HTTPStatus.OK, {**document, **content}, body)
        # Of the encoded bytes, since a strong ETag differs between encodings (RFC 9110, section 8.8.3.3).
        validators = {"etag": f'"{hashlib.sha256(body).hexdigest()[:_ETAG_DIGITS]}"', "cache-control": "no-cache"}
        if headers.get("if-none-match") == validators["etag"]:
            return Response(HTTPStatus.NOT_MODIFIED, {**validators, "vary": encoding["vary"]}, b"")
        return Response(HTTPStatus.OK, {**validators, **content}, body)


@lru_cache(maxsize=256)
def _compressed(body: bytes) -> bytes:
    return gzip.compress(body, mtime=0)  # Without a time, the same bytes have the same ETag.


def _executions(name: str) -> Any:
    """The execution with this name, or None; for an empty name, the newest executions."""
    return executions.find(name) if name else executions.recent()


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
    headers = {**response.headers, **FILE_HEADERS}
    if response.status is not HTTPStatus.NOT_MODIFIED:
        headers["content-length"] = str(len(response.body))
    encoded = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": int(response.status), "headers": encoded})
    await send({"type": "http.response.body", "body": b"" if method == "HEAD" else response.body})
