"""The headers that every answer carries, whoever makes it: the function, a mapping template or API Gateway itself."""

from collections.abc import Mapping
from typing import Final

SECURITY_HEADERS: Final[Mapping[str, str]] = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
}
"""An answer is data for the frontend that asked: not to be kept, sniffed, framed, embedded, or asked for without TLS.

Follows the OWASP REST Security Cheat Sheet, "Security Headers". `Cross-Origin-Resource-Policy` stops pages that embed
an answer without asking; frontends of other origins ask by CORS, which it leaves alone (Fetch, section 3.7).
"""
