"""The gallery: view, edit, download and delete photos."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from benchmarks.load.listing import fill
from benchmarks.load.stack import Stack
from tests.browser.conftest import DEVICES, Errors
from tests.local.client import Client
from tests.pictures import encoded

PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}


def open_photo(page: Page, name: str) -> None:
    """Open a photo from the grid."""
    page.get_by_role("link", name=name).click()
    expect(page.get_by_role("dialog", name=name)).to_be_visible()


@pytest.mark.parametrize("device", DEVICES, indirect=True)
def test_views_are_accessible_and_fit_the_screen(
    sign_in_page: Page,
    username: str,
    check_view: Callable[[Page, str], None],
    errors: Errors,
) -> None:
    errors.expect("/photos: 415")
    errors.expect("console")
    check_view(sign_in_page, "sign-in")
    sign_in_page.get_by_label("E-mail").fill(username)
    sign_in_page.get_by_role("button", name="Sign in").click()
    expect(sign_in_page.get_by_role("heading", name="No photos yet")).to_be_visible()
    check_view(sign_in_page, "empty")
    sign_in_page.get_by_label("Add photos").set_input_files(
        [
            {"name": "meadow.jpg", "mimeType": "image/jpeg", "buffer": encoded("jpeg", size=(900, 600))},
            {"name": "letter.txt", "mimeType": "text/plain", "buffer": b"Not an image."},
        ]
    )
    sign_in_page.get_by_role("button", name="Show uploads").click()
    expect(sign_in_page.locator(".upload[data-stage=done]")).to_have_count(1)
    expect(sign_in_page.locator(".upload[data-stage=rejected]")).to_have_count(1)
    expect(sign_in_page.locator(".tile img")).to_have_js_property("complete", True)
    check_view(sign_in_page, "uploads")
    open_photo(sign_in_page, "meadow.jpg")
    expect(sign_in_page.locator(".frame img")).to_have_js_property("complete", True)
    check_view(sign_in_page, "photo")
    sign_in_page.keyboard.press("e")
    expect(sign_in_page.get_by_label("Title")).to_be_focused()
    check_view(sign_in_page, "edit")
    sign_in_page.get_by_role("button", name="Correct: taken").click()
    check_view(sign_in_page, "correction")
    sign_in_page.keyboard.press("Escape")
    open_photo(sign_in_page, "meadow.jpg")
    sign_in_page.get_by_role("button", name="Delete").click()
    expect(sign_in_page.get_by_role("button", name="Undo")).to_be_visible()
    check_view(sign_in_page, "deleted")


def test_empty_gallery_offers_to_choose_or_drop_photos(page: Page) -> None:
    expect(page.get_by_text("Drop photos or folders anywhere on this page, or choose them.")).to_be_visible()
    picture = {"name": "meadow.jpg", "mimeType": "image/jpeg", "buffer": encoded("jpeg")}
    page.get_by_label("Choose photos").set_input_files([picture])
    expect(page.get_by_role("link", name="meadow.jpg")).to_be_visible()
    expect(page.get_by_role("heading", name="No photos yet")).to_have_count(0)


@pytest.mark.parametrize("device", [PHONE], ids=["phone"], indirect=True)
def test_empty_gallery_on_a_phone_speaks_of_no_drops(
    page: Page, check_accessibility: Callable[[Page], None], screenshot: Callable[[Page, str], None]
) -> None:
    expect(page.get_by_text("Choose photos from this device.")).to_be_visible()
    expect(page.get_by_text("Drop photos")).to_be_hidden()
    screenshot(page, "empty-phone")
    check_accessibility(page)


def test_edits_and_favorite_are_saved(gallery: Page, client: Client, photos: list[str]) -> None:
    open_photo(gallery, "wide.jpg")
    gallery.get_by_role("button", name="Edit").click()
    gallery.get_by_label("Title").fill("Meadow")
    gallery.get_by_label("Description").fill("The tide is out.\nThe wind is not.")
    for tag in ("sea", "evening", "sea"):
        gallery.get_by_label("Tags").first.fill(tag)
        gallery.get_by_label("Tags").first.press("Enter")
    gallery.get_by_role("button", name="Save").click()
    expect(gallery.get_by_role("button", name="Edit")).to_be_focused()
    gallery.get_by_role("button", name="Favorite").click()
    expect(gallery.get_by_role("button", name="Favorite")).to_have_attribute("aria-pressed", "true")
    gallery.get_by_role("button", name="Edit").click()
    gallery.get_by_role("button", name="Remove the tag sea").click()
    gallery.get_by_role("button", name="Close", exact=True).click()  # Closing saves the removed tag.
    expect(gallery.get_by_role("link", name="Meadow")).to_be_focused()
    expect(gallery.get_by_role("img", name="Favorite")).to_be_visible()
    expect(gallery.locator("[role=status].visually-hidden")).to_have_text("Saved.")
    photo = client.read(photos[0])
    assert {name: photo[name] for name in ("title", "description", "tags", "favorite")} == {
        "title": "Meadow",
        "description": "The tide is out.\nThe wind is not.",
        "tags": ["evening"],
        "favorite": True,
    }


def test_concurrent_edit_is_shown_before_it_is_overwritten(
    gallery: Page, client: Client, photos: list[str], errors: Errors
) -> None:
    errors.expect(": 412")
    errors.expect("console")
    open_photo(gallery, "tall.jpg")
    gallery.get_by_role("button", name="Edit").click()
    gallery.get_by_label("Title").fill("Mine")
    client.call("PATCH", f"/photos/{photos[1]}", json={"title": "Theirs", "tags": ["other"]})
    gallery.get_by_role("button", name="Save").click()
    expect(gallery.get_by_role("alert")).to_contain_text("This photo was changed elsewhere.")
    expect(gallery.get_by_role("alert")).to_contain_text("“Theirs”")
    expect(gallery.get_by_label("Title")).to_have_value("Mine")
    gallery.get_by_role("button", name="Save").click()
    expect(gallery.get_by_label("Title")).to_have_count(0)
    photo = client.read(photos[1])
    assert (photo["title"], photo["tags"]) == ("Mine", ["other"])


def test_download_is_the_original_with_its_filename(gallery: Page) -> None:
    open_photo(gallery, "wide.jpg")
    with gallery.expect_download() as download:
        gallery.get_by_role("button", name="Download").click()
    assert download.value.suggested_filename == "wide.jpg"
    assert download.value.path().read_bytes() == encoded("jpeg", size=(900, 600))


def test_gallery_works_by_keyboard(page: Page, client: Client, photos: list[str]) -> None:
    page.reload()
    expect(page.locator(".tile")).to_have_count(3)
    page.get_by_label("Add a folder").focus()
    page.keyboard.press("Tab")
    expect(page.get_by_role("checkbox", name="Select all of Today")).to_be_focused()
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
    for _ in range(20):  # The focus stays in the dialog.
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
    expect(page.get_by_role("dialog", name="wide.jpg")).to_be_visible()
    page.get_by_role("button", name="Undo").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".tile")).to_have_count(3)
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="wide.jpg")).to_be_focused()
    assert client.read(photos[1])["status"] == "ready"


def test_photo_has_an_address(gallery: Page, photos: list[str], errors: Errors) -> None:
    errors.expect(": 404")
    errors.expect("console")
    open_photo(gallery, "wide.jpg")
    gallery.reload()
    expect(gallery.get_by_role("dialog", name="wide.jpg")).to_be_visible()
    gallery.get_by_role("button", name="Close", exact=True).click()
    expect(gallery).to_have_url(re.compile(r"#/$"))
    gallery.evaluate("id => { location.hash = `/photos/${id}`; }", photos[0].replace("7", "8"))
    expect(gallery.get_by_role("dialog", name="Photo not available")).to_contain_text("This photo no longer exists.")


def test_long_gallery_keeps_few_photos_in_the_document(page: Page, stack: Stack, username: str, client: Client) -> None:
    preview = encoded("webp", size=(32, 24))  # The copied photos have records, but no objects.
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


def test_listing_that_failed_can_be_tried_again(page: Page, photos: list[str], errors: Errors) -> None:
    errors.expect(": 500")
    errors.expect("console")
    page.route(re.compile(r"/photos\?"), lambda route: route.fulfill(status=500), times=1)
    page.reload()
    expect(page.get_by_role("alert")).to_contain_text("The server failed to process the request.")
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".tile")).to_have_count(len(photos))
    expect(page.get_by_role("alert")).to_have_count(0)


def test_slow_server_is_reported_before_its_failure(page: Page, photos: list[str]) -> None:
    held: list[Route] = []
    page.route(re.compile(r"/photos\?"), lambda route: held.append(route), times=1)
    page.clock.install()
    page.reload()
    expect(page.get_by_text("Loading …")).to_be_visible()
    while not held:
        page.wait_for_timeout(20)
    page.clock.fast_forward(5000)
    expect(page.get_by_text("The server has not responded yet.")).to_be_visible()
    held[0].continue_()
    expect(page.locator(".tile")).to_have_count(len(photos))


def test_placeholders_replace_previews_that_cannot_be_loaded(page: Page, photos: list[str], errors: Errors) -> None:
    errors.expect(": 503")
    errors.expect("console")
    page.route(re.compile("/previews/"), lambda route: route.fulfill(status=503))
    for photo_id in photos:
        page.route(f"**/photos/{photo_id}", lambda route: route.fulfill(status=503))
    page.reload()
    expect(page.locator(".tile img.failed")).to_have_count(3)
    expect(page.locator(".tile img").first).to_be_hidden()
    expect(page.locator(".notice")).to_have_text(["The server failed to process the request. Try again later."])


def test_photo_is_read_again_when_its_preview_url_has_expired(page: Page, photos: list[str], errors: Errors) -> None:
    errors.expect(": 403")
    errors.expect("console")
    page.route(re.compile("/previews/"), lambda route: route.fulfill(status=403), times=1)
    with page.expect_response(lambda response: response.url.endswith(f"/photos/{photos[2]}")):
        page.reload()
    assert photos
