"""Steps: the service answers, and a temporary user signs in."""

import base64
import hmac
import secrets
import time
from collections.abc import Mapping
from typing import Any

from infrastructure.version import VERSION
from local import users
from local.smoke.context import Context
from local.smoke.differences import Difference, compare, report


def health(context: Context) -> None:
    """The deployment has the version of this repository."""
    response = context.api.call("GET", "/health")
    report(compare("the version", response.json()["version"], VERSION))


def refusal(context: Context) -> None:
    """A request without a token is refused."""
    context.api.call("GET", "/photos", 401, code="Unauthorized")


def sign_in(context: Context) -> None:
    """A user with a random password signs in as a frontend does. Cognito sends no message."""
    outputs, cognito = context.stack.outputs, context.stack.clients.client("cognito-idp")
    pool, name, password = outputs["UserPoolId"], f"smoke-{context.suffix}@photosky.test", new_password()
    context.cleanup.add(
        f"the user {name} of the pool {pool}", lambda: cognito.admin_delete_user(UserPoolId=pool, Username=name)
    )
    users.ensure(cognito, pool, password, name)
    client_id = outputs["UserPoolClientId"]
    answer = cognito.initiate_auth(
        ClientId=client_id, AuthFlow="USER_PASSWORD_AUTH", AuthParameters={"USERNAME": name, "PASSWORD": password}
    )
    if answer.get("ChallengeName") == "MFA_SETUP":
        answer = _with_authenticator(cognito, client_id, name, answer["Session"])
    if "AuthenticationResult" not in answer:
        raise Difference(f"Cognito asks for {answer.get('ChallengeName')} instead of returning a token")
    context.api.token = answer["AuthenticationResult"]["IdToken"]


def _with_authenticator(cognito: Any, client_id: str, name: str, session: str) -> Mapping[str, Any]:
    """Set up an authenticator, as a user of an environment with `mfa: required` has to, and sign in with it."""
    secret = cognito.associate_software_token(Session=session)
    code = totp(secret["SecretCode"], time.time())
    verified = cognito.verify_software_token(Session=secret["Session"], UserCode=code)
    answer: Mapping[str, Any] = cognito.respond_to_auth_challenge(
        ClientId=client_id,
        ChallengeName="MFA_SETUP",
        Session=verified["Session"],
        ChallengeResponses={"USERNAME": name},
    )
    return answer


def totp(secret: str, seconds: float) -> str:
    """Return the code of a base32 secret at a time (RFC 6238: SHA-1, 30 seconds, 6 digits)."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.digest(key, int(seconds // 30).to_bytes(8), "sha1")
    start = digest[-1] & 0xF
    return f"{int.from_bytes(digest[start : start + 4]) % 2**31 % 10**6:06}"


def new_password() -> str:
    """Return a random password with every kind of character that a password policy can require."""
    return f"Aa1!{secrets.token_urlsafe(18)}"
