"""One X-Ray root per request, from the gateway through the execution to its functions.

Gap: MiniStack gives each Lambda invocation a root of its own, so one request is many traces.
Closed upstream when the functions of one execution log the same `Root=` without this module.
"""

import re
import secrets
import time
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, Final

from local.adapters.wrapping import wrap

_ROOT: Final = re.compile(r"Root=(1-[0-9a-f]{8}-[0-9a-f]{24})(?:;|$)")
_current: ContextVar[str] = ContextVar("photosky_trace_root", default="")


def root_of(header: str | None) -> str:
    """The root that an `X-Amzn-Trace-Id` header carries, or a new one."""
    found = _ROOT.search(header or "")
    return found[1] if found else f"1-{int(time.time()):08x}-{secrets.token_hex(12)}"


def begin(header: str | None) -> str:
    """Make the request's root the current one, for everything that runs in its context; returns it."""
    root = root_of(header)
    _current.set(root)
    return root


def current() -> str:
    """The current root, begun now when none is."""
    return _current.get() or begin(None)


def install() -> None:
    """Give an invocation its request's root; one without a request keeps MiniStack's own."""

    def inherit(original: Callable[..., Any]) -> Callable[..., Any]:
        def trace_id(config: dict[str, Any], inbound_trace_header: str | None = None) -> str | None:
            root = _current.get()
            if not root:
                return original(config, inbound_trace_header)  # type: ignore[no-any-return]
            return f"Root={root};Parent={secrets.token_hex(8)};Sampled=1"

        return trace_id

    wrap("services.lambda_svc", "_xray_trace_id_for_invocation", "config inbound_trace_header", inherit)
