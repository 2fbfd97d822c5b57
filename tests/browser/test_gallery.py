"""The gallery, used as a person uses it."""

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.pictures import encoded


def test_somebody_signs_in_and_sends_a_picture(
    page: Page, tmp_path: Path, serious_findings: Callable[[Page], list[str]]
) -> None:
    assert serious_findings(page) == []
    page.get_by_role("button", name="Sign in").click()
    picture = tmp_path / "meadow.png"
    picture.write_bytes(encoded("png", size=(300, 200)))
    page.get_by_label("Add photos").set_input_files([picture])
    expect(page.get_by_role("listitem").get_by_text("done")).to_be_visible()
    expect(page.get_by_role("img", name="meadow.png")).to_be_visible()
    assert serious_findings(page) == []
