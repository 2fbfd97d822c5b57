"""The filter of the gallery."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import DEVICES
from tests.browser.test_gallery import open_photo
from tests.local.client import Client


@pytest.fixture
def tagged(gallery: Page, client: Client, photos: list[str]) -> Page:
    """The gallery with a favorite of 2020 (wide.jpg) and a tagged photo of 2021 (tall.jpg)."""
    for photo_id, changes in (
        (photos[0], {"favorite": True, "tags": ["Sea"], "taken_at": "2020-05-17T12:00:00"}),
        (photos[1], {"tags": ["sea", "evening"], "taken_at": "2021-06-18T12:00:00"}),
    ):
        client.call("PATCH", f"/photos/{photo_id}", json=changes).raise_for_status()
    gallery.reload()
    expect(gallery.locator(".tile")).to_have_count(3)
    return gallery


def shown(page: Page, *names: str) -> None:
    """Expect exactly these photos, in this order."""
    expect(page.locator(".tile")).to_have_count(len(names))
    assert [image.get_attribute("alt") for image in page.locator(".tile img").all()] == list(names)


def open_filter(page: Page) -> Locator:
    """Open the dialog."""
    page.get_by_role("button", name="Filter", exact=True).click()
    dialog = page.get_by_role("dialog", name="Filter")
    expect(dialog).to_be_visible()
    return dialog


def test_filter_is_in_the_address(tagged: Page) -> None:
    dialog = open_filter(tagged)
    assert dialog.locator("datalist option").evaluate_all("all => all.map(one => one.value.toLowerCase())") == [
        "evening",
        "sea",
    ]
    dialog.get_by_label("Tag").fill("SEA")
    dialog.get_by_role("button", name="Show photos").click()
    shown(tagged, "tall.jpg", "wide.jpg")
    expect(tagged).to_have_url(re.compile(r"#/\?tag=SEA$"))
    dialog = open_filter(tagged)
    dialog.get_by_label("Favorites only").check()
    dialog.get_by_label("Month or year").select_option("2020")
    dialog.get_by_role("button", name="Show photos").click()
    shown(tagged, "wide.jpg")
    chips = tagged.get_by_role("list", name="Filter").get_by_role("listitem")
    expect(chips).to_have_text(
        [
            re.compile("Favorites"),
            re.compile("Tag: SEA"),
            re.compile("1 January 2020 \N{EN DASH} 31 December 2020"),
            "Clear",
        ]
    )
    tagged.reload()
    shown(tagged, "wide.jpg")
    tagged.go_back()
    shown(tagged, "tall.jpg", "wide.jpg")
    tagged.go_back()
    expect(tagged.get_by_text("3 photos")).to_be_visible()
    shown(tagged, "clear.png", "tall.jpg", "wide.jpg")


def test_chips_remove_their_part(tagged: Page) -> None:
    tagged.evaluate("location.hash = '/?favorite=true&tag=evening'")
    expect(tagged.get_by_role("heading", name="No photos match")).to_be_visible()
    tagged.get_by_role("button", name="Remove the filter Favorites").click()
    shown(tagged, "tall.jpg")
    tagged.get_by_role("button", name="Remove the filter Tag: evening").click()
    shown(tagged, "clear.png", "tall.jpg", "wide.jpg")


def test_empty_result_offers_to_clear_the_filter(tagged: Page) -> None:
    tagged.evaluate("location.hash = '/?tag=unknown'")
    expect(tagged.get_by_role("heading", name="No photos match")).to_be_visible()
    tagged.get_by_role("button", name="Clear the filter").click()
    shown(tagged, "clear.png", "tall.jpg", "wide.jpg")


def test_viewer_keeps_the_filter(tagged: Page) -> None:
    tagged.evaluate("location.hash = '/?tag=sea'")
    shown(tagged, "tall.jpg", "wide.jpg")
    open_photo(tagged, "tall.jpg")
    tagged.keyboard.press("ArrowRight")
    expect(tagged.get_by_role("dialog", name="wide.jpg")).to_be_visible()
    tagged.reload()
    expect(tagged.get_by_role("dialog", name="wide.jpg")).to_be_visible()
    tagged.keyboard.press("Escape")
    shown(tagged, "tall.jpg", "wide.jpg")
    expect(tagged).to_have_url(re.compile(r"#/\?tag=sea$"))


def test_photo_that_leaves_the_filter_stays_in_the_viewer(tagged: Page) -> None:
    tagged.evaluate("location.hash = '/?tag=sea'")
    shown(tagged, "tall.jpg", "wide.jpg")
    open_photo(tagged, "tall.jpg")
    tagged.keyboard.press("e")
    tagged.get_by_role("button", name="Remove the tag sea").click()
    tagged.get_by_role("button", name="Save").click()
    expect(tagged.locator(".tile")).to_have_count(1)
    expect(tagged.get_by_role("dialog", name="tall.jpg")).to_be_visible()
    tagged.get_by_role("button", name="Older photo").click()
    expect(tagged.get_by_role("dialog", name="wide.jpg")).to_be_visible()


def test_corrected_time_moves_a_photo_to_its_day(tagged: Page, client: Client, photos: list[str]) -> None:
    open_photo(tagged, "tall.jpg")
    tagged.get_by_role("button", name="Correct: taken").click()
    tagged.get_by_label("Date and time").fill("2019-01-02T10:00")
    tagged.get_by_role("button", name="Save").click()
    expect(tagged.get_by_role("dialog", name="tall.jpg")).to_be_visible()
    tagged.keyboard.press("Escape")
    expect(tagged.get_by_role("heading", name="Wednesday, 2 January 2019")).to_be_visible()
    shown(tagged, "clear.png", "wide.jpg", "tall.jpg")
    assert client.read(photos[1])["taken_at"].startswith("2019-01-02T10:00")


@pytest.mark.parametrize("device", DEVICES, indirect=True)
def test_filter_is_accessible_and_fits_the_screen(
    tagged: Page,
    check_view: Callable[[Page, str], None],
) -> None:
    open_filter(tagged)
    check_view(tagged, "filter-dialog")
    tagged.keyboard.press("Escape")
    tagged.evaluate("location.hash = '/?tag=sea&favorite=true&taken_from=2020-01-01'")
    shown(tagged, "wide.jpg")
    check_view(tagged, "filter")
    tagged.evaluate("location.hash = '/?tag=unknown'")
    expect(tagged.get_by_role("heading", name="No photos match")).to_be_visible()
    check_view(tagged, "filter-empty")
