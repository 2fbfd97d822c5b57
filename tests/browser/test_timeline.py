"""The timeline of the gallery: days, the scrubber over months, and places that are loaded when they are shown."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Locator, Page, Request, expect

from benchmarks.load.stack import Stack
from tests.browser.conftest import DEVICES
from tests.browser.seeding import seed, show_previews
from tests.browser.test_gallery import PHONE
from tests.local.client import Client

MONTHS = [f"{year}-{month:02}" for year in range(2024, 2004, -1) for month in range(12, 0, -1)]


@pytest.fixture
def pages(page: Page) -> Iterator[list[str]]:
    """The requests for pages of photos from now on, without what they have in common."""
    found: list[str] = []

    def record(request: Request) -> None:
        if "/photos?" in request.url:
            found.append(re.sub(r"^.*limit=100&?", "", request.url))

    page.on("request", record)
    yield found
    page.remove_listener("request", record)


@pytest.fixture
def timeline(page: Page, stack: Stack, username: str, client: Client) -> Page:
    """The gallery with 2,400 photos: 10 on the 5th of each month of 20 years."""
    show_previews(page)
    seed(stack, username, client, [f"{month}-05T12:00:{second:02}" for month in MONTHS for second in range(10)])
    page.reload()
    expect(page.get_by_text("2,400 photos")).to_be_visible()
    expect(page.get_by_role("heading", name="Thursday, 5 December 2024")).to_be_visible()
    return page


def scrubber(page: Page) -> Locator:
    """The slider over months."""
    return page.get_by_role("slider", name="Timeline")


def test_days_have_headings_that_select_them(page: Page, stack: Stack, username: str, client: Client) -> None:
    show_previews(page)
    seed(stack, username, client, ["2025-05-17T10:00:00", "2025-05-17T23:59:59+09:00", "2025-05-16", None])
    page.reload()
    expect(page.get_by_role("heading", level=2)).to_have_text(
        [re.compile("date unknown"), "Saturday, 17 May 2025", "Friday, 16 May 2025"]
    )
    page.get_by_role("checkbox", name="Select all of Saturday, 17 May 2025").click()
    expect(page.get_by_role("group", name="Selected photos")).to_contain_text("2 selected")
    page.get_by_role("checkbox", name="Select all of Friday, 16 May 2025").click()
    expect(page.get_by_role("group", name="Selected photos")).to_contain_text("3 selected")
    page.get_by_role("checkbox", name="Select all of Saturday, 17 May 2025").click()
    expect(page.get_by_role("group", name="Selected photos")).to_contain_text("1 selected")


def test_heading_stays_on_the_screen_with_its_photos(timeline: Page) -> None:
    timeline.set_viewport_size({"width": 400, "height": 500})
    heading = timeline.get_by_role("heading", name="Thursday, 5 December 2024").locator("..")
    box = heading.bounding_box()
    assert box is not None
    timeline.mouse.wheel(0, box["y"] + 150)
    timeline.wait_for_timeout(300)
    stuck = heading.bounding_box()
    assert stuck is not None
    assert stuck["y"] == pytest.approx(56, abs=1)


def test_jump_to_a_month_loads_only_what_is_there(timeline: Page, pages: list[str]) -> None:
    box = scrubber(timeline).bounding_box()
    assert box is not None
    x, middle = box["x"] + box["width"] / 2, box["y"] + box["height"] * 0.501
    timeline.mouse.move(x, box["y"] + 40)
    timeline.mouse.down()
    timeline.mouse.move(x, middle, steps=4)
    expect(timeline.locator(".bubble")).to_have_text("December 2014, 10 photos")
    timeline.mouse.up()
    expect(timeline.get_by_role("heading", name="Friday, 5 December 2014")).to_be_in_viewport()
    expect(timeline.get_by_role("group", name="Friday, 5 December 2014").locator(".tile").first).to_be_in_viewport()
    expect(scrubber(timeline)).to_have_attribute("aria-valuetext", "December 2014, 10 photos")
    assert pages[0] == "taken_to=2014-12-31"
    assert len(pages) <= 3
    timeline.mouse.move(300, 400)
    for _ in range(6):
        timeline.mouse.wheel(0, -300)
        timeline.wait_for_timeout(100)
    expect(
        timeline.get_by_role("heading", name=re.compile("5 (January|February|March) 2015")).first
    ).to_be_in_viewport()
    assert any("taken_from=2015-01-01" in page and "order=asc" not in page for page in pages)
    for _ in range(60):
        if any("cursor=" in page for page in pages):
            break
        timeline.mouse.wheel(0, 1500)
        timeline.wait_for_timeout(100)
    assert any("taken_to=2014-12-31&cursor=" in page or ("cursor=" in page and "2014-12-31" in page) for page in pages)
    assert timeline.locator(".tile").count() < 150


@pytest.mark.parametrize("device", [PHONE], ids=["phone"], indirect=True)
def test_scrubber_works_by_touch(timeline: Page) -> None:
    """A finger on it moves through the months, and does not scroll the page itself."""
    box = scrubber(timeline).bounding_box()
    assert box is not None
    touch = timeline.context.new_cdp_session(timeline)

    def send(kind: str, *share: float) -> None:
        points = [{"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] * place} for place in share]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    bubble = timeline.locator(".bubble")
    send("touchStart", 0.102)
    expect(bubble).to_have_text("December 2022, 10 photos")
    for share in (0.2, 0.3, 0.4, 0.501):
        send("touchMove", share)
    expect(bubble).to_have_text("December 2014, 10 photos")
    send("touchEnd")
    expect(bubble).to_have_count(0)
    expect(timeline.get_by_role("heading", name="Friday, 5 December 2014")).to_be_in_viewport()
    expect(timeline.get_by_role("group", name="Friday, 5 December 2014").locator(".tile").first).to_be_in_viewport()
    expect(scrubber(timeline)).to_have_attribute("aria-valuetext", "December 2014, 10 photos")


def test_loading_above_keeps_the_photos_in_place(timeline: Page) -> None:
    scrubber(timeline).focus()
    timeline.keyboard.press("PageDown")
    heading = timeline.get_by_role("heading", name="Tuesday, 5 December 2023").locator("..")
    expect(heading).to_be_visible()
    timeline.wait_for_timeout(1500)  # The pages above and below are loaded.
    box = heading.bounding_box()
    assert box is not None
    assert box["y"] == pytest.approx(56, abs=2)


def test_scrubber_works_by_keyboard(timeline: Page) -> None:
    slider = scrubber(timeline)
    slider.focus()
    expect(slider).to_have_attribute("aria-valuetext", "December 2024, 10 photos")
    expect(timeline.locator(".bubble")).to_have_text("December 2024, 10 photos")
    for key, month in [
        ("ArrowDown", "November 2024"),
        ("ArrowDown", "October 2024"),
        ("ArrowUp", "November 2024"),
        ("PageDown", "November 2023"),
        ("PageDown", "November 2022"),
        ("PageUp", "November 2023"),
        ("End", "January 2005"),
        ("ArrowUp", "February 2005"),
        ("Home", "December 2024"),
    ]:
        timeline.keyboard.press(key)
        expect(slider).to_have_attribute("aria-valuetext", f"{month}, 10 photos")
    expect(timeline.get_by_role("heading", name="Thursday, 5 December 2024")).to_be_in_viewport()


@pytest.mark.parametrize("device", DEVICES, indirect=True)
def test_timeline_is_accessible_and_fits_the_screen(
    timeline: Page,
    check_view: Callable[[Page, str], None],
) -> None:
    scrubber(timeline).focus()
    timeline.keyboard.press("PageDown")
    expect(timeline.get_by_role("heading", name="Tuesday, 5 December 2023")).to_be_visible()
    check_view(timeline, "timeline")
