"""What all views share: the footer, unknown paths, and the size of the first view."""

from typing import Final

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from benchmarks.load.stack import Stack
from tests.browser.conftest import Errors

SLOW_BYTES_PER_SECOND: Final = 50_000
"""400 kbit/s."""
MAX_SIGN_IN_BYTES: Final = 42_000
MAX_FIRST_VIEW_BYTES: Final = 42_000
"""0.8 seconds on the slow connection; the rest of two seconds is for round trips and the processor of a phone."""
MAX_SIGNED_IN_BYTES: Final = 95_000


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


class Transfer:
    """The bytes that the network transfers to a page, with headers."""

    def __init__(self, page: Page) -> None:
        self.responses: list[float] = []
        session = page.context.new_cdp_session(page)
        session.send("Network.enable")
        session.on("Network.loadingFinished", lambda event: self.responses.append(event["encodedDataLength"]))

    def __str__(self) -> str:
        return f"{len(self.responses)} responses with {sum(self.responses):.0f} bytes"


def test_sign_in_needs_few_bytes(context: BrowserContext, stack: Stack) -> None:
    page = context.new_page()
    transfer = Transfer(page)
    page.goto(stack.connection.page_url, wait_until="networkidle")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(page.get_by_role("banner")).to_have_count(1)  # The one that is painted before the modules arrive.
    assert sum(transfer.responses) < MAX_SIGN_IN_BYTES, str(transfer)


def test_gallery_of_a_signed_in_user_needs_few_bytes(page: Page, chromium: Browser, stack: Stack) -> None:
    with chromium.new_context(storage_state=page.context.storage_state()) as context:
        fresh = context.new_page()
        transfer = Transfer(fresh)
        fresh.goto(stack.connection.page_url, wait_until="networkidle")
        expect(fresh.get_by_role("heading", name="No photos yet")).to_be_visible()
        assert sum(transfer.responses) < MAX_SIGNED_IN_BYTES, str(transfer)


NOTE_FIRST_VIEW: Final = """new MutationObserver((_, observer) => {
  if (!document.querySelector(".skeleton")) return;
  observer.disconnect();
  window.firstViewAt = performance.now();
}).observe(document, { subtree: true, childList: true })"""
RECEIVED_BEFORE: Final = """() => performance.getEntries()
  .filter(({ entryType }) => ["navigation", "resource"].includes(entryType))
  .filter(({ responseEnd }) => responseEnd <= window.firstViewAt)
  .reduce((sum, { transferSize }) => sum + transferSize, 0)"""


def test_gallery_is_recognized_after_half_of_its_bytes(page: Page, chromium: Browser, stack: Stack) -> None:
    """Its heading and the place of the photos are shown before the modules that show photos arrive."""
    with chromium.new_context(storage_state=page.context.storage_state()) as context:
        context.add_init_script(NOTE_FIRST_VIEW)
        fresh = context.new_page()
        session = context.new_cdp_session(fresh)
        session.send("Network.enable")
        speed = {"downloadThroughput": SLOW_BYTES_PER_SECOND, "uploadThroughput": SLOW_BYTES_PER_SECOND}
        session.send("Network.emulateNetworkConditions", {"offline": False, "latency": 0, **speed})
        fresh.goto(stack.connection.page_url)
        expect(fresh.get_by_role("heading", name="No photos yet")).to_be_visible()
        assert fresh.evaluate(RECEIVED_BEFORE) < MAX_FIRST_VIEW_BYTES


def test_header_is_painted_before_the_modules_arrive(context: BrowserContext, stack: Stack, errors: Errors) -> None:
    errors.expect("/app.js: net::ERR_FAILED")
    errors.expect("console")
    context.route("**/app.js", lambda route: route.abort())
    page = context.new_page()
    page.goto(stack.connection.page_url)
    expect(page.get_by_role("banner").get_by_role("link", name="PhotoSky")).to_be_visible()
