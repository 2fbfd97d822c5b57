"""What a page fetches from a server and not from the browser's cache.

Routes of Playwright turn the cache off, so tests that need it have none.
"""

from typing import Any

from playwright.sync_api import Page


class Fetched:
    """The URLs with a part in common that a page fetches from now on."""

    def __init__(self, page: Page, part: str) -> None:
        self._part = part
        self._cached: set[str] = set()
        self._responses: list[tuple[str, str]] = []
        devtools = page.context.new_cdp_session(page)
        devtools.on("Network.requestServedFromCache", lambda event: self._cached.add(event["requestId"]))
        devtools.on("Network.responseReceived", self._on_response)
        devtools.send("Network.enable")

    def _on_response(self, event: dict[str, Any]) -> None:
        response = event["response"]
        if self._part in response["url"] and not response["fromDiskCache"]:
            self._responses.append((event["requestId"], response["url"]))

    def take(self) -> list[str]:
        """The URLs since the last call."""
        urls = [url for request, url in self._responses if request not in self._cached]
        self._responses.clear()
        return urls
