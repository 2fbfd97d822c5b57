"""`POST /photos`: a record that awaits its upload, and the form for it."""

import base64
import json

import pytest

from api.handler import handler
from photosky.details import UNKNOWN_PROPERTIES, UNKNOWN_SETTINGS
from photosky.errors import Code
from photosky.photo import Photo, Status, is_photo_id
from photosky.presigning import presigner
from photosky.store.attributes import UPLOAD_WAIT_SECONDS
from tests.api.gateway import call, expect, expect_problem, headers, proxy_event
from tests.api.photos import etag
from tests.clock import NOW, NOW_TEXT
from tests.storage import FILENAME, OTHER_OWNER, OWNER, Storage

BODY = {"filename": FILENAME, "content_type": "image/jpeg", "size_bytes": 1234}
SHA256 = "ab" * 32


@pytest.mark.parametrize("sha256", [None, SHA256])
def test_photo_is_created_with_an_upload_form(storage: Storage, sha256: str | None) -> None:
    response = call("POST", "/photos", body=BODY | {"sha256": sha256})
    photo_id = response.document["photo"]["photo_id"]
    assert is_photo_id(photo_id)
    photo = Photo(
        owner_id=OWNER,
        photo_id=photo_id,
        status=Status.AWAITING_UPLOAD,
        filename=FILENAME,
        content_type="image/jpeg",
        size_bytes=1234,
        declared_sha256=sha256,
        created_at=NOW_TEXT,
        awaited_until=NOW + UPLOAD_WAIT_SECONDS,
        lease_until=NOW + UPLOAD_WAIT_SECONDS,
        counted_bytes=1234,
    )
    expect(
        response,
        201,
        {
            "photo": {
                "photo_id": photo_id,
                "status": "awaiting_upload",
                "filename": FILENAME,
                "content_type": "image/jpeg",
                "size_bytes": 1234,
                "sha256": sha256,
                "width": None,
                "height": None,
                "taken_at": None,
                "taken_at_source": None,
                "created_at": NOW_TEXT,
                "updated_at": NOW_TEXT,
                "trashed_at": None,
                "camera": None,
                "capture": UNKNOWN_SETTINGS._asdict(),
                "location": None,
                "image": UNKNOWN_PROPERTIES._asdict(),
                "title": None,
                "description": None,
                "tags": [],
                "favorite": False,
                "embedded": None,
                "placeholder": None,
                "dominant_color": None,
                "previews": {},
                "rejection": None,
            },
            "upload": presigner().upload_form(OWNER, photo_id, "image/jpeg", 1234)._asdict(),
        },
        headers(ETag=etag(photo), Location=f"photos/{photo_id}"),
    )
    assert storage.table.get(OWNER, photo_id) == photo
    assert len(storage.records()) == 1


def test_form_has_key_type_size_and_expiry() -> None:
    document = call("POST", "/photos", body=BODY).document
    upload = document["upload"]
    policy = json.loads(base64.b64decode(upload["fields"]["policy"]))
    assert upload["fields"]["key"] == f"incoming/{OWNER}/{document['photo']['photo_id']}"
    assert {"Content-Type": "image/jpeg"} in policy["conditions"]
    assert ["content-length-range", 1234, 1234] in policy["conditions"]
    assert {"key": upload["fields"]["key"]} in policy["conditions"]
    assert upload["expires_at"] == policy["expiration"].replace("Z", ".000Z") == "2026-09-21T15:15:00.000Z"


@pytest.mark.parametrize(
    ("declared", "stored"),
    [
        ("IMAGE/JPG; charset=binary", "image/jpeg"),
        ("image/heic-sequence", "image/heic"),
        ("", "application/octet-stream"),
    ],
)
def test_form_has_the_registered_name_of_the_type(storage: Storage, declared: str, stored: str) -> None:
    document = call("POST", "/photos", body=BODY | {"content_type": declared}).document
    fields = document["upload"]["fields"]
    assert (document["photo"]["content_type"], fields["Content-Type"]) == (stored, stored)
    assert {"Content-Type": stored} in json.loads(base64.b64decode(fields["policy"]))["conditions"]
    photo = storage.table.get(OWNER, document["photo"]["photo_id"])
    assert photo is not None
    assert photo.content_type == stored


def test_repeated_request_creates_another_photo(storage: Storage) -> None:
    first, second = (call("POST", "/photos", body=BODY).document["photo"]["photo_id"] for _ in range(2))
    assert first < second
    assert len(storage.records()) == 2


