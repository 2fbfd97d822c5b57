"""The selection of many photos, and the actions on it."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, Response, Route, expect

from benchmarks.load.listing import fill
from benchmarks.load.stack import Stack
from tests.browser.conftest import DEVICES
from tests.browser.test_gallery import PHONE
from tests.local.client import Client
from tests.pictures import encoded


def selected(page: Page) -> list[str]:
    """The names of the selected photos that are in the document, in the order of the grid."""
    return [image.get_attribute("alt") or "" for image in page.locator(".tile.selected img").all()]


def check_of(page: Page, name: str) -> Locator:
    """The check mark of a photo."""
    return page.get_by_role("checkbox", name=f"Select {name}")


def bar(page: Page) -> Locator:
    """The bar of the selection."""
    return page.get_by_role("group", name="Selected photos")


def action(page: Page, name: str) -> Locator:
    """A button of the bar."""
    return bar(page).get_by_role("button", name=name, exact=True)


def is_batch(response: Response) -> bool:
    return response.request.method == "POST" and str(response.url).endswith("/photos/batch")


def batches_of(page: Page) -> list[list[str]]:
    """The kinds of the operations of each batch that the page sends from now on."""
    sent: list[list[str]] = []

    def record(route: Route) -> None:
        sent.append([operation["op"] for operation in route.request.post_data_json["operations"]])
        route.fallback()

    page.route("**/photos/batch", record)
    return sent


@pytest.fixture
def many(page: Page, stack: Stack, username: str, client: Client) -> list[str]:
    """The IDs of 120 photos, oldest first; the page has loaded all of them."""
    preview = encoded("webp", size=(32, 24))  # The copied photos have records, but no objects.
    page.route(re.compile("/previews/"), lambda route: route.fulfill(body=preview, content_type="image/webp"))
    ids = fill(stack, username, client, 120)
    page.reload()
    expect(page.locator(".tile").first).to_be_visible()
    while page.locator(".tile").first.get_attribute("aria-setsize") == "-1":
        page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
        page.wait_for_timeout(50)
    page.evaluate("scrollTo(0, 0)")
    expect(page.locator(f"[data-photo='{ids[-1]}']")).to_be_in_viewport()
    return ids


def test_check_marks_and_ranges_select(gallery: Page) -> None:
    gallery.get_by_role("link", name="clear.png").hover()
    check_of(gallery, "clear.png").click()
    assert selected(gallery) == ["clear.png"]
    expect(bar(gallery)).to_contain_text("1 selected")
    gallery.get_by_role("link", name="wide.jpg").click(modifiers=["Shift"])
    assert selected(gallery) == ["clear.png", "tall.jpg", "wide.jpg"]
    gallery.get_by_role("link", name="tall.jpg").click(modifiers=["Shift"])
    assert selected(gallery) == ["clear.png", "tall.jpg"]
    gallery.get_by_role("link", name="clear.png").click()  # While photos are selected, a click does not open one.
    assert selected(gallery) == ["tall.jpg"]
    check_of(gallery, "tall.jpg").click()
    expect(gallery.get_by_role("heading", name="Photos")).to_be_visible()
    expect(gallery.get_by_role("dialog")).to_have_count(0)


def test_keys_select(gallery: Page) -> None:
    gallery.get_by_role("link", name="clear.png").focus()
    gallery.keyboard.press("Space")
    assert selected(gallery) == ["clear.png"]
    expect(gallery.locator("[role=status].visually-hidden")).to_have_text("1 selected")
    gallery.keyboard.press("Shift+ArrowRight")
    gallery.keyboard.press("Shift+ArrowRight")
    assert selected(gallery) == ["clear.png", "tall.jpg", "wide.jpg"]
    gallery.keyboard.press("Shift+ArrowLeft")
    assert selected(gallery) == ["clear.png", "tall.jpg"]
    expect(gallery.get_by_role("link", name="tall.jpg")).to_be_focused()
    gallery.keyboard.press("Escape")
    assert selected(gallery) == []
    gallery.keyboard.press("Control+a")
    expect(bar(gallery)).to_contain_text("3 selected")
    gallery.keyboard.press("Space")
    assert selected(gallery) == ["clear.png", "wide.jpg"]
    gallery.keyboard.press("Enter")  # Opens the photo also while others are selected.
    expect(gallery.get_by_role("dialog", name="tall.jpg")).to_be_visible()
    gallery.keyboard.press("Escape")
    expect(gallery.get_by_role("dialog")).to_have_count(0)
    assert selected(gallery) == ["clear.png", "wide.jpg"]
    action(gallery, "Clear selection").press("Enter")
    expect(gallery.get_by_role("link", name="clear.png")).to_be_focused()
    assert selected(gallery) == []


def test_shift_end_selects_photos_outside_the_document(page: Page, many: list[str]) -> None:
    page.locator(f"[data-photo='{many[-2]}']").focus()
    page.keyboard.press("Shift+End")
    expect(bar(page)).to_contain_text("119 selected")
    expect(page.locator(f"[data-photo='{many[0]}']")).to_be_focused()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    expect(page.locator(f"[data-photo='{many[-1]}']")).to_be_focused()
    expect(page.locator(f"[data-photo='{many[-1]}']")).to_be_in_viewport()
    assert page.locator(".tile").count() < 100


@pytest.mark.parametrize("device", [PHONE], ids=["phone"], indirect=True)
def test_long_press_starts_a_selection_and_taps_extend_it(gallery: Page) -> None:
    link = gallery.get_by_role("link", name="clear.png")
    box = link.bounding_box()
    assert box is not None
    touch = gallery.context.new_cdp_session(gallery)
    point = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
    touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [point]})
    expect(bar(gallery)).to_contain_text("1 selected")
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    gallery.get_by_role("link", name="wide.jpg").tap()
    assert selected(gallery) == ["clear.png", "wide.jpg"]
    expect(gallery.get_by_role("dialog")).to_have_count(0)
    gallery.get_by_role("link", name="clear.png").tap()
    gallery.get_by_role("link", name="wide.jpg").tap()
    expect(bar(gallery)).to_have_count(0)
    gallery.get_by_role("link", name="wide.jpg").tap()
    expect(gallery.get_by_role("dialog", name="wide.jpg")).to_be_visible()


def test_favorites_and_tags_of_many(gallery: Page, client: Client, photos: list[str]) -> None:
    client.call("PATCH", f"/photos/{photos[0]}", json={"favorite": True, "tags": ["Sea"]})
    gallery.reload()
    expect(gallery.locator(".tile")).to_have_count(3)
    gallery.keyboard.press("Control+a")
    action(gallery, "Favorite").click()
    expect(gallery.get_by_role("img", name="Favorite")).to_have_count(3)
    expect(bar(gallery)).to_contain_text("3 selected")
    action(gallery, "Unfavorite").click()
    expect(gallery.get_by_role("img", name="Favorite")).to_have_count(0)
    action(gallery, "Tags").click()
    dialog = gallery.get_by_role("dialog", name="Tags of the selected photos")
    dialog.get_by_label("Add a tag").fill("sea, evening")
    with gallery.expect_response(is_batch):
        dialog.get_by_label("Add a tag").press("Enter")
    expect(dialog).to_have_count(0)
    assert [client.read(photo_id)["tags"] for photo_id in photos] == [
        ["Sea", "evening"],
        ["sea", "evening"],
        ["sea", "evening"],
    ]
    action(gallery, "Tags").click()
    expect(dialog.get_by_role("listitem")).to_contain_text(["evening 3", "sea 2", "Sea 1"])
    with gallery.expect_response(is_batch):
        dialog.get_by_role("button", name="Remove the tag evening").click()
    expect(bar(gallery)).to_contain_text("3 selected")
    assert [client.read(photo_id)["tags"] for photo_id in photos] == [["Sea"], ["sea"], ["sea"]]


FOCUS_OF_A_DIALOG = """async button => {
  const rendered = async () => {
    for (let i = 0; i < 10; i++) await null;
  };
  button.focus();
  button.click();
  await rendered();
  const inside = document.activeElement.matches("dialog[open] input");
  [...document.querySelectorAll("dialog button")].find(({ textContent }) => textContent === "Cancel").click();
  await rendered();
  return [inside, document.querySelector("dialog") === null, document.activeElement === button];
}"""
"""Whether a dialog has the focus as soon as it is open, is removed when it is cancelled, and returns the focus."""


def test_dialog_takes_and_returns_the_focus_before_the_next_frame(gallery: Page) -> None:
    gallery.keyboard.press("Control+a")
    action(gallery, "Tags").click()
    gallery.get_by_role("button", name="Cancel").click()  # The first time loads its module.
    expect(gallery.get_by_role("dialog")).to_have_count(0)
    assert action(gallery, "Tags").evaluate(FOCUS_OF_A_DIALOG) == [True, True, True]


ADD_TWO_TAGS = """async () => {
  const { edit } = await import("./gallery/changes.js");
  const { library } = await import("./gallery/photos.js");
  const chosen = library.photos.value;
  const add = (tag) => edit(chosen, (photo) => ({ tags: [...photo.tags, tag] }));
  await Promise.all([add("sea"), add("evening")]);
}"""
"""Starts the second edit before the first one has ended, which is too fast for clicks."""


def test_edits_in_quick_succession_keep_each_other(gallery: Page, client: Client, photos: list[str]) -> None:
    gallery.evaluate(ADD_TWO_TAGS)
    assert [client.read(photo_id)["tags"] for photo_id in photos] == [["sea", "evening"]] * 3


def test_originals_are_downloaded_one_after_the_other(gallery: Page) -> None:
    names: list[str] = []
    gallery.on("download", lambda download: names.append(download.suggested_filename))
    gallery.keyboard.press("Control+a")
    action(gallery, "Download").click()
    while len(names) < 3:
        gallery.wait_for_timeout(20)
    assert names == ["clear.png", "tall.jpg", "wide.jpg"]


def test_failed_photos_stay_selected(gallery: Page, client: Client, photos: list[str]) -> None:
    client.call("PATCH", f"/photos/{photos[1]}", json={"tags": [f"tag {number}" for number in range(50)]})
    gallery.reload()
    expect(gallery.locator(".tile")).to_have_count(3)
    gallery.keyboard.press("Control+a")
    action(gallery, "Tags").click()
    gallery.get_by_label("Add a tag").fill("one more")
    gallery.get_by_role("button", name="Add", exact=True).click()
    expect(gallery.locator(".notice")).to_contain_text("1 of 3 could not be changed: The server rejected the request.")
    assert selected(gallery) == ["tall.jpg"]
    assert [len(client.read(photo_id)["tags"]) for photo_id in photos] == [1, 50, 1]
    gallery.get_by_role("button", name="Dismiss").click()
    expect(gallery.locator(".notice")).to_have_count(0)


def test_many_photos_are_changed_in_groups_of_100(page: Page, client: Client, many: list[str]) -> None:
    sent = batches_of(page)
    page.keyboard.press("Control+a")
    expect(bar(page)).to_contain_text("120 selected")
    action(page, "Favorite").click()
    expect(action(page, "Unfavorite")).to_be_visible()
    assert sent == [["edit"] * 100, ["edit"] * 20]
    assert client.call("GET", f"/photos/{many[0]}").json()["favorite"] is True


def test_stopped_action_keeps_the_rest_selected(page: Page, many: list[str]) -> None:
    held: list[Route] = []
    page.route("**/photos/batch", lambda route: held.append(route))
    page.keyboard.press("Control+a")
    action(page, "Delete").click()
    expect(page.get_by_role("progressbar", name="Deleting")).to_be_visible()
    expect(page.get_by_text("Deleting 0 of 120")).to_be_visible()
    page.get_by_role("button", name="Stop").click()
    held[0].continue_()
    expect(bar(page)).to_contain_text("20 selected")
    expect(page.locator(".notice")).to_contain_text("100 photos moved to the trash.")
    assert (len(held), page.locator(".tile").first.get_attribute("aria-setsize")) == (1, "20")
    assert many


def test_signing_out_stops_an_action(page: Page, many: list[str]) -> None:
    held: list[Route] = []
    page.route("**/photos/batch", lambda route: held.append(route))
    page.keyboard.press("Control+a")
    action(page, "Delete").click()
    expect(page.get_by_text("Deleting 0 of 120")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    with page.expect_response(is_batch):
        held[0].continue_()
    page.wait_for_timeout(500)  # Another batch or a notice would follow at once.
    assert (len(held), page.locator(".notice").count(), len(many)) == (1, 0, 120)


@pytest.mark.parametrize("device", DEVICES, indirect=True)
def test_selection_is_accessible_and_fits_the_screen(
    gallery: Page,
    check_view: Callable[[Page, str], None],
) -> None:
    gallery.get_by_role("link", name="clear.png").focus()
    gallery.keyboard.press("Space")
    gallery.keyboard.press("Shift+ArrowRight")
    check_view(gallery, "selection")
    action(gallery, "Tags").click()
    gallery.get_by_label("Add a tag").fill("sea")
    gallery.get_by_role("button", name="Add", exact=True).click()
    action(gallery, "Tags").click()
    expect(gallery.get_by_role("button", name="Remove the tag sea")).to_be_visible()
    check_view(gallery, "tags")
