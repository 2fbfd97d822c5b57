"""The previews that the page requests: those of tiles in listings and changes, all of them for the viewer."""

import re
from typing import Final
from urllib.parse import SplitResult, parse_qs, urlsplit

import pytest
from playwright.sync_api import Locator, Page, Request, Route, expect

from tests.browser.conftest import Errors
from tests.browser.fetched import Fetched
from tests.local.client import Client
from tests.pictures import encoded

NAMES: Final = ("first.jpg", "second.jpg", "third.jpg", "fourth.jpg")
SHARP: Final = {"device_scale_factor": 2}
"""A stage of the viewport's 1280 CSS pixels then needs the largest preview."""

HOLD: Final = """() => {
  const send = window.fetch;
  let release;
  const released = new Promise((resolve) => (release = resolve));
  window.fetch = async (...request) => {
    await released;
    return send(...request);
  };
  window.release = () => {
    window.fetch = send;
    release();
  };
}"""


@pytest.fixture
def photos(client: Client) -> list[str]:
    """The IDs of four photos of 2400 x 1600 pixels, oldest first."""
    return [
        client.send(encoded("jpeg", size=(2400, 1600), seed=seed), filename=name)[0] for seed, name in enumerate(NAMES)
    ]


class Reads:
    """Reads of single photos, which can be held in the page."""

    def __init__(self, page: Page, photos: list[str]) -> None:
        self._page = page
        self._found: list[str] = []
        self._names = dict(zip(photos, NAMES, strict=True))
        page.on("requestfinished", self._record)  # A change during a read would make the page read again.

    def _record(self, request: Request) -> None:
        path, _, photo_id = request.url.rpartition("/")
        if request.method == "GET" and path.endswith("/photos"):
            self._found.append(self._names[photo_id])

    def hold(self) -> None:
        """Let all requests of the page's scripts wait."""
        self._page.evaluate(HOLD)

    def release(self) -> None:
        """Send the requests that wait, and no longer hold any."""
        self._page.evaluate("window.release()")

    def expect(self, *names: str) -> None:
        """Wait until these photos, and no others, were read since the last call, in any order."""
        for _ in range(200):
            if len(self._found) >= len(names):
                break
            self._page.wait_for_timeout(50)
        found, self._found = self._found, []
        assert sorted(found) == sorted(names)


@pytest.fixture
def previews(gallery: Page) -> Fetched:
    """The previews that are fetched from now on, when all tiles have theirs."""
    gallery.wait_for_function("[...document.querySelectorAll('.tile img')].every((img) => img.naturalWidth > 0)")
    return Fetched(gallery, "/previews/")


@pytest.fixture
def reads(gallery: Page, photos: list[str]) -> Reads:
    """The reads of the four photos from now on."""
    return Reads(gallery, photos)


def presets(previews: Fetched) -> list[str]:
    """The names of the presets whose previews were fetched since the last call."""
    return [preset(url) for url in previews.take()]


def preset(url: str) -> str:
    """The name of the preset in a preview's URL."""
    return re.split("[-.]", urlsplit(url).path.rpartition("/")[2])[0]


def picture(page: Page) -> Locator:
    """The preview on the stage."""
    return page.locator(".frame img:not(.original)")


def source(image: Locator) -> str:
    """The URL that the browser has chosen for an image."""
    return str(image.evaluate("image => image.currentSrc"))


def open_photo(page: Page, name: str) -> None:
    """Open a photo from the grid."""
    page.get_by_role("link", name=name).click()
    shown(page, name)


def shown(page: Page, name: str) -> None:
    """Expect the viewer to show a photo."""
    expect(page.get_by_role("dialog", name=name)).to_be_visible()


def expect_large(page: Page) -> None:
    """Expect the picture to be the largest preview, and wait until it is there."""
    page.wait_for_function("""() => {
        const image = document.querySelector(".frame img");
        return image.complete && image.currentSrc.includes("/large");
    }""")


def test_listings_and_changes_have_the_previews_of_tiles_only(gallery: Page) -> None:
    found: list[SplitResult] = []
    gallery.on("request", lambda request: found.append(urlsplit(request.url)))
    with gallery.expect_request(re.compile(r"/changes\?")):
        gallery.reload()
    with gallery.expect_response(re.compile("status=trashed")):
        gallery.get_by_role("link", name="Trash").click()
    asked = {
        (url.path.rpartition("/")[2], *parse_qs(url.query)["previews"])
        for url in found
        if url.path.endswith(("/photos", "/changes"))
    }
    assert asked == {("photos", "small,medium"), ("changes", "small,medium")}


