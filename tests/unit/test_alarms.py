"""The rules that the alarms' tests go by are CloudWatch's: its guide's own tables, and what its metric math says."""

import pytest

from tests.alarms import Alarm, evaluate, published

X, O = 10.0, 0.0  # noqa: E741 - breaching and not, as in the guide's tables
N = None


def alarm(datapoints: int, periods: int, missing: str) -> Alarm:
    """One on a single metric that may not reach 5."""
    return Alarm("A", "", {}, {}, "value", "GreaterThanOrEqualToThreshold", 5, datapoints, periods, missing)


@pytest.mark.parametrize(
    ("points", "on_breaching", "on_not_breaching"),
    [
        ([O, N, X, N, X], False, False),
        ([N, N, N, N, O], False, False),
        ([N, N, N, N, N], True, False),
        ([O, X, X, N, X], True, True),
        ([N, N, X, N, N], True, False),
    ],
)
def test_missing_data_is_treated_as_in_the_guides_table_for_three_of_three(
    points: list[float | None], on_breaching: bool, on_not_breaching: bool
) -> None:
    """CloudWatch guide, "Configuring how CloudWatch alarms treat missing data", the first table."""
    assert alarm(3, 3, "breaching").is_breached(points) is on_breaching
    assert alarm(3, 3, "notBreaching").is_breached(points) is on_not_breaching


@pytest.mark.parametrize(
    ("points", "on_breaching", "on_not_breaching"),
    [
        ([O, N, X, N, X], True, True),
        ([O, O, X, O, X], True, True),
        ([O, N, X, N, N], True, False),
        ([N, N, N, N, O], True, False),
        ([N, N, N, X, N], True, False),
    ],
)
def test_missing_data_is_treated_as_in_the_guides_table_for_two_of_three(
    points: list[float | None], on_breaching: bool, on_not_breaching: bool
) -> None:
    """The same page, the second table."""
    assert alarm(2, 3, "breaching").is_breached(points) is on_breaching
    assert alarm(2, 3, "notBreaching").is_breached(points) is on_not_breaching


@pytest.mark.parametrize(
    ("expression", "points"),
    [
        ("a + b", [11.0, None, None]),
        ("FILL(a, 0) + FILL(b, 0)", [11.0, 2.0, 30.0]),
        ("100 * a / b", [10.0, None, None]),
        ("a / FILL(b, 0)", [0.1, None, None]),
        ("IF(a > 1, a, 7)", [7.0, 2.0, None]),
        ("IF(FILL(b, 0) >= 10, FILL(b, 0), 1)", [10.0, 1.0, 30.0]),
        ("MAX([FILL(a, 0), FILL(b, 0)])", [10.0, 2.0, 30.0]),
        ("MAX([a, b])", [10.0, None, None]),
    ],
)
def test_expressions_come_out_point_by_point(expression: str, points: list[float | None]) -> None:
    series = {"a": [1.0, 2.0, None], "b": [10.0, None, 30.0]}
    assert evaluate(expression, series.__getitem__, 3) == points


@pytest.mark.parametrize("expression", ["a - 1", "ABS(a)", "SEARCH('x', 'Sum', 300)", "a AND b"])
def test_what_none_of_the_alarms_uses_is_not_guessed_at(expression: str) -> None:
    with pytest.raises((ValueError, SyntaxError)):
        evaluate(expression, {"a": [1.0], "b": [1.0]}.__getitem__, 1)


def test_only_lines_in_the_embedded_format_publish() -> None:
    line = (
        '{"_aws":{"Timestamp":1,"CloudWatchMetrics":[{"Namespace":"N","Dimensions":[["d"]],'
        '"Metrics":[{"Name":"M","Unit":"Count"}]}]},"d":"x","M":3,"photo_id":"p"}'
    )
    told = published([line, "START RequestId: 1", '{"level":"INFO"}', "[1]", line])
    assert told == {("N", "M", frozenset({("d", "x")})): [[3.0, 3.0]]}
