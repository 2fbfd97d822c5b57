"""Previews from CloudFront in a browser: shown, and fetched once within the validity of their URLs."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import CDPSession, Page, expect

from benchmarks.load.stack import Stack
from local.commands.run import started
from tests.local.snapshot import EDGE_STACK, copy_deployed

EDGE = "/_aws/cloudfront/"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack with CloudFront."""
    folder = tmp_path_factory.mktemp("edge")
    copy_deployed(folder, EDGE_STACK)
    with started(folder, arguments=EDGE_STACK) as (connection, _):
        yield Stack.open(folder, connection)


class Fetched:
    """The previews that a page fetches from the edge, and not from the browser's cache."""

    def __init__(self, devtools: CDPSession) -> None:
        self._cached: set[str] = set()
        self._responses: list[tuple[str, str]] = []
        devtools.on("Network.requestServedFromCache", lambda event: self._cached.add(event["requestId"]))
        devtools.on("Network.responseReceived", self._on_response)
        devtools.send("Network.enable")

    def _on_response(self, event: dict[str, Any]) -> None:
        response = event["response"]
        if EDGE in response["url"] and not response["fromDiskCache"]:
            self._responses.append((event["requestId"], response["url"]))

    def take(self) -> list[str]:
        """The URLs since the last call."""
        urls = [url for request, url in self._responses if request not in self._cached]
        self._responses.clear()
        return urls


def test_reload_fetches_no_preview_again(gallery: Page, photos: list[str]) -> None:
    fetched = Fetched(gallery.context.new_cdp_session(gallery))

    def show() -> None:
        gallery.reload()
        expect(gallery.locator(".tile img")).to_have_count(len(photos))
        gallery.wait_for_function("[...document.querySelectorAll('.tile img')].every((img) => img.naturalWidth > 0)")

    gallery.context.new_cdp_session(gallery).send("Network.clearBrowserCache")
    show()
    assert len(fetched.take()) == len(photos)
    show()
    assert fetched.take() == []
