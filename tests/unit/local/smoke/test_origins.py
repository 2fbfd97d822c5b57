"""CORS of each allowed origin, and of a foreign one."""

from collections.abc import Callable

import httpx
import pytest

from local.smoke import origins
from local.smoke.differences import Difference
from tests.unit.local.smoke.apis import context_with

ALLOWED = ("https://one.example", "https://two.example")


def answering(allow: Callable[[httpx.Request, str], bool]) -> Callable[[httpx.Request], httpx.Response]:
    """An API that names the origins for which `allow` is true."""

    def answer(request: httpx.Request) -> httpx.Response:
        origin = request.headers["Origin"]
        return httpx.Response(200, headers={"Access-Control-Allow-Origin": origin} if allow(request, origin) else {})

    return answer


def test_allowed_origins_alone_are_no_difference() -> None:
    origins.api(context_with(answering(lambda _request, origin: origin in ALLOWED)))


def test_missing_origin_is_named_with_what_misses_it() -> None:
    def allow(request: httpx.Request, origin: str) -> bool:
        return origin in ALLOWED and (request.method != "OPTIONS" or origin != ALLOWED[1])

    with pytest.raises(Difference) as raised:
        origins.api(context_with(answering(allow)))
    assert raised.value.texts == ("the preflight does not allow the origin https://two.example",)


def test_foreign_origin_is_a_difference_except_in_responses_of_the_gateway() -> None:
    with pytest.raises(Difference) as raised:
        origins.api(context_with(answering(lambda _request, _origin: True)))
    assert raised.value.texts == (
        "the preflight allows the origin https://smoke-test.invalid",
        "GET /photos allows the origin https://smoke-test.invalid",
        "the ingest allows the origin https://smoke-test.invalid",
    )
