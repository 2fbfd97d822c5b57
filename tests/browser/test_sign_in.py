"""Sign-in and sessions."""

import json
from collections.abc import Callable
from typing import Any, Final

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from benchmarks.load.stack import Stack
from tests.browser.conftest import Errors, user_numbers
from tests.local.client import Client
from tests.pictures import encoded

FIRST: Final = "First-password-1"
CHOSEN: Final = "Chosen-password-2"
EMPTY: Final = "No photos yet"


def sign_in(page: Page, username: str, password: str) -> None:
    """Fill in the form and send it."""
    page.get_by_label("E-mail").fill(username)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


def choose_password(page: Page, first: str, again: str) -> None:
    """Type a new password twice and send the form."""
    page.get_by_label("New password", exact=True).fill(first)
    page.get_by_label("New password again").fill(again)
    page.get_by_role("button", name="Save and sign in").click()


def answer(page: Page, action: str, respond: Callable[[Route], bool]) -> None:
    """Answer requests for an action of Cognito, where `respond` returns True."""

    def handle(route: Route) -> None:
        if not (route.request.headers.get("x-amz-target", "").endswith(f".{action}") and respond(route)):
            route.fallback()

    page.route("**/*", handle)


def reject(route: Route, code: str, message: str) -> bool:
    """Reject a request as Cognito does."""
    route.fulfill(status=400, json={"__type": code, "message": message})
    return True


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


def renewal(route: Route) -> bool:
    """Whether a request renews a token."""
    return "REFRESH_TOKEN_AUTH" in (route.request.post_data or "")


def expire(page: Page) -> None:
    """Let the token be expired after the next load."""
    page.evaluate(
        """() => {
            const tokens = JSON.parse(localStorage["photosky.session"]);
            localStorage["photosky.session"] = JSON.stringify({ ...tokens, expiresAtMs: 0 });
        }"""
    )


@pytest.mark.parametrize(
    "failure",
    [
        pytest.param({"status": 400, "json": {"__type": "TooManyRequestsException", "message": "Slow"}}, id="busy"),
        pytest.param({"status": 503, "body": "<html>"}, id="unavailable"),
    ],
)
def test_failed_renewal_is_repeated(page: Page, errors: Errors, failure: dict[str, Any]) -> None:
    errors.expect(f": {failure['status']}")
    errors.expect("console")
    failed: list[Route] = []

    def fail_twice(route: Route) -> bool:
        if not renewal(route) or len(failed) == 2:
            return False
        failed.append(route)
        route.fulfill(**failure)
        return True

    answer(page, "InitiateAuth", fail_twice)
    expire(page)
    page.reload()
    expect(page.get_by_role("heading", name=EMPTY)).to_be_visible()
    assert len(failed) == 2


def test_session_survives_a_renewal_that_is_rejected_for_another_reason(page: Page, errors: Errors) -> None:
    errors.expect(": 400")
    errors.expect("console")
    answer(page, "InitiateAuth", lambda route: renewal(route) and reject(route, "UserLambdaValidationException", "No."))
    expire(page)
    page.reload()
    expect(page.get_by_role("alert")).to_contain_text("No.")
    page.unroute_all()
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("heading", name=EMPTY)).to_be_visible()


def test_tabs_share_the_session(page: Page, context: BrowserContext, stack: Stack) -> None:
    other = context.new_page()
    other.goto(stack.connection.page_url)
    expect(other.get_by_role("heading", name=EMPTY)).to_be_visible()
    other.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_photos_of_another_user_are_shown_after_a_sign_in_in_another_tab(
    page: Page, context: BrowserContext, stack: Stack, client: Client
) -> None:
    client.send(encoded("jpeg"), filename="mine.jpg")
    page.reload()
    expect(page.get_by_role("link", name="mine.jpg")).to_be_visible()
    other = context.new_page()
    other.goto(stack.connection.page_url)
    other.get_by_role("button", name="Sign out").click()
    other_user = stack.create_user(next(user_numbers))
    sign_in(other, other_user, stack.connection.password)
    expect(page.get_by_role("heading", name=EMPTY)).to_be_visible()
    expect(page.get_by_role("link", name="mine.jpg")).to_have_count(0)


