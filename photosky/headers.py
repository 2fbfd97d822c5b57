"""HTTP headers: those of every response, and the one that names a download."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

SECURITY_HEADERS: Final[Mapping[str, str]] = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
}
"""On every response, whether the function, a mapping template or API Gateway itself creates it.

A response is data for the frontend that requested it: browsers must not store, sniff, frame or embed it, nor request it
without TLS (OWASP REST Security Cheat Sheet, "Security Headers"). `Cross-Origin-Resource-Policy` blocks embedding
without CORS; requests with CORS are not affected (Fetch, section 3.7).
"""


def content_disposition(filename: str) -> str:
    """`attachment` with the filename: ASCII for old clients, percent-encoded for all others (RFC 6266, section 4.3)."""
    ascii_name = "".join(c if c.isascii() and c.isprintable() and c not in '"\\' else "_" for c in filename)
    return f"attachment; filename=\"{ascii_name}\"; filename*=UTF-8''{quote(filename, safe='')}"
