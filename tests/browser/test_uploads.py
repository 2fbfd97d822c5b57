"""Uploads: all formats, rejections, lost connections and reloads."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, Route, expect

from tests.browser.conftest import Errors
from tests.pictures import PictureFormat, encoded, giant_jpeg, truncated

REAL: Final = Path(__file__).resolve().parents[3] / "shared" / "photos"
FORMATS: Final[Sequence[PictureFormat]] = ("jpeg", "png", "webp", "gif", "tiff", "avif", "heic")
UNSUPPORTED: Final = "Unsupported format. Upload a JPEG, PNG, WebP, GIF, TIFF, AVIF or HEIC file."
SIZES: Final = ((600, 400), (400, 600), (1200, 300))


def row(page: Page, name: str) -> Locator:
    """The entry of an upload."""
    return page.locator(".upload").filter(has_text=name)


def choose(page: Page, *files: Path) -> None:
    """Choose files to upload, and show the list of uploads."""
    page.get_by_label("Add photos").set_input_files(list(files))
    show_list(page)


def show_list(page: Page) -> None:
    """Show the list of uploads, unless it is shown."""
    button = page.locator(".uploads header button").first
    expect(button).to_be_visible()
    if button.get_attribute("aria-expanded") == "false":
        button.click()


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    """The file of a valid image."""
    path = tmp_path / "meadow.jpg"
    path.write_bytes(encoded("jpeg", size=(640, 480)))
    return path


@pytest.mark.parametrize("device", [{"viewport": {"width": 1280, "height": 2400}}], ids=["tall"], indirect=True)
def test_twenty_uploads_of_all_formats_become_photos(page: Page, tmp_path: Path) -> None:
    files = [tmp_path / f"{number:02}.{FORMATS[number % len(FORMATS)]}" for number in range(20)]
    for number, file in enumerate(files):
        picture_format = FORMATS[number % len(FORMATS)]
        file.write_bytes(encoded(picture_format, seed=number, size=SIZES[number % len(SIZES)]))
    choose(page, *files)
    expect(page.get_by_role("heading", name="of 20 uploaded")).to_be_visible()
    expect(page.get_by_role("progressbar", name="All uploads")).to_be_visible()
    expect(page.locator(".upload .state")).to_have_text(["Done"] * 20, timeout=60_000)
    expect(page.locator(".visually-hidden[role=status]")).to_have_text("20 of 20 uploads succeeded, 0 did not.")
    names = [image.get_attribute("alt") for image in page.locator(".tile img").all()]
    # Three uploads run at a time, so their order can differ; a reload shows the order of the API.
    assert sorted(name or "" for name in names) == [file.name for file in files]
    page.reload()
    expect(page.locator(".tile img")).to_have_count(20)
    assert [image.get_attribute("alt") for image in page.locator(".tile img").all()] == names
    expect(page.locator(".tile img").first).to_have_js_property("complete", True)


@pytest.mark.skipif(not REAL.is_dir(), reason=f"there are no images in {REAL}")
def test_real_images_are_ingested_or_rejected(page: Page, errors: Errors) -> None:
    errors.expect("/ingest: 422")
    errors.expect("console")
    names = ["flowers.jpeg", "p3.png", "4.webp", "animated-loop-3.gif", "uncompressed_tiff.tiff", "truncated.png"]
    choose(page, *(REAL / name for name in names))
    expect(page.get_by_role("heading", name="5 of 6 uploaded, 1 failed")).to_be_visible(timeout=60_000)
    expect(row(page, "truncated.png").locator(".state")).to_contain_text("The file is damaged.")
    expect(page.locator(".upload[data-stage=done]")).to_have_count(5)


def test_rejection_has_a_reason_and_other_uploads_continue(
    page: Page, tmp_path: Path, picture: Path, errors: Errors
) -> None:
    for part in ("/ingest: 415", "/ingest: 422", "/photos: 415", "console"):
        errors.expect(part)
    rejected = {
        "letter.jpg": (b"This is not an image.", UNSUPPORTED),
        "drawing.svg": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", UNSUPPORTED),
        "half.jpg": (truncated(encoded("jpeg"), 2000), "The file is damaged."),
        "giant.jpg": (giant_jpeg(), "The image is too large. The JPEG has 20000 x 14000 pixels"),
    }
    for name, (data, _) in rejected.items():
        (tmp_path / name).write_bytes(data)
    choose(page, *(tmp_path / name for name in rejected), picture)
    for name, (_, message) in rejected.items():
        expect(row(page, name).locator(".state")).to_contain_text(message)
    expect(row(page, "meadow.jpg").locator(".state")).to_have_text("Done")
    expect(page.get_by_role("button", name="Try")).to_have_count(0)
    page.get_by_role("button", name="Clear finished").click()
    expect(page.locator(".upload")).to_have_count(0)


def test_duplicate_is_not_uploaded_again(page: Page, picture: Path, tmp_path: Path) -> None:
    choose(page, picture)
    expect(row(page, "meadow.jpg").locator(".state")).to_have_text("Done")
    again = tmp_path / "again.jpg"
    again.write_bytes(picture.read_bytes())
    choose(page, again)
    expect(row(page, "again.jpg").locator(".state")).to_have_text("Already in your photos")
    expect(page.locator(".tile")).to_have_count(1)


def test_only_the_images_of_a_folder_are_uploaded(page: Page, tmp_path: Path) -> None:
    folder = tmp_path / "holiday"
    for name, data in {
        "sea.png": encoded("png"),
        "day 2/dunes.heic": encoded("heic", seed=2),
        "notes.txt": b"towels",
        ".thumbs/sea.png": encoded("png", seed=3),
        "Thumbs.db": b"system file",
    }.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    page.get_by_label("Add a folder").set_input_files(folder)
    show_list(page)
    expect(page.locator(".upload .name")).to_have_text(["sea.png", "dunes.heic"])
    expect(page.locator(".notice")).to_have_text("1 file was skipped because it is not an image.")
    expect(page.locator(".upload .state")).to_have_text(["Done", "Done"])


def test_files_can_be_dropped(page: Page) -> None:
    data = page.evaluate_handle(
        """bytes => {
            const dropped = new DataTransfer();
            dropped.items.add(new File([new Uint8Array(bytes)], "dropped.png", { type: "image/png" }));
            return dropped;
        }""",
        list(encoded("png", size=(60, 40))),
    )
    page.dispatch_event("main", "dragover", {"dataTransfer": data})
    expect(page.get_by_text("Drop photos or folders here")).to_be_visible()
    page.dispatch_event("main", "drop", {"dataTransfer": data})
    expect(page.get_by_text("Drop photos or folders here")).to_have_count(0)
    show_list(page)
    expect(row(page, "dropped.png").locator(".state")).to_have_text("Done")


def uploads_to_s3(page: Page, handle: Callable[[Route], None], times: int) -> None:
    """Handle the next POST requests to S3."""
    page.route(lambda url: "/_" not in url and "photosky" in url, handle, times=times)


def test_upload_resumes_after_a_lost_connection(
    page: Page, context: BrowserContext, picture: Path, errors: Errors
) -> None:
    errors.expect("net::ERR_CONNECTION_RESET")
    errors.expect("net::ERR_INTERNET_DISCONNECTED")
    uploads_to_s3(page, lambda route: route.abort("connectionreset"), times=1)
    choose(page, picture)
    expect(row(page, "meadow.jpg").locator(".state")).to_have_text("Done")

    other = picture.with_name("other.png")
    other.write_bytes(encoded("png", seed=2))
    context.set_offline(True)
    expect(page.get_by_text("You are offline.")).to_be_visible()
    with page.expect_event("requestfailed"):
        choose(page, other)
    expect(row(page, "other.png").locator(".state")).to_have_text("Uploading 0%")
    context.set_offline(False)
    expect(page.get_by_text("You are offline.")).to_have_count(0)
    expect(row(page, "other.png").locator(".state")).to_have_text("Done")


def test_failed_upload_can_be_retried(page: Page, picture: Path, errors: Errors) -> None:
    errors.expect("/ingest: 500")
    errors.expect("console")
    page.route("**/ingest", lambda route: route.fulfill(status=500, body="broken"), times=1)
    choose(page, picture)
    state = row(page, "meadow.jpg").locator(".state")
    expect(state).to_have_text("The server failed to process the request. Try again later.")
    page.get_by_role("button", name="Try again: meadow.jpg").click()
    expect(state).to_have_text("Done")


def test_reload_resumes_uploads_whose_bytes_have_arrived(page: Page, picture: Path, errors: Errors) -> None:
    errors.expect("net::ERR_ABORTED")
    errors.expect("/ingest: 409")
    errors.expect("console")
    held: list[Route] = []
    arrived, cut = picture, picture.with_name("cut.png")
    cut.write_bytes(encoded("png", seed=2))

    page.route("**/ingest", lambda route: held.append(route), times=1)
    choose(page, arrived)
    expect(row(page, "meadow.jpg").locator(".state")).to_have_text("Processing")
    uploads_to_s3(page, lambda route: held.append(route), times=1)
    choose(page, cut)
    expect(row(page, "cut.png").locator(".state")).to_have_text("Uploading 0%")
    while len(held) < 2:
        page.wait_for_timeout(20)
    page.once("dialog", lambda dialog: dialog.accept())
    page.reload()

    show_list(page)
    expect(row(page, "meadow.jpg").locator(".state")).to_have_text("Done")
    expect(row(page, "cut.png").locator(".state")).to_have_text("Interrupted. Choose the file again.")
    choose(page, cut)
    expect(page.locator(".upload .state")).to_have_text(["Done", "Done"])
    expect(page.locator(".tile")).to_have_count(2)


def test_uploads_can_be_cancelled(page: Page, tmp_path: Path, errors: Errors) -> None:
    errors.expect("net::ERR_ABORTED")
    held: list[Route] = []
    uploads_to_s3(page, lambda route: held.append(route), times=3)
    files = [tmp_path / f"{number}.png" for number in range(4)]
    for number, file in enumerate(files):
        file.write_bytes(encoded("png", seed=number, size=(60, 40)))
    choose(page, *files)
    expect(page.locator(".upload .state")).to_have_text([*["Uploading 0%"] * 3, "Waiting"])
    while len(held) < 3:
        page.wait_for_timeout(20)
    for file in reversed(files):
        page.get_by_role("button", name=f"Cancel {file.name}").click()
    expect(page.locator(".upload")).to_have_count(0)
    choose(page, files[0])
    expect(page.locator(".upload .state")).to_have_text(["Done"])
