"""IAM: only the root key of this state folder is root, and its signature is verified.

Gap: MiniStack accepts `test`, any twelve digits and the configured key as root, and verifies none of their signatures.
Closed upstream when a call signed as `000000000000` with a wrong secret is refused without this module.
"""

import os
from collections.abc import Callable
from typing import Any

from local.emulator.wrapping import require, wrap


def is_root(access_key_id: str) -> bool:
    """Whether a key is this state folder's root key.

    An empty key stays root: MiniStack uses it for requests that need no credentials (Cognito's sign-in), and refuses
    all other unsigned requests before.
    """
    return not access_key_id or access_key_id == os.environ["AWS_ACCESS_KEY_ID"]


def install() -> None:
    """Restrict root to its key, and verify root's signatures as any other."""

    def narrow(_original: Callable[..., Any]) -> Callable[..., Any]:
        return is_root

    def verify(_original: Callable[..., Any]) -> Callable[..., Any]:
        def exempt(access_key_id: str) -> bool:
            """Whether a key's signature is not verified: only that of a request without a key."""
            return not access_key_id

        return exempt

    require("core.iam_evaluator", "pin_signed_request", "method raw_path query_params raw_headers handshake")
    require("core.iam_evaluator", "authenticate", "access_key_id account_id")
    wrap("services.sts", "is_root_access_key", "access_key_id", narrow)
    wrap("core.iam_evaluator", "is_root_access_key", "access_key_id", narrow)
    wrap("core.iam_evaluator", "_is_root_key", "access_key_id", verify)
