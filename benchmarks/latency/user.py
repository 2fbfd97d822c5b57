"""What a user of the page does: send a picture, list photos, and see the first screen of previews."""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, Self

import httpx

from benchmarks.latency.measures import Listing, Sending
from local import users
from local.connection import Connection
from local.errors import CommandError

CONNECTIONS: Final = 6
"""To one host over HTTP/1.1, as browsers open (S3 has no HTTP/2)."""

SCREEN: Final = 24
"""Previews of the first screen: six columns, four rows."""

PREVIEW: Final = "small"

_TIMEOUT_SECONDS: Final = 60
_PAGE_SIZE: Final = 100


class UnexpectedStatus(CommandError):
    """A request was not answered as it should be."""


@dataclass(frozen=True)
class User:
    """A signed-in user of one stack. `http` keeps its connections, as a browser does."""

    connection: Connection
    token: str
    http: httpx.Client

    @classmethod
    @contextmanager
    def sign_in(cls, connection: Connection) -> Iterator[Self]:
        """Sign the demo user in; connections are closed when the block ends."""
        with _client() as http:
            yield cls(connection, users.id_token(connection), http)

    def send(self, picture: bytes) -> Sending:
        """Create a photo, upload a picture and ingest it. Raises UnexpectedStatus if it does not become ready."""
        body = {"filename": "photo.jpg", "content_type": "image/jpeg", "size_bytes": len(picture)}
        began = time.perf_counter()
        created = _checked(self._call("POST", "/photos", json=body), 201).json()
        form = created["upload"]
        _checked(self.http.post(form["url"], data=form["fields"], files={"file": ("photo.jpg", picture)}), 204)
        uploaded = time.perf_counter()
        response = _checked(self._call("POST", f"/photos/{created['photo']['photo_id']}/ingest"), 200)
        ended = time.perf_counter()
        root = response.headers["X-Amzn-Trace-Id"].removeprefix("Root=")
        return Sending(ingest_seconds=ended - uploaded, whole_seconds=ended - began, trace=root)

    def list(self) -> tuple[Listing, Sequence[Mapping[str, Any]]]:
        """Read the newest hundred photos; returns the measurement and the photos."""
        began = time.perf_counter()
        with self.http.stream(
            "GET",
            f"{self.connection.api_url}/photos",
            params={"limit": _PAGE_SIZE},
            headers={"Authorization": self.token, "Accept-Encoding": "gzip"},
        ) as response:
            response.read()
        ended = time.perf_counter()
        photos: list[dict[str, Any]] = json.loads(_checked(response, 200).content)["photos"]
        return Listing(ended - began, response.num_bytes_downloaded), photos

    def view(self) -> float:
        """Open the page: the listing, then the first screen's previews over new connections; in seconds."""
        began = time.perf_counter()
        _, photos = self.list()
        addresses = [photo["previews"][PREVIEW]["url"] for photo in photos[:SCREEN]]
        with _client() as http, ThreadPoolExecutor(CONNECTIONS) as pool:
            for response in pool.map(http.get, addresses):
                _checked(response, 200)
        return time.perf_counter() - began

    def _call(self, method: str, path: str, **options: Any) -> httpx.Response:
        headers = {"Authorization": self.token}
        return self.http.request(method, f"{self.connection.api_url}{path}", headers=headers, **options)


def _client() -> httpx.Client:
    limits = httpx.Limits(max_connections=CONNECTIONS)
    return httpx.Client(trust_env=False, timeout=_TIMEOUT_SECONDS, verify=False, limits=limits)  # noqa: S501 - loopback


def _checked(response: httpx.Response, status: int) -> httpx.Response:
    """Return the response. Raises UnexpectedStatus if it has another status."""
    if response.status_code != status:
        request = response.request
        raise UnexpectedStatus(f"{request.method} answered {response.status_code}, not {status}: {response.text}")
    return response
