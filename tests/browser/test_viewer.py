"""The viewer: zoom, swipes, keys, full screen, and what follows a deletion."""

import re
from collections.abc import Callable
from typing import Any, Final

import pytest
from playwright.sync_api import APIResponse, CDPSession, Locator, Page, Route, expect

from tests.browser.conftest import Errors
from tests.local.client import Client
from tests.pictures import encoded

PHONE: Final = {
    "viewport": {"width": 360, "height": 780},
    "has_touch": True,
    "is_mobile": True,
    "device_scale_factor": 2,
}
NAMES: Final = ("oldest.jpg", "middle.jpg", "newest.jpg")
SCALE: Final = "image => image.getBoundingClientRect().width / parseFloat(image.style.width)"
CENTRE: Final = """image => {
  const { left, top, width, height } = image.getBoundingClientRect();
  return [left + width / 2, top + height / 2];
}"""


@pytest.fixture
def photos(client: Client) -> list[str]:
    """The IDs of three photos of 2400 x 1600 pixels, oldest first."""
    return [
        client.send(encoded("jpeg", size=(2400, 1600), seed=seed), filename=name)[0] for seed, name in enumerate(NAMES)
    ]


@pytest.fixture
def viewer(page: Page, photos: list[str]) -> Page:
    """The page with the middle photo open."""
    page.reload()
    expect(page.locator(".tile")).to_have_count(len(photos))
    page.get_by_role("link", name="middle.jpg").click()
    expect(page.get_by_role("dialog", name="middle.jpg")).to_be_visible()
    expect(picture(page)).to_have_js_property("complete", value=True)
    return page


def picture(page: Page) -> Locator:
    """The preview on the stage."""
    return page.locator(".frame img:not(.original)")


def scale(page: Page) -> float:
    """How much larger than its frame allows the picture is shown."""
    return float(picture(page).evaluate(SCALE))


def double_click(page: Page) -> None:
    """Click the centre of the picture twice."""
    page.mouse.dblclick(*picture(page).evaluate(CENTRE))


def shown(page: Page, name: str) -> None:
    """Expect the viewer to show a photo."""
    expect(page.get_by_role("dialog", name=name)).to_be_visible()


class Fingers:
    """Touches on the picture, in CSS pixels from its centre."""

    def __init__(self, page: Page) -> None:
        self.session: CDPSession = page.context.new_cdp_session(page)
        self.x, self.y = page.locator(".frame").evaluate(CENTRE)

    def _send(self, kind: str, *points: tuple[float, float]) -> None:
        touches = [{"x": self.x + x, "y": self.y + y, "id": index} for index, (x, y) in enumerate(points)]
        self.session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})

    def move(self, *paths: tuple[tuple[float, float], tuple[float, float]]) -> None:
        """Move fingers from their first points to their last ones, in four steps."""
        self._send("touchStart", *(start for start, _ in paths))
        for step in range(1, 5):
            self._send(
                "touchMove",
                *((a[0] + (b[0] - a[0]) * step / 4, a[1] + (b[1] - a[1]) * step / 4) for a, b in paths),
            )
        self._send("touchEnd")

    def tap(self, times: int) -> None:
        """Tap the centre."""
        for _ in range(times):
            self._send("touchStart", (0, 0))
            self._send("touchEnd")


@pytest.fixture
def fingers(viewer: Page) -> Fingers:
    """Touches on the picture."""
    return Fingers(viewer)


