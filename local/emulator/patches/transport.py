"""Loopback counts as TLS.

Gap: over http, buckets that deny `aws:SecureTransport = false` refuse every call, CDK's own staging bucket too.
Closed upstream when a TLS-only bucket accepts a put over `http://127.0.0.1` without this module.
"""

from collections.abc import Callable
from typing import Any

from local.emulator.wrapping import wrap


def install() -> None:
    """Report every request's origin as secure: the only listener is on loopback."""

    def secure(original: Callable[..., Any]) -> Callable[..., Any]:
        def pin(source_ip: str, secure_transport: bool) -> None:  # noqa: ARG001 - replaced by what loopback is worth
            original(source_ip, True)

        return pin

    wrap("app", "pin_request_origin", "source_ip secure_transport", secure)
