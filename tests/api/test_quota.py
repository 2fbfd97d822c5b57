"""The quota of an owner: `POST /photos` keeps it, and `GET /me` shows it."""

from collections.abc import Callable
from typing import Any

import pytest

from photosky.photo import Status
from photosky.quota import Quota
from photosky.store.photos import photos_table
from tests.api import gateway
from tests.storage import OTHER_OWNER, Storage

Configure = Callable[..., None]

BODY = {"filename": "a.png", "content_type": "image/png", "size_bytes": 400}


def create(**kwargs: Any) -> gateway.Response:
    return gateway.call("POST", "/photos", body=BODY, **kwargs)


def usage(photos: int, size_bytes: int, limits: tuple[int | None, int | None] = (None, None)) -> dict[str, Any]:
    return {"photos": {"used": photos, "limit": limits[0]}, "bytes": {"used": size_bytes, "limit": limits[1]}}


def me() -> Any:
    response = gateway.call("GET", "/me")
    assert response.status == 200
    return response.document


def test_use_is_shown_without_a_quota(storage: Storage) -> None:
    assert me() == usage(0, 0)
    create()
    storage.put_photo(owner_id=OTHER_OWNER)
    assert me() == usage(1, 400)


@pytest.mark.parametrize(
    ("knobs", "detail", "limits"),
    [
        ({"max_photos_per_owner": 2}, "2 photos, of which 2 are used", (2, None)),
        ({"max_bytes_per_owner": 1100}, "1,100 bytes, of which 800 are used", (None, 1100)),
        (
            {"max_photos_per_owner": 2, "max_bytes_per_owner": 800},
            "2 photos, of which 2 are used and 800 bytes, of which 800 are used",
            (2, 800),
        ),
    ],
)
def test_photo_beyond_a_limit_is_refused(
    storage: Storage, configure: Configure, knobs: dict[str, int], detail: str, limits: tuple[int | None, int | None]
) -> None:
    configure(**knobs)
    storage.put_photo(owner_id=OTHER_OWNER, size_bytes=10_000)
    assert [create().status for _ in range(2)] == [201, 201]
    before = storage.items()
    refused = create()
    assert (refused.status, refused.document["code"]) == (403, "QuotaExceeded")
    assert refused.document["detail"] == f"You may have {detail}. Remove photos, also from the trash."
    keyed = create(headers={"Idempotency-Key": "a"})
    assert (keyed.status, keyed.document["code"]) == (403, "QuotaExceeded")
    assert storage.items() == before
    assert me() == usage(2, 800, limits)


def test_photo_larger_than_the_quota_is_refused(storage: Storage, configure: Configure) -> None:
    configure(max_bytes_per_owner=399)
    refused = create()
    assert (refused.status, refused.document["code"]) == (403, "QuotaExceeded")
    assert refused.document["detail"] == "You may have 399 bytes. Remove photos, also from the trash."
    assert storage.items() == []


def test_repeated_request_counts_once(configure: Configure) -> None:
    configure(max_photos_per_owner=1)
    first, second = (create(headers={"Idempotency-Key": "a"}) for _ in range(2))
    assert (first.status, second.status) == (201, 201)
    assert first.document["photo"] == second.document["photo"]
    assert me() == usage(1, 400, (1, None))


def test_repeated_write_counts_once(storage: Storage) -> None:
    photo = storage.put_photo(size_bytes=400)
    assert storage.table.create(photo, Quota(photos=1)) == photo
    assert me() == usage(1, 400)


def test_deletion_makes_room(storage: Storage, configure: Configure) -> None:
    configure(max_photos_per_owner=1)
    photo = storage.put_ready("a" * 64, size_bytes=400)
    gateway.call("DELETE", "/photos/{photo_id}", photo.photo_id)
    assert storage.photo(photo).status is Status.TRASHED
    assert create().status == 403
    assert me() == usage(1, 400, (1, None))
    gateway.call("DELETE", "/photos/{photo_id}", photo.photo_id)
    assert me() == usage(0, 0, (1, None))
    assert create().status == 201


@pytest.mark.usefixtures("storage")
def test_conflicting_creations_can_be_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("photosky.store.table.time.sleep", lambda _seconds: None)

    client = photos_table()._client

    def conflict(**_parameters: Any) -> None:
        error: Any = {
            "Error": {"Code": "TransactionCanceledException"},
            "CancellationReasons": [{"Code": "None"}, {"Code": "TransactionConflict"}],
        }
        raise client.exceptions.TransactionCanceledException(error, "TransactWriteItems")

    monkeypatch.setattr(client, "transact_write_items", conflict)
    response = create()
    assert (response.status, response.document["code"]) == (429, "TooManyRequests")
    assert response.headers["Retry-After"]
