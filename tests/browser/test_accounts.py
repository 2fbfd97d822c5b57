"""Sign-up, and the second factor."""

import base64
import hashlib
import hmac
import re
import struct
import time
from collections.abc import Callable
from typing import Any, Final

import pytest
from playwright.sync_api import Page, Route, expect

from benchmarks.load.stack import Stack
from tests.browser.conftest import Errors, user_numbers
from tests.browser.test_sign_in import CHOSEN, EMPTY, answer, choose_password, reject, sign_in

CODE: Final = "123456"
"""The emulator's only code for new accounts."""

STEP_SECONDS: Final = 30


def code_of(secret: str, seconds: float) -> str:
    """The code of an authenticator app at a time, in seconds since 1970 (RFC 6238, with the defaults of section 4)."""
    counter = struct.pack(">Q", int(seconds // STEP_SECONDS))
    digest = hmac.digest(base64.b32decode(secret), counter, hashlib.sha1)
    number: int = struct.unpack_from(">I", digest, digest[-1] & 0x0F)[0]
    return f"{(number & 0x7FFFFFFF) % 10**6:06}"


def test_code_is_that_of_the_specification() -> None:
    """RFC 6238, appendix B, in six digits."""
    assert code_of("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", 1111111109) == "081804"


def enter(page: Page, code: str, action: str) -> None:
    """Enter a code, as apps show it."""
    page.get_by_label("Code from the").fill(f"{code[:3]} {code[3:]}")
    page.get_by_role("button", name=action).click()


def secret_of(page: Page) -> str:
    """The key that the page shows."""
    return str(page.locator(".secret").inner_text()).replace(" ", "")


@pytest.fixture
def new_address() -> str:
    """An address without an account."""
    return f"new-{next(user_numbers)}@photosky.test"


@pytest.fixture
def confirmation(sign_in_page: Page, new_address: str, errors: Errors) -> Page:
    """The page after a sign-up, where it asks for the code."""
    errors.allow("console")
    errors.allow(": 400")
    sign_up(sign_in_page, new_address)
    return sign_in_page


def sign_up(page: Page, address: str, password: str = CHOSEN) -> None:
    """Create an account."""
    page.get_by_role("button", name="Create an account").click()
    page.get_by_label("E-mail").fill(address)
    page.get_by_label("New password", exact=True).fill(password)
    page.get_by_label("New password again").fill(password)
    page.get_by_role("button", name="Create the account").click()
    expect(page.get_by_role("heading", name="Confirm your address")).to_be_visible()


def test_account_is_created_and_confirmed(
    sign_in_page: Page, new_address: str, errors: Errors, check_view: Callable[[Page, str], None]
) -> None:
    errors.expect(": 400")
    errors.expect("console")
    sign_in_page.get_by_role("button", name="Create an account").click()
    sign_in_page.get_by_label("E-mail").fill(new_address)
    check_view(sign_in_page, "sign-up")
    for first, again, problem in (
        (CHOSEN, "other", "The passwords differ. Type the same one twice."),
        ("weak", "weak", "Password did not conform with policy"),
    ):
        sign_in_page.get_by_label("New password", exact=True).fill(first)
        sign_in_page.get_by_label("New password again").fill(again)
        sign_in_page.get_by_role("button", name="Create the account").click()
        expect(sign_in_page.get_by_role("alert")).to_contain_text(problem)
    sign_in_page.get_by_role("button", name="Back").click()
    sign_up(sign_in_page, new_address)
    expect(sign_in_page.get_by_text(f"a code is on its way to {new_address}")).to_be_visible()
    check_view(sign_in_page, "sign-up-code")
    enter(sign_in_page, "000000", "Confirm and sign in")
    expect(sign_in_page.get_by_role("alert")).to_have_text(
        "This code is not valid, or no longer valid. If you have an account already, sign in."
    )
    sign_in_page.get_by_role("button", name="Send another code").click()
    expect(sign_in_page.get_by_text("Another code is on its way.")).to_be_visible()
    enter(sign_in_page, CODE, "Confirm and sign in")
    expect(sign_in_page.get_by_role("heading", name=EMPTY)).to_be_visible()


def test_account_that_was_not_confirmed_is_confirmed_at_the_next_sign_in(confirmation: Page, new_address: str) -> None:
    confirmation.get_by_role("button", name="Back to the sign-in").click()
    sign_in(confirmation, new_address, CHOSEN)
    expect(confirmation.get_by_role("heading", name="Confirm your address")).to_be_visible()
    enter(confirmation, CODE, "Confirm and sign in")
    expect(confirmation.get_by_role("heading", name=EMPTY)).to_be_visible()


def test_sign_up_says_not_which_addresses_have_an_account(
    confirmation: Page, new_address: str, username: str, stack: Stack
) -> None:
    texts = []
    for address in (new_address, username):
        if address == username:
            confirmation.get_by_role("button", name="Back to the sign-in").click()
            sign_up(confirmation, address, "Another-password-3")
        confirmation.get_by_role("button", name="Send another code").click()
        expect(confirmation.get_by_text("Another code is on its way.")).to_be_visible()
        enter(confirmation, "000000", "Confirm and sign in")
        expect(confirmation.get_by_role("alert")).to_be_visible()
        texts.append(confirmation.locator("main").inner_text().replace(address, "ADDRESS"))
    assert texts[0] == texts[1]
    confirmation.get_by_role("button", name="Back to the sign-in").click()
    sign_in(confirmation, username, stack.connection.password)
    expect(confirmation.get_by_role("heading", name=EMPTY)).to_be_visible()


def test_sign_up_is_offered_only_where_users_create_accounts(sign_in_page: Page, stack: Stack) -> None:
    expect(sign_in_page.get_by_role("button", name="Create an account")).to_be_visible()

    def configure(route: Route) -> None:
        config = route.fetch().json()
        del config["self_sign_up"], config["mfa"]
        route.fulfill(json=config)

    sign_in_page.route("**/config.json", configure)
    sign_in_page.reload()
    expect(sign_in_page.get_by_role("button", name="Forgot your password?")).to_be_visible()
    expect(sign_in_page.get_by_role("button", name="Create an account")).to_have_count(0)
    sign_in(sign_in_page, stack.connection.username, stack.connection.password)
    expect(sign_in_page.get_by_role("heading", name="Photos", exact=True)).to_be_visible()
    expect(sign_in_page.get_by_role("link", name="Second factor")).to_have_count(0)


def test_second_factor_is_set_up_used_and_removed(
    page: Page, username: str, stack: Stack, errors: Errors, check_view: Callable[[Page, str], None]
) -> None:
    errors.expect(": 400")
    errors.expect("console")
    page.get_by_role("link", name="Second factor").click()
    page.get_by_role("button", name="Set it up").click()
    secret = secret_of(page)
    link = page.get_by_role("link", name="Add PhotoSky to the authenticator app on this device")
    label = f"PhotoSky:{username.replace('@', '%40')}"
    expect(link).to_have_attribute("href", f"otpauth://totp/{label}?secret={secret}&issuer=PhotoSky")
    check_view(page, "second-factor-setup")
    enter(page, code_of(secret, 0), "Save")
    expect(page.get_by_role("alert")).to_contain_text("This code is not right.")
    enter(page, code_of(secret, time.time()), "Save")
    expect(page.get_by_role("button", name="Remove the second factor")).to_be_visible()
    check_view(page, "second-factor")

    page.get_by_role("button", name="Sign out").click()
    sign_in(page, username, stack.connection.password)
    expect(page.get_by_role("heading", name="Enter your code")).to_be_visible()
    check_view(page, "second-factor-code")
    enter(page, code_of(secret, 0), "Sign in")
    expect(page.get_by_role("alert")).to_contain_text("This code is not right.")
    enter(page, code_of(secret, time.time()), "Sign in")
    page.get_by_role("button", name="Remove the second factor").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Remove").click()
    expect(page.get_by_role("button", name="Set it up")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    sign_in(page, username, stack.connection.password)
    expect(page.get_by_role("button", name="Set it up")).to_be_visible()


class RequiredSetUp:
    """Cognito's answers in a pool that requires a second factor (the emulator lets users without one sign in)."""

    SECRET: Final = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"

    def __init__(self, page: Page, username: str) -> None:
        self.requests: list[dict[str, Any]] = []
        self.username = username
        self.tokens: dict[str, Any] = {}
        for action, respond in {
            "InitiateAuth": self.demand,
            "AssociateSoftwareToken": self.associate,
            "VerifySoftwareToken": self.verify,
            "RespondToAuthChallenge": self.finish,
        }.items():
            answer(page, action, respond)

    def demand(self, route: Route) -> bool:
        """Sign the user in, and withhold the tokens."""
        self.tokens = route.fetch().json()
        parameters = {"USER_ID_FOR_SRP": "an-id", "MFAS_CAN_SETUP": '["SOFTWARE_TOKEN_MFA"]'}
        route.fulfill(json={"ChallengeName": "MFA_SETUP", "ChallengeParameters": parameters, "Session": "first"})
        return True

    def associate(self, route: Route) -> bool:
        """Issue a key."""
        self.requests.append(route.request.post_data_json)
        route.fulfill(json={"SecretCode": self.SECRET, "Session": "second"})
        return True

    def verify(self, route: Route) -> bool:
        """Reject the first code."""
        self.requests.append(route.request.post_data_json)
        if len(self.requests) == 2:
            return reject(route, "EnableSoftwareTokenMFAException", "Code mismatch and fail enable Software Token MFA")
        route.fulfill(json={"Status": "SUCCESS", "Session": "third"})
        return True

    def finish(self, route: Route) -> bool:
        """Hand out the tokens."""
        self.requests.append({k: v for k, v in route.request.post_data_json.items() if k != "ClientId"})
        route.fulfill(json=self.tokens)
        return True


@pytest.fixture
def required(sign_in_page: Page, username: str, stack: Stack) -> RequiredSetUp:
    """The form that sets up a required second factor."""
    cognito = RequiredSetUp(sign_in_page, username)
    sign_in(sign_in_page, username, stack.connection.password)
    return cognito


def test_required_second_factor_is_set_up_at_the_first_sign_in(
    sign_in_page: Page, required: RequiredSetUp, errors: Errors, check_view: Callable[[Page, str], None]
) -> None:
    errors.expect(": 400")
    errors.expect("console")
    expect(sign_in_page.get_by_text("GEZD GNBV GY3T")).to_be_visible()
    check_view(sign_in_page, "second-factor-required")
    enter(sign_in_page, "111111", "Save and sign in")
    expect(sign_in_page.get_by_role("alert")).to_contain_text("This code is not right.")
    enter(sign_in_page, "222222", "Save and sign in")
    expect(sign_in_page.get_by_role("heading", name=EMPTY)).to_be_visible()
    assert required.requests == [
        {"Session": "first"},
        {"Session": "second", "UserCode": "111111"},
        {"Session": "second", "UserCode": "222222"},
        {"ChallengeName": "MFA_SETUP", "Session": "third", "ChallengeResponses": {"USERNAME": "an-id"}},
    ]


@pytest.mark.usefixtures("required")
def test_challenge_that_has_expired_leads_back_to_the_sign_in(sign_in_page: Page, errors: Errors) -> None:
    errors.expect(": 400")
    errors.expect("console")
    expired = "Invalid session for the user, session is expired."
    answer(sign_in_page, "VerifySoftwareToken", lambda route: reject(route, "NotAuthorizedException", expired))
    enter(sign_in_page, "111111", "Save and sign in")
    expect(sign_in_page.get_by_role("alert")).to_have_text("This took too long. Go back and sign in again.")
    sign_in_page.get_by_role("button", name="Back").click()
    expect(sign_in_page.get_by_role("heading", name=re.compile("^Sign in$"))).to_be_visible()


def test_challenge_that_is_not_supported_is_named(sign_in_page: Page) -> None:
    def demand(route: Route) -> bool:
        route.fulfill(json={"ChallengeName": "SMS_MFA", "Session": "first"})
        return True

    answer(sign_in_page, "InitiateAuth", demand)
    sign_in_page.get_by_role("button", name="Sign in").click()
    expect(sign_in_page.get_by_role("alert")).to_have_text("Sign-in requires SMS_MFA, which is not supported.")


def test_first_password_can_be_followed_by_another_challenge(sign_in_page: Page, stack: Stack, username: str) -> None:
    stack.client("cognito-idp").admin_set_user_password(
        UserPoolId=stack.connection.user_pool_id, Username=username, Password=CHOSEN, Permanent=False
    )

    def demand(route: Route) -> bool:
        route.fulfill(json={"ChallengeName": "SOFTWARE_TOKEN_MFA", "ChallengeParameters": {}, "Session": "next"})
        return True

    answer(sign_in_page, "RespondToAuthChallenge", demand)
    sign_in(sign_in_page, username, CHOSEN)
    choose_password(sign_in_page, CHOSEN, CHOSEN)
    expect(sign_in_page.get_by_role("heading", name="Enter your code")).to_be_visible()
