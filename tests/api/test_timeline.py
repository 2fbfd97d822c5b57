"""`GET /timeline`: the number of ready photos of each period."""

from typing import Any, Final

import pytest

from photosky.errors import Code
from photosky.photo import Status
from tests.api.gateway import call, expect, expect_problem
from tests.api.photos import PHOTO
from tests.storage import OTHER_OWNER, Storage

TAKEN: Final = ("2024-05-17T23:59:59-11:00", "2024-05-17T00:00:00", "2024-05-01", "2023-12-31T23:59:59Z", None, None)
"""Photos without a time were created on 21 September 2026."""

PERIODS: Final = {
    "day": [("2026-09-21", 2, 2), ("2024-05-17", 2, 0), ("2024-05-01", 1, 0), ("2023-12-31", 1, 0)],
    "month": [("2026-09", 2, 2), ("2024-05", 3, 0), ("2023-12", 1, 0)],
    "year": [("2026", 2, 2), ("2024", 3, 0), ("2023", 1, 0)],
}


@pytest.fixture
def photo_ids(storage: Storage) -> list[str]:
    """The ids of photos that were taken at these times."""
    return [taken(storage, number, time) for number, time in enumerate(TAKEN)]


def taken(storage: Storage, number: int, time: str | None, **changes: Any) -> str:
    """The id of a new ready photo with this time."""
    photo = storage.put_ready(f"{number:064x}", **changes)
    assert call("PATCH", PHOTO, photo.photo_id, body={"taken_at": time}, owner_id=photo.owner_id).status == 200
    return photo.photo_id


def timeline(unit: str, periods: list[tuple[str, int, int]]) -> dict[str, Any]:
    """The document with these periods."""
    names = ("period", "count", "undated")
    return {"unit": unit, "periods": [dict(zip(names, period, strict=True)) for period in periods]}


@pytest.mark.parametrize("unit", PERIODS)
@pytest.mark.usefixtures("photo_ids")
def test_periods_are_newest_first_with_their_counts(unit: str) -> None:
    expect(call("GET", "/timeline", query={"unit": unit}), 200, timeline(unit, PERIODS[unit]))


@pytest.mark.usefixtures("photo_ids")
def test_unit_is_a_month_by_default() -> None:
    expect(call("GET", "/timeline"), 200, timeline("month", PERIODS["month"]))


def test_timeline_without_photos_is_empty() -> None:
    expect(call("GET", "/timeline"), 200, timeline("month", []))


def test_only_ready_photos_of_the_owner_are_counted(storage: Storage) -> None:
    for status in Status:
        storage.put_photo(status=status)
    taken(storage, 0, "2024-05-17")
    taken(storage, 1, "2024-06-17", owner_id=OTHER_OWNER)
    assert call("GET", "/timeline").document == timeline("month", [("2024-05", 1, 0)])


def test_trashed_photo_counts_again_after_its_restore(photo_ids: list[str]) -> None:
    for photo_id in (photo_ids[3], photo_ids[4]):
        assert call("DELETE", PHOTO, photo_id).status == 204
    trashed = [("2026-09", 1, 1), ("2024-05", 3, 0)]
    assert call("GET", "/timeline").document == timeline("month", trashed)
    assert call("POST", "/photos/{photo_id}/restore", photo_ids[4]).status == 200
    assert call("GET", "/timeline").document == timeline("month", [("2026-09", 2, 2), ("2024-05", 3, 0)])


def test_each_period_is_that_of_its_listing(photo_ids: list[str]) -> None:
    periods = call("GET", "/timeline", query={"unit": "day"}).document["periods"]
    found = []
    for period in periods:
        query = {"taken_from": period["period"], "taken_to": period["period"]}
        photos = call("GET", "/photos", query=query).document["photos"]
        assert len(photos) == period["count"]
        assert [photo["taken_at"] for photo in photos].count(None) == period["undated"]
        found += [photo["photo_id"] for photo in photos]
    assert sorted(found) == sorted(photo_ids)


@pytest.mark.parametrize(
    ("query", "detail"),
    [
        ({"unit": "week"}, "unit must be day, month or year."),
        ({"limit": "1"}, "'limit' is not a query parameter of this request."),
    ],
    ids=str,
)
def test_invalid_query_is_refused(query: dict[str, str], detail: str) -> None:
    (parameter,) = query
    expect_problem(call("GET", "/timeline", query=query), Code.INVALID_REQUEST, detail, parameter=parameter)
