"""One photo: read, downloaded, edited and deleted by its owner, and by nobody else."""

from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from zlib import crc32

import pytest

from photosky.errors import Code
from photosky.headers import content_disposition
from photosky.imaging.presets import DEFAULT_PRESETS
from photosky.photo import Photo, Rejection, Status, StoredPreview, new_photo_id
from photosky.presigning import presigner
from photosky.store import keys
from photosky.store.attributes import TOMBSTONE_SECONDS, UNSETTLED_SHARDS
from photosky.store.leases import LEASE_SECONDS
from tests.api.gateway import Answer, call, expect, expect_problem, headers
from tests.clock import NOW
from tests.storage import FILENAME, OWNER, STRANGER, Storage

PHOTO, ORIGINAL = "/photos/{photo_id}", "/photos/{photo_id}/original"
NO_PHOTO = "There is no photo with this id."
SHA256 = "cd" * 32


@pytest.fixture
def photo(storage: Storage) -> Photo:
    """A ready photo."""
    return storage.put_ready(SHA256)


def shown(photo: Photo) -> dict[str, Any]:
    """As the API shows it."""
    return photo.present(lambda key: presigner().url(key).url)


def test_a_photo_is_read_in_any_status_but_deleting(storage: Storage) -> None:
    for status in set(Status) - {Status.DELETING}:
        photo = storage.await_upload(status=status, rejection=Rejection("CorruptImage", "It is torn."))
        expect(call("GET", PHOTO, photo.photo_id), 200, shown(photo), headers(ETag='"1"'))


# What is not there.

ROUTES = [
    ("GET", PHOTO, {}),
    ("GET", ORIGINAL, {}),
    ("PATCH", PHOTO, {"body": {"title": "x"}}),
    ("PATCH", PHOTO, {"body": {"title": "x"}, "headers": {"If-Match": '"1"'}}),
    ("DELETE", PHOTO, {}),
]


@pytest.mark.parametrize(("method", "resource", "more"), ROUTES)
def test_an_unknown_photo_and_anothers_are_not_found_and_cannot_be_told_apart(
    storage: Storage, photo: Photo, method: str, resource: str, more: dict[str, Any]
) -> None:
    before = storage.records()
    anothers = call(method, resource, photo.photo_id, owner_id=STRANGER, request_id="request 1", **more)
    unknown = call(method, resource, new_photo_id(), owner_id=STRANGER, request_id="request 2", **more)
    expect_problem(anothers, Code.PHOTO_NOT_FOUND, NO_PHOTO, "request 1")
    assert anothers.text.replace("request 1", "request 2") == unknown.text
    assert storage.records() == before


@pytest.mark.parametrize(("method", "resource", "more"), ROUTES)
@pytest.mark.parametrize("photo_id", ["photo", "7" * 36, "A" * 2000, "..", "%2e%2e", "deleted", "ünïcode", "a b"])
def test_an_id_that_cannot_be_one_is_not_found(method: str, resource: str, more: dict[str, Any], photo_id: str) -> None:
    expect_problem(call(method, resource, photo_id, **more), Code.PHOTO_NOT_FOUND, NO_PHOTO)


@pytest.mark.parametrize("how", ["begun", "finished"])
@pytest.mark.parametrize(("method", "resource", "more"), ROUTES[:-1])
def test_a_deleted_photo_is_not_found(
    storage: Storage, photo: Photo, method: str, resource: str, more: dict[str, Any], how: str
) -> None:
    if how == "begun":
        storage.table.begin_delete(photo.owner_id, photo.photo_id)
    else:
        call("DELETE", PHOTO, photo.photo_id)
    expect_problem(call(method, resource, photo.photo_id, **more), Code.PHOTO_NOT_FOUND, NO_PHOTO)


@pytest.mark.parametrize(("method", "resource", "more"), ROUTES)
def test_what_remembers_a_deletion_is_no_photo(photo: Photo, method: str, resource: str, more: dict[str, Any]) -> None:
    call("DELETE", PHOTO, photo.photo_id)
    answer = call(method, resource, f"deleted/{photo.photo_id}", **more)
    expect_problem(answer, Code.PHOTO_NOT_FOUND, NO_PHOTO)


# The original.


def download(photo: Photo) -> str:
    """The URL that downloads the original of this photo."""
    assert photo.original is not None
    disposition = content_disposition(photo.filename)
    return presigner().url(photo.original, response_content_disposition=disposition).url


def test_an_original_is_downloaded_by_a_url_that_tells_its_end(photo: Photo) -> None:
    expect(
        call("GET", ORIGINAL, photo.photo_id),
        200,
        {"url": download(photo), "expires_at": "2026-09-21T15:00:00.000Z"},
    )
    assert call("GET", ORIGINAL, photo.photo_id, query={"redirect": "false"}).status == 200


def test_an_original_is_downloaded_by_a_redirect(photo: Photo) -> None:
    answer = call("GET", ORIGINAL, photo.photo_id, query={"redirect": "true"})
    assert (answer.status, answer.text) == (302, "")
    assert {name: answer.headers.get(name) for name in headers(None, Location="")} == headers(
        None, Location=download(photo)
    )


