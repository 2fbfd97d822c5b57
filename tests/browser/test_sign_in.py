"""Sign-in and sessions."""

import pytest
from playwright.sync_api import Page, expect

from benchmarks.load.stack import Stack
from tests.browser.conftest import Errors


def test_demo_user_is_prefilled(sign_in_page: Page, stack: Stack) -> None:
    expect(sign_in_page.get_by_label("E-mail")).to_have_value(stack.connection.username)
    sign_in_page.get_by_label("Password").press("Enter")
    expect(sign_in_page.get_by_role("heading", name="Photos", exact=True)).to_be_visible()


def test_wrong_password_shows_an_error(sign_in_page: Page, stack: Stack, errors: Errors) -> None:
    errors.expect(f"POST {stack.connection.endpoint_url}/: 400")
    errors.expect("console")
    sign_in_page.get_by_label("Password").fill("Not-the-password-1")
    sign_in_page.get_by_role("button", name="Sign in").click()
    expect(sign_in_page.get_by_role("alert")).to_have_text("Incorrect username or password.")
    sign_in_page.get_by_label("Password").fill(stack.connection.password)
    sign_in_page.get_by_role("button", name="Sign in").click()
    expect(sign_in_page.get_by_role("heading", name="Photos", exact=True)).to_be_visible()


def test_session_survives_a_reload_until_sign_out(page: Page) -> None:
    page.reload()
    expect(page.get_by_role("heading", name="No photos yet")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


@pytest.mark.parametrize("session", ["valid", "revoked"])
def test_expired_token_is_renewed_unless_the_session_was_revoked(page: Page, errors: Errors, session: str) -> None:
    page.evaluate(
        """session => {
            const tokens = JSON.parse(localStorage["photosky.session"]);
            if (session === "revoked") tokens.refreshToken = "revoked";
            localStorage["photosky.session"] = JSON.stringify({ ...tokens, idToken: "old", expiresAtMs: 0 });
        }""",
        session,
    )
    if session == "revoked":
        errors.expect(": 400")
        errors.expect("console")
    page.reload()
    expected = "No photos yet" if session == "valid" else "Sign in"
    expect(page.get_by_role("heading", name=expected)).to_be_visible()
