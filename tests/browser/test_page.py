"""What all views share: the footer, unknown paths, and the size of the first view."""

from typing import Final

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from benchmarks.load.stack import Stack
from tests.browser.conftest import Errors

MAX_FIRST_VIEW_BYTES: Final = 90_000
"""1.8 seconds at 400 kbit/s."""


def test_footer_shows_the_version(context: BrowserContext, stack: Stack) -> None:
    context.route("**/health", lambda route: route.fulfill(json={"status": "ok", "version": "1.2.3"}))
    page = context.new_page()
    page.goto(stack.connection.page_url)
    expect(page.get_by_role("contentinfo")).to_have_text("PhotoSky 1.2.3")


@pytest.mark.parametrize("status", [200, 500])
def test_no_footer_without_a_version(context: BrowserContext, stack: Stack, errors: Errors, status: int) -> None:
    if status == 500:
        errors.expect("/health: 500")
        errors.expect("console")
    context.route("**/health", lambda route: route.fulfill(status=status, json={"status": "ok"}))
    page = context.new_page()
    with page.expect_response("**/health"):
        page.goto(stack.connection.page_url)
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(page.get_by_role("contentinfo")).to_have_count(0)


def test_unknown_path_links_to_the_photos(page: Page) -> None:
    page.evaluate("location.hash = '/unknown'")
    expect(page.get_by_text("Page not found.")).to_be_visible()
    page.get_by_role("link", name="Go to your photos").click()
    expect(page.get_by_role("heading", name="No photos yet")).to_be_visible()


def test_first_view_needs_few_bytes(context: BrowserContext, stack: Stack) -> None:
    """Counts what the network transfers, with headers, until nothing more is loaded."""
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    received: list[float] = []
    session.on("Network.loadingFinished", lambda event: received.append(event["encodedDataLength"]))
    page.goto(stack.connection.page_url, wait_until="networkidle")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(page.get_by_role("banner")).to_have_count(1)  # The one that is painted before the modules arrive.
    assert sum(received) < MAX_FIRST_VIEW_BYTES, f"{len(received)} responses with {sum(received):.0f} bytes"
