"""Two pages of one user, which follow each other's changes."""

from collections.abc import Iterator
from typing import Final

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from benchmarks.load.stack import Stack
from tests.browser.conftest import Errors
from tests.browser.seeding import seed, show_previews
from tests.browser.test_gallery import open_photo
from tests.local.client import Client
from tests.pictures import encoded

SOON = 10_000
"""Milliseconds within which the pages agree: three intervals of the page."""


@pytest.fixture
def other(gallery: Page, chromium: Browser, stack: Stack, errors: Errors) -> Iterator[Page]:
    """Another browser of the same user, with the three photos."""
    with chromium.new_context(storage_state=gallery.context.storage_state()) as context:
        context.on("page", errors.watch)
        page = context.new_page()
        page.goto(stack.connection.page_url)
        expect(page.locator(".tile")).to_have_count(3)
        yield page


def test_two_pages_agree(gallery: Page, other: Page, client: Client, photos: list[str]) -> None:
    expect(other.get_by_text("3 photos")).to_be_visible()
    picture = {"name": "meadow.jpg", "mimeType": "image/jpeg", "buffer": encoded("jpeg", seed=9)}
    gallery.get_by_label("Add photos").set_input_files([picture])
    expect(other.get_by_role("link", name="meadow.jpg")).to_be_visible(timeout=SOON)
    expect(other.get_by_text("4 photos")).to_be_visible(timeout=SOON)
    open_photo(gallery, "wide.jpg")
    gallery.get_by_role("button", name="Favorite").click()
    expect(other.get_by_role("img", name="Favorite")).to_be_visible(timeout=SOON)
    gallery.get_by_role("button", name="Delete").click()
    expect(other.locator(".tile")).to_have_count(3, timeout=SOON)
    expect(other.get_by_text("3 photos")).to_be_visible(timeout=SOON)
    gallery.get_by_role("button", name="Undo").click()
    expect(other.get_by_role("link", name="wide.jpg")).to_be_visible(timeout=SOON)
    client.call("DELETE", f"/photos/{photos[1]}", params={"permanent": "true"}).raise_for_status()
    for page in (gallery, other):
        expect(page.locator(".tile")).to_have_count(3, timeout=SOON)


def test_selection_and_viewer_stay(gallery: Page, other: Page, client: Client, photos: list[str]) -> None:
    other.get_by_role("link", name="clear.png").focus()
    other.keyboard.press("Space")
    open_photo(gallery, "tall.jpg")
    client.call("PATCH", f"/photos/{photos[1]}", json={"title": "Tower"}).raise_for_status()
    client.call("DELETE", f"/photos/{photos[0]}").raise_for_status()
    expect(gallery.get_by_role("dialog", name="Tower")).to_be_visible(timeout=SOON)
    expect(other.locator(".tile")).to_have_count(2, timeout=SOON)
    expect(other.get_by_role("group", name="Selected photos")).to_contain_text("1 selected")


def test_new_photos_above_do_not_move_the_page(page: Page, stack: Stack, username: str, client: Client) -> None:
    show_previews(page)
    seed(stack, username, client, [f"2020-0{month}-{day:02}T12:00:00" for month in (1, 2) for day in range(1, 15)])
    page.reload()
    expect(page.get_by_text("28 photos")).to_be_visible()
    heading = page.get_by_role("heading", name="Saturday, 8 February 2020")
    page.mouse.move(300, 400)
    for _ in range(100):  # How far it is changes when the page has read the months.
        if heading.is_visible():
            break
        page.mouse.wheel(0, 200)
        page.wait_for_timeout(100)
    heading.scroll_into_view_if_needed()
    page.wait_for_timeout(500)
    before = heading.bounding_box()
    client.send(encoded("jpeg", seed=5), filename="new.jpg")
    expect(page.get_by_text("29 photos")).to_have_count(1, timeout=SOON)
    assert heading.bounding_box() == before
    page.keyboard.press("Home")
    page.evaluate("scrollTo(0, 0)")
    expect(page.get_by_role("link", name="new.jpg")).to_be_visible()


def test_failed_requests_are_repeated(gallery: Page, client: Client, photos: list[str], errors: Errors) -> None:
    errors.expect("/changes")
    errors.expect("console")
    failed: list[str] = []

    def fail(route: Route) -> None:
        failed.append(route.request.url)
        route.fulfill(status=500)

    gallery.route("**/changes?**", fail, times=2)
    gallery.wait_for_timeout(100)
    while len(failed) < 2:
        gallery.wait_for_timeout(50)
    client.call("PATCH", f"/photos/{photos[0]}", json={"favorite": True}).raise_for_status()
    expect(gallery.get_by_role("img", name="Favorite")).to_be_visible(timeout=SOON)
    expect(gallery.locator(".notice")).to_have_count(0)


HIDE: Final = """isHidden => {
  Object.defineProperty(document, "visibilityState", { value: isHidden ? "hidden" : "visible", configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}"""


def test_hidden_page_rests_and_catches_up_when_it_is_shown(gallery: Page, client: Client, photos: list[str]) -> None:
    gallery.evaluate(HIDE, True)
    gallery.wait_for_timeout(5_000)  # The request for which it was already waiting.
    requests: list[str] = []
    gallery.on("request", lambda request: requests.append(request.url) if "/changes" in request.url else None)
    client.call("PATCH", f"/photos/{photos[0]}", json={"favorite": True}).raise_for_status()
    gallery.wait_for_timeout(5_000)
    assert requests == []
    gallery.evaluate(HIDE, False)
    expect(gallery.get_by_role("img", name="Favorite")).to_be_visible(timeout=SOON)


def test_page_catches_up_when_the_connection_returns(
    gallery: Page, client: Client, photos: list[str], errors: Errors
) -> None:
    errors.allow("net::ERR_INTERNET_DISCONNECTED")
    gallery.context.set_offline(True)
    expect(gallery.get_by_text("You are offline.")).to_be_visible()
    gallery.wait_for_timeout(5_000)
    requests: list[str] = []
    gallery.on("request", lambda request: requests.append(request.url) if "/changes" in request.url else None)
    client.call("DELETE", f"/photos/{photos[0]}").raise_for_status()
    gallery.wait_for_timeout(5_000)
    assert requests == []
    gallery.context.set_offline(False)
    expect(gallery.locator(".tile")).to_have_count(2, timeout=SOON)
    expect(gallery.locator(".notice")).to_have_count(0)


def test_photo_that_another_page_has_trashed_is_not_deleted_for_good(
    gallery: Page, client: Client, photos: list[str]
) -> None:
    """The requests for changes hang, so the page does not know it."""
    held: list[Route] = []
    gallery.route("**/changes?**", lambda route: held.append(route))
    while not held:
        gallery.wait_for_timeout(50)
    client.call("DELETE", f"/photos/{photos[0]}").raise_for_status()
    gallery.keyboard.press("Control+a")
    gallery.get_by_role("group", name="Selected photos").get_by_role("button", name="Delete").click()
    expect(gallery.get_by_role("heading", name="No photos yet")).to_be_visible()
    assert [client.read(photo_id)["status"] for photo_id in photos] == ["trashed"] * 3
