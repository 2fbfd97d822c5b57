"""Deletion with Undo, and the trash."""

import json
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import DEVICES, Errors
from tests.browser.test_gallery import open_photo
from tests.browser.test_selection import action, bar, batches_of, is_batch, selected
from tests.local.client import Client


def statuses(client: Client, photos: list[str]) -> list[str | int]:
    """The status of each photo; 404 for one that is gone."""
    return [client.call("GET", f"/photos/{photo_id}").json()["status"] for photo_id in photos]


@pytest.fixture
def trash(gallery: Page, client: Client, photos: list[str]) -> Page:
    """The view of the trash with the three photos."""
    for photo_id in photos:
        client.call("DELETE", f"/photos/{photo_id}")
    gallery.get_by_role("link", name="Trash").click()
    expect(gallery.get_by_role("heading", name="Trash", exact=True)).to_be_visible()  # The gallery has as many tiles.
    expect(gallery.locator(".tile")).to_have_count(3)
    return gallery


def test_deletion_can_be_undone(gallery: Page, client: Client, photos: list[str]) -> None:
    open_photo(gallery, "tall.jpg")
    with gallery.expect_response(is_batch):
        gallery.get_by_role("button", name="Delete").click()
    expect(gallery.locator(".tile")).to_have_count(2)
    expect(gallery.locator(".notice")).to_contain_text("“tall.jpg” moved to the trash.")
    assert client.read(photos[1])["status"] == "trashed"
    gallery.get_by_role("button", name="Undo").click()
    expect(gallery.locator(".tile")).to_have_count(3)
    assert client.read(photos[1])["status"] == "ready"


def test_undo_restores_all_photos_of_the_last_deletions(gallery: Page, client: Client, photos: list[str]) -> None:
    open_photo(gallery, "tall.jpg")
    gallery.get_by_role("button", name="Delete").click()
    expect(gallery.locator(".tile")).to_have_count(2)
    gallery.keyboard.press("Escape")
    gallery.keyboard.press("Control+a")
    action(gallery, "Delete").click()
    expect(gallery.locator(".notice")).to_have_text(re.compile("3 photos moved to the trash."))
    expect(gallery.get_by_role("heading", name="No photos yet")).to_be_visible()
    assert statuses(client, photos) == ["trashed"] * 3
    sent = batches_of(gallery)
    gallery.get_by_role("button", name="Undo").click()
    expect(gallery.locator(".tile")).to_have_count(3)
    assert (sent, statuses(client, photos)) == ([["restore"] * 3], ["ready"] * 3)
    assert selected(gallery) == []


def test_undo_stays_until_it_is_dismissed(gallery: Page) -> None:
    gallery.clock.install()
    gallery.get_by_role("link", name="tall.jpg").focus()
    gallery.keyboard.press("Space")
    action(gallery, "Delete").click()
    undo = gallery.get_by_role("button", name="Undo")
    expect(undo).to_be_visible()
    gallery.clock.fast_forward(3_600_000)
    expect(undo).to_be_visible()
    gallery.get_by_role("link", name="wide.jpg").focus()
    gallery.keyboard.press("Space")
    action(gallery, "Delete").click()
    expect(gallery.locator(".notice")).to_contain_text(["“wide.jpg” moved to the trash."])
    gallery.get_by_role("button", name="Dismiss").click()
    expect(undo).to_have_count(0)


def test_repeated_clicks_delete_once(gallery: Page, client: Client, photos: list[str]) -> None:
    sent = batches_of(gallery)
    gallery.keyboard.press("Control+a")
    action(gallery, "Delete").evaluate("button => { button.click(); button.click(); button.click(); }")
    expect(gallery.get_by_role("heading", name="No photos yet")).to_be_visible()
    expect(gallery.locator(".notice")).to_have_text(re.compile("3 photos moved to the trash."))
    assert (sent, statuses(client, photos)) == ([["delete"] * 3], ["trashed"] * 3)


