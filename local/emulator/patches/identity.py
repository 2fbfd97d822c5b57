"""Only the root key of this state directory is root, and its signature is verified.

Gap: MiniStack takes `test`, any twelve digits and the configured key for root and checks no signature of theirs.
Closed upstream when a call signed as `000000000000` with a wrong secret is refused without this module.
"""

import os
from collections.abc import Callable
from typing import Any

from local.emulator.wrapping import require, wrap


def is_root(access_key_id: str) -> bool:
    """Whether a key is this state directory's root key.

    An empty key stays root: MiniStack resolves requests that need no credentials (Cognito's sign-in) to it, after
    it refused every other unsigned request.
    """
    return not access_key_id or access_key_id == os.environ["AWS_ACCESS_KEY_ID"]


def install() -> None:
    """Narrow the root key, and pin root's signed requests for the same check as anybody's."""

    def narrow(_original: Callable[..., Any]) -> Callable[..., Any]:
        return is_root

    def verify(_original: Callable[..., Any]) -> Callable[..., Any]:
        def exempt(access_key_id: str) -> bool:
            """Whether a key's signature goes unchecked: nobody's does."""
            return not access_key_id

        return exempt

    require("core.iam_evaluator", "pin_signed_request", "method raw_path query_params raw_headers handshake")
    require("core.iam_evaluator", "authenticate", "access_key_id account_id")
    wrap("services.sts", "is_root_access_key", "access_key_id", narrow)
    wrap("core.iam_evaluator", "is_root_access_key", "access_key_id", narrow)
    wrap("core.iam_evaluator", "_is_root_key", "access_key_id", verify)