def test_wheel_zooms_at_the_pointer_and_dragging_pans(viewer: Page) -> None:
    x, y = picture(viewer).evaluate(CENTRE)
    viewer.mouse.move(x + 100, y)
    viewer.mouse.wheel(0, -700)
    expect(viewer.locator(".frame")).to_have_attribute("data-zoomed", "true")
    factor = scale(viewer)
    assert factor == pytest.approx(4.055, abs=0.01)  # e^(700 * 0.002)
    zoomed_x, zoomed_y = picture(viewer).evaluate(CENTRE)
    # A wheel's position is in whole pixels.
    assert (zoomed_x, zoomed_y) == (pytest.approx(x - 100 * (factor - 1), abs=factor), pytest.approx(y, abs=factor))
    viewer.mouse.down()
    viewer.mouse.move(x + 150, y + 40, steps=3)
    viewer.mouse.up()
    assert picture(viewer).evaluate(CENTRE) == [
        pytest.approx(zoomed_x + 50, abs=1),
        pytest.approx(zoomed_y + 40, abs=1),
    ]
    viewer.mouse.wheel(0, 5000)
    expect(viewer.locator(".frame")).to_have_attribute("data-zoomed", "false")
    assert picture(viewer).evaluate(CENTRE) == [pytest.approx(x, abs=1), pytest.approx(y, abs=1)]
    shown(viewer, "middle.jpg")


def test_double_click_shows_the_pixels_of_the_original(viewer: Page) -> None:
    with viewer.expect_response(re.compile("/originals/")) as original:
        double_click(viewer)
    assert original.value.status == 200
    assert picture(viewer).evaluate("image => image.getBoundingClientRect().width") == pytest.approx(2400, abs=1)
    loaded = viewer.locator(".frame .original")
    expect(loaded).to_have_js_property("naturalWidth", 2400)
    assert loaded.bounding_box() == picture(viewer).bounding_box()
    double_click(viewer)
    expect(viewer.locator(".frame")).to_have_attribute("data-zoomed", "false")


@pytest.mark.parametrize("device", [{"viewport": {"width": 500, "height": 700}}], ids=["narrow"], indirect=True)
def test_zoomed_picture_has_a_larger_preview(viewer: Page) -> None:
    before = picture(viewer).evaluate("image => image.currentSrc")
    for _ in range(2):
        viewer.get_by_role("button", name="Zoom in").click()
    expect(picture(viewer)).not_to_have_js_property("currentSrc", before)


def test_keys_zoom_pan_and_return_to_the_whole_photo(viewer: Page) -> None:
    expect(viewer.get_by_role("button", name="Zoom out")).to_be_disabled()
    viewer.keyboard.press("+")
    viewer.keyboard.press("+")
    viewer.keyboard.press("-")
    assert scale(viewer) == pytest.approx(1.5)
    x, y = picture(viewer).evaluate(CENTRE)
    viewer.keyboard.press("ArrowRight")
    assert picture(viewer).evaluate(CENTRE) == [pytest.approx(x - 80, abs=1), pytest.approx(y, abs=1)]
    shown(viewer, "middle.jpg")
    viewer.keyboard.press("0")
    assert scale(viewer) == 1
    viewer.keyboard.press("ArrowRight")
    shown(viewer, "oldest.jpg")


@pytest.mark.parametrize("device", [PHONE], ids=["phone"], indirect=True)
@pytest.mark.parametrize(
    ("to", "name"), [((-120, 10), "oldest.jpg"), ((120, 10), "newest.jpg"), ((0, 140), None), ((20, 0), "middle.jpg")]
)
def test_swipes_lead_to_the_neighbours_or_close(
    viewer: Page, fingers: Fingers, to: tuple[float, float], name: str | None
) -> None:
    fingers.move(((0, 0), to))
    if name is None:
        expect(viewer.get_by_role("dialog")).to_have_count(0)
        expect(viewer.get_by_role("link", name="middle.jpg")).to_be_focused()
    else:
        shown(viewer, name)


@pytest.mark.parametrize("device", [PHONE], ids=["phone"], indirect=True)
def test_pinch_and_double_tap_zoom(viewer: Page, fingers: Fingers) -> None:
    fingers.move(((-30, 0), (-90, 0)), ((30, 0), (90, 0)))
    assert scale(viewer) == pytest.approx(3, abs=0.1)
    fingers.move(((0, 0), (-120, 0)))  # Pans the zoomed picture.
    shown(viewer, "middle.jpg")
    fingers.tap(2)
    expect(viewer.locator(".frame")).to_have_attribute("data-zoomed", "false")
    fingers.tap(2)
    expect(viewer.locator(".frame")).to_have_attribute("data-zoomed", "true")


