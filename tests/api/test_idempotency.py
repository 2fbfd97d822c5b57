"""`POST /photos` with an `Idempotency-Key`: one record and the same answer, however often the request is sent."""

from collections.abc import Callable
from typing import Any

import pytest

from photosky.errors import Code
from photosky.photo import Status
from photosky.store.attributes import REQUEST_SECONDS
from photosky.store.photos import photos_table
from tests.api.gateway import Response, call, expect_problem
from tests.api.photos import PHOTO, SHA256
from tests.clock import Clock
from tests.storage import FILENAME, OTHER_OWNER, OWNER, Storage

BODY = {"filename": FILENAME, "content_type": "image/jpeg", "size_bytes": 1234}
KEY = '"8e03978e-40d5-43dd-bc93-6894a57f9324"'


def create(key: str | None = KEY, body: object = BODY, owner_id: str = OWNER) -> Response:
    """Create a photo with an optional `Idempotency-Key`."""
    headers = {"Idempotency-Key": key} if key is not None else {}
    return call("POST", "/photos", body=body, headers=headers, owner_id=owner_id)


def photos(storage: Storage) -> list[str]:
    """The ids of all photos in the table."""
    return [record["photo_id"]["S"] for record in storage.records() if "status" in record]


def test_repeated_request_gets_the_same_answer_and_no_second_record(storage: Storage) -> None:
    first = create()
    before = storage.records()
    assert first.status == 201
    for key in (KEY, KEY.strip('"'), f" {KEY} "):
        assert create(key, BODY | {"sha256": None, "content_type": "IMAGE/JPEG"}) == first
    assert storage.records() == before
    assert photos(storage) == [first.document["photo"]["photo_id"]]


def test_other_keys_owners_and_requests_without_a_key_create_their_own(storage: Storage) -> None:
    responses = [create(), create('"other"'), create(owner_id=OTHER_OWNER), create(None), create(None)]
    assert len({response.document["photo"]["photo_id"] for response in responses}) == len(photos(storage)) == 5


@pytest.mark.parametrize("change", [{"filename": "b.jpg"}, {"size_bytes": 1}, {"sha256": SHA256}])
def test_key_with_another_body_is_refused(storage: Storage, change: dict[str, object]) -> None:
    create()
    before = storage.records()
    detail = "This Idempotency-Key was sent with another body. Use a new key for each new request."
    expect_problem(create(body=BODY | change), Code.IDEMPOTENCY_KEY_REUSED, detail)
    assert storage.records() == before


def test_invalid_request_does_not_use_its_key() -> None:
    assert create(body=BODY | {"size_bytes": 0}).status == 400
    assert create().status == 201


def test_known_photo_is_the_answer_as_long_as_the_key_is_kept(storage: Storage) -> None:
    known = storage.put_ready(SHA256)
    body = BODY | {"sha256": SHA256}
    first = create(body=body)
    assert (first.status, first.document["photo"]["photo_id"]) == (200, known.photo_id)
    assert create(body=body) == first
    assert photos(storage) == [known.photo_id]


def test_answer_shows_the_photo_as_it_is_now(storage: Storage) -> None:
    photo_id = create().document["photo"]["photo_id"]
    storage.table.claim(OWNER, photo_id, "execution")
    repeated = create()
    assert (repeated.status, repeated.document["photo"]["status"]) == (201, Status.PROCESSING)
    assert repeated.document["upload"]["fields"]["key"].endswith(photo_id)


def test_deleted_photo_is_not_created_again(storage: Storage) -> None:
    call("DELETE", PHOTO, create().document["photo"]["photo_id"])
    expect_problem(create(), Code.PHOTO_NOT_FOUND, "The photo of this Idempotency-Key was deleted.")
    assert photos(storage) == []


def test_key_is_free_after_a_day(storage: Storage, clock: Clock) -> None:
    first = create()
    clock.tick(REQUEST_SECONDS)
    assert create().document["photo"]["photo_id"] == first.document["photo"]["photo_id"]
    clock.tick(1)
    assert create().document["photo"]["photo_id"] != first.document["photo"]["photo_id"]
    assert len(photos(storage)) == 2


def test_request_whose_key_is_taken_meanwhile_gets_that_answer(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both requests look for an earlier one before either has stored its key."""
    first = create()
    monkeypatch.setattr(photos_table(), "check_free", lambda *_: None)
    assert create() == first
    refused = create(body=BODY | {"size_bytes": 7})
    assert refused.document["code"] == Code.IDEMPOTENCY_KEY_REUSED
    assert len(photos(storage)) == 1


@pytest.mark.parametrize(
    ("codes", "code"),
    [
        (["TransactionConflict", "None"], Code.REQUEST_IN_PROGRESS),
        (["None", "TransactionConflict"], Code.TOO_MANY_REQUESTS),
        (["None", "ThrottlingError"], Code.TOO_MANY_REQUESTS),
    ],
)
def test_request_that_conflicts_with_another_can_be_repeated(
    storage: Storage, fail: Callable[[list[str]], None], codes: list[str], code: Code
) -> None:
    fail(codes)
    response = create()
    assert (response.document["code"], response.headers.get("Retry-After")) == (code, "2")
    assert storage.records() == []


@pytest.fixture
def fail(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> Callable[[list[str]], None]:  # noqa: ARG001 - settings
    """Let transactions be cancelled for reasons with these codes."""

    def let_fail(codes: list[str]) -> None:
        table = photos_table()
        error = {"Code": "TransactionCanceledException", "Message": "cancelled"}
        reasons: Any = {"Error": error, "CancellationReasons": [{"Code": code} for code in codes]}

        def cancelled(**_: object) -> None:
            raise table._client.exceptions.TransactionCanceledException(reasons, "TransactWriteItems")

        monkeypatch.setattr(table._client, "transact_write_items", cancelled)

    return let_fail


@pytest.mark.parametrize("key", ["", '""', '"', "a b", '"a"b"', "ü", "a\\b", "x" * 256, '"a'])
def test_invalid_key_is_refused_by_its_name(storage: Storage, key: str) -> None:
    detail = "Idempotency-Key must have 1 to 255 visible ASCII characters without quotes."
    expect_problem(create(key), Code.INVALID_REQUEST, detail, parameter="Idempotency-Key")
    assert storage.records() == []


def test_keys_are_neither_photos_nor_tombstones(storage: Storage) -> None:
    photo_id = create().document["photo"]["photo_id"]
    found, _ = storage.table.records(None, 100)
    assert [(record.photo_id, record.photo is not None) for record in found] == [(photo_id, True)]
    assert len(storage.records()) == 2
