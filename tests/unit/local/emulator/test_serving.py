"""What the page's address answers, and to whom."""

import json
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest

from local.emulator.guard import Message, Receive, Scope, Send
from local.emulator.serving import Answer, Page, serving

IMPORT_MAP = '{"imports": {"preact": "./packages/preact/dist/preact.mjs"}}'
INDEX = f'<!doctype html><script type="importmap">{IMPORT_MAP}</script>'
POLICY = (
    "default-src 'none'; script-src 'self' 'sha256-RAZn4UZXY09MsWifkfRi/cpKVDNwXz90PjxzvURQ0xs='; "
    "style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
CONFIG = {"api_url": "http://127.0.0.1:4566/api", "password": "secret"}


@pytest.fixture
def page(tmp_path: Path) -> Page:
    """A small page with one package, and something beside it that is nobody's business."""
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
    return Page(source, packages, CONFIG)


def test_the_page_itself_is_never_kept_and_says_what_it_may_load(page: Page) -> None:
    headers = {"cache-control": "no-store", "content-type": "text/html; charset=utf-8"}
    expected = Answer(HTTPStatus.OK, {**headers, "content-security-policy": POLICY}, INDEX.encode())
    assert page.answer("GET", "", {}) == expected
    assert page.answer("HEAD", "index.html", {}) == expected


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("app.js", b"export {};"),
        ("view/grid.js", b"export {};"),
        ("packages/preact/dist/preact.mjs", b"export const h = 1;"),
    ],
)
def test_a_module_is_sent_once_and_then_only_asked_for(page: Page, name: str, body: bytes) -> None:
    first = page.answer("GET", name, {})
    assert (first.status, first.body) == (HTTPStatus.OK, body)
    assert first.headers["content-type"] == "text/javascript; charset=utf-8"
    known = {"etag": first.headers["etag"], "cache-control": "no-cache"}
    assert page.answer("GET", name, {"if-none-match": known["etag"]}) == Answer(HTTPStatus.NOT_MODIFIED, known, b"")
    assert page.answer("GET", name, {"if-none-match": '"another"'}) == first


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
def test_nothing_else_is_given_away(page: Page, name: str) -> None:
    answer = page.answer("GET", name, {})
    assert (answer.status, answer.body) == (HTTPStatus.NOT_FOUND, b"The page has no such file.\n")


@pytest.mark.parametrize("headers", [{}, {"sec-fetch-site": "same-origin"}, {"sec-fetch-site": "none"}])
def test_the_page_reads_its_configuration(page: Page, headers: dict[str, str]) -> None:
    answer = page.answer("GET", "config.json", headers)
    assert answer == Answer(
        HTTPStatus.OK, {"cache-control": "no-store", "content-type": "application/json"}, json.dumps(CONFIG).encode()
    )


@pytest.mark.parametrize("site", ["cross-site", "same-site", "anything"])
def test_other_pages_do_not(page: Page, site: str) -> None:
    assert page.answer("GET", "config.json", {"sec-fetch-site": site}).status is HTTPStatus.FORBIDDEN


def test_the_page_is_only_read(page: Page) -> None:
    answer = page.answer("POST", "", {})
    assert (answer.status, answer.headers["allow"]) == (HTTPStatus.METHOD_NOT_ALLOWED, "GET, HEAD")


# --- Over ASGI ------------------------------------------------------------------------------------------------------


async def _elsewhere(_scope: Scope, _receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 418, "headers": []})
    await send({"type": "http.response.body", "body": b"the emulator"})


def asked(page: Page | None, path: str, method: str = "GET", host: str = "127.0.0.1:4566") -> tuple[int, Any, bytes]:
    """Status, headers and body of one request."""
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        raise AssertionError("nobody reads a body")

    scope = {"type": "http", "method": method, "path": path, "headers": [(b"Host", host.encode())]}
    call = serving(_elsewhere, lambda: page)(scope, receive, send)
    # Nothing here waits, so one step is all; a loop would open sockets.
    assert next(call.__await__(), None) is None
    start, body = sent
    return start["status"], {name.decode(): value.decode() for name, value in start["headers"]}, body["body"]


def test_every_answer_is_whole_and_for_this_page_alone(page: Page) -> None:
    status, headers, body = asked(page, "/_photosky/app.js")
    assert (status, body) == (200, b"export {};")
    del headers["etag"]
    assert headers == {
        "cache-control": "no-cache",
        "content-type": "text/javascript; charset=utf-8",
        "content-length": "10",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
    }


def test_head_has_the_headers_and_no_body(page: Page) -> None:
    assert asked(page, "/_photosky/app.js", "HEAD")[1:] == (asked(page, "/_photosky/app.js")[1], b"")


def test_every_name_of_this_machine_leads_to_one_origin(page: Page) -> None:
    status, headers, _ = asked(page, "/_photosky/", host="localhost:4566")
    assert (status, headers["location"]) == (307, "http://127.0.0.1:4566/_photosky/")


def test_before_the_stack_is_deployed_there_is_nothing_to_look_at() -> None:
    status, headers, _ = asked(None, "/_photosky/")
    assert (status, headers["retry-after"]) == (503, "2")


def test_all_other_paths_are_the_emulators(page: Page) -> None:
    assert asked(page, "/media/photo.webp") == (418, {}, b"the emulator")