def test_full_screen_by_button_and_key(viewer: Page) -> None:
    button = viewer.get_by_role("button", name="Full screen")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    assert viewer.evaluate("document.fullscreenElement.querySelector('.frame') !== null")
    viewer.keyboard.press("s")
    expect(button).to_have_attribute("aria-pressed", "false")
    shown(viewer, "middle.jpg")


def test_keys_are_listed_and_work(viewer: Page, client: Client, photos: list[str]) -> None:
    viewer.keyboard.press("?")
    help_list = viewer.get_by_role("dialog", name="Keyboard shortcuts")
    expect(help_list.locator("kbd")).to_have_text(
        ["←", "→", "+", "\N{MINUS SIGN}", "0", "F", "I", "E", "S", "?", "Esc"]
    )
    viewer.keyboard.press("ArrowRight")  # Without an effect below the list.
    viewer.keyboard.press("Escape")
    expect(help_list).to_have_count(0)
    shown(viewer, "middle.jpg")
    viewer.keyboard.press("f")
    expect(viewer.get_by_role("button", name="Favorite")).to_have_attribute("aria-pressed", "true")
    assert client.read(photos[1])["favorite"] is True
    viewer.keyboard.press("i")
    expect(viewer.get_by_role("complementary", name="About this photo")).to_have_count(0)
    viewer.keyboard.press("e")
    expect(viewer.get_by_label("Title")).to_be_focused()
    viewer.keyboard.type("fie?")
    expect(viewer.get_by_label("Title")).to_have_value("fie?")


def test_late_response_does_not_undo_an_edit(page: Page, photos: list[str]) -> None:
    page.reload()
    expect(page.locator(".tile")).to_have_count(len(photos))
    held: list[tuple[Route, APIResponse]] = []

    def hold(route: Route) -> None:
        if route.request.method == "GET" and not held:
            held.append((route, route.fetch()))
        else:
            route.fallback()

    page.route(re.compile(f"/photos/{photos[1]}$"), hold)
    page.get_by_role("link", name="middle.jpg").click()
    favorite = page.get_by_role("button", name="Favorite")
    favorite.click()
    expect(favorite).to_have_attribute("aria-pressed", "true")
    ((route, response),) = held
    route.fulfill(response=response)
    page.wait_for_timeout(300)  # The page would show the earlier version, until it follows its own change.
    assert favorite.get_attribute("aria-pressed") == "true"


def test_next_photo_follows_a_deletion_until_none_is_left(viewer: Page) -> None:
    for name in ("oldest.jpg", "newest.jpg"):
        viewer.get_by_role("button", name="Delete").click()
        shown(viewer, name)
    viewer.get_by_role("button", name="Delete").click()
    expect(viewer.get_by_role("dialog")).to_have_count(0)
    expect(viewer.get_by_role("heading", name="No photos yet")).to_be_visible()
    expect(viewer.locator("body > #notices .notice")).to_have_text(re.compile("3 photos moved to the trash."))


def test_deletion_can_be_undone_in_the_viewer(viewer: Page, client: Client, photos: list[str]) -> None:
    viewer.get_by_role("button", name="Delete").click()
    shown(viewer, "oldest.jpg")
    viewer.get_by_role("button", name="Undo").click()
    expect(viewer.locator(".notice")).to_have_text("“middle.jpg” restored.")
    viewer.keyboard.press("ArrowLeft")
    shown(viewer, "middle.jpg")
    assert client.read(photos[1])["status"] == "ready"


def test_focus_is_on_the_photo_when_the_viewer_is_gone(viewer: Page, photos: list[str]) -> None:
    viewer.evaluate("""() => {
        window.focused = null;
        const look = () => {
            if (document.querySelector("dialog")) return;
            window.focused ??= document.activeElement.dataset.photo ?? "none";
        };
        new MutationObserver(look).observe(document.body, { childList: true, subtree: true });
    }""")
    viewer.keyboard.press("Escape")
    expect(viewer.locator("dialog")).to_have_count(0)
    assert viewer.evaluate("window.focused") == photos[1]


