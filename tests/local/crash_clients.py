"""Clients of a server that is killed: each remembers what was acknowledged, and checks it after the next start."""

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

import httpx

from tests.local.client import Client, fetch
from tests.pictures import encoded

Document = dict[str, Any]

READY: Final = frozenset({"ready"})
UNFINISHED: Final = frozenset({"awaiting_upload", "processing", "ready", "failed"})
"""What a photo may be whose ingest was not answered."""


@dataclass
class Known:
    """A photo as its client knows it.

    Attributes:
        data: The bytes of the upload.
        statuses: The statuses that it may have: one, or more after a request without a response.
        titles: The titles that it may have.
        may_exist: Whether it may be there, False after its deletion.
        may_be_missing: Whether it may be gone, True while a deletion is not answered and after it.
    """

    data: bytes
    statuses: frozenset[str] = frozenset({"awaiting_upload"})
    titles: frozenset[str | None] = frozenset({None})
    may_exist: bool = True
    may_be_missing: bool = False

    def problem(self, found: Document | None) -> str | None:
        """Return what is wrong with the API's document of the photo; None stands for 404."""
        if found is None:
            return None if self.may_be_missing else "an acknowledged photo is lost"
        if not self.may_exist:
            return "a deleted photo is back"
        if found["status"] not in self.statuses:
            return f"it is {found['status']}, not {' or '.join(sorted(self.statuses))}"
        if found["title"] not in self.titles:
            return f"its title is {found['title']}, not one of {self.titles}"
        return None

    def settle(self, found: Document | None) -> None:
        """Take what the API answers for what is acknowledged."""
        self.may_exist, self.may_be_missing = found is not None, found is None
        if found is not None:
            self.statuses = READY if found["status"] == "ready" else UNFINISHED | {found["status"]}
            self.titles = frozenset({found["title"]})


class CrashClient:
    """One user, who creates, uploads, ingests, edits, lists and deletes photos until the server dies."""

    def __init__(self, client: Client, seed: int) -> None:
        self.client = client
        self.photos: dict[str, Known] = {}
        self.acknowledged = 0
        self.problems: list[str] = []
        self._random = random.Random(seed)
        self._seed = seed * 100_000
        self._cursor: tuple[str, list[str]] | None = None

    def connect(self, api_url: str) -> None:
        """Use the API at another address, with the same token."""
        self.client = replace(self.client, api_url=api_url)

    def work(self) -> None:
        """Send requests until the server is gone."""
        actions: list[Callable[[], None]] = [self._add, self._add, self._add, self._edit, self._delete, self._list]
        try:
            while True:
                self._random.choice(actions)()
        except httpx.HTTPError:
            return

    def check(self) -> None:
        """Compare every photo with what was acknowledged, and the listing with the photos."""
        for photo_id, known in self.photos.items():
            found = self._found(photo_id)
            problem = known.problem(found)
            if problem is None and found is not None and found["status"] == "ready":
                problem = self._broken(found, known.data)
            if problem is not None:
                self.problems.append(f"{photo_id}: {problem}")
            known.settle(found)
        if self._cursor is not None:
            cursor, expected = self._cursor
            page = self._page({"cursor": cursor, "limit": "2", "order": "asc"})
            kept = [photo_id for photo_id in expected if self.photos[photo_id].may_exist]
            if [photo["photo_id"] for photo in page["photos"]][: len(kept)] != kept:
                self.problems.append("a cursor from before the death leads elsewhere")
            self._cursor = None
        self._compare_listing()

    def _add(self) -> None:
        self._seed += 1
        data = encoded("jpeg", size=(48, 32), seed=self._seed)
        created = self.client.create(data)
        photo_id = created["photo"]["photo_id"]
        known = self.photos[photo_id] = Known(data)
        known.statuses = UNFINISHED  # Reconcile ingests an upload whose client never asks for it.
        uploaded = self.client.upload(created["upload"], data)
        assert uploaded.status_code == 204, uploaded.text
        if self._random.random() < 0.1:
            return
        response = self.client.ingest(photo_id)
        # Nothing is acknowledged if a function starts slower than its step allows, or while Reconcile ingests it.
        if response.status_code >= 500 or response.json().get("code") == "IngestInProgress":
            return
        assert response.status_code == 200, response.text
        known.statuses = READY
        self.acknowledged += 1

    def _edit(self) -> None:
        photo_id, known = self._any()
        if known is None:
            return
        title = f"title {self._random.random()}"
        known.titles |= {title}
        response = self.client.call("PATCH", f"/photos/{photo_id}", json={"title": title})
        assert response.status_code == 200, response.text
        known.titles = frozenset({title})
        self.acknowledged += 1

    def _delete(self) -> None:
        photo_id, known = self._any()
        if known is None:
            return
        known.may_be_missing = True
        known.statuses |= {"deleting"}
        response = self.client.call("DELETE", f"/photos/{photo_id}", params={"permanent": "true"})
        assert response.status_code == 204, response.text
        known.may_exist = False
        self.acknowledged += 1

    def _list(self) -> None:
        self._compare_listing()
        page = self._page({"limit": "2", "order": "asc"})
        if page["next_cursor"]:
            following = self._page({"cursor": page["next_cursor"], "limit": "2", "order": "asc"})
            self._cursor = page["next_cursor"], [photo["photo_id"] for photo in following["photos"]]

    def _compare_listing(self) -> None:
        """Compare all pages with the photos of which no request is unanswered."""
        listed, parameters = set(), {"limit": "100"}
        while True:
            page = self._page(parameters)
            listed |= {photo["photo_id"] for photo in page["photos"]}
            if not page["next_cursor"]:
                break
            parameters = {"limit": "100", "cursor": page["next_cursor"]}
        for photo_id, known in self.photos.items():
            if photo_id in listed and not known.may_exist:
                self.problems.append(f"{photo_id}: a deleted photo is listed")
            if photo_id not in listed and known.statuses == READY and not known.may_be_missing:
                self.problems.append(f"{photo_id}: a ready photo is not listed")
        if listed - self.photos.keys():
            self.problems.append(f"unknown photos are listed: {listed - self.photos.keys()}")

    def _any(self) -> tuple[str, Known | None]:
        ready = [photo_id for photo_id, known in self.photos.items() if known.statuses == READY and known.may_exist]
        if not ready:
            return "", None
        photo_id = self._random.choice(ready)
        return photo_id, self.photos[photo_id]

    def _page(self, parameters: dict[str, str]) -> Document:
        response = self.client.call("GET", "/photos", params=parameters)
        assert response.status_code == 200, response.text
        page: Document = response.json()
        return page

    def _found(self, photo_id: str) -> Document | None:
        response = self.client.call("GET", f"/photos/{photo_id}")
        if response.status_code == 404:
            return None
        assert response.status_code == 200, response.text
        found: Document = response.json()
        return found

    def _broken(self, found: Document, data: bytes) -> str | None:
        """Return what is wrong with the objects of a ready photo."""
        for name, preview in found["previews"].items():
            response = fetch(preview["url"])
            if response.status_code != 200 or len(response.content) != preview["size_bytes"]:
                return f"its preview {name} answers {response.status_code} with {len(response.content)} bytes"
        original = self.client.call("GET", f"/photos/{found['photo_id']}/original").json()
        if fetch(original["url"]).content != data:
            return "its original has other bytes"
        return None
