"""Which answers ask for patience: a problem document that says for how long, in full or not at all."""

from collections.abc import Mapping
from typing import Any, Final

from photosky.errors import CATALOGUE, PROBLEM_TYPE_PREFIX, Code

CODES: Final = (Code.TOO_MANY_REQUESTS, Code.INGEST_IN_PROGRESS)
"""What a client meets that does nothing wrong, but much at once."""

_MEDIA_TYPE: Final = "application/problem+json"


def seconds_to_wait(headers: Mapping[str, str], document: Mapping[str, Any]) -> float:
    """How long an answer asks its client to wait.

    `headers` are looked up as the answer wrote them, or case-insensitively where the mapping is. Raises ValueError,
    which says what is missing, unless it is one of `CODES`, told as the contract tells it (RFC 9457, RFC 9110 10.2.3).
    """
    code = next((one for one in CODES if one == document.get("code")), None)
    if code is None:
        raise ValueError(f"the code is {document.get('code')!r}")
    if headers.get("Content-Type") != _MEDIA_TYPE:
        raise ValueError(f"{code} comes as {headers.get('Content-Type')!r}")
    entry = CATALOGUE[code]
    due = {"type": f"{PROBLEM_TYPE_PREFIX}{code}", "title": entry.title, "status": entry.status}
    told = {name: document.get(name) for name in due}
    if told != due:
        raise ValueError(f"{code} says {told} instead of {due}")
    if not (document.get("detail") and document.get("request_id")):
        raise ValueError(f"{code} has no detail or no request_id")
    if not headers.get("Retry-After", "").isdecimal():
        raise ValueError(f"{code} names no time to wait")
    return float(headers["Retry-After"])
