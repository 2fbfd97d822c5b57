"""`GET /photos` by capture time, period, favorites and tag."""

from collections.abc import Iterator
from typing import Any, Final

import pytest

from photosky.errors import Code
from tests.api.gateway import call, expect, expect_problem
from tests.api.photos import PHOTO, shown
from tests.storage import OTHER_OWNER, Storage

EDITS: Final[dict[str, dict[str, Any]]] = {
    "leap day": {"taken_at": "2024-02-29T23:59:59", "tags": ["Sea", "Evening"]},
    "first of May": {"taken_at": "2024-05-01T00:00:00+14:00", "tags": ["sea"], "favorite": True},
    "middle of May": {"taken_at": "2024-05-17T10:11:12Z", "favorite": True},
    "last of May": {"taken_at": "2024-05-31T23:59:59-11:00", "tags": ["Straße"], "favorite": True},
    "undated": {"tags": ["evening"]},
    "future": {"taken_at": "2027-01-01T00:00:00", "tags": ["sea"], "favorite": True},
}
"""The photos of these tests in the order by capture time. The undated one was created in September 2026."""

CREATED: Final = ("middle of May", "undated", "leap day", "future", "first of May", "last of May")
"""The order in which they are created."""

MAY: Final = {"taken_from": "2024-05-01", "taken_to": "2024-05-31"}


@pytest.fixture
def photo_ids(storage: Storage) -> dict[str, str]:
    """The ids of the photos, by name. They are edited by the API, so that its writes are what the filters find."""
    return {name: edited(storage, number, EDITS[name]) for number, name in enumerate(CREATED)}


def edited(storage: Storage, number: int, edit: dict[str, Any], **changes: Any) -> str:
    """The id of a new ready photo with an edit."""
    photo = storage.put_ready(f"{number:064x}", **changes)
    assert call("PATCH", PHOTO, photo.photo_id, body=edit, owner_id=photo.owner_id).status == 200
    return photo.photo_id


def pages(photo_ids: dict[str, str], **query: str) -> Iterator[list[str]]:
    """The names of the photos on each page until the last."""
    names = {photo_id: name for name, photo_id in photo_ids.items()}
    while True:
        response = call("GET", "/photos", query=query)
        assert response.status == 200, response.document
        yield [names[photo["photo_id"]] for photo in response.document["photos"]]
        if response.document["next_cursor"] is None:
            return
        query["cursor"] = response.document["next_cursor"]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"sort": "taken_at"}, list(EDITS)),
        ({"sort": "created_at"}, list(CREATED)),
        (MAY, ["first of May", "middle of May", "last of May"]),
        ({"taken_from": "2024-05-31"}, ["last of May", "undated", "future"]),
        ({"taken_to": "2024-05-01"}, ["leap day", "first of May"]),
        ({"taken_from": "2024-02-29", "taken_to": "2024-02-29"}, ["leap day"]),
        ({"taken_from": "2026-09-21", "taken_to": "2026-09-21"}, ["undated"]),
        ({"taken_from": "2027-01-02"}, []),
        ({"favorite": "true"}, ["middle of May", "future", "first of May", "last of May"]),
        ({"tag": "SEA"}, ["leap day", "future", "first of May"]),
        ({"tag": " evening "}, ["undated", "leap day"]),
        ({"tag": "strasse"}, ["last of May"]),
        ({"tag": "se"}, []),
        ({"tag": "sea", "sort": "taken_at"}, ["leap day", "first of May", "future"]),
        ({"tag": "sea", "favorite": "true"}, ["future", "first of May"]),
        ({"favorite": "true", "sort": "taken_at"}, ["first of May", "middle of May", "last of May", "future"]),
        ({**MAY, "favorite": "true", "tag": "Sea"}, ["first of May"]),
        ({**MAY, "tag": "evening"}, []),
    ],
    ids=str,
)
def test_filters_combine_in_both_orders(photo_ids: dict[str, str], query: dict[str, str], names: list[str]) -> None:
    assert list(pages(photo_ids, order="asc", **query)) == [names]
    assert list(pages(photo_ids, order="desc", **query)) == [names[::-1]]


@pytest.mark.parametrize("limit", [1, 2, 3, 5])
@pytest.mark.parametrize("query", [{"sort": "taken_at"}, {"tag": "sea"}, {"favorite": "true"}, MAY], ids=str)
def test_every_page_size_lists_each_photo_once(photo_ids: dict[str, str], query: dict[str, str], limit: int) -> None:
    ((*names,),) = pages(photo_ids, order="asc", **query)
    chunks = [names[start : start + limit] for start in range(0, len(names), limit)]
    assert list(pages(photo_ids, order="asc", limit=str(limit), **query)) == chunks


