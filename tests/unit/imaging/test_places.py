"""The reference of a coordinate decides its sign; without one, the sign of the degrees counts."""

import math

import pytest

from photosky.imaging.places import altitude, coordinate, location, parse_coordinate
from photosky.location import Location


@pytest.mark.parametrize(
    ("parts", "reference", "degrees"),
    [
        ((52.0, 30.0, 0.0), "N", 52.5),
        ((52.0, 30.0, 0.0), "S", -52.5),
        ((-52.0, -30.0, 0.0), "S", -52.5),
        ((-52.0, 30.0, 0.0), "S", -52.5),
        ((-52.0, -30.0, 0.0), "N", 52.5),
        ((-52.5,), "", -52.5),
        ((-52.0, 30.0), "", -52.5),
        ((-52.0, 30.0), "?", -52.5),
        ((13.0, 24.0, 0.0), "W", -13.4),
        ((13.0, 24.0, 0.0), "west", -13.4),
        ((13.0, 24.0, 0.0), "South", -13.4),
        ((0.0, 0.0, 0.0), "S", 0.0),
        ((1.0, 2.0, 3.0, 4.0), "N", None),
        ((), "N", None),
        ((math.nan,), "N", None),
        ((1.0, math.inf), "N", None),
    ],
)
def test_reference_decides_the_sign(parts: tuple[float, ...], reference: str, degrees: float | None) -> None:
    found = coordinate(parts, reference)
    assert found == degrees
    assert found is None or math.copysign(1, found) == (1 if not degrees else math.copysign(1, degrees))


@pytest.mark.parametrize(
    ("text", "degrees"),
    [
        ("52,30.5N", 52.508333),
        ("52,30.5S", -52.508333),
        ("52,30,15n", 52.504167),
        ("13,24.0w", -13.4),
        ("52.5", 52.5),
        ("-52.5", -52.5),
        ("-52.5S", -52.5),
        ("52 deg 30' 0.00\" S", -52.5),
        ("52/1, 305/10, 0/1 South", -52.508333),
        ("N52,30", 52.5),
        ("", None),
        ("north", None),
        ("1/0", None),
        ("9" * 10_000, None),
        ("1,2,3,4N", None),
    ],
)
def test_coordinate_is_read_from_a_text(text: str, degrees: float | None) -> None:
    assert parse_coordinate(text) == degrees


def test_reference_of_its_own_field_is_used() -> None:
    assert (parse_coordinate("52,30", "S"), parse_coordinate("52,30N", "S")) == (-52.5, 52.5)


@pytest.mark.parametrize(
    ("metres", "reference", "expected"),
    [
        (12.34, "", 12.3),
        (12.34, "0", 12.3),
        (12.34, "1", -12.3),
        (-12.34, "1", -12.3),
        (-12.34, "0", -12.3),
        (12.34, "3", -12.3),
        (12.34, "2", 12.3),
        (12.34, "Below Sea Level", -12.3),
        (1e9, "0", None),
        (math.nan, "0", None),
        (None, "0", None),
    ],
)
def test_altitude_is_below_by_its_reference(metres: float | None, reference: str, expected: float | None) -> None:
    assert altitude(metres, reference) == expected


@pytest.mark.parametrize(
    ("latitude", "longitude", "expected"),
    [
        (52.5, 13.4, Location(52.5, 13.4, 7.0)),
        (0.0, 13.4, Location(0.0, 13.4, 7.0)),
        (0.0, 0.0, None),
        (91.0, 0.0, None),
        (0.0, -181.0, None),
        (None, 1.0, None),
        (1.0, None, None),
    ],
)
def test_location_needs_valid_coordinates(
    latitude: float | None, longitude: float | None, expected: Location | None
) -> None:
    assert location(latitude, longitude, 7.0) == expected