def test_repeated_deletion_leaves_the_photo_in_the_trash(
    gallery: Page, client: Client, photos: list[str], errors: Errors
) -> None:
    """The response to the first request is lost."""
    errors.expect("net::ERR_CONNECTION_RESET")
    sent: list[int] = []

    def lose(route: Route) -> None:
        sent.append(route.fetch().json()["results"][0]["status"])
        route.abort("connectionreset")

    gallery.route("**/photos/batch", lose, times=2)
    sent_by_the_page = batches_of(gallery)
    open_photo(gallery, "tall.jpg")
    gallery.get_by_role("button", name="Delete").click()
    expect(gallery.locator(".notice")).to_contain_text("“tall.jpg” moved to the trash.")
    expect(gallery.locator(".tile")).to_have_count(2)
    assert (sent, sent_by_the_page) == ([204] * 2, [["delete"]] * 3)
    assert client.read(photos[1])["status"] == "trashed"


def test_deletion_with_an_unknown_result_can_be_repeated(
    gallery: Page, client: Client, photos: list[str], errors: Errors
) -> None:
    errors.expect("/batch: 500")
    errors.expect(f"{photos[1]}: 500")
    errors.expect("console")
    sent: list[int] = []

    def lose(route: Route) -> None:
        sent.append(route.fetch().status)
        route.fulfill(status=500)

    gallery.route("**/photos/batch", lose)
    gallery.route(f"**/photos/{photos[1]}", lambda route: route.fulfill(status=500), times=1)
    gallery.get_by_role("link", name="tall.jpg").focus()
    gallery.keyboard.press("Space")
    action(gallery, "Delete").click()
    expect(gallery.locator(".notice")).to_contain_text("“tall.jpg” could not be deleted: The server failed")
    assert selected(gallery) == ["tall.jpg"]
    action(gallery, "Delete").click()
    expect(gallery.locator(".notice").last).to_contain_text("“tall.jpg” moved to the trash.")
    assert (sent, client.read(photos[1])["status"]) == ([200, 200], "trashed")


def test_deletion_is_sent_when_the_page_is_left(gallery: Page, client: Client, photos: list[str]) -> None:
    open_photo(gallery, "tall.jpg")
    gallery.get_by_role("button", name="Delete").click()
    gallery.goto("about:blank")
    for _ in range(200):
        if client.read(photos[1])["status"] == "trashed":
            return
        gallery.wait_for_timeout(100)
    pytest.fail("The photo is still there.")


def test_deletion_without_a_trash_offers_no_undo(
    gallery: Page, client: Client, photos: list[str], errors: Errors
) -> None:
    """An environment with `trash_days: 0` removes a photo at once."""
    errors.expect(": 404")
    errors.expect("console")

    def make_permanent(route: Route) -> None:
        body = route.request.post_data_json
        body["operations"] = [operation | {"permanent": True} for operation in body["operations"]]
        route.continue_(post_data=json.dumps(body))

    gallery.route("**/photos/batch", make_permanent)
    gallery.get_by_role("link", name="tall.jpg").focus()
    gallery.keyboard.press("Space")
    gallery.keyboard.press("Shift+ArrowRight")
    action(gallery, "Delete").click()
    expect(gallery.locator(".notice")).to_have_text("2 photos deleted.")
    expect(gallery.locator(".tile")).to_have_count(1)
    expect(gallery.get_by_role("button", name="Undo")).to_have_count(0)
    assert statuses(client, photos) == [404, 404, "ready"]


MOVE_DURING_A_LISTING = """async () => {
  const store = await import("./gallery/store.js");
  const [first, second] = store.known.value.values();
  const since = store.now();
  store.upsert([{ ...first, status: "trashed" }]);
  store.remove([second.photo_id]);
  store.upsert([first, second], since);
  return [first, second].map(({ photo_id }) => store.statusOf(photo_id) ?? null);
}"""


def test_listing_that_was_requested_earlier_brings_no_photo_back(gallery: Page) -> None:
    assert gallery.evaluate(MOVE_DURING_A_LISTING) == ["trashed", None]
    expect(gallery.locator(".tile")).to_have_count(1)


