"""The page on another origin than the API and the bucket, as a deployed frontend is."""

import re
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from benchmarks.load.stack import Stack
from tests.local.client import ORIGIN, Client
from tests.pictures import encoded

READ_SHOWN = """async (image) => {
  const response = await fetch(image.currentSrc);
  return [response.status, (await response.blob()).type];
}"""
"""Fetches the address of an image that is shown, which the browser answers from its cache."""

PREVIEW: Final = re.compile("/previews/")
"""An image without an address is `complete` too."""


@contextmanager
def served(page_url: str) -> Iterator[None]:
    """Serve the stack's page on the allowed origin. A route of Playwright would disable the browser's cache."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            with urllib.request.urlopen(f"{page_url.rstrip('/')}{self.path}") as response:  # noqa: S310 - loopback
                body = response.read()
                self.send_response(200)
                self.send_header("Content-Type", response.headers["content-type"])
            # Without the page's policy, which names its own origin only.
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments: object) -> None:
            """Print nothing."""

    with ThreadingHTTPServer(("127.0.0.1", int(ORIGIN.rpartition(":")[2])), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def page(context: BrowserContext, stack: Stack, username: str, client: Client) -> Iterator[Page]:
    """The gallery of a user with one photo, on the allowed origin."""
    client.send(encoded("jpeg", size=(900, 600)), filename="wide.jpg")
    with served(stack.connection.page_url):
        page = context.new_page()
        page.goto(ORIGIN)
        page.get_by_label("E-mail").fill(username)
        page.get_by_role("button", name="Sign in").click()
        expect(page.locator(".tile")).to_have_count(1)
        yield page
        page.close()  # It may still request modules, which the server would not send.


def test_shown_preview_can_be_fetched(page: Page) -> None:
    image = page.locator(".tile img")
    expect(image).to_have_attribute("src", PREVIEW)
    expect(image).to_have_js_property("complete", value=True)
    assert image.evaluate(READ_SHOWN) == [200, "image/webp"]
    page.get_by_role("link", name="wide.jpg").click()
    large = page.locator(".frame img")
    expect(large).to_have_attribute("src", PREVIEW)
    expect(large).to_have_js_property("complete", value=True)
    assert large.evaluate(READ_SHOWN) == [200, "image/webp"]