@pytest.fixture
def invited(stack: Stack, username: str) -> str:
    """A user whose first password was set by an administrator."""
    stack.client("cognito-idp").admin_set_user_password(
        UserPoolId=stack.connection.user_pool_id, Username=username, Password=FIRST, Permanent=False
    )
    return username


def test_first_password_is_replaced_at_the_first_sign_in(
    sign_in_page: Page, invited: str, errors: Errors, check_accessibility: Callable[[Page], None]
) -> None:
    """The local stack accepts every new password, so the policy's error is that of a fake."""
    errors.expect(": 400")
    errors.expect("console")
    policy = "Password did not conform with policy: Password must have symbol characters"

    def weak(route: Route) -> bool:
        password = json.loads(route.request.post_data or "")["ChallengeResponses"]["NEW_PASSWORD"]
        return password == "weak" and reject(route, "InvalidPasswordException", policy)

    answer(sign_in_page, "RespondToAuthChallenge", weak)
    sign_in(sign_in_page, invited, FIRST)
    expect(sign_in_page.get_by_role("heading", name="Choose a new password")).to_be_visible()
    check_accessibility(sign_in_page)
    choose_password(sign_in_page, CHOSEN, "something else")
    expect(sign_in_page.get_by_role("alert")).to_have_text("The passwords differ. Type the same one twice.")
    choose_password(sign_in_page, "weak", "weak")
    expect(sign_in_page.get_by_role("alert")).to_have_text(policy)
    choose_password(sign_in_page, CHOSEN, CHOSEN)
    expect(sign_in_page.get_by_role("heading", name=EMPTY)).to_be_visible()
    sign_in_page.get_by_role("button", name="Sign out").click()
    sign_in(sign_in_page, invited, CHOSEN)
    expect(sign_in_page.get_by_role("heading", name=EMPTY)).to_be_visible()


def test_forgotten_password_is_reset_with_a_code(
    sign_in_page: Page, username: str, errors: Errors, check_accessibility: Callable[[Page], None]
) -> None:
    errors.expect(": 400")
    errors.expect("console")
    sign_in_page.get_by_label("E-mail").fill(username)
    sign_in_page.get_by_role("button", name="Forgot your password?").click()
    expect(sign_in_page.get_by_label("E-mail")).to_have_value(username)
    sign_in_page.get_by_role("button", name="Send a code").click()
    expect(sign_in_page.get_by_text("a code is on its way to")).to_be_visible()
    check_accessibility(sign_in_page)
    sign_in_page.get_by_label("Code from the e-mail").fill("000000")
    choose_password(sign_in_page, CHOSEN, CHOSEN)
    expect(sign_in_page.get_by_role("alert")).to_contain_text("Invalid verification code")
    sign_in_page.get_by_label("Code from the e-mail").fill("654321")  # The emulator's only code.
    choose_password(sign_in_page, "weak", "weak")
    expect(sign_in_page.get_by_role("alert")).to_contain_text("Password did not conform with policy")
    choose_password(sign_in_page, CHOSEN, CHOSEN)
    expect(sign_in_page.get_by_role("heading", name=EMPTY)).to_be_visible()


def test_reset_of_an_unknown_account_says_no_more_than_of_a_known_one(sign_in_page: Page) -> None:
    sign_in_page.get_by_role("button", name="Forgot your password?").click()
    sign_in_page.get_by_label("E-mail").fill("nowhere@photosky.test")
    sign_in_page.get_by_role("button", name="Send a code").click()
    expect(
        sign_in_page.get_by_text("If there is an account with this address, a code is on its way to")
    ).to_be_visible()
    for heading in ("Reset your password", "Sign in"):
        sign_in_page.get_by_role("button", name="Back").click()
        expect(sign_in_page.get_by_role("heading", name=heading)).to_be_visible()
