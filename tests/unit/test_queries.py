"""Each query is read into a typed value, or refused with the names of its wrong parameters."""

from dataclasses import replace
from typing import Any

import pytest

from api.queries import (
    ListChanges,
    ListPhotos,
    read_changes,
    read_cursor,
    read_flags,
    read_list,
    read_previews,
    read_timeline,
)
from photosky.errors import FieldError, PhotoSkyError
from photosky.store import cursors
from photosky.store.listings import View

KEY = bytes(range(32))
PHOTO_ID = "0199a0a0-0000-7000-8000-000000000001"
TAKEN = f"2024-05-17T10:11:12.000000000/{PHOTO_ID}"
LISTING = ListPhotos(View(), 50, "desc", None)
NOT_DATES = ["", "2024-02-30", "2023-02-29", "0000-01-01", "2024-5-17", "20240517", "2024-05-17T00:00:00", "2024-05"]
NOT_DATES += ["2024-05-17\n", " 2024-05-17", "\u0662024-05-17", "today"]


def refused(read: Any, query: dict[str, str]) -> tuple[str, tuple[FieldError, ...]]:
    """The code and the errors of a query that is refused."""
    with pytest.raises(PhotoSkyError) as error:
        read(query)
    assert error.value.detail == " ".join(wrong.detail for wrong in error.value.errors)
    return str(error.value.code), error.value.errors


def wrong(**details: str) -> tuple[str, tuple[FieldError, ...]]:
    """The refusal with one error per parameter."""
    return "InvalidRequest", tuple(FieldError(detail, parameter=name) for name, detail in details.items())


@pytest.mark.parametrize(
    ("query", "read"),
    [
        ({}, LISTING),
        ({"status": "trashed"}, replace(LISTING, view=View(status="trashed"))),
        ({"limit": "1"}, replace(LISTING, limit=1)),
        ({"limit": "100", "order": "asc"}, replace(LISTING, limit=100, order="asc")),
        ({"cursor": "sealed", "limit": "007"}, replace(LISTING, limit=7, cursor="sealed")),
        ({"cursor": "", "order": "asc"}, replace(LISTING, order="asc", cursor="")),
        ({"sort": "created_at"}, LISTING),
        ({"sort": "taken_at"}, replace(LISTING, view=View(sort="taken_at"))),
        ({"favorite": "true"}, replace(LISTING, view=View(is_favorite=True))),
        ({"taken_from": "2024-02-29"}, replace(LISTING, view=View(sort="taken_at", taken_from="2024-02-29"))),
        ({"taken_to": "0001-01-01"}, replace(LISTING, view=View(sort="taken_at", taken_to="0001-01-01"))),
        (
            {"taken_from": "2024-05-17", "taken_to": "2024-05-17", "sort": "taken_at"},
            replace(LISTING, view=View(sort="taken_at", taken_from="2024-05-17", taken_to="2024-05-17")),
        ),
        (
            {
                "status": "trashed",
                "favorite": "true",
                "tag": "sea",
                "taken_from": "2024-05-17",
                "taken_to": "9999-12-31",
            },
            replace(LISTING, view=View("trashed", "taken_at", True, "sea", "2024-05-17", "9999-12-31")),
        ),
    ],
)
def test_listing_query_is_read(query: dict[str, str], read: ListPhotos) -> None:
    assert read_list(query) == read


@pytest.mark.parametrize(
    ("tag", "found"),
    [
        ("sea", "sea"),
        ("Sea", "sea"),
        (" Du\u0308nen\u00a0", "d\u00fcnen"),
        ("Stra\u00dfe", "strasse"),
        ("x" * 50, "x" * 50),
        ("\u00df" * 50, "ss" * 50),
        ("a, b", "a, b"),
    ],
)
def test_tag_is_normalized_without_case(tag: str, found: str) -> None:
    assert read_list({"tag": tag}).view.tag == found