def test_body_can_be_base64(storage: Storage) -> None:
    assert call("POST", "/photos", body=json.dumps(BODY, ensure_ascii=False).encode()).status == 201
    assert len(storage.records()) == 1


def test_known_digest_returns_the_ready_photo_without_an_upload(storage: Storage) -> None:
    ready = storage.put_ready(SHA256)
    response = call("POST", "/photos", body=BODY | {"sha256": SHA256})
    expect(response, 200, {"photo": ready.present(lambda key: presigner().url(key).url)})
    assert len(storage.records()) == 1


@pytest.mark.parametrize("status", [status for status in Status if status is not Status.READY])
def test_digest_of_a_photo_not_ready_needs_an_upload(storage: Storage, status: Status) -> None:
    storage.put_photo(declared_sha256=SHA256, status=status)
    assert call("POST", "/photos", body=BODY | {"sha256": SHA256}).status == 201


def test_digest_of_a_trashed_photo_needs_an_upload(storage: Storage) -> None:
    ready = storage.put_ready(SHA256)
    assert call("DELETE", "/photos/{photo_id}", ready.photo_id).status == 204
    created = call("POST", "/photos", body=BODY | {"sha256": SHA256})
    assert (created.status, created.document["photo"]["photo_id"] == ready.photo_id) == (201, False)
    assert call("POST", "/photos/{photo_id}/restore", ready.photo_id).status == 200
    known = call("POST", "/photos", body=BODY | {"sha256": SHA256})
    assert (known.status, known.document["photo"]["photo_id"]) == (200, ready.photo_id)


def test_digest_of_a_deleted_photo_needs_an_upload(storage: Storage) -> None:
    ready = storage.put_ready(SHA256)
    assert call("DELETE", "/photos/{photo_id}", ready.photo_id, query={"permanent": "true"}).status == 204
    assert call("POST", "/photos", body=BODY | {"sha256": SHA256}).status == 201


def test_digest_of_another_owner_is_not_found(storage: Storage) -> None:
    storage.put_ready(SHA256, owner_id=OTHER_OWNER)
    assert call("POST", "/photos", body=BODY | {"sha256": SHA256}).status == 201


@pytest.mark.parametrize(
    ("body", "code", "pointer", "detail"),
    [
        (None, Code.INVALID_REQUEST, "#", "The request body must be a JSON object."),
        ("{", Code.INVALID_REQUEST, "#", "The request body must be a JSON object."),
        (b"\xff\xfe", Code.INVALID_REQUEST, "#", "The request body must be UTF-8 text."),
        (BODY | {"filename": ""}, Code.INVALID_REQUEST, "#/filename", "filename must not be empty."),
        (
            BODY | {"owner_id": OTHER_OWNER},
            Code.INVALID_REQUEST,
            "#/owner_id",
            "'owner_id' is not a field of this request.",
        ),
        (
            BODY | {"content_type": "image/svg+xml"},
            Code.UNSUPPORTED_FORMAT,
            None,
            "content_type must be one of image/avif, image/gif, image/heic, image/heif, image/jpeg, image/png, "
            "image/tiff, image/webp, application/octet-stream.",
        ),
        (
            BODY | {"size_bytes": 52_428_801},
            Code.UPLOAD_TOO_LARGE,
            None,
            "size_bytes is 52428801; this environment accepts at most 52428800.",
        ),
    ],
)
def test_invalid_request_stores_nothing(
    storage: Storage, body: object, code: Code, pointer: str | None, detail: str
) -> None:
    expect_problem(call("POST", "/photos", body=body), code, detail, pointer=pointer)
    assert storage.records() == []


def test_invalid_base64_body_is_refused(storage: Storage) -> None:
    """API Gateway never sends one, but others may be allowed to invoke the function."""
    response = handler(proxy_event("POST", "/photos", body="%%%") | {"isBase64Encoded": True}, None)
    assert (response["statusCode"], json.loads(response["body"])["code"]) == (400, "InvalidRequest")
    assert storage.records() == []


def test_existing_photo_is_never_overwritten(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    photo = storage.put_photo()
    monkeypatch.setattr("api.operations.new_photo_id", lambda: photo.photo_id)
    response = call("POST", "/photos", body=BODY | {"filename": "other.jpg"})
    expect_problem(response, Code.INTERNAL_ERROR, "The request failed because of an internal error. Try again later.")
    assert storage.photo(photo) == photo


def test_repeated_write_of_the_same_record_succeeds(storage: Storage) -> None:
    """Botocore repeats a write whose response was lost, although the table has stored it."""
    photo = storage.put_photo()
    before = storage.records()
    storage.table.create(photo)
    assert storage.records() == before
