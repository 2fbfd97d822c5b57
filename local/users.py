"""The demo user: one per state folder, with a generated password."""

import json
import os
import secrets
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any, Final

from botocore.exceptions import ClientError

from local.connection import Connection
from local.errors import CommandError

USERNAME: Final = "demo@photosky.test"
_TIMEOUT_SECONDS: Final = 30
_SIGN_IN: Final = "AWSCognitoIdentityProviderService.InitiateAuth"


def password(path: Path) -> str:
    """Read the demo user's password at `path`, or create one that only its owner can read.

    It has every kind of character that Cognito's password policies can require.
    """
    if not path.exists():
        scratch = path.with_suffix(".tmp")
        scratch.unlink(missing_ok=True)
        with open(scratch, "w", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
            file.write(f"Aa1!{secrets.token_urlsafe(18)}")
        scratch.replace(path)
    return path.read_text()


def ensure(cognito: Any, user_pool_id: str, secret: str, username: str = USERNAME) -> bool:
    """Create a user unless it exists, and set its permanent password; returns whether it was created."""
    is_new = False
    try:
        cognito.admin_get_user(UserPoolId=user_pool_id, Username=username)
    except ClientError as error:
        if error.response["Error"]["Code"] != "UserNotFoundException":
            raise
        is_new = True
        cognito.admin_create_user(
            UserPoolId=user_pool_id,
            Username=username,
            MessageAction="SUPPRESS",
            UserAttributes=[{"Name": "email", "Value": username}, {"Name": "email_verified", "Value": "true"}],
        )
    # Also of an existing user: the file with the password may have been removed and made anew.
    cognito.admin_set_user_password(UserPoolId=user_pool_id, Username=username, Password=secret, Permanent=True)
    return is_new


def id_token(connection: Connection) -> str:
    """Sign the demo user in as a frontend does, and return its ID token. Raises CommandError."""
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
    try:
        with direct.open(request, timeout=_TIMEOUT_SECONDS) as answer:
            return str(json.load(answer)["AuthenticationResult"]["IdToken"])
    except urllib.error.HTTPError as error:
        raise CommandError(f"{connection.username} cannot sign in: {error.read().decode(errors='replace')}") from error
    except OSError as error:
        raise CommandError(f"The stack at {connection.endpoint_url} does not answer: {error}") from error
