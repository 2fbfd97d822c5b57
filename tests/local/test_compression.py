"""Compressed requests and responses, with the headers that they have uncompressed."""

import gzip
import json
import zlib
from collections.abc import Callable

import httpx
import pytest

from photosky.errors import Code
from tests.local.client import Client
from tests.local.test_errors import problem_of
from tests.pictures import encoded

NEW = json.dumps({"filename": "a.jpg", "content_type": "image/jpeg", "size_bytes": 1}).encode()


def get(client: Client, path: str, accepted: str) -> httpx.Response:
    """Read a path with this `Accept-Encoding`."""
    return client.call("GET", path, headers={"Accept-Encoding": accepted})


def described(response: httpx.Response) -> dict[str, str]:
    """The headers that do not depend on the request and the transfer."""
    own = {"x-request-id", "date", "content-length", "content-encoding"}
    return {name: value for name, value in response.headers.items() if name not in own and not name.startswith("x-am")}


def test_photo_and_page_are_compressed_for_clients_that_accept_it(demo: Client) -> None:
    photo_id, ingested = demo.send(encoded("jpeg", size=(64, 48)))
    assert ingested.headers["Content-Encoding"] == "gzip"  # httpx accepts it.
    for path in (f"/photos/{photo_id}", "/photos?limit=1"):
        plain = get(demo, path, "identity")
        assert "Content-Encoding" not in plain.headers
        for coding in ("gzip", "deflate"):
            response = get(demo, path, coding)
            assert response.headers["Content-Encoding"] == coding
            assert (response.json(), described(response)) == (plain.json(), described(plain))
            assert int(response.headers["Content-Length"]) < 0.7 * len(plain.content)
        assert "Content-Encoding" not in get(demo, path, "br, gzip;q=0.5").headers
    tag = get(demo, f"/photos/{photo_id}", "gzip").headers["ETag"]
    known = demo.call("GET", f"/photos/{photo_id}", headers={"If-None-Match": tag, "Accept-Encoding": "gzip"})
    assert (known.status_code, known.content) == (304, b"")
    assert "Content-Encoding" not in get(demo, "/health", "gzip").headers
    demo.call("DELETE", f"/photos/{photo_id}", params={"permanent": "true"})


@pytest.mark.parametrize(("coding", "compress"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
def test_request_may_be_compressed(demo: Client, coding: str, compress: Callable[[bytes], bytes]) -> None:
    headers = {"Content-Type": "application/json", "Content-Encoding": coding}
    created = demo.call("POST", "/photos", content=compress(NEW), headers=headers)
    assert created.status_code == 201
    demo.call("DELETE", f"/photos/{created.json()['photo']['photo_id']}")


def test_request_of_another_coding_is_refused(demo: Client) -> None:
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    problem_of(demo.call("POST", "/photos", content=NEW, headers=headers), Code.INVALID_REQUEST)
