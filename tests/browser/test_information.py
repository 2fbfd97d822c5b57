"""The information panel: facts, corrections, and texts that the file suggests."""

import hashlib
from typing import Any, Final

import pytest
from PIL.TiffImagePlugin import IFDRational
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.browser.conftest import Errors
from tests.embedded import MAKE, MODEL, ORIGINAL, exif, iptc_block, iptc_segment, jpeg_segment, with_segments
from tests.local.client import Client
from tests.pictures import encoded

EXPOSURE, F_NUMBER, ISO, FOCAL_LENGTH, LENS = 0x829A, 0x829D, 0x8827, 0x920A, 0xA434
_DETAILS: Final[dict[int, Any]] = {
    ORIGINAL: "2025:07:01 19:30:00",
    EXPOSURE: IFDRational(1, 250),
    F_NUMBER: IFDRational(56, 10),
    ISO: 400,
    FOCAL_LENGTH: IFDRational(33, 1),
    LENS: "XF33mmF2",
}
_GPS: Final[dict[int, Any]] = {1: "N", 2: (51.0, 28.0, 40.6), 3: "W", 4: (0.0, 0.0, 5.3)}
_TEXTS: Final = ((2, 5, b"Evening at the sea"), (2, 120, b"The tide is out."), (2, 25, b"sea"), (2, 25, b"Evening"))
PHOTO: Final = with_segments(
    encoded("jpeg", size=(900, 600)),
    jpeg_segment(0xE1, b"Exif\0\0" + exif({MAKE: "Fujifilm", MODEL: "X-T5"}, _DETAILS, _GPS).removeprefix(b"Exif\0\0")),
    iptc_segment(iptc_block(*_TEXTS)),
)
DIGEST: Final = hashlib.sha256(PHOTO).hexdigest()


@pytest.fixture
def photo_id(client: Client) -> str:
    """The ID of a photo whose file has all kinds of metadata."""
    return client.send(PHOTO, filename="meadow.jpg")[0]


@pytest.fixture
def panel(page: Page, photo_id: str) -> Locator:
    """The information about this photo."""
    page.goto(f"{page.url.partition('#')[0]}#/photos/{photo_id}")
    found = page.get_by_role("complementary", name="About this photo")
    expect(found).to_be_visible()
    return found


def fact(panel: Locator, label: str) -> Locator:
    """The value of a fact."""
    return panel.locator("dl > div").filter(has=panel.page.locator(f"dt:text-is('{label}')")).locator("dd")


def test_facts_are_in_plain_words(panel: Locator) -> None:
    added = fact(panel, "Added").inner_text()
    assert panel.locator("dl > div").all_inner_texts() == [
        "Taken\nJuly 1, 2025 at 7:30 PM Correct\nFrom the camera (EXIF)",
        "Camera\nFujifilm X-T5",
        "Lens\nXF33mmF2",
        "Exposure\n1/250 s, f/5.6, ISO 400, 33 mm",
        "Place\n51.4779, -0.0015 Correct",
        "Size\n900 \N{MULTIPLICATION SIGN} 600\n0.54 megapixels",
        f"File\nmeadow.jpg\nJPEG, {len(PHOTO) / 1000:.3g} kB",
        "Colours\nsRGB",
        f"Added\n{added}",
        f"SHA-256\n{DIGEST[:12]}… Copy",
    ]
    link = fact(panel, "Place").get_by_role("link")
    expect(link).to_have_attribute("rel", "noreferrer")
    expect(link).to_have_attribute(
        "href", "https://www.openstreetmap.org/?mlat=51.477944&mlon=-0.001472#map=14/51.477944/-0.001472"
    )


def test_digest_can_be_copied(panel: Locator, context: BrowserContext) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    panel.get_by_role("button", name="Copy: SHA-256").click()
    expect(panel.get_by_role("button", name="Copied: SHA-256")).to_be_visible()
    assert panel.page.evaluate("navigator.clipboard.readText()") == DIGEST
    expect(panel.get_by_role("button", name="Copy: SHA-256")).to_be_visible()


