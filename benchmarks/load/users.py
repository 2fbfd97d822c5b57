"""What one person does with their photos: the tasks that Locust runs, with every answer checked.

Each keeps `PHOTOS` photos: what is sent anew takes the place of the oldest. So the population stays the same, and
memory that grows is nobody's photos.
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
PAGE: Final = 3
TIMEOUT_SECONDS: Final = 60
FORMATS: Final[tuple[PictureFormat, ...]] = ("jpeg", "png", "webp", "gif", "tiff", "avif", "heic")

_OK: Final = 200
_RANDOM: Final = Random()  # noqa: S311 - chooses what to request, no secret
_MAY_ASK_TO_WAIT: Final = frozenset(CATALOGUE[code].status for code in retries.CODES)


class UnexpectedError(Exception):
    """An answer that the contract does not give here; Locust counts the request, this ends the task."""


@dataclass(frozen=True)
class Picture:
    """A file to send, and what the ingest answers."""

    content_type: str
    data: bytes
    ingest_status: int = _OK


@cache
def good() -> tuple[Picture, ...]:
    """One small picture of each format."""
    return tuple(Picture(f"image/{name}", encoded(name)) for name in FORMATS)


@cache
def bad() -> tuple[Picture, ...]:
    """Files that are to be refused."""
    return (Picture("image/jpeg", wrong_bytes(), 415), Picture("image/jpeg", truncated(encoded("jpeg"), 200), 422))


class Person(HttpUser):
    """One signed-in user of the frontend."""

    wait_time = between(0.5, 2.0)
    tokens: ClassVar[Iterator[str]]
    """An ID token for each person that starts."""

    def on_start(self) -> None:
        """Sign in, and fill up."""
        self.client.trust_env = False
        self.token = next(self.tokens)
        self.photos: list[str] = []
        for _ in range(PHOTOS):
            self.send(_RANDOM.choice(good()))

    @task(4)
    def list_pages(self) -> None:
        """Page by page, every photo once, newest first."""
        seen: list[str] = []
        query: dict[str, Any] = {"limit": PAGE}
        while True:
            page = self.ask("GET", "/photos", params=query).json()
            seen += [photo["photo_id"] for photo in page["photos"]]
            if page["next_cursor"] is None:
                break
            query["cursor"] = page["next_cursor"]
        if seen != self.photos[::-1]:
            raise UnexpectedError(f"listed are {seen}, there are {self.photos[::-1]}")

    @task(3)
    def look(self) -> None:
        """One photo and one of its previews."""
        photo = self.read(_RANDOM.choice(self.photos))
        preview = _RANDOM.choice(list(photo["previews"].values()))
        self.fetch(preview["url"], "GET a preview", preview["size_bytes"])

    @task(1)
    def download(self) -> None:
        """One original."""
        photo_id = _RANDOM.choice(self.photos)
        size_bytes = self.read(photo_id)["size_bytes"]
        answer = self.ask("GET", "/photos/{photo_id}/original", photo_id)
        self.fetch(answer.json()["url"], "GET an original", size_bytes)

    @task(2)
    def edit(self) -> None:
        """A title, which is there afterwards."""
        photo_id, title = _RANDOM.choice(self.photos), f"Title {_RANDOM.randrange(1000)}"
        self.ask("PATCH", "/photos/{photo_id}", photo_id, json={"title": title})
        if self.read(photo_id)["title"] != title:
            raise UnexpectedError(f"{photo_id} has another title")

    @task(2)
    def replace(self) -> None:
        """A new photo in the place of the oldest."""
        self.send(_RANDOM.choice(good()))
        self.remove(self.photos.pop(0))

    @task(1)
    def hurry(self) -> None:
        """Ingest twice at once: one works, the other waits its turn and gets the same photo."""
        photo_id = self.upload(_RANDOM.choice(good()))
        gevent.joinall([gevent.spawn(self.ingest, photo_id, _OK) for _ in range(2)], raise_error=True)
        self.photos.append(photo_id)
        self.remove(self.photos.pop(0))

    @task(1)
    def send_rubbish(self) -> None:
        """A file that is refused, and then put away."""
        picture = _RANDOM.choice(bad())
        photo_id = self.upload(picture)
        self.ingest(photo_id, picture.ingest_status)
        self.remove(photo_id)

    def send(self, picture: Picture) -> None:
        """Create, upload and ingest a photo."""
        photo_id = self.upload(picture)
        self.ingest(photo_id, picture.ingest_status)
        self.photos.append(photo_id)

    def upload(self, picture: Picture) -> str:
        """Create and upload a photo; its id."""
        about = {"filename": "photo", "content_type": picture.content_type, "size_bytes": len(picture.data)}
        created = self.ask("POST", "/photos", json=about, expected=201).json()
        form = created["upload"]
        with self.client.post(
            form["url"],
            data=form["fields"],
            files={"file": ("photo", picture.data)},
            name="POST the upload form",
            timeout=TIMEOUT_SECONDS,
            catch_response=True,
        ) as answer:
            _check(answer, 204)
        return str(created["photo"]["photo_id"])

    def ingest(self, photo_id: str, expected: int) -> None:
        """Run the workflow."""
        self.ask("POST", "/photos/{photo_id}/ingest", photo_id, expected=expected)

    def read(self, photo_id: str) -> Mapping[str, Any]:
        """The photo as it is."""
        found: Mapping[str, Any] = self.ask("GET", "/photos/{photo_id}", photo_id).json()
        return found

    def remove(self, photo_id: str) -> None:
        """Delete a photo."""
        self.ask("DELETE", "/photos/{photo_id}", photo_id, expected=204)

    def fetch(self, url: str, name: str, size_bytes: int) -> None:
        """Download from a signed URL."""
        with self.client.get(url, name=name, timeout=TIMEOUT_SECONDS, catch_response=True) as answer:
            _check(answer, _OK)
            if len(answer.content) != size_bytes:
                answer.failure(f"{len(answer.content)} bytes instead of {size_bytes}")

    def ask(self, method: str, route: str, photo_id: str = "", *, expected: int = _OK, **options: Any) -> Any:
        """The answer of a route, asked again after the time that the API names while it says to wait.

        Such answers are rows of their own in the table, and no errors. Raises UnexpectedError for any other.
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
            ) as answer:
                if answer.status_code not in _MAY_ASK_TO_WAIT:
                    _check(answer, expected)
                    return answer
                wait_seconds = _seconds_to_wait(answer)
                answer.request_meta["name"] += waiting_row(answer.status_code, answer.json()["code"])
                answer.success()
            gevent.sleep(wait_seconds)


def waiting_row(status: int, code: str) -> str:
    """What the table adds to a route's name for its answers that ask for patience."""
    return f" -> {status} {code}"


def _seconds_to_wait(answer: Any) -> float:
    try:
        return retries.seconds_to_wait(answer.headers, answer.json())
    except ValueError as incomplete:
        raise _unexpected(answer, f"{answer.status_code} that asks for no patience: {incomplete}") from incomplete


def _check(answer: Any, expected: int) -> None:
    if answer.status_code != expected:
        raise _unexpected(answer, f"{answer.status_code} instead of {expected}: {answer.text or answer.error}")
    answer.success()


def _unexpected(answer: Any, told: str) -> UnexpectedError:
    """The error to raise, once Locust counts the request as failed."""
    answer.failure(told[:300])
    return UnexpectedError(told[:300])