def test_trash_shows_the_days_left_and_restores(trash: Page, client: Client, photos: list[str]) -> None:
    expect(trash.locator(".badge")).to_have_text(["30 days left"] * 3)
    trash.get_by_role("button", name="tall.jpg").click()
    trash.get_by_role("button", name="wide.jpg").click()
    expect(bar(trash)).to_contain_text("2 selected")
    action(trash, "Restore").click()
    expect(trash.locator(".notice")).to_have_text("2 photos restored.")
    expect(trash.get_by_role("button", name="clear.png")).to_be_focused()
    assert statuses(client, photos) == ["ready", "ready", "trashed"]
    trash.get_by_role("link", name="Photos", exact=True).click()
    expect(trash.locator(".tile")).to_have_count(2)


def test_trash_deletes_for_good_after_a_confirmation(trash: Page, client: Client, photos: list[str]) -> None:
    trash.get_by_role("button", name="clear.png").focus()
    trash.keyboard.press("Space")
    trash.keyboard.press("Shift+ArrowRight")
    action(trash, "Delete for good").click()
    dialog = trash.get_by_role("alertdialog", name="Delete 2 photos for good?")
    expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    trash.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    assert selected(trash) == ["clear.png", "tall.jpg"]
    action(trash, "Delete for good").click()
    dialog.get_by_role("button", name="Delete for good").click()
    expect(trash.locator(".notice")).to_have_text("2 photos deleted for good.")
    expect(trash.locator(".tile")).to_have_count(1)
    assert statuses(client, photos) == ["trashed", 404, 404]


def test_trash_can_be_emptied(trash: Page, client: Client, photos: list[str]) -> None:
    trash.get_by_role("button", name="Empty trash").click()
    dialog = trash.get_by_role("alertdialog", name="Delete 3 photos for good?")
    dialog.get_by_role("button", name="Delete for good").click()
    expect(trash.get_by_role("heading", name="The trash is empty")).to_be_visible()
    expect(trash.get_by_text("Photos that you delete stay here for 30 days.")).to_be_visible()
    assert statuses(client, photos) == [404, 404, 404]


def test_trash_follows_deletions_made_elsewhere(trash: Page, client: Client, photos: list[str], errors: Errors) -> None:
    errors.expect(f"{photos[1]}: 404")
    errors.expect("console")
    trash.clock.install()
    client.call("DELETE", f"/photos/{photos[1]}").raise_for_status()
    trash.clock.fast_forward(15_000)  # Else the report is taken for one that is repeated.
    expect(trash.locator(".tile")).to_have_count(2)
    client.call("POST", f"/photos/{photos[0]}/restore").raise_for_status()
    expect(trash.locator(".tile")).to_have_count(1)


def test_restored_photo_that_is_gone_is_reported(trash: Page, client: Client, photos: list[str]) -> None:
    client.call("DELETE", f"/photos/{photos[0]}")
    trash.keyboard.press("Control+a")
    action(trash, "Restore").click()
    reported = ["2 photos restored.", "1 of 3 could not be restored: This photo no longer exists.✕"]
    expect(trash.locator(".notice")).to_have_text([re.compile(text) for text in reported])
    expect(trash.get_by_role("heading", name="The trash is empty")).to_be_visible()
    assert statuses(client, photos) == [404, "ready", "ready"]


def test_signing_out_forgets_what_can_be_undone(gallery: Page) -> None:
    gallery.keyboard.press("Control+a")
    action(gallery, "Delete").click()
    expect(gallery.get_by_role("button", name="Undo")).to_be_visible()
    gallery.get_by_role("button", name="Sign out").click()
    expect(gallery.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(gallery.get_by_role("button", name="Undo")).to_have_count(0)


@pytest.mark.parametrize("device", DEVICES, indirect=True)
def test_trash_is_accessible_and_fits_the_screen(
    trash: Page,
    check_view: Callable[[Page, str], None],
) -> None:
    check_view(trash, "trash")
    trash.keyboard.press("Control+a")
    check_view(trash, "trash-selection")
    action(trash, "Delete for good").click()
    expect(trash.get_by_role("alertdialog")).to_be_visible()
    check_view(trash, "confirmation")
    trash.get_by_role("button", name="Cancel").click()
    action(trash, "Restore").click()
    expect(trash.get_by_role("heading", name="The trash is empty")).to_be_visible()
    check_view(trash, "trash-empty")
