"""The line that CloudWatch makes metrics of."""

import pytest

from photosky.metrics import METRICS, embedded


def test_a_line_tells_each_metric_by_its_own_dimensions_and_keeps_the_rest_to_search_by() -> None:
    about = {"environment": "prod", "step": "reject", "outcome": "rejected", "code": "CorruptImage", "photo_id": "p"}
    assert embedded({"Steps": 1, "Duration": 2.5, "Refusals": 1}, about, 1_700_000_000_000) == {
        "_aws": {
            "Timestamp": 1_700_000_000_000,
            "CloudWatchMetrics": [
                {
                    "Namespace": "PhotoSky",
                    "Dimensions": [["environment", "step", "outcome"]],
                    "Metrics": [{"Name": "Steps", "Unit": "Count"}, {"Name": "Duration", "Unit": "Milliseconds"}],
                },
                {
                    "Namespace": "PhotoSky",
                    "Dimensions": [["environment", "code"]],
                    "Metrics": [{"Name": "Refusals", "Unit": "Count"}],
                },
            ],
        },
        "environment": "prod",
        "step": "reject",
        "outcome": "rejected",
        "code": "CorruptImage",
        "photo_id": "p",
        "Steps": 1,
        "Duration": 2.5,
        "Refusals": 1,
    }


def test_a_line_without_a_dimension_or_of_an_unknown_metric_is_not_written() -> None:
    with pytest.raises(KeyError, match="outcome"):
        embedded({"Steps": 1}, {"environment": "prod", "step": "reject"}, 0)
    with pytest.raises(KeyError, match="Photos"):
        embedded({"Photos": 1}, {"environment": "prod"}, 0)


def test_every_metric_is_an_environments_own_and_no_ones_id_is_a_dimension() -> None:
    for metric in METRICS.values():
        assert metric.dimensions[0] == "environment"
        assert not {"photo_id", "owner_id", "execution", "request_id"} & set(metric.dimensions)
