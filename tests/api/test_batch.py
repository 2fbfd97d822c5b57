"""`POST /photos/batch`: each operation succeeds or fails as its own request would, and does not affect the others."""

from typing import Any

import pytest

from photosky.errors import Code
from photosky.photo import Photo, Status, new_photo_id
from photosky.store.media import media_bucket
from photosky.store.photos import photos_table
from tests.api.gateway import REQUEST_ID, Response, call, expect, expect_problem
from tests.api.photos import NO_PHOTO, PHOTO, etag, shown
from tests.storage import OTHER_OWNER, OWNER, Storage, revised


def send(*operations: object) -> Response:
    """Send a batch."""
    return call("POST", "/photos/batch", body={"operations": operations})


def edit(photo_id: str, changes: object, **more: object) -> dict[str, object]:
    """An edit of a photo."""
    return {"op": "edit", "photo_id": photo_id, "changes": changes, **more}


def delete(photo_id: str, **more: object) -> dict[str, object]:
    """The deletion of a photo, which does not go to the trash."""
    return {"op": "delete", "photo_id": photo_id, "permanent": True, **more}


def problem(code: Code, status: int, title: str, detail: str, **place: str) -> dict[str, Any]:
    """The result of an operation that failed."""
    document = {
        "type": f"urn:photosky:problem:{code}",
        "title": title,
        "status": status,
        "detail": detail,
        "code": str(code),
        "request_id": REQUEST_ID,
    }
    return {
        "status": status,
        "problem": document | ({"errors": [{"detail": detail} | place]} if place else {}),
    }


MISSING = problem(Code.PHOTO_NOT_FOUND, 404, "Photo not found", NO_PHOTO)


@pytest.fixture
def photos(storage: Storage) -> list[Photo]:
    """Four ready photos, oldest first."""
    return storage.put_many_ready(4)


def test_bad_operations_change_nothing_and_the_others_are_performed(storage: Storage, photos: list[Photo]) -> None:
    first, second, third, fourth = photos
    foreign = storage.put_ready("ab" * 32, owner_id=OTHER_OWNER)
    response = send(
        edit(first.photo_id, {"title": " New "}, if_match='"1-0123456789abcdef"'),
        edit(first.photo_id, {"tags": ["sea"]}, if_match='"1"'),
        edit(second.photo_id, {"titel": "x"}),
        edit(second.photo_id, {"favorite": True}),
        delete(third.photo_id),
        edit(third.photo_id, {"title": "late"}),
        delete(third.photo_id),
        delete(new_photo_id()),
        delete(foreign.photo_id),
        edit("../x", {"title": "x"}),
        {"op": "remove", "photo_id": fourth.photo_id},
        delete(fourth.photo_id, permanent="yes"),
        edit(fourth.photo_id, {"title": "x"}, keep_trashed=True),
        "delete",
    )
    changed = [storage.photo(photo) for photo in (first, second)]
    invalid = Code.INVALID_REQUEST, 400, "The request is invalid"
    expect(
        response,
        200,
        {
            "results": [
                {"status": 200, "photo": shown(changed[0]), "etag": etag(changed[0])},
                problem(
                    Code.PRECONDITION_FAILED,
                    412,
                    "Precondition failed",
                    "The photo is at version 2, which does not match If-Match.",
                ),
                problem(*invalid, "'titel' is not a field of this request.", pointer="#/operations/2/changes/titel"),
                {"status": 200, "photo": shown(changed[1]), "etag": etag(changed[1])},
                {"status": 204},
                MISSING,
                {"status": 204},
                MISSING,
                MISSING,
                MISSING,
                problem(
                    *invalid, "operations[10].op must be one of edit, delete, restore.", pointer="#/operations/10/op"
                ),
                problem(
                    *invalid, "operations[11].permanent must be true or false.", pointer="#/operations/11/permanent"
                ),
                problem(
                    *invalid,
                    "'keep_trashed' is not a field of this request.",
                    pointer="#/operations/12/keep_trashed",
                ),
                problem(*invalid, "operations[13] must be an object.", pointer="#/operations/13"),
            ]
        },
    )
    assert [(photo.title, photo.tags, photo.favorite) for photo in changed] == [("New", (), False), (None, (), True)]
    assert call("GET", PHOTO, third.photo_id).status == 404
    assert (storage.photo(fourth), storage.photo(foreign)) == (fourth, foreign)