@pytest.mark.parametrize(
    ("query", "details"),
    [
        *(
            ({"limit": limit}, {"limit": "limit must be an integer from 1 to 100."})
            for limit in ("0", "101", "-1", "1.0", "", "ten", "1e1", " 5", "\N{ARABIC-INDIC DIGIT FIVE}", "9" * 5000)
        ),
        *(({"order": order}, {"order": "order must be asc or desc."}) for order in ("", "up", "ASC", "asc,desc")),
        *(
            ({"sort": sort}, {"sort": "sort must be created_at or taken_at."})
            for sort in ("", "updated_at", "TAKEN_AT")
        ),
        *(({"status": text}, {"status": "status must be ready or trashed."}) for text in ("", "failed", "Ready")),
        *(({"taken_from": day}, {"taken_from": "taken_from must be a date, such as 2024-05-17."}) for day in NOT_DATES),
        *(({"taken_to": day}, {"taken_to": "taken_to must be a date, such as 2024-05-17."}) for day in NOT_DATES),
        *(
            ({"favorite": mark}, {"favorite": "favorite must be true; omit it for all photos."})
            for mark in ("", "false", "True", "1", "true ")
        ),
        *(({"tag": tag}, {"tag": "tag must not be blank."}) for tag in ("", " ", "\u00a0\u3000", "\x85")),
        *(
            ({"tag": tag}, {"tag": "tag must not contain control characters or lone surrogates."})
            for tag in ("\n", "a\tb", "a\0", "\x7f", "\ud83c")
        ),
        ({"tag": "x" * 51}, {"tag": "tag must have at most 50 characters."}),
        (
            {"taken_from": "2024-05-18", "taken_to": "2024-05-17"},
            {"taken_from": "taken_from must not be after taken_to."},
        ),
        *(
            (
                {name: "2024-05-17", "sort": "created_at"},
                {
                    "sort": "sort must be taken_at with taken_from or taken_to, "
                    "because a period is a range of the order by capture time."
                },
            )
            for name in ("taken_from", "taken_to")
        ),
        ({"page": "2"}, {"page": "'page' is not a query parameter of this request."}),
        ({"limit": "5", "Limit": "6"}, {"Limit": "'Limit' is not a query parameter of this request."}),
        ({"x" * 99: "1"}, {"x" * 40: f"'{'x' * 40}' is not a query parameter of this request."}),
    ],
)
def test_invalid_listing_query_is_refused(query: dict[str, str], details: dict[str, str]) -> None:
    assert refused(read_list, query) == wrong(**details)


def test_every_wrong_parameter_is_named() -> None:
    query = {"limit": "0", "order": "up", "page": "2", "taken_to": "2024-02-30", "tag": ""}
    assert refused(read_list, query) == wrong(
        page="'page' is not a query parameter of this request.",
        limit="limit must be an integer from 1 to 100.",
        order="order must be asc or desc.",
        taken_to="taken_to must be a date, such as 2024-05-17.",
        tag="tag must not be blank.",
    )


def test_contradicting_parameters_are_named() -> None:
    query = {"sort": "created_at", "taken_from": "2025-01-01", "taken_to": "2024-12-31"}
    assert [error.parameter for error in refused(read_list, query)[1]] == ["taken_from", "sort"]


@pytest.mark.parametrize(
    ("query", "unit"), [({}, "month"), *(({"unit": unit}, unit) for unit in ("day", "month", "year"))]
)
def test_timeline_query_is_read(query: dict[str, str], unit: str) -> None:
    assert read_timeline(query) == unit


@pytest.mark.parametrize(
    ("query", "details"),
    [
        *(({"unit": unit}, {"unit": "unit must be day, month or year."}) for unit in ("", "week", "Month")),
        ({"limit": "5"}, {"limit": "'limit' is not a query parameter of this request."}),
    ],
)
def test_invalid_timeline_query_is_refused(query: dict[str, str], details: dict[str, str]) -> None:
    assert refused(read_timeline, query) == wrong(**details)


@pytest.mark.parametrize(
    ("query", "read"),
    [
        ({}, ListChanges(50, None)),
        ({"limit": "100"}, ListChanges(100, None)),
        ({"limit": "1", "cursor": ""}, ListChanges(1, "")),
        ({"cursor": "sealed"}, ListChanges(50, "sealed")),
        ({"start": "now"}, ListChanges(50, None, starts_now=True)),
    ],
)
def test_changes_query_is_read(query: dict[str, str], read: ListChanges) -> None:
    assert read_changes(query) == read


@pytest.mark.parametrize(
    ("query", "details"),
    [
        ({"limit": "0"}, {"limit": "limit must be an integer from 1 to 100."}),
        ({"order": "asc"}, {"order": "'order' is not a query parameter of this request."}),
        ({"start": "then"}, {"start": "start must be now; omit it to start from the beginning."}),
        ({"start": "now", "cursor": "sealed"}, {"start": "start must not be sent with a cursor."}),
    ],
)
def test_invalid_changes_query_is_refused(query: dict[str, str], details: dict[str, str]) -> None:
    assert refused(read_changes, query) == wrong(**details)


@pytest.mark.parametrize(
    ("query", "position"),
    [
        (LISTING, PHOTO_ID),
        (ListPhotos(View("trashed", "taken_at", True, "sea", "2024-05-17", "2024-05-18"), 1, "asc", None), TAKEN),
        (ListChanges(1, None), "1790000100000/7"),
    ],
    ids=["created_at", "taken_at", "changes"],
)
def test_cursor_is_read_as_the_position(query: ListPhotos | ListChanges, position: str) -> None:
    cursor = cursors.seal(KEY, "owner", query.listing, position)
    assert read_cursor(replace(query, limit=7, cursor=cursor), KEY, "owner") == position


