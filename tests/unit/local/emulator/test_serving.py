"""The responses of the page's server."""

import gzip
import json
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest

from local.emulator.guard import Message, Receive, Scope, Send
from local.emulator.serving import Page, Response, serving
from local.page import PageFiles

IMPORT_MAP = '{"imports": {"preact": "./packages/preact/dist/preact.mjs"}}'
INDEX = f'<!doctype html><script type="importmap">{IMPORT_MAP}</script>'
POLICY = (
    "default-src 'none'; script-src 'self' 'sha256-RAZn4UZXY09MsWifkfRi/cpKVDNwXz90PjxzvURQ0xs='; "
    "style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
CONFIG = {"api_url": "http://127.0.0.1:4566/api", "password": "secret"}


@pytest.fixture
def page(tmp_path: Path) -> Page:
    """A small page with one package, and a file outside its folder."""
    source, packages = tmp_path / "page", tmp_path / "node_modules"
    for name, text in {
        "page/index.html": INDEX,
        "page/app.js": "export {};",
        "page/view/grid.js": "export {};",
        "page/package.json": "{}",
        "node_modules/preact/dist/preact.mjs": "export const h = 1;",
        "node_modules/preact/dist/other.mjs": "export const other = 1;",
        "secret.js": "export const secret = 1;",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return Page(PageFiles(source, packages), CONFIG)


def test_index_is_not_cached_and_has_a_content_security_policy(page: Page) -> None:
    headers = {
        "cache-control": "no-store",
        "content-type": "text/html; charset=utf-8",
        "cross-origin-opener-policy": "same-origin",
        "referrer-policy": "no-referrer",
        "vary": "accept-encoding",
    }
    expected = Response(HTTPStatus.OK, {**headers, "content-security-policy": POLICY}, INDEX.encode())
    assert page.respond("GET", "", {}) == expected
    assert page.respond("HEAD", "index.html", {}) == expected


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("app.js", b"export {};"),
        ("view/grid.js", b"export {};"),
        ("packages/preact/dist/preact.mjs", b"export const h = 1;"),
    ],
)
def test_module_is_revalidated_by_etag(page: Page, name: str, body: bytes) -> None:
    first = page.respond("GET", name, {})
    assert (first.status, first.body) == (HTTPStatus.OK, body)
    assert first.headers["content-type"] == "text/javascript; charset=utf-8"
    known = {"etag": first.headers["etag"], "cache-control": "no-cache", "vary": "accept-encoding"}
    assert page.respond("GET", name, {"if-none-match": known["etag"]}) == Response(HTTPStatus.NOT_MODIFIED, known, b"")
    assert page.respond("GET", name, {"if-none-match": '"another"'}) == first


@pytest.mark.parametrize("name", ["", "app.js"])
def test_files_are_compressed_for_browsers_that_accept_it(page: Page, name: str) -> None:
    plain, packed = page.respond("GET", name, {}), page.respond("GET", name, {"accept-encoding": "gzip, br"})
    assert packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(packed.body) == plain.body
    different = {key for key in packed.headers if packed.headers[key] != plain.headers.get(key)}
    assert different == {"content-encoding", *({"etag"} if name else set())}


@pytest.mark.parametrize(
    "name",
    [
        "nothing.js",
        "package.json",
        "grid.js",
        "view",
        "view/../app.js",
        "../secret.js",
        "..%2fsecret.js",
        "/etc/passwd",
        "packages/preact/dist/other.mjs",
        "packages/../../secret.js",
        "packages/",
        ".",
    ],
)
def test_other_files_are_not_served(page: Page, name: str) -> None:
    response = page.respond("GET", name, {})
    assert (response.status, response.body) == (HTTPStatus.NOT_FOUND, b"The page does not have this file.\n")


@pytest.mark.parametrize("headers", [{}, {"sec-fetch-site": "same-origin"}, {"sec-fetch-site": "none"}])
def test_page_reads_its_configuration(page: Page, headers: dict[str, str]) -> None:
    response = page.respond("GET", "config.json", headers)
    assert response == Response(
        HTTPStatus.OK, {"cache-control": "no-store", "content-type": "application/json"}, json.dumps(CONFIG).encode()
    )


@pytest.mark.parametrize("site", ["cross-site", "same-site", "anything"])
def test_other_sites_cannot_read_the_configuration(page: Page, site: str) -> None:
    assert page.respond("GET", "config.json", {"sec-fetch-site": site}).status is HTTPStatus.FORBIDDEN


def test_other_methods_are_not_allowed(page: Page) -> None:
    response = page.respond("POST", "", {})
    assert (response.status, response.headers["allow"]) == (HTTPStatus.METHOD_NOT_ALLOWED, "GET, HEAD")


# Over ASGI:
async def _emulator(_scope: Scope, _receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 418, "headers": []})
    await send({"type": "http.response.body", "body": b"the emulator"})


def request(page: Page | None, path: str, method: str = "GET", host: str = "127.0.0.1:4566") -> tuple[int, Any, bytes]:
    """Status, headers and body of the response to one request."""
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        raise AssertionError("The page reads no request body.")

    scope = {"type": "http", "method": method, "path": path, "headers": [(b"Host", host.encode())]}
    call = serving(_emulator, lambda: page)(scope, receive, send)
    # The coroutine never waits, so it ends at its first step. An event loop would open sockets.
    assert next(call.__await__(), None) is None
    start, body = sent
    return start["status"], {name.decode(): value.decode() for name, value in start["headers"]}, body["body"]


def test_every_response_has_length_and_security_headers(page: Page) -> None:
    status, headers, body = request(page, "/_photosky/app.js")
    assert (status, body) == (200, b"export {};")
    del headers["etag"]
    assert headers == {
        "cache-control": "no-cache",
        "content-type": "text/javascript; charset=utf-8",
        "vary": "accept-encoding",
        "content-length": "10",
        "cross-origin-resource-policy": "same-origin",
        "x-content-type-options": "nosniff",
    }


def test_head_response_has_headers_but_no_body(page: Page) -> None:
    assert request(page, "/_photosky/app.js", "HEAD")[1:] == (request(page, "/_photosky/app.js")[1], b"")


def test_other_host_names_are_redirected_to_one_origin(page: Page) -> None:
    status, headers, _ = request(page, "/_photosky/", host="localhost:4566")
    assert (status, headers["location"]) == (307, "http://127.0.0.1:4566/_photosky/")


def test_page_is_unavailable_before_the_deployment() -> None:
    status, headers, _ = request(None, "/_photosky/")
    assert (status, headers["retry-after"]) == (503, "2")


def test_other_paths_go_to_the_emulator(page: Page) -> None:
    assert request(page, "/media/photo.webp") == (418, {}, b"the emulator")
