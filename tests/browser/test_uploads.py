"""Sending pictures: many, of all formats, refused ones, through connections that break and over reloads."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, Route, expect

from tests.browser.conftest import Trouble
from tests.pictures import PictureFormat, encoded, giant_jpeg, truncated

REAL: Final = Path(__file__).resolve().parents[3] / "shared" / "photos"
FORMATS: Final[Sequence[PictureFormat]] = ("jpeg", "png", "webp", "gif", "tiff", "avif", "heic")
SIZES: Final = ((600, 400), (400, 600), (1200, 300))


def row(page: Page, name: str) -> Locator:
    """The upload of that name."""
    return page.locator(".upload").filter(has_text=name)


def choose(page: Page, *files: Path) -> None:
    """Send files."""
    page.get_by_label("Add photos").set_input_files(list(files))


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    """One that is fine."""
    path = tmp_path / "meadow.jpg"
    path.write_bytes(encoded("jpeg", size=(640, 480)))
    return path


@pytest.mark.parametrize("look", [{"viewport": {"width": 1280, "height": 2400}}], ids=["tall"], indirect=True)
def test_twenty_pictures_of_all_formats_become_photos_newest_first(page: Page, tmp_path: Path) -> None:
    files = [tmp_path / f"{number:02}.{FORMATS[number % len(FORMATS)]}" for number in range(20)]
    for number, file in enumerate(files):
        picture_format = FORMATS[number % len(FORMATS)]
        file.write_bytes(encoded(picture_format, seed=number, size=SIZES[number % len(SIZES)]))
    choose(page, *files)
    expect(page.get_by_role("heading", name="Uploading")).to_be_visible()
    expect(page.get_by_role("progressbar", name="All uploads")).to_be_visible()
    expect(page.locator(".upload .state")).to_have_text(["Done"] * 20, timeout=60_000)
    expect(page.locator(".visually-hidden[role=status]")).to_have_text(
        "20 of 20 uploads are in your photos, 0 are not."
    )
    names = [image.get_attribute("alt") for image in page.locator(".tile img").all()]
    # Three go at a time, so neighbours may overtake each other; a reload shows them in the API's order.
    assert sorted(name or "" for name in names) == [file.name for file in files]
    page.reload()
    expect(page.locator(".tile img")).to_have_count(20)
    assert [image.get_attribute("alt") for image in page.locator(".tile img").all()] == names
    expect(page.locator(".tile img").first).to_have_js_property("complete", True)


@pytest.mark.skipif(not REAL.is_dir(), reason=f"there are no pictures in {REAL}")
def test_real_pictures_arrive_or_are_refused_in_words(page: Page, trouble: Trouble) -> None:
    trouble.means("/ingest: 422")
    trouble.means("console")
    names = ["flowers.jpeg", "p3.png", "4.webp", "animated-loop-3.gif", "uncompressed_tiff.tiff", "truncated.png"]
    choose(page, *(REAL / name for name in names))
    expect(page.get_by_role("heading", name="Uploads")).to_be_visible(timeout=60_000)
    expect(row(page, "truncated.png").locator(".state")).to_contain_text("The file is damaged.")
    expect(page.locator(".upload[data-stage=done]")).to_have_count(5)


def test_each_refusal_says_why_and_the_others_go_on(
    page: Page, tmp_path: Path, picture: Path, trouble: Trouble
) -> None:
    for part in ("/ingest: 415", "/ingest: 422", "/photos: 415", "console"):
        trouble.means(part)
    refused = {
        "letter.jpg": (b"This is no picture.", "This is no picture that can become a photo."),
        "drawing.svg": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "This is no picture that can become a photo."),
        "half.jpg": (truncated(encoded("jpeg"), 2000), "The file is damaged."),
        "giant.jpg": (giant_jpeg(), "The picture is too large. The JPEG has 20000 x 14000 pixels"),
    }
    for name, (data, _) in refused.items():
        (tmp_path / name).write_bytes(data)
    choose(page, *(tmp_path / name for name in refused), picture)
    for name, (_, words) in refused.items():
        expect(row(page, name).locator(".state")).to_contain_text(words)
    expect(row(page, "meadow.jpg").locator(".state")).to_have_text("Done")
    expect(page.get_by_role("button", name="Try")).to_have_count(0)
    page.get_by_role("button", name="Clear finished").click()
    expect(page.locator(".upload")).to_have_count(0)


def test_the_same_bytes_are_not_sent_again(page: Page, picture: Path, tmp_path: Path) -> None:
    choose(page, picture)
    expect(row(page, "meadow.jpg").locator(".state")).to_have_text("Done")
    again = tmp_path / "again.jpg"
    again.write_bytes(picture.read_bytes())
    choose(page, again)
    expect(row(page, "again.jpg").locator(".state")).to_have_text("Already in your photos")
    expect(page.locator(".tile")).to_have_count(1)


def test_a_folders_pictures_are_taken_and_its_litter_is_left(page: Page, tmp_path: Path) -> None:
    folder = tmp_path / "holiday"
    for name, data in {
        "sea.png": encoded("png"),
        "day 2/dunes.heic": encoded("heic", seed=2),
        "notes.txt": b"towels",
        ".thumbs/sea.png": encoded("png", seed=3),
        "Thumbs.db": b"litter",
    }.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    page.get_by_label("Add a folder").set_input_files(folder)
    expect(page.locator(".upload .name")).to_have_text(["sea.png", "dunes.heic"])
    expect(page.locator(".notice")).to_have_text("1 file that is no picture was left out.")
    expect(page.locator(".upload .state")).to_have_text(["Done", "Done"])


def test_pictures_can_be_dropped(page: Page) -> None:
    data = page.evaluate_handle(
        """bytes => {
            const dropped = new DataTransfer();
            dropped.items.add(new File([new Uint8Array(bytes)], "dropped.png", { type: "image/png" }));
            return dropped;
        }""",
        list(encoded("png", size=(60, 40))),
    )
    page.dispatch_event("main", "dragover", {"dataTransfer": data})
    expect(page.get_by_text("Drop pictures or folders")).to_be_visible()
    page.dispatch_event("main", "drop", {"dataTransfer": data})
    expect(page.get_by_text("Drop pictures or folders")).to_have_count(0)
    expect(row(page, "dropped.png").locator(".state")).to_have_text("Done")


def uploads_to_s3(page: Page, handle: Callable[[Route], None], times: int) -> None:
    """Let something happen to the next posts to S3."""
    page.route(lambda url: "/_" not in url and "photosky" in url, handle, times=times)


def test_a_dropped_connection_is_waited_out(
    page: Page, context: BrowserContext, picture: Path, trouble: Trouble
) -> None:
    trouble.means("net::ERR_CONNECTION_RESET")
    trouble.means("net::ERR_INTERNET_DISCONNECTED")
    uploads_to_s3(page, lambda route: route.abort("connectionreset"), times=1)
    choose(page, picture)
    expect(row(page, "meadow.jpg").locator(".state")).to_have_text("Done")

    other = picture.with_name("other.png")
    other.write_bytes(encoded("png", seed=2))
    context.set_offline(True)
    expect(page.get_by_text("There is no connection.")).to_be_visible()
    with page.expect_event("requestfailed"):
        choose(page, other)
    expect(row(page, "other.png").locator(".state")).to_have_text("Uploading 0 %")
    context.set_offline(False)
    expect(page.get_by_text("There is no connection.")).to_have_count(0)
    expect(row(page, "other.png").locator(".state")).to_have_text("Done")


def test_what_cannot_be_reached_can_be_tried_again(page: Page, picture: Path, trouble: Trouble) -> None:
    trouble.means("/ingest: 500")
    trouble.means("console")
    page.route("**/ingest", lambda route: route.fulfill(status=500, body="broken"), times=1)
    choose(page, picture)
    expect(row(page, "meadow.jpg").locator(".state")).to_have_text("Something broke on the server. Try again later.")
    page.get_by_role("button", name="Try meadow.jpg again").click()
    expect(row(page, "meadow.jpg").locator(".state")).to_have_text("Done")


def test_a_reload_in_the_middle_goes_on_or_says_what_to_choose_again(
    page: Page, picture: Path, trouble: Trouble
) -> None:
    trouble.means("net::ERR_ABORTED")
    trouble.means("/ingest: 409")
    trouble.means("console")
    held: list[Route] = []
    arrived, cut = picture, picture.with_name("cut.png")
    cut.write_bytes(encoded("png", seed=2))

    page.route("**/ingest", lambda route: held.append(route), times=1)
    choose(page, arrived)
    expect(row(page, "meadow.jpg").locator(".state")).to_have_text("Making previews")
    uploads_to_s3(page, lambda route: held.append(route), times=1)
    choose(page, cut)
    expect(row(page, "cut.png").locator(".state")).to_have_text("Uploading 0 %")
    while len(held) < 2:
        page.wait_for_timeout(20)
    page.once("dialog", lambda dialog: dialog.accept())
    page.reload()

    expect(row(page, "meadow.jpg").locator(".state")).to_have_text("Done")
    expect(row(page, "cut.png").locator(".state")).to_have_text("Interrupted before it arrived: choose it again")
    choose(page, cut)
    expect(page.locator(".upload .state")).to_have_text(["Done", "Done"])
    expect(page.locator(".tile")).to_have_count(2)


def test_an_upload_that_waits_can_be_cancelled(page: Page, tmp_path: Path, trouble: Trouble) -> None:
    trouble.means("net::ERR_ABORTED")
    held: list[Route] = []
    uploads_to_s3(page, lambda route: held.append(route), times=3)
    files = [tmp_path / f"{number}.png" for number in range(4)]
    for number, file in enumerate(files):
        file.write_bytes(encoded("png", seed=number, size=(60, 40)))
    choose(page, *files)
    expect(page.locator(".upload .state")).to_have_text([*["Uploading 0 %"] * 3, "Waiting"])
    while len(held) < 3:
        page.wait_for_timeout(20)
    for file in reversed(files):
        page.get_by_role("button", name=f"Cancel {file.name}").click()
    expect(page.locator(".upload")).to_have_count(0)
    choose(page, files[0])
    expect(page.locator(".upload .state")).to_have_text(["Done"])
