"""The log line in CloudWatch's embedded metric format."""

import pytest

from photosky.metrics import METRICS, embedded


def test_line_has_each_metric_with_its_dimensions_and_all_properties() -> None:
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


def test_missing_dimension_or_unknown_metric_raises() -> None:
    with pytest.raises(KeyError, match="outcome"):
        embedded({"Steps": 1}, {"environment": "prod", "step": "reject"}, 0)
    with pytest.raises(KeyError, match="Photos"):
        embedded({"Photos": 1}, {"environment": "prod"}, 0)


def test_metrics_have_the_environment_and_no_id_as_dimension() -> None:
    for metric in METRICS.values():
        assert metric.dimensions[0] == "environment"
        assert not {"photo_id", "owner_id", "execution", "request_id"} & set(metric.dimensions)