@pytest.mark.parametrize(
    ("filename", "plain", "encoded"),
    [
        ("lake.jpg", "lake.jpg", "lake.jpg"),
        (FILENAME, "Sommer _ber Z_rich.jpg", "Sommer%20%C3%BCber%20Z%C3%BCrich.jpg"),
        ("🏔.png", "_.png", "%F0%9F%8F%94.png"),
        ('a"; filename="b', "a_; filename=_b", "a%22%3B%20filename%3D%22b"),
        ("..\\..\\c", ".._.._c", "..%5C..%5Cc"),
        ("100%~'*.jpg", "100%~'*.jpg", "100%25~%27%2A.jpg"),
        ("d/e", "d/e", "d%2Fe"),
    ],
)
def test_an_original_is_downloaded_under_its_own_filename(
    storage: Storage, filename: str, plain: str, encoded: str
) -> None:
    photo = storage.put_ready(SHA256, filename=filename)
    url = call("GET", ORIGINAL, photo.photo_id).document["url"]
    (disposition,) = parse_qs(urlsplit(url).query)["response-content-disposition"]
    assert disposition == f"attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}"
    assert unquote(encoded) == filename


@pytest.mark.parametrize(
    ("status", "code", "detail"),
    [
        (Status.PROCESSING, Code.INGEST_IN_PROGRESS, "The photo is being ingested; its original is not available yet."),
        *(
            (status, Code.UPLOAD_MISSING, f"The photo has no original, because its status is {status}.")
            for status in (Status.AWAITING_UPLOAD, Status.REJECTED, Status.FAILED)
        ),
    ],
)
@pytest.mark.parametrize("query", [{}, {"redirect": "true"}])
def test_a_photo_that_is_not_ready_has_no_original(
    storage: Storage, status: Status, code: Code, detail: str, query: dict[str, str]
) -> None:
    photo = storage.await_upload(status=status)
    expect_problem(call("GET", ORIGINAL, photo.photo_id, query=query), code, detail)


def test_a_redirect_that_is_neither_true_nor_false_is_refused(photo: Photo) -> None:
    answer = call("GET", ORIGINAL, photo.photo_id, query={"redirect": "1"})
    expect_problem(answer, Code.INVALID_REQUEST, "redirect must be true or false.")


# Edits.

CHANGES = {"title": "Lake 🏔", "description": "Two\nlines.", "tags": ["b", "a"], "favorite": True}


def edit(photo: Photo, changes: object, if_match: str | None = None, name: str = "If-Match") -> Answer:
    """`PATCH`, guarded where `if_match` is given."""
    return call("PATCH", PHOTO, photo.photo_id, body=changes, headers={name: if_match} if if_match else {})


@pytest.mark.parametrize("if_match", [None, '"1"', "*"])
def test_an_edit_is_stored_and_counted(storage: Storage, photo: Photo, if_match: str | None) -> None:
    edited = replace(photo, title="Lake 🏔", description="Two\nlines.", tags=("b", "a"), favorite=True, version=2)
    expect(edit(photo, CHANGES, if_match), 200, shown(edited), headers(ETag='"2"'))
    assert storage.photo(photo) == edited


def test_headers_are_read_however_they_are_written(photo: Photo) -> None:
    assert edit(photo, CHANGES, '"7"', name="if-match").status == 412


def test_an_edit_of_one_field_leaves_the_others(storage: Storage, photo: Photo) -> None:
    edit(photo, CHANGES)
    edited = replace(photo, title="Lake 🏔", description="Two\nlines.", tags=("b", "a"), version=3)
    expect(edit(photo, {"favorite": False}, '"2"'), 200, shown(edited), headers(ETag='"3"'))
    assert storage.photo(photo) == edited


def test_null_takes_a_text_away(storage: Storage, photo: Photo) -> None:
    edit(photo, CHANGES)
    edit(photo, {"title": None, "description": None, "tags": []})
    assert storage.photo(photo) == replace(photo, favorite=True, version=3)
    (record,) = storage.records()
    assert not {"title", "description"} & set(record)


@pytest.mark.parametrize("status", [Status.AWAITING_UPLOAD, Status.PROCESSING, Status.REJECTED, Status.FAILED])
def test_a_photo_is_edited_before_it_is_ready_as_well(storage: Storage, status: Status) -> None:
    photo = storage.await_upload(status=status)
    assert edit(photo, {"title": "Early"}).status == 200
    assert storage.photo(photo) == replace(photo, title="Early", version=2)


def test_an_edit_of_a_stale_version_is_refused_and_changes_nothing(storage: Storage, photo: Photo) -> None:
    edit(photo, {"title": "First"}, '"1"')
    before = storage.records()
    answer = edit(photo, {"title": "Second"}, '"1"')
    detail = 'The photo\'s current ETag is "2", which does not match If-Match.'
    expect_problem(answer, Code.PRECONDITION_FAILED, detail)
    assert storage.records() == before