def test_filters_combine_in_the_trash(photo_ids: dict[str, str]) -> None:
    for name in ("leap day", "first of May", "middle of May"):
        assert call("DELETE", PHOTO, photo_ids[name]).status == 204
    trash = {"status": "trashed", "order": "asc"}
    assert list(pages(photo_ids, sort="taken_at", **trash)) == [["leap day", "first of May", "middle of May"]]
    assert list(pages(photo_ids, **MAY, **trash)) == [["first of May", "middle of May"]]
    assert list(pages(photo_ids, favorite="true", tag="sea", **trash)) == [["first of May"]]
    assert list(pages(photo_ids, tag="sea", order="asc")) == [["future"]]


def test_edit_moves_a_photo_between_listings(photo_ids: dict[str, str]) -> None:
    edit = {"taken_at": None, "tags": ["forest"], "favorite": False}
    assert call("PATCH", PHOTO, photo_ids["last of May"], body=edit).status == 200
    assert list(pages(photo_ids, order="asc", **MAY)) == [["first of May", "middle of May"]]
    assert list(pages(photo_ids, order="asc", taken_from="2026-09-21", taken_to="2026-09-21")) == [
        ["undated", "last of May"]
    ]
    assert list(pages(photo_ids, tag="strasse")) == [[]]
    assert list(pages(photo_ids, tag="forest")) == [["last of May"]]
    assert list(pages(photo_ids, order="asc", favorite="true")) == [["middle of May", "future", "first of May"]]


def test_restored_photo_is_found_again(photo_ids: dict[str, str]) -> None:
    assert call("DELETE", PHOTO, photo_ids["leap day"]).status == 204
    assert call("POST", "/photos/{photo_id}/restore", photo_ids["leap day"]).status == 200
    assert list(pages(photo_ids, tag="sea", taken_to="2024-02-29")) == [["leap day"]]


def test_filtered_listing_has_complete_photos(storage: Storage) -> None:
    photo = storage.put_ready("0" * 64)
    call("PATCH", PHOTO, photo.photo_id, body={"tags": ["sea"], "favorite": True, "taken_at": "2024-05-17"})
    document = {"photos": [shown(storage.photo(photo))], "next_cursor": None}
    expect(call("GET", "/photos", query={**MAY, "tag": "sea", "favorite": "true"}), 200, document)


def test_photos_of_other_owners_are_not_found(storage: Storage, photo_ids: dict[str, str]) -> None:
    edited(storage, 7, {"tags": ["other"], "favorite": True, "taken_at": "1999-12-31"}, owner_id=OTHER_OWNER)
    assert list(pages(photo_ids, tag="other")) == [[]]
    assert list(pages(photo_ids, taken_to="1999-12-31")) == [[]]


def test_cursor_by_capture_time_is_bound_to_its_query(photo_ids: dict[str, str]) -> None:
    query = {**MAY, "limit": "1"}
    cursor = call("GET", "/photos", query=query).document["next_cursor"]
    assert list(pages(photo_ids, cursor=cursor, **query)) == [["middle of May"], ["first of May"]]
    for change in ({"taken_from": "2024-05-02"}, {"favorite": "true"}, {"order": "asc"}, {"status": "trashed"}):
        expect_problem(
            call("GET", "/photos", query={**query, **change, "cursor": cursor}),
            Code.INVALID_REQUEST,
            "cursor must be the next_cursor of a response to the same request; only limit and previews may differ.",
            parameter="cursor",
        )


@pytest.mark.parametrize(
    ("query", "parameter", "detail"),
    [
        ({"sort": "size"}, "sort", "sort must be created_at or taken_at."),
        ({"taken_from": "2024-02-30"}, "taken_from", "taken_from must be a date, such as 2024-05-17."),
        (
            {"taken_from": "2024-06-01", "taken_to": "2024-05-31"},
            "taken_from",
            "taken_from must not be after taken_to.",
        ),
        ({"favorite": "false"}, "favorite", "favorite must be true; omit it for all photos."),
        ({"tag": " "}, "tag", "tag must not be blank."),
        (
            {**MAY, "sort": "created_at"},
            "sort",
            "sort must be taken_at with taken_from or taken_to, "
            "because a period is a range of the order by capture time.",
        ),
    ],
    ids=str,
)
def test_invalid_filter_is_refused(query: dict[str, str], parameter: str, detail: str) -> None:
    expect_problem(call("GET", "/photos", query=query), Code.INVALID_REQUEST, detail, parameter=parameter)