def test_photos_move_to_the_trash_and_back_as_single_requests_do(storage: Storage, photos: list[Photo]) -> None:
    first, second, third, _ = photos
    trash = [{"op": "delete", "photo_id": photo.photo_id, "permanent": False} for photo in (first, second, second)]
    trash.append({"op": "delete", "photo_id": first.photo_id, "keep_trashed": True})
    assert send(*trash).document["results"] == [{"status": 204}] * 4
    assert storage.photo(first).status is Status.TRASHED
    assert storage.table.was_deleted(OWNER, second.photo_id)
    waiting = storage.put_photo()
    restored_first = revised(first, restores=1, revisions=2)
    restored = send(*({"op": "restore", "photo_id": photo.photo_id} for photo in (first, third, second, waiting)))
    assert restored.document["results"] == [
        *({"status": 200, "photo": shown(photo), "etag": etag(photo)} for photo in (restored_first, third)),
        MISSING,
        problem(
            Code.PHOTO_NOT_TRASHED,
            409,
            "The photo is not in the trash",
            "The photo is not in the trash: its status is awaiting_upload.",
        ),
    ]
    assert storage.photo(first) == restored_first


def test_hundred_photos_are_deleted_with_few_requests(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    photos = storage.put_many_ready(100)
    requests: list[list[str]] = []
    monkeypatch.setattr(media_bucket(), "_delete_objects", requests.append)
    response = send(*(delete(photo.photo_id) for photo in photos))
    assert response.document == {"results": [{"status": 204}] * 100}
    assert call("GET", "/photos").document["photos"] == []
    assert len(requests) == 1  # Of at most 1,000 keys.


def test_fault_of_one_operation_is_its_result(storage: Storage, photos: list[Photo], monkeypatch: Any) -> None:
    original = photos_table().edit

    def faulty(owner_id: str, photo_id: str, *more: Any, **options: Any) -> Photo:
        if photo_id == photos[0].photo_id:
            raise RuntimeError("a secret place")
        return original(owner_id, photo_id, *more, **options)

    monkeypatch.setattr(photos_table(), "edit", faulty)
    results = send(*(edit(photo.photo_id, {"title": "x"}) for photo in photos[:2])).document["results"]
    detail = "The operation failed because of an internal error. Try again later."
    assert results[0] == problem(Code.INTERNAL_ERROR, 500, "Internal error", detail)
    assert results[1]["status"] == 200
    assert [storage.photo(photo).title for photo in photos[:2]] == [None, "x"]


def test_objects_that_are_not_removed_fail_the_deletions_only(
    storage: Storage, photos: list[Photo], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_keys: list[str]) -> None:
        raise RuntimeError("2 of 2 objects were not removed: AccessDenied")

    with monkeypatch.context() as broken:
        broken.setattr(media_bucket(), "_delete_objects", refuse)
        operations = [edit(photos[0].photo_id, {"title": "x"}), *(delete(photo.photo_id) for photo in photos[1:3])]
        assert [result["status"] for result in send(*operations).document["results"]] == [200, 500, 500]
    assert [result["status"] for result in send(*operations).document["results"]] == [200, 204, 204]
    assert storage.table.was_deleted(OWNER, photos[1].photo_id)


@pytest.mark.parametrize(
    ("body", "pointer", "detail"),
    [
        ([], "#", "The request body must be a JSON object."),
        ({}, "#/operations", "operations is required."),
        ({"operations": []}, "#/operations", "operations must be an array of 1 to 100 operations."),
        ({"operations": [{}] * 101}, "#/operations", "operations must be an array of 1 to 100 operations."),
        ({"operations": [{}], "atomic": True}, "#/atomic", "'atomic' is not a field of this request."),
    ],
)
def test_another_body_is_refused_as_a_whole(body: object, pointer: str, detail: str) -> None:
    expect_problem(call("POST", "/photos/batch", body=body), Code.INVALID_REQUEST, detail, pointer=pointer)
