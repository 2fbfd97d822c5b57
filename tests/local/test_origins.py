"""CORS of the API, and the emulator's checks of `Host` and `Origin`."""

import pytest

from local.connection import Connection
from tests.local.client import ORIGIN, Client
from tests.local.test_errors import UNKNOWN


def test_preflight_allows_only_listed_origins(demo: Client) -> None:
    def cors_headers(origin: str) -> dict[str, str]:
        headers = demo.http.options(f"{demo.api_url}/photos/{UNKNOWN}/ingest", headers={"Origin": origin}).headers
        return {name: value for name, value in headers.items() if name.startswith("access-control-")}

    assert cors_headers(ORIGIN) == {
        "access-control-allow-headers": "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match",
        "access-control-allow-methods": "GET, POST, PATCH, DELETE",
        "access-control-allow-origin": ORIGIN,
        "access-control-expose-headers": "ETag, Location, Retry-After, WWW-Authenticate, X-Request-Id",
        "access-control-max-age": "3600",
    }
    for other_origin in ("https://evil.example", "null", f"{ORIGIN}.evil.example", ORIGIN.upper(), '"; #set($x = 1)'):
        assert cors_headers(other_origin) == {}


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "evil.example:{port}", "127.0.0.1:1"])
def test_requests_with_another_host_are_refused(demo: Client, connection: Connection, host: str) -> None:
    """This prevents DNS rebinding: a host name of a web page that resolves to the loopback address."""
    headers = {"Host": host.format(port=connection.endpoint_url.rpartition(":")[2])}
    for url in (
        f"{demo.api_url}/health",
        f"{connection.endpoint_url}/_ministack/health",
        f"{connection.endpoint_url}/",
    ):
        assert demo.http.get(url, headers=headers).status_code == 403
    assert demo.call("GET", "/photos", headers=headers).status_code == 403


def test_pages_of_other_origins_are_refused(demo: Client, connection: Connection) -> None:
    other_origin = {"Origin": "https://evil.example"}
    sign_in = {"X-Amz-Target": "AWSCognitoIdentityProviderService.InitiateAuth"}
    assert (
        demo.http.post(f"{connection.endpoint_url}/", headers=other_origin | sign_in, content="{}").status_code == 403
    )
    for path in ("/_ministack/health", "/_ministack/reset", "/", "/restapis"):
        assert demo.http.post(f"{connection.endpoint_url}{path}", headers=other_origin).status_code == 403
    response = demo.call("GET", "/photos", headers=other_origin)
    assert response.status_code == 200, (
        "the API accepts the token; without CORS headers a browser withholds the response"
    )
    assert not [name for name in response.headers if name.startswith("access-control-")]