def test_gallery_has_the_keys_as_soon_as_the_viewer_closes(viewer: Page) -> None:
    viewer.evaluate(
        "() => { const back = () => History.prototype.back.call(history); history.back = () => setTimeout(back, 500); }"
    )
    viewer.keyboard.press("Escape")
    viewer.keyboard.press("Control+a")
    expect(viewer.get_by_role("group", name="Selected photos")).to_contain_text("3 selected")
    expect(viewer).to_have_url(re.compile(r"_photosky/(#/)?$"))


def test_draft_that_is_saved_on_leaving_keeps_its_version(viewer: Page, client: Client, photos: list[str]) -> None:
    held: list[Route] = []
    viewer.route(
        re.compile(f"/photos/{photos[1]}$"),
        lambda route: held.append(route) if route.request.method == "PATCH" else route.fallback(),
    )
    viewer.keyboard.press("e")
    viewer.get_by_label("Title").fill("left")
    with viewer.expect_request(lambda request: request.method == "PATCH") as left:
        viewer.get_by_role("button", name="Older photo").click()
    assert left.value.headers["if-match"] == client.call("GET", f"/photos/{photos[1]}").headers["etag"]
    shown(viewer, "oldest.jpg")
    expect(viewer.get_by_role("complementary").get_by_role("button", name="Edit")).to_be_visible()
    with viewer.expect_response(lambda response: response.request.method == "PATCH"):
        held[0].continue_()
    viewer.keyboard.press("e")
    viewer.get_by_label("Title").fill("next")
    viewer.get_by_role("button", name="Save").click()
    expect(viewer.get_by_label("Title")).to_have_count(0)
    assert [client.read(photo_id)["title"] for photo_id in photos] == ["next", "left", None]


def test_second_escape_does_not_leave_the_page(viewer: Page) -> None:
    viewer.evaluate("""() => {
        const dialog = document.querySelector("dialog");
        for (let i = 0; i < 2; i++) dialog.dispatchEvent(new Event("cancel", { cancelable: true }));
    }""")
    expect(viewer.get_by_role("dialog")).to_have_count(0)
    viewer.wait_for_timeout(300)  # The navigation would follow.
    expect(viewer).to_have_url(re.compile(r"_photosky/(#/)?$"))


@pytest.mark.parametrize("device", [PHONE], ids=["phone"], indirect=True)
def test_information_is_a_sheet_on_a_phone(
    viewer: Page, check_accessibility: Callable[[Page], None], screenshot: Callable[[Page, str], None]
) -> None:
    sheet = viewer.get_by_role("complementary", name="About this photo")
    expect(sheet).to_have_count(0)
    viewer.get_by_role("button", name="Information").click()
    box: Any = sheet.bounding_box()
    assert (box["x"], box["width"], box["y"] + box["height"]) == (0, 360, 780)
    assert box["y"] >= 780 * 0.3
    screenshot(viewer, "sheet")
    check_accessibility(viewer)
    sheet.get_by_role("button", name="Close the information").click()
    expect(sheet).to_have_count(0)


@pytest.mark.parametrize("device", [{"viewport": {"width": 1600, "height": 900}}], ids=["wide"], indirect=True)
def test_wide_viewer_is_accessible(
    viewer: Page, check_accessibility: Callable[[Page], None], screenshot: Callable[[Page, str], None]
) -> None:
    viewer.keyboard.press("?")
    expect(viewer.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    screenshot(viewer, "shortcuts")
    check_accessibility(viewer)


def test_original_that_cannot_be_loaded_is_reported(viewer: Page, errors: Errors) -> None:
    errors.expect("/original: 500")
    errors.expect("console")
    viewer.route("**/original", lambda route: route.fulfill(status=500, body="broken"))
    double_click(viewer)
    expect(viewer.locator(".notice")).to_contain_text("The original cannot be loaded.")
    assert scale(viewer) > 1
