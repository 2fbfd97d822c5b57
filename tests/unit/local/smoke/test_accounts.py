"""The sign-in of the temporary user."""

from typing import Any

import httpx
import pytest

from local.deployed import Deployed
from local.smoke import accounts
from local.smoke.context import Context
from local.smoke.differences import Difference
from tests.unit.local.smoke.apis import context_with

SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
OUTPUTS = {"UserPoolId": "pool", "UserPoolClientId": "client"}


class Cognito:
    """A pool whose sign-in asks for a challenge; remembers the calls that change something."""

    def __init__(self, challenge: str | None) -> None:
        self._challenge = challenge
        self.calls: list[str] = []

    def admin_get_user(self, **_query: str) -> None:
        """The user exists."""

    def admin_set_user_password(self, **_query: object) -> None:
        """Accept a password."""
        self.calls.append("password")

    def admin_delete_user(self, **query: str) -> None:
        """Delete the user."""
        self.calls.append(f"delete {query['Username'][:6]}")

    def initiate_auth(self, **_query: object) -> dict[str, Any]:
        """The challenge, or a token."""
        return {"ChallengeName": self._challenge, "Session": "1"} if self._challenge else token("plain")

    def associate_software_token(self, **query: str) -> dict[str, str]:
        """A secret."""
        assert query == {"Session": "1"}
        return {"SecretCode": SECRET, "Session": "2"}

    def verify_software_token(self, **query: str) -> dict[str, str]:
        """Accept the code of the secret."""
        assert query["Session"] == "2"
        assert query["UserCode"].isdecimal()
        return {"Status": "SUCCESS", "Session": "3"}

    def respond_to_auth_challenge(self, **query: object) -> dict[str, Any]:
        """A token."""
        assert query["Session"] == "3"
        return token("with an authenticator")


def token(text: str) -> dict[str, Any]:
    """The answer of a sign-in."""
    return {"AuthenticationResult": {"IdToken": text}}


def context(cognito: Cognito) -> Context:
    """A run on a stack with this pool."""
    made = context_with(lambda _request: httpx.Response(500), {"cognito-idp": cognito})
    made.stack = Deployed(made.stack.clients, OUTPUTS)
    return made


@pytest.mark.parametrize(("challenge", "expected"), [(None, "plain"), ("MFA_SETUP", "with an authenticator")])
def test_user_signs_in_and_is_deleted(challenge: str | None, expected: str) -> None:
    cognito = Cognito(challenge)
    run = context(cognito)
    accounts.sign_in(run)
    assert run.api.token == expected
    assert run.cleanup.run() == []
    assert cognito.calls == ["password", "delete smoke-"]


def test_other_challenge_is_a_difference() -> None:
    with pytest.raises(Difference, match="Cognito asks for SELECT_MFA_TYPE instead of returning a token"):
        accounts.sign_in(context(Cognito("SELECT_MFA_TYPE")))


@pytest.mark.parametrize(
    ("seconds", "code"), [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")]
)
def test_codes_are_those_of_rfc_6238(seconds: int, code: str) -> None:
    assert accounts.totp(SECRET, seconds) == code