@pytest.mark.parametrize(
    ("query", "listing"),
    [
        ({}, "desc"),
        ({"sort": "created_at", "order": "asc"}, "asc"),
        ({"status": "trashed"}, "trashed desc"),
        ({"status": "trashed", "order": "asc"}, "trashed asc"),
    ],
)
def test_plain_listings_keep_their_names(query: dict[str, str], listing: str) -> None:
    """Cursors that clients hold are bound to these names."""
    assert read_list(query).listing == listing


def test_cursor_is_bound_to_every_other_parameter() -> None:
    sent = [
        {},
        {"order": "asc"},
        {"status": "trashed"},
        {"status": "trashed", "order": "asc"},
        {"sort": "taken_at"},
        {"favorite": "true"},
        {"favorite": "true", "status": "trashed"},
        {"tag": "a"},
        {"tag": "b"},
        {"taken_from": "2024-05-17"},
        {"taken_to": "2024-05-17"},
        {"taken_from": "2024-05-17", "order": "asc"},
        {"tag": '"}, {"sort": "taken_at"'},
    ]
    queries: list[ListPhotos | ListChanges] = [*map(read_list, sent), read_changes({})]
    for issued in queries:
        cursor = cursors.seal(KEY, "owner", issued.listing, PHOTO_ID)
        for query in queries:
            if query is not issued:
                with pytest.raises(PhotoSkyError):
                    read_cursor(replace(query, cursor=cursor), KEY, "owner")


@pytest.mark.parametrize(
    ("first", "next_"),
    [
        ({"tag": "Stra\u00dfe"}, {"tag": " STRASSE "}),
        ({"taken_from": "2024-05-17"}, {"taken_from": "2024-05-17", "sort": "taken_at"}),
        ({"limit": "1"}, {"limit": "2", "sort": "created_at", "status": "ready", "order": "desc"}),
    ],
)
def test_cursor_holds_for_the_same_query_written_differently(first: dict[str, str], next_: dict[str, str]) -> None:
    assert read_list(first).listing == read_list(next_).listing


@pytest.mark.parametrize("cursor", ["", "made up", "\ud83c", "\u00fc", "A" * 43, "A" * 1_000_000])
@pytest.mark.parametrize("query", [LISTING, ListChanges(1, None)], ids=["listing", "changes"])
def test_invalid_cursor_is_refused(query: ListPhotos | ListChanges, cursor: str) -> None:
    with pytest.raises(PhotoSkyError) as error:
        read_cursor(replace(query, cursor=cursor), KEY, "owner")
    detail = "cursor must be the next_cursor of a response to the same request; only limit and previews may differ."
    assert (error.value.code, error.value.errors) == wrong(cursor=detail)


@pytest.mark.parametrize(
    ("query", "redirect"), [({}, False), ({"redirect": "false"}, False), ({"redirect": "true", "other": "x"}, True)]
)
def test_flag_is_read(query: dict[str, str], redirect: bool) -> None:
    assert read_flags(query, "redirect") == [redirect]


@pytest.mark.parametrize("value", ["", "1", "yes", "True", "TRUE"])
def test_invalid_flag_is_refused(value: str) -> None:
    assert refused(lambda query: read_flags(query, "redirect"), {"redirect": value}) == wrong(
        redirect="redirect must be true or false."
    )


PRESETS = ["thumb", "small"]


@pytest.mark.parametrize(
    ("query", "previews"),
    [
        ({}, None),
        ({"previews": ""}, frozenset()),
        ({"previews": "small"}, {"small"}),
        ({"previews": "small,thumb,small"}, {"small", "thumb"}),
    ],
)
def test_previews_are_read(query: dict[str, str], previews: frozenset[str] | None) -> None:
    assert read_list(query, PRESETS) == replace(LISTING, previews=previews)
    assert read_changes(query, PRESETS) == ListChanges(50, None, previews=previews)
    assert read_previews(query | {"unknown": "ignored"}, PRESETS) == previews


@pytest.mark.parametrize("text", ["Thumb", "thumb,", "thumb small", "thumb, small", "large", ",", " "])
@pytest.mark.parametrize("read", [read_list, read_changes, read_previews])
def test_unknown_previews_are_refused(read: Any, text: str) -> None:
    detail = "previews must be names of thumb, small, separated by commas."
    assert refused(lambda query: read(query, PRESETS), {"previews": text}) == wrong(previews=detail)


def test_cursor_is_not_bound_to_previews() -> None:
    query = read_list({"cursor": cursors.seal(KEY, "owner", LISTING.listing, TAKEN)}, PRESETS)
    assert read_cursor(replace(query, previews=frozenset({"thumb"})), KEY, "owner") == TAKEN
