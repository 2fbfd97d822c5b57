"""Looking at photos, saying something about them, and deleting them."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from benchmarks.load.listing import fill
from benchmarks.load.stack import Stack
from tests.browser.conftest import Trouble
from tests.local.client import Client
from tests.pictures import encoded

LOOKS = [
    pytest.param({"viewport": {"width": width, "height": 800}, "color_scheme": scheme}, id=f"{scheme} {width}")
    for width in (1280, 360)
    for scheme in ("light", "dark")
]


@pytest.fixture
def photos(client: Client) -> list[str]:
    """The ids of three photos, oldest first: a wide one, a tall one, a transparent one."""
    wide, _ = client.send(encoded("jpeg", size=(900, 600)), filename="wide.jpg")
    tall, _ = client.send(encoded("jpeg", size=(600, 900), seed=2), filename="tall.jpg")
    clear, _ = client.send(encoded("png", mode="RGBA", seed=3), filename="clear.png", content_type="image/png")
    return [wide, tall, clear]


@pytest.fixture
def gallery(page: Page, photos: list[str]) -> Page:
    """The page that shows them."""
    page.reload()
    expect(page.locator(".tile")).to_have_count(len(photos))
    return page


def opened(page: Page, name: str) -> None:
    """Open a photo from the grid."""
    page.get_by_role("link", name=name).click()
    expect(page.get_by_role("dialog", name=name)).to_be_visible()


@pytest.mark.parametrize("look", LOOKS, indirect=True)
def test_everybody_can_use_every_view(
    door: Page,
    username: str,
    look: dict[str, Any],
    accessible: Callable[[Page], None],
    screenshot: Callable[[Page, str], None],
    trouble: Trouble,
) -> None:
    trouble.means("/photos: 415")
    trouble.means("console")
    suffix = f"{look['color_scheme']}-{look['viewport']['width']}"

    def judged(name: str) -> None:
        screenshot(door, f"{name}-{suffix}")
        accessible(door)
        assert door.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")

    judged("sign-in")
    door.get_by_label("E-mail").fill(username)
    door.get_by_role("button", name="Sign in").click()
    expect(door.get_by_role("heading", name="No photos yet")).to_be_visible()
    judged("empty")
    door.get_by_label("Add photos").set_input_files(
        [
            {"name": "meadow.jpg", "mimeType": "image/jpeg", "buffer": encoded("jpeg", size=(900, 600))},
            {"name": "letter.txt", "mimeType": "text/plain", "buffer": b"No picture."},
        ]
    )
    expect(door.locator(".upload[data-stage=done]")).to_have_count(1)
    expect(door.locator(".upload[data-stage=refused]")).to_have_count(1)
    expect(door.locator(".tile img")).to_have_js_property("complete", True)
    judged("uploads")
    opened(door, "meadow.jpg")
    expect(door.get_by_label("Title")).to_be_visible()
    expect(door.locator(".frame img")).to_have_js_property("complete", True)
    judged("photo")
    door.get_by_role("button", name="Delete").click()
    expect(door.get_by_role("button", name="Undo")).to_be_visible()
    judged("deleted")


def test_a_photo_is_called_tagged_and_liked(gallery: Page, client: Client, photos: list[str]) -> None:
    opened(gallery, "wide.jpg")
    gallery.get_by_label("Title").fill("Meadow")
    gallery.get_by_label("Description").fill("The tide is out.\nThe wind is not.")
    for tag in ("sea", "evening", "sea"):
        gallery.get_by_label("Tags").first.fill(tag)
        gallery.get_by_label("Tags").first.press("Enter")
    gallery.get_by_role("button", name="Save").click()
    expect(gallery.get_by_text("Saved.").first).to_be_visible()
    gallery.get_by_role("button", name="Favorite").click()
    expect(gallery.get_by_role("button", name="Favorite")).to_have_attribute("aria-pressed", "true")
    gallery.get_by_role("button", name="Take away the tag sea").click()
    gallery.get_by_role("button", name="Close").click()  # Leaving saves as well.
    expect(gallery.get_by_role("link", name="Meadow")).to_be_focused()
    expect(gallery.get_by_role("img", name="Favorite")).to_be_visible()
    gallery.wait_for_function("() => document.querySelector('[role=status].visually-hidden').textContent === 'Saved.'")
    photo = client.read(photos[0])
    assert {name: photo[name] for name in ("title", "description", "tags", "favorite")} == {
        "title": "Meadow",
        "description": "The tide is out.\nThe wind is not.",
        "tags": ["evening"],
        "favorite": True,
    }


def test_what_somebody_else_wrote_meanwhile_is_not_overwritten_unseen(
    gallery: Page, client: Client, photos: list[str], trouble: Trouble
) -> None:
    trouble.means(": 412")
    trouble.means("console")
    opened(gallery, "tall.jpg")
    gallery.get_by_label("Title").fill("Mine")
    client.call("PATCH", f"/photos/{photos[1]}", json={"title": "Theirs", "tags": ["other"]})
    gallery.get_by_role("button", name="Save").click()
    expect(gallery.get_by_role("alert")).to_contain_text("Somebody changed this photo in the meantime")
    expect(gallery.get_by_role("alert")).to_contain_text("“Theirs”")
    expect(gallery.get_by_label("Title")).to_have_value("Mine")
    gallery.get_by_role("button", name="Save").click()
    expect(gallery.get_by_text("Saved.").first).to_be_visible()
    photo = client.read(photos[1])
    assert (photo["title"], photo["tags"]) == ("Mine", ["other"])


def test_a_deletion_can_be_undone(gallery: Page, client: Client, photos: list[str]) -> None:
    opened(gallery, "tall.jpg")
    gallery.get_by_role("button", name="Delete").click()
    expect(gallery.locator(".tile")).to_have_count(2)
    gallery.get_by_role("button", name="Undo").click()
    expect(gallery.locator(".tile")).to_have_count(3)
    assert client.read(photos[1])["status"] == "ready"


def test_a_deletion_is_sent_when_its_time_is_over(gallery: Page, client: Client, photos: list[str]) -> None:
    opened(gallery, "tall.jpg")
    with gallery.expect_response(lambda response: response.request.method == "DELETE") as answer:
        gallery.get_by_role("button", name="Delete").click()
    assert answer.value.status == 204
    assert client.call("GET", f"/photos/{photos[1]}").status_code == 404


def test_a_deletion_is_sent_when_the_page_is_left(
    gallery: Page, client: Client, photos: list[str], trouble: Trouble
) -> None:
    trouble.allows("net::ERR_ABORTED")
    opened(gallery, "tall.jpg")
    gallery.get_by_role("button", name="Delete").click()
    expect(gallery.get_by_role("button", name="Undo")).to_be_visible()
    gallery.goto("about:blank")
    for _ in range(200):
        if client.call("GET", f"/photos/{photos[1]}").status_code == 404:
            return
        gallery.wait_for_timeout(100)
    pytest.fail("The photo is still there.")


def test_the_original_is_downloaded_under_its_name(gallery: Page) -> None:
    opened(gallery, "wide.jpg")
    with gallery.expect_download() as download:
        gallery.get_by_role("button", name="Download").click()
    assert download.value.suggested_filename == "wide.jpg"
    assert download.value.path().read_bytes() == encoded("jpeg", size=(900, 600))


def test_everything_goes_by_keyboard(page: Page, client: Client, photos: list[str]) -> None:
    page.reload()
    expect(page.locator(".tile")).to_have_count(3)
    page.get_by_label("Add a folder").focus()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="clear.png")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("link", name="tall.jpg")).to_be_focused()
    page.keyboard.press("End")
    expect(page.get_by_role("link", name="wide.jpg")).to_be_focused()
    page.keyboard.press("Home")
    expect(page.get_by_role("link", name="clear.png")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="clear.png")).to_be_visible()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("dialog", name="tall.jpg")).to_be_visible()
    for _ in range(20):  # The focus does not leave the dialog.
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement === document.body || !!document.activeElement.closest('dialog')")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("link", name="tall.jpg")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("link", name="tall.jpg")).to_be_focused()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Delete").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="wide.jpg")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Undo")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".tile")).to_have_count(3)
    assert client.read(photos[1])["status"] == "ready"


def test_a_photo_has_an_address(gallery: Page, photos: list[str], trouble: Trouble) -> None:
    trouble.means(": 404")
    trouble.means("console")
    trouble.allows("net::ERR_ABORTED")  # By the reload.
    opened(gallery, "wide.jpg")
    gallery.reload()
    expect(gallery.get_by_role("dialog", name="wide.jpg")).to_be_visible()
    gallery.get_by_role("button", name="Close").click()
    expect(gallery).to_have_url(re.compile(r"#/$"))
    gallery.evaluate("id => { location.hash = `/photos/${id}`; }", photos[0].replace("7", "8"))
    expect(gallery.get_by_role("dialog", name="No photo")).to_contain_text("This photo is gone.")


def test_hundreds_are_there_by_scrolling_and_few_at_a_time(
    page: Page, stack: Stack, username: str, client: Client, trouble: Trouble
) -> None:
    trouble.allows("net::ERR_ABORTED")  # A preview that is scrolled past is not waited for.
    preview = encoded("webp", size=(32, 24))  # The copies have records, and no objects.
    page.route(re.compile("/previews/"), lambda route: route.fulfill(body=preview, content_type="image/webp"))
    ids = fill(stack, username, client, 250)
    page.reload()
    expect(page.locator(".tile").first).to_be_visible()
    while page.locator(".tile").first.get_attribute("aria-setsize") == "-1":
        page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
        page.wait_for_timeout(50)
    last = page.locator(f"[data-photo='{ids[0]}']")
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    expect(last).to_be_in_viewport()
    assert page.locator(".tile").count() < 100
    assert last.evaluate("link => link.parentElement.getAttribute('aria-posinset')") == "250"
    page.evaluate("scrollTo(0, 0)")
    expect(page.locator(f"[data-photo='{ids[-1]}']")).to_be_in_viewport()
    page.locator(f"[data-photo='{ids[-1]}']").focus()
    page.keyboard.press("End")
    expect(last).to_be_focused()
    expect(last).to_be_in_viewport()


def test_a_preview_whose_address_expired_is_asked_for_anew(page: Page, photos: list[str], trouble: Trouble) -> None:
    trouble.means(": 403")
    trouble.means("console")
    page.route(re.compile("previews"), lambda route: route.fulfill(status=403), times=1)
    with page.expect_response(lambda response: response.url.endswith(f"/photos/{photos[2]}")):
        page.reload()
    assert photos
