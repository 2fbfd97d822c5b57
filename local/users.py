"""The demo user: one per state folder, with a password of its own, and how it signs in."""

import json
import os
import secrets
import urllib.request
from pathlib import Path
from typing import Any, Final

from botocore.exceptions import ClientError

from local.connection import Connection

USERNAME: Final = "demo@photosky.test"
_SIGN_IN: Final = "AWSCognitoIdentityProviderService.InitiateAuth"


def password(path: Path) -> str:
    """The demo user's password kept at `path`, made up the first time; readable by its owner only.

    It holds each kind of character that Cognito's password policies ask for.
    """
    if not path.exists():
        scratch = path.with_suffix(".tmp")
        scratch.unlink(missing_ok=True)
        with open(scratch, "w", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
            file.write(f"Aa1!{secrets.token_urlsafe(18)}")
        scratch.replace(path)
    return path.read_text()


def ensure(cognito: Any, user_pool_id: str, secret: str, username: str = USERNAME) -> bool:
    """Make a user with a permanent password, unless it is there; says whether it did."""
    try:
        cognito.admin_get_user(UserPoolId=user_pool_id, Username=username)
    except ClientError as error:
        if error.response["Error"]["Code"] != "UserNotFoundException":
            raise
    else:
        return False
    cognito.admin_create_user(
        UserPoolId=user_pool_id,
        Username=username,
        MessageAction="SUPPRESS",
        UserAttributes=[{"Name": "email", "Value": username}, {"Name": "email_verified", "Value": "true"}],
    )
    cognito.admin_set_user_password(UserPoolId=user_pool_id, Username=username, Password=secret, Permanent=True)
    return True


def id_token(connection: Connection) -> str:
    """Sign the connection's user in as a frontend does, and give its ID token."""
    body = {
        "AuthFlow": "USER_PASSWORD_AUTH",
        "ClientId": connection.client_id,
        "AuthParameters": {"USERNAME": connection.username, "PASSWORD": connection.password},
    }
    request = urllib.request.Request(  # noqa: S310 - our own loopback address
        f"{connection.endpoint_url}/",
        data=json.dumps(body).encode(),
        headers={"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": _SIGN_IN},
    )
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with direct.open(request, timeout=30) as answer:
        return str(json.load(answer)["AuthenticationResult"]["IdToken"])
