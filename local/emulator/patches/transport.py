"""IAM: requests over loopback count as TLS.

Gap: over HTTP, buckets that deny `aws:SecureTransport = false` refuse every call, including the CDK's staging bucket.
Closed upstream when a TLS-only bucket accepts a PUT over `http://127.0.0.1` without this module.
"""

from collections.abc import Callable
from typing import Any

from local.emulator.wrapping import wrap


def install() -> None:
    """Report every request as secure, because the only listener is on loopback."""

    def secure(original: Callable[..., Any]) -> Callable[..., Any]:
        def pin(source_ip: str, secure_transport: bool) -> None:  # noqa: ARG001 - replaced
            original(source_ip, True)

        return pin

    wrap("app", "pin_request_origin", "source_ip secure_transport", secure)
