"""Responses that ask a client to retry: throttling and a concurrent ingest."""

from collections.abc import Mapping
from typing import Any, Final

from photosky.errors import CATALOGUE, PROBLEM_TYPE_PREFIX, Code

CODES: Final = (Code.TOO_MANY_REQUESTS, Code.INGEST_IN_PROGRESS)
"""Codes that a correct client can receive under load."""

_MEDIA_TYPE: Final = "application/problem+json"


def retry_after_seconds(headers: Mapping[str, str], document: Mapping[str, Any]) -> float:
    """Seconds after which a response asks its client to retry.

    `headers` are looked up with the contract's capitalization, or in any if the mapping is case-insensitive. Raises
    ValueError, with the reason, unless the response is a complete problem document of one of `CODES` with
    `Retry-After` (RFC 9457; RFC 9110, section 10.2.3).
    """
    code = next((one for one in CODES if one == document.get("code")), None)
    if code is None:
        raise ValueError(f"the code is {document.get('code')!r}")
    if headers.get("Content-Type") != _MEDIA_TYPE:
        raise ValueError(f"{code} has the content type {headers.get('Content-Type')!r}")
    entry = CATALOGUE[code]
    expected = {"type": f"{PROBLEM_TYPE_PREFIX}{code}", "title": entry.title, "status": entry.status}
    actual = {name: document.get(name) for name in expected}
    if actual != expected:
        raise ValueError(f"{code} has {actual} instead of {expected}")
    if not (document.get("detail") and document.get("request_id")):
        raise ValueError(f"{code} has no detail or no request_id")
    if not headers.get("Retry-After", "").isdecimal():
        raise ValueError(f"{code} has no Retry-After in seconds")
    return float(headers["Retry-After"])