@pytest.mark.parametrize("device", [SHARP], ids=["2x"], indirect=True)
def test_viewer_shows_the_preview_of_the_tile_until_the_photo_is_read(
    gallery: Page, previews: Fetched, reads: Reads
) -> None:
    reads.hold()
    open_photo(gallery, "second.jpg")
    expect(picture(gallery)).to_have_js_property("complete", value=True)
    assert source(picture(gallery)) == source(gallery.locator(".tile img[alt='second.jpg']"))
    assert presets(previews) == []
    reads.release()
    expect_large(gallery)
    assert presets(previews) == ["large"]


@pytest.mark.parametrize("device", [SHARP], ids=["2x"], indirect=True)
def test_preview_of_the_tile_stays_visible_while_the_large_one_is_loaded(gallery: Page, reads: Reads) -> None:
    held: list[Route] = []
    gallery.route(re.compile("/previews/.*/large"), lambda route: held.append(route))
    reads.hold()
    open_photo(gallery, "second.jpg")
    expect(picture(gallery)).to_have_js_property("complete", value=True)
    before = gallery.locator(".frame").screenshot()
    reads.release()
    while not held:
        gallery.wait_for_timeout(20)
    assert gallery.locator(".frame").screenshot() == before
    held[0].continue_()
    expect_large(gallery)
    assert gallery.locator(".frame").screenshot() != before


@pytest.mark.parametrize("device", [SHARP], ids=["2x"], indirect=True)
def test_keys_lead_to_large_previews_without_waiting_for_the_api(
    gallery: Page, previews: Fetched, reads: Reads
) -> None:
    open_photo(gallery, "second.jpg")
    reads.expect("second.jpg", "first.jpg", "third.jpg")
    expect_large(gallery)
    gallery.wait_for_timeout(500)  # The last two responses.
    assert presets(previews) == ["large"]
    reads.hold()
    for key, name in (("ArrowRight", "first.jpg"), ("ArrowLeft", "second.jpg"), ("ArrowLeft", "third.jpg")):
        gallery.keyboard.press(key)
        shown(gallery, name)
        expect_large(gallery)
    assert presets(previews) == ["large", "large"]
    reads.release()
    reads.expect("second.jpg", "third.jpg", "fourth.jpg")  # That of the first photo was sent ahead.


def test_photo_that_changes_after_it_was_read_ahead_is_read_again(
    gallery: Page, reads: Reads, client: Client, photos: list[str]
) -> None:
    open_photo(gallery, "second.jpg")
    reads.expect("second.jpg", "first.jpg", "third.jpg")
    client.call("PATCH", f"/photos/{photos[2]}", json={"title": "Dunes"}).raise_for_status()
    expect(gallery.locator(".tile img[alt='Dunes']")).to_have_count(1)
    gallery.keyboard.press("ArrowLeft")
    shown(gallery, "Dunes")
    reads.expect("third.jpg", "fourth.jpg")
    gallery.get_by_role("button", name="Edit").click()
    gallery.get_by_label("Title").fill("Beach")
    gallery.get_by_role("button", name="Save").click()
    shown(gallery, "Beach")
    assert client.read(photos[2])["title"] == "Beach"


def test_change_of_an_open_photo_keeps_its_large_preview(gallery: Page, client: Client, photos: list[str]) -> None:
    open_photo(gallery, "second.jpg")
    expect(picture(gallery)).to_have_attribute("srcset", re.compile("/large"))
    client.call("PATCH", f"/photos/{photos[1]}", json={"title": "Dunes"}).raise_for_status()
    shown(gallery, "Dunes")
    expect(picture(gallery)).to_have_attribute("srcset", re.compile("/small.*/medium.*/large"))


@pytest.mark.parametrize("device", [SHARP], ids=["2x"], indirect=True)
def test_photo_is_read_again_when_its_large_preview_has_expired(gallery: Page, reads: Reads, errors: Errors) -> None:
    errors.expect("/large")
    errors.expect("console")
    gallery.route(re.compile("/previews/.*/large"), lambda route: route.fulfill(status=403))
    open_photo(gallery, "fourth.jpg")
    reads.expect("fourth.jpg", "third.jpg", "fourth.jpg")
