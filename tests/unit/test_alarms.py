"""The evaluation of alarms in tests agrees with CloudWatch's guide: missing data, metric math, embedded metrics."""

import pytest

from tests.alarms import Alarm, evaluate, published

X, O = 10.0, 0.0  # noqa: E741 - breaching and not, as in the guide's tables
N = None


def alarm(datapoints: int, periods: int, missing: str) -> Alarm:
    """Return an alarm on one metric with the threshold 5."""
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
def test_missing_data_of_three_in_three(points: list[float | None], on_breaching: bool, on_not_breaching: bool) -> None:
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
def test_missing_data_of_two_in_three(points: list[float | None], on_breaching: bool, on_not_breaching: bool) -> None:
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
def test_expressions_are_evaluated_per_period(expression: str, points: list[float | None]) -> None:
    series = {"a": [1.0, 2.0, None], "b": [10.0, None, 30.0]}
    assert evaluate(expression, series.__getitem__, 3) == points


@pytest.mark.parametrize("expression", ["a - 1", "ABS(a)", "SEARCH('x', 'Sum', 300)", "a AND b"])
def test_unsupported_syntax_raises(expression: str) -> None:
    with pytest.raises((ValueError, SyntaxError)):
        evaluate(expression, {"a": [1.0], "b": [1.0]}.__getitem__, 1)


def test_only_embedded_metric_lines_publish() -> None:
    line = (
        '{"_aws":{"Timestamp":1,"CloudWatchMetrics":[{"Namespace":"N","Dimensions":[["d"]],'
        '"Metrics":[{"Name":"M","Unit":"Count"}]}]},"d":"x","M":3,"photo_id":"p"}'
    )
    samples = published([line, "START RequestId: 1", '{"level":"INFO"}', "[1]", line])
    assert samples == {("N", "M", frozenset({("d", "x")})): [[3.0, 3.0]]}
