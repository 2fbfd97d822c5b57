"""The uploads panel: its sums, its list, and what is done with all uploads."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Dialog, Page, Route, expect

from tests.browser.conftest import Errors
from tests.browser.test_uploads import choose, row, uploads_to_s3
from tests.local.client import Client
from tests.pictures import encoded

TOO_LARGE: Final = {
    "type": "urn:photosky:problem:UploadTooLarge",
    "title": "The upload is too large",
    "status": 413,
    "detail": "size_bytes is 60000000; this environment accepts at most 52428800.",
    "code": "UploadTooLarge",
    "request_id": "6f1d2a0e-7a52-4f2b-9d0b-3a1c5e7f9b2d",
}


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """Four images."""
    paths = [tmp_path / f"{number}.png" for number in range(4)]
    for number, path in enumerate(paths):
        path.write_bytes(encoded("png", seed=number, size=(60, 40)))
    return paths


@pytest.fixture
def held(page: Page) -> list[Route]:
    """Uploads that S3 does not answer until the end of the test."""
    routes: list[Route] = []
    uploads_to_s3(page, lambda route: routes.append(route), times=3)
    return routes


def panel_text(page: Page) -> str:
    """The folded panel's text."""
    text: str = page.locator(".uploads header").inner_text()
    return text.replace("\n", " ")


def await_held(page: Page, held: list[Route], count: int) -> None:
    """Wait until so many uploads are held."""
    while len(held) < count:
        page.wait_for_timeout(20)


def test_panel_is_one_line_that_leaves_the_photos_in_place(
    page: Page, client: Client, files: list[Path], held: list[Route]
) -> None:
    client.send(encoded("jpeg"), filename="earlier.jpg")
    page.reload()
    before = page.get_by_role("link", name="earlier.jpg").bounding_box()
    page.get_by_label("Add photos").set_input_files(files)
    await_held(page, held, 3)
    total = sum(file.stat().st_size for file in files) / 1000
    assert re.match(rf"0 of 4 uploaded .* of {total:.3g} kB.* Show uploads$", panel_text(page))
    box: Any = page.locator(".uploads").bounding_box()
    assert box["height"] < 80
    assert page.get_by_role("link", name="earlier.jpg").bounding_box() == before
    expect(page.locator(".upload")).to_have_count(0)
    expect(page.get_by_role("progressbar", name="All uploads")).to_be_visible()


def test_panel_disappears_after_success_but_not_under_the_pointer(page: Page, files: list[Path]) -> None:
    page.get_by_label("Add photos").set_input_files(files)
    expect(page.get_by_role("heading", name="4 of 4 uploaded")).to_be_visible()
    page.locator(".uploads header").hover()
    page.wait_for_timeout(9000)
    expect(page.get_by_role("heading", name="4 of 4 uploaded")).to_be_visible()
    page.mouse.move(10, 10)
    expect(page.locator(".uploads")).to_have_count(0)


def test_failures_keep_the_panel_and_are_retried_together(page: Page, files: list[Path], errors: Errors) -> None:
    errors.expect("/ingest: 500")
    errors.expect("console")
    page.route("**/ingest", lambda route: route.fulfill(status=500, body="broken"), times=2)
    choose(page, *files)
    expect(page.get_by_role("heading", name="2 of 4 uploaded, 2 failed")).to_be_visible()
    page.get_by_role("heading", name="Photos", exact=True).click()  # Takes the focus.
    page.wait_for_timeout(9000)
    page.get_by_role("button", name="Try all again").click()
    expect(page.get_by_role("heading", name="4 of 4 uploaded")).to_be_visible()
    expect(page.get_by_role("button", name="Try all again")).to_have_count(0)
    page.get_by_role("button", name="Close uploads").click()
    expect(page.locator(".uploads")).to_have_count(0)


def test_all_uploads_are_cancelled_together(
    page: Page, files: list[Path], held: list[Route], errors: Errors, client: Client
) -> None:
    errors.expect("net::ERR_ABORTED")
    choose(page, *files)
    await_held(page, held, 3)
    page.get_by_role("button", name="Cancel all").click()
    expect(page.locator(".uploads")).to_have_count(0)
    assert client.call("GET", "/photos").json()["photos"] == []


def test_files_have_pictures_where_the_browser_can_show_them(page: Page, tmp_path: Path) -> None:
    for name in ("shown.png", "hidden.heic"):
        (tmp_path / name).write_bytes(encoded("png" if name == "shown.png" else "heic", size=(60, 40)))
    choose(page, tmp_path / "shown.png", tmp_path / "hidden.heic")
    expect(row(page, "shown.png").locator("img")).to_have_js_property("naturalWidth", 60)
    expect(row(page, "hidden.heic").locator("img")).to_have_count(0)
    expect(page.locator(".upload .state")).to_have_text(["Done", "Done"])
    expect(row(page, "shown.png").get_by_role("link", name="Workflow")).to_be_visible()


def test_sizes_in_messages_have_units(page: Page, files: list[Path], errors: Errors) -> None:
    errors.expect("/photos: 413")
    errors.expect("console")

    def reject(route: Route) -> None:
        if route.request.method == "POST":
            route.fulfill(status=413, json=TOO_LARGE, content_type="application/problem+json")
        else:
            route.fallback()

    page.route("**/photos", reject)
    choose(page, files[0])
    expect(row(page, "0.png").locator(".state")).to_have_text(
        "The file is too large. Its size is 60 MB; this environment accepts at most 52.4 MB."
    )


def test_sign_out_asks_before_it_cancels_uploads(
    page: Page, files: list[Path], held: list[Route], errors: Errors
) -> None:
    errors.expect("net::ERR_ABORTED")
    choose(page, *files)
    await_held(page, held, 3)
    asked: list[str] = []

    def answer(dialog: Dialog) -> None:
        asked.append(dialog.message)
        if len(asked) == 1:
            dialog.dismiss()
        else:
            dialog.accept()

    page.on("dialog", answer)
    page.get_by_role("button", name="Sign out").click()
    expect(page.locator(".upload")).to_have_count(4)
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert asked == ["4 photos are still being uploaded. Sign out and cancel this?"] * 2


@pytest.mark.parametrize("device", [{"viewport": {"width": 360, "height": 780}}], ids=["phone"], indirect=True)
def test_panel_fits_a_phone(
    page: Page,
    files: list[Path],
    held: list[Route],
    check_view: Callable[[Page, str], None],
) -> None:
    choose(page, *files)
    await_held(page, held, 3)
    expect(page.locator(".upload")).to_have_count(4)
    check_view(page, "uploads")
    assert page.locator(".upload .name").evaluate_all("names => names.every((name) => name.clientWidth > 100)")
