"""Steps: browsers of the allowed origins can call the API and S3, and no other origin can."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

import httpx

from local.smoke.context import Context
from local.smoke.differences import report

FOREIGN: Final = "https://smoke-test.invalid"
"""An origin that no environment allows (RFC 2606, section 2)."""

_UNKNOWN: Final = "/photos/00000000-0000-7000-8000-000000000000"

_REFUSAL: Final = "the refusal without a token"

Request = Callable[[Context, str], httpx.Response]
"""Sends a request as a page of an origin does."""


def api(context: Context) -> None:
    """CORS of preflights, of the function, of the ingest's mapping template and of the gateway's own responses."""
    report(_differences(context, _API))


def bucket(context: Context) -> None:
    """CORS of S3, for upload forms and previews."""
    report(_differences(context, _BUCKET))


def _differences(context: Context, requests: Mapping[str, Request]) -> Iterator[str]:
    for name, request in requests.items():
        for origin in context.environment.allowed_origins:
            allowed = request(context, origin).headers.get("access-control-allow-origin")
            if allowed not in (origin, "*"):
                yield f"{name} does not allow the origin {origin}"
        # A response of the gateway itself names any origin: it has no conditions, and no data of a user.
        if name != _REFUSAL and "access-control-allow-origin" in request(context, FOREIGN).headers:
            yield f"{name} allows the origin {FOREIGN}"


def _preflight(context: Context, origin: str, url: str, method: str) -> httpx.Response:
    return context.api.client.options(url, headers={"Origin": origin, "Access-Control-Request-Method": method})


def _call(context: Context, origin: str, method: str, path: str, token: str | None) -> httpx.Response:
    headers = {"Origin": origin, **({"Authorization": token} if token else {})}
    return context.api.client.request(method, context.api.url + path, headers=headers)


def _preview(context: Context, origin: str) -> httpx.Response:
    url = next(iter(context.jpeg.photo["previews"].values()))["url"]
    return context.api.client.get(url, headers={"Origin": origin})


_API: Final[Mapping[str, Request]] = {
    "the preflight": lambda context, origin: _preflight(context, origin, f"{context.api.url}/photos", "POST"),
    "GET /photos": lambda context, origin: _call(context, origin, "GET", "/photos", context.api.token),
    _REFUSAL: lambda context, origin: _call(context, origin, "GET", "/photos", None),
    "the ingest": lambda context, origin: _call(context, origin, "POST", f"{_UNKNOWN}/ingest", context.api.token),
}

_BUCKET: Final[Mapping[str, Request]] = {
    "the upload's preflight": lambda context, origin: _preflight(context, origin, context.jpeg.upload_url, "POST"),
    "a preview": _preview,
}
