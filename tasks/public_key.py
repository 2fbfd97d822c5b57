"""PublicKey: the handler of the custom resource that reads the public key of a KMS key for CloudFront.

See "Custom resource response objects" in the CloudFormation guide. The URL of the response is presigned, so it is not
logged.
"""

import base64
import json
import textwrap
import time
import urllib.request
from collections.abc import Callable, Mapping
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from photosky.aws import fault_of, session
from photosky.telemetry import logger

ATTEMPTS: Final = 10
PAUSE_SECONDS: Final = 3
"""A new policy of the function's role can take some seconds to become effective (IAM guide, "Troubleshoot IAM")."""

_DENIED: Final = "AccessDeniedException"


def handler(event: dict[str, Any], _context: Any) -> None:
    """Answer CloudFormation with the public key as PEM. A deletion needs nothing; KMS deletes the key itself.

    A fault is answered too, because CloudFormation waits for an answer.
    """
    try:
        key_id = event["ResourceProperties"]["KeyId"]
        data = {} if event["RequestType"] == "Delete" else {"PublicKey": public_key(key_id)}
        answer: dict[str, Any] = {"Status": "SUCCESS", "Data": data}
    except (BotoCoreError, ClientError) as error:
        logger.exception("The public key was not read", extra=fault_of(error))
        answer = {"Status": "FAILED", "Reason": f"The public key was not read: {fault_of(error)['fault']}"}
    _respond(event, answer)


def public_key(key_id: str, pause: Callable[[float], None] = time.sleep) -> str:
    """The public key of a KMS key as PEM. Raises ClientError."""
    client: Any = session().client("kms")
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return to_pem(client.get_public_key(KeyId=key_id)["PublicKey"])
        except ClientError as error:
            if error.response["Error"]["Code"] != _DENIED or attempt == ATTEMPTS:
                raise
            pause(PAUSE_SECONDS)
    raise AssertionError("unreachable")


def to_pem(der: bytes) -> str:
    """A public key as PEM (RFC 7468, section 13), from its DER encoding."""
    lines = textwrap.wrap(base64.b64encode(der).decode(), 64)
    return "\n".join(["-----BEGIN PUBLIC KEY-----", *lines, "-----END PUBLIC KEY-----", ""])


def _respond(event: Mapping[str, Any], answer: Mapping[str, Any]) -> None:
    same = {name: event[name] for name in ("StackId", "RequestId", "LogicalResourceId")}
    # The key's id, so that CloudFormation replaces the resource if it gets another key.
    physical_id = event["ResourceProperties"]["KeyId"]
    body = json.dumps({**same, "PhysicalResourceId": physical_id, **answer}).encode()
    # A Content-Type header would invalidate the URL's signature.
    request = urllib.request.Request(event["ResponseURL"], body, {"Content-Type": ""}, method="PUT")  # noqa: S310 - CloudFormation's
    with urllib.request.urlopen(request, timeout=10):  # noqa: S310
        pass
