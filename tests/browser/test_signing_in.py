"""Who one is."""

import pytest
from playwright.sync_api import Page, expect

from benchmarks.load.stack import Stack
from tests.browser.conftest import Trouble


def test_the_demo_user_is_filled_in_and_signs_in_with_one_key(door: Page, stack: Stack) -> None:
    expect(door.get_by_label("E-mail")).to_have_value(stack.connection.username)
    door.get_by_label("Password").press("Enter")
    expect(door.get_by_role("heading", name="Photos", exact=True)).to_be_visible()


def test_a_wrong_password_is_told_in_words(door: Page, stack: Stack, trouble: Trouble) -> None:
    trouble.means(f"POST {stack.connection.endpoint_url}/: 400")
    trouble.means("console")
    door.get_by_label("Password").fill("Not-the-password-1")
    door.get_by_role("button", name="Sign in").click()
    expect(door.get_by_role("alert")).to_have_text("Incorrect username or password.")
    door.get_by_label("Password").fill(stack.connection.password)
    door.get_by_role("button", name="Sign in").click()
    expect(door.get_by_role("heading", name="Photos", exact=True)).to_be_visible()


def test_a_reload_keeps_the_session_and_signing_out_ends_it(page: Page) -> None:
    page.reload()
    expect(page.get_by_role("heading", name="No photos yet")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


@pytest.mark.parametrize("ages", ["kept", "revoked"])
def test_an_old_token_is_renewed_as_long_as_that_is_allowed(page: Page, trouble: Trouble, ages: str) -> None:
    page.evaluate(
        """ages => {
            const tokens = JSON.parse(sessionStorage["photosky.session"]);
            if (ages === "revoked") tokens.refreshToken = "revoked";
            sessionStorage["photosky.session"] = JSON.stringify({ ...tokens, idToken: "old", expiresAt: 0 });
        }""",
        ages,
    )
    if ages == "revoked":
        trouble.means(": 400")
        trouble.means("console")
    page.reload()
    expected = "No photos yet" if ages == "kept" else "Sign in"
    expect(page.get_by_role("heading", name=expected)).to_be_visible()