def test_texts_of_the_file_can_be_taken_over(panel: Locator, client: Client, photo_id: str) -> None:
    client.call("PATCH", f"/photos/{photo_id}", json={"tags": ["Sea", "2025"]})
    panel.page.reload()
    expect(panel.get_by_text("Keywords Evening", exact=True)).to_be_visible()  # The tag "Sea" is there already.
    for name in ("keywords", "title", "description"):
        panel.get_by_role("button", name=f"Take over {name}").click()
        expect(panel.get_by_role("button", name=f"Take over {name}")).to_have_count(0)
    expect(panel.get_by_role("heading", name="In the file")).to_have_count(0)
    expect(panel.locator(".title")).to_have_text("Evening at the sea")
    expect(panel.get_by_role("list", name="Tags").get_by_role("listitem")).to_have_text(["Sea", "2025", "Evening"])
    photo = client.read(photo_id)
    assert [photo[name] for name in ("title", "description", "tags")] == [
        "Evening at the sea",
        "The tide is out.",
        ["Sea", "2025", "Evening"],
    ]


def test_tags_that_were_added_elsewhere_stay(panel: Locator, client: Client, photo_id: str, errors: Errors) -> None:
    errors.expect(": 412")
    errors.expect("console")
    expect(panel.get_by_role("button", name="Edit")).to_be_visible()
    panel.page.wait_for_load_state("networkidle")
    client.call("PATCH", f"/photos/{photo_id}", json={"tags": ["new"]})
    panel.get_by_role("button", name="Take over keywords").click()
    expect(panel.get_by_role("list", name="Tags").get_by_role("listitem")).to_have_text(["new", "sea", "Evening"])
    assert client.read(photo_id)["tags"] == ["new", "sea", "Evening"]


def test_time_can_be_corrected_and_returned_to_the_camera(panel: Locator, client: Client, photo_id: str) -> None:
    correct = panel.get_by_role("button", name="Correct: taken")
    correct.click()
    field = panel.get_by_label("Date and time")
    expect(field).to_be_focused()
    expect(field).to_have_value("2025-07-01T19:30")
    field.fill("")
    panel.get_by_role("button", name="Save").click()
    expect(panel.get_by_role("alert")).to_have_text("Enter a date and a time.")
    field.fill("2024-02-29T08:15:07")
    panel.get_by_role("button", name="Save").click()
    expect(fact(panel, "Taken")).to_contain_text("February 29, 2024 at 8:15 AM")
    expect(fact(panel, "Taken")).to_contain_text("Corrected by you")
    expect(correct).to_be_focused()
    assert client.read(photo_id)["taken_at"] == "2024-02-29T08:15:07"
    correct.click()
    panel.get_by_role("button", name="Use the camera's value").click()
    expect(fact(panel, "Taken")).to_contain_text("July 1, 2025 at 7:30 PM")
    assert client.read(photo_id)["taken_at_source"] == "exif"


def test_place_can_be_corrected_and_returned_to_the_camera(panel: Locator, client: Client, photo_id: str) -> None:
    panel.get_by_role("button", name="Correct: place").click()
    field = panel.get_by_label("Latitude, longitude")
    for wrong in ("", "Greenwich", "91, 0", "0, 181", "1, 2, 3"):
        field.fill(wrong)
        panel.get_by_role("button", name="Save").click()
        expect(panel.get_by_role("alert")).to_contain_text("Enter the latitude and the longitude")
    field.fill("-33.8568, 151.2153")
    panel.get_by_role("button", name="Save").click()
    expect(fact(panel, "Place")).to_contain_text("-33.8568, 151.2153")
    location = {"latitude": -33.8568, "longitude": 151.2153, "altitude_m": None}
    assert client.read(photo_id)["location"] == location
    panel.get_by_role("button", name="Correct: place").click()
    panel.get_by_role("button", name="Use the camera's value").click()
    expect(fact(panel, "Place")).to_contain_text("51.4779, -0.0015")


def test_change_that_fails_is_reported(panel: Locator, errors: Errors) -> None:
    errors.expect(": 500")
    errors.expect("console")
    panel.page.route("**/photos/*", lambda route: route.fulfill(status=500, body="broken"))
    panel.get_by_role("button", name="Take over title").click()
    expect(panel.page.locator(".notice")).to_contain_text("The change was not saved.")
    expect(panel.get_by_role("button", name="Take over title")).to_be_visible()
