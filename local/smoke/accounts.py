"""Steps: the service answers, and a temporary user signs in."""

import secrets

from infrastructure.version import VERSION
from local import users
from local.smoke.context import Context
from local.smoke.differences import compare, report


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
    answer = cognito.initiate_auth(
        ClientId=outputs["UserPoolClientId"],
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": name, "PASSWORD": password},
    )
    context.api.token = answer["AuthenticationResult"]["IdToken"]


def new_password() -> str:
    """Return a random password with every kind of character that a password policy can require."""
    return f"Aa1!{secrets.token_urlsafe(18)}"
