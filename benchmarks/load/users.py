"""Users of the load test: tasks that Locust runs, with every response checked.

Each user keeps `PHOTOS` photos; a new one replaces the oldest. The number of photos stays the same, so growing memory
is not due to them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Any, ClassVar, Final

import gevent
from locust import HttpUser, between, task

from benchmarks.load import retries
from photosky.errors import CATALOGUE
from tests.pictures import PictureFormat, encoded, truncated, wrong_bytes

PHOTOS: Final = 8
PAGE_LIMIT: Final = 3
TIMEOUT_SECONDS: Final = 60
FORMATS: Final[tuple[PictureFormat, ...]] = ("jpeg", "png", "webp", "gif", "tiff", "avif", "heic")

_OK: Final = 200
_RANDOM: Final = Random()  # noqa: S311 - chooses requests, not secrets
_RETRY_STATUSES: Final = frozenset(CATALOGUE[code].status for code in retries.CODES)
_MAX_MESSAGE_CHARACTERS: Final = 300


class UnexpectedResponseError(Exception):
    """A response that the contract does not allow here; it ends the task, and Locust counts the request as failed."""


@dataclass(frozen=True)
class Picture:
    """A file to upload, and the expected status of its ingest."""

    content_type: str
    data: bytes
    ingest_status: int = _OK


@cache
def valid_pictures() -> tuple[Picture, ...]:
    """One small picture of each format."""
    return tuple(Picture(f"image/{name}", encoded(name)) for name in FORMATS)


@cache
def invalid_pictures() -> tuple[Picture, ...]:
    """Files that the workflow rejects."""
    return (Picture("image/jpeg", wrong_bytes(), 415), Picture("image/jpeg", truncated(encoded("jpeg"), 200), 422))


class LoadUser(HttpUser):
    """One signed-in user."""

    wait_time = between(0.5, 2.0)
    tokens: ClassVar[Iterator[str]]
    """An ID token for each user that starts."""

    def on_start(self) -> None:
        """Take a token and upload the first photos."""
        self.client.trust_env = False
        self.token = next(self.tokens)
        self.photos: list[str] = []
        for _ in range(PHOTOS):
            self.send(_RANDOM.choice(valid_pictures()))

    @task(4)
    def list_pages(self) -> None:
        """List all photos page by page, newest first."""
        seen: list[str] = []
        query: dict[str, Any] = {"limit": PAGE_LIMIT}
        while True:
            page = self.call("GET", "/photos", params=query).json()
            seen += [photo["photo_id"] for photo in page["photos"]]
            if page["next_cursor"] is None:
                break
            query["cursor"] = page["next_cursor"]
        if seen != self.photos[::-1]:
            raise UnexpectedResponseError(f"listed {seen} instead of {self.photos[::-1]}")

    @task(3)
    def view(self) -> None:
        """Read a photo and download one of its previews."""
        photo = self.read(_RANDOM.choice(self.photos))
        preview = _RANDOM.choice(list(photo["previews"].values()))
        self.download(preview["url"], "GET a preview", preview["size_bytes"])

    @task(1)
    def download_original(self) -> None:
        """Download an original."""
        photo_id = _RANDOM.choice(self.photos)
        size_bytes = self.read(photo_id)["size_bytes"]
        response = self.call("GET", "/photos/{photo_id}/original", photo_id)
        self.download(response.json()["url"], "GET an original", size_bytes)

    @task(2)
    def edit(self) -> None:
        """Change a title and read it back."""
        photo_id, title = _RANDOM.choice(self.photos), f"Title {_RANDOM.randrange(1000)}"
        self.call("PATCH", "/photos/{photo_id}", photo_id, json={"title": title})
        if self.read(photo_id)["title"] != title:
            raise UnexpectedResponseError(f"{photo_id} has another title")

    @task(2)
    def replace_oldest(self) -> None:
        """Upload a new photo and delete the oldest."""
        self.send(_RANDOM.choice(valid_pictures()))
        self.delete(self.photos.pop(0))

    @task(1)
    def ingest_concurrently(self) -> None:
        """Ingest a photo twice at the same time; both requests return it."""
        photo_id = self.upload(_RANDOM.choice(valid_pictures()))
        gevent.joinall([gevent.spawn(self.ingest, photo_id, _OK) for _ in range(2)], raise_error=True)
        self.photos.append(photo_id)
        self.delete(self.photos.pop(0))

    @task(1)
    def send_invalid(self) -> None:
        """Upload a file that is rejected, and delete its photo."""
        picture = _RANDOM.choice(invalid_pictures())
        photo_id = self.upload(picture)
        self.ingest(photo_id, picture.ingest_status)
        self.delete(photo_id)

    def send(self, picture: Picture) -> None:
        """Create, upload and ingest a photo."""
        photo_id = self.upload(picture)
        self.ingest(photo_id, picture.ingest_status)
        self.photos.append(photo_id)

    def upload(self, picture: Picture) -> str:
        """Create and upload a photo; its ID."""
        body = {"filename": "photo", "content_type": picture.content_type, "size_bytes": len(picture.data)}
        created = self.call("POST", "/photos", json=body, expected=201).json()
        form = created["upload"]
        with self.client.post(
            form["url"],
            data=form["fields"],
            files={"file": ("photo", picture.data)},
            name="POST the upload form",
            timeout=TIMEOUT_SECONDS,
            catch_response=True,
        ) as response:
            _check(response, 204)
        return str(created["photo"]["photo_id"])

    def ingest(self, photo_id: str, expected: int) -> None:
        """Run the workflow."""
        self.call("POST", "/photos/{photo_id}/ingest", photo_id, expected=expected)

    def read(self, photo_id: str) -> Mapping[str, Any]:
        """Read a photo."""
        photo: Mapping[str, Any] = self.call("GET", "/photos/{photo_id}", photo_id).json()
        return photo

    def delete(self, photo_id: str) -> None:
        """Delete a photo for good."""
        self.call("DELETE", "/photos/{photo_id}", photo_id, expected=204, params={"permanent": "true"})

    def download(self, url: str, name: str, size_bytes: int) -> None:
        """Download from a presigned URL."""
        with self.client.get(url, name=name, timeout=TIMEOUT_SECONDS, catch_response=True) as response:
            _check(response, _OK)
            if len(response.content) != size_bytes:
                response.failure(f"{len(response.content)} bytes instead of {size_bytes}")

    def call(self, method: str, route: str, photo_id: str = "", *, expected: int = _OK, **options: Any) -> Any:
        """Send a request, and repeat it after `Retry-After` while the API asks for that; the final response.

        Responses that ask for a retry are rows of their own in the table and no errors. Raises
        UnexpectedResponseError for any status but `expected`.
        """
        path = route.replace("{photo_id}", photo_id)
        while True:
            with self.client.request(
                method,
                path,
                name=f"{method} {route}",
                headers={"Authorization": self.token},
                timeout=TIMEOUT_SECONDS,
                catch_response=True,
                **options,
            ) as response:
                if response.status_code not in _RETRY_STATUSES:
                    _check(response, expected)
                    return response
                wait_seconds = _retry_after_seconds(response)
                response.request_meta["name"] += retry_suffix(response.status_code, response.json()["code"])
                response.success()
            gevent.sleep(wait_seconds)


def retry_suffix(status: int, code: str) -> str:
    """Suffix of a route's name in the table for its responses that ask for a retry."""
    return f" -> {status} {code}"


def _retry_after_seconds(response: Any) -> float:
    try:
        return retries.retry_after_seconds(response.headers, response.json())
    except ValueError as reason:
        raise _unexpected(response, f"{response.status_code} is no valid request to retry: {reason}") from reason


def _check(response: Any, expected: int) -> None:
    if response.status_code != expected:
        raise _unexpected(response, f"{response.status_code} instead of {expected}: {response.text or response.error}")
    response.success()


def _unexpected(response: Any, message: str) -> UnexpectedResponseError:
    """Count the request as failed in Locust; the error to raise."""
    response.failure(message[:_MAX_MESSAGE_CHARACTERS])
    return UnexpectedResponseError(message[:_MAX_MESSAGE_CHARACTERS])