@pytest.mark.parametrize("changes", [CHANGES, {"title": None}, {"tags": []}, {"favorite": True}])
def test_an_edit_whose_answer_was_lost_is_repeated_with_its_old_version(
    storage: Storage, photo: Photo, changes: dict[str, object]
) -> None:
    """A precondition that fails because the very change was made may be answered as success (RFC 9110, 13.1.1)."""
    first = edit(photo, changes, '"1"')
    assert first.headers["ETag"] == '"2"'
    before = storage.records()
    assert edit(photo, changes, '"1"') == first
    assert storage.records() == before


@pytest.mark.parametrize("if_match", ["1", 'W/"1"', '"1", "2"', "x"])
def test_an_edit_of_no_version_of_ours_is_refused(storage: Storage, photo: Photo, if_match: str) -> None:
    before = storage.records()
    answer = edit(photo, {"title": "x"}, if_match)
    expect_problem(answer, Code.PRECONDITION_FAILED, "If-Match must be the photo's ETag or *.")
    assert storage.records() == before


@pytest.mark.parametrize(
    ("changes", "detail"),
    [
        (None, "The request body must be a JSON object."),
        ({}, "The request body must contain at least one of title, description, tags and favorite."),
        ({"title": "x", "status": "ready"}, "'status' is not a field of this request."),
        ({"tags": ["ok", ""]}, "tags[1] must have 1 to 50 characters."),
        ({"favorite": "yes"}, "favorite must be true or false."),
    ],
)
def test_a_bad_edit_is_refused_and_changes_nothing(
    storage: Storage, photo: Photo, changes: object, detail: str
) -> None:
    before = storage.records()
    expect_problem(edit(photo, changes), Code.INVALID_REQUEST, detail)
    assert storage.records() == before


# Deletion.


def fill(storage: Storage, photo: Photo) -> None:
    """Every object that a photo can have, one of them from a preset that is gone."""
    gone = f"previews/{photo.owner_id}/{photo.photo_id}/execution/huge-00000000.webp"
    previews = {"huge": vars(StoredPreview(gone, 1, 1, "image/webp", 1))}
    storage.table.claim(photo.owner_id, photo.photo_id, "execution")
    held = storage.table.describe(photo.owner_id, photo.photo_id, "execution", {"sha256": SHA256, "previews": previews})
    for key in keys.all_keys(held, DEFAULT_PRESETS):
        storage.s3.put_object(Bucket=storage.bucket, Key=key, Body=b"x")


def test_a_deletion_leaves_nothing_but_its_memory_for_a_day(storage: Storage) -> None:
    photo = storage.await_upload()
    fill(storage, photo)
    storage.table.complete(photo.owner_id, photo.photo_id, "execution", SHA256)
    answer = call("DELETE", PHOTO, photo.photo_id)
    assert (answer.status, answer.text) == (204, "")
    assert {name: answer.headers.get(name) for name in headers(None)} == headers(None)
    assert storage.objects() == {}
    assert storage.records() == [
        {
            "owner_id": {"S": OWNER},
            "photo_id": {"S": f"deleted/{photo.photo_id}"},
            "expires_at": {"N": str(NOW + TOMBSTONE_SECONDS)},
            "lease_until": {"N": str(NOW + LEASE_SECONDS)},
            "unsettled_shard": {"N": str(crc32(photo.photo_id.encode()) % UNSETTLED_SHARDS)},
        }
    ]


@pytest.mark.parametrize("status", list(Status))
def test_a_photo_is_deleted_in_any_status(storage: Storage, status: Status) -> None:
    photo = storage.await_upload(status=status)
    assert call("DELETE", PHOTO, photo.photo_id).status == 204
    assert storage.table.get(photo.owner_id, photo.photo_id) is None


def test_a_repeated_deletion_is_harmless(storage: Storage, photo: Photo) -> None:
    first = call("DELETE", PHOTO, photo.photo_id)
    before = storage.records()
    assert call("DELETE", PHOTO, photo.photo_id) == first
    assert storage.records() == before


def test_a_deletion_that_broke_half_way_is_finished_by_a_repeat(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo = storage.await_upload()
    fill(storage, photo)

    def refuse(*_arguments: object) -> None:
        raise RuntimeError("1 of 7 objects were not removed: SlowDown")

    with monkeypatch.context() as broken:
        broken.setattr("photosky.store.media.MediaBucket.remove", refuse)
        answer = call("DELETE", PHOTO, photo.photo_id)
    expect_problem(answer, Code.INTERNAL_ERROR, "The request failed because of an internal error. Try again later.")
    assert storage.photo(photo).status is Status.DELETING
    assert call("GET", PHOTO, photo.photo_id).status == 404
    assert call("DELETE", PHOTO, photo.photo_id).status == 204
    assert storage.objects() == {}


def test_a_deletion_leaves_the_owners_other_photos_alone(storage: Storage, photo: Photo) -> None:
    other = storage.await_upload()
    fill(storage, other)
    before = storage.objects()
    assert call("DELETE", PHOTO, photo.photo_id).status == 204
    assert storage.objects() == before
    assert storage.photo(other).status is Status.PROCESSING
