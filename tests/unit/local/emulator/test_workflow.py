"""Retry delays, log groups and log events as in Step Functions."""

import json

import pytest

from local.emulator.patches.workflow import log_group_of, log_message, retry_delay_seconds

ARN = "arn:aws:states:us-east-1:000000000000:execution:ingest:e"
EVENT = {
    "id": 2,
    "type": "TaskStateEntered",
    "timestamp": "2026-01-02T03:04:05.678Z",
    "stateEnteredEventDetails": {"name": "Validate", "input": '{"photo_id": "p"}'},
}


@pytest.mark.parametrize(("attempt", "seconds"), [(0, 1.0), (1, 2.0), (2, 4.0), (3, 5.0)])
def test_retry_delay_grows_up_to_its_maximum(attempt: int, seconds: float) -> None:
    retrier = {"IntervalSeconds": 1, "BackoffRate": 2, "MaxDelaySeconds": 5}
    assert retry_delay_seconds(retrier, attempt, chance=lambda: 0.5) == seconds


def test_full_jitter_uses_a_fraction_of_the_delay() -> None:
    retrier = {"IntervalSeconds": 4, "MaxDelaySeconds": 5, "JitterStrategy": "FULL"}
    assert retry_delay_seconds(retrier, 2, chance=lambda: 0.5) == 2.5


@pytest.mark.parametrize("is_capitalized", [True, False])
def test_log_group_is_found_in_either_capitalization(*, is_capitalized: bool) -> None:
    group = "arn:aws:logs:us-east-1:000000000000:log-group:/aws/vendedlogs/states/ingest:*"
    configuration = (
        {
            "Level": "ALL",
            "IncludeExecutionData": True,
            "Destinations": [{"CloudWatchLogsLogGroup": {"LogGroupArn": group}}],
        }
        if is_capitalized
        else {
            "level": "ALL",
            "includeExecutionData": True,
            "destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": group}}],
        }
    )
    assert log_group_of({"loggingConfiguration": configuration}) == ("/aws/vendedlogs/states/ingest", "ALL", True)


def test_machine_without_logging_has_no_log_group() -> None:
    assert log_group_of({}) == ("", "OFF", False)


def test_event_data_is_logged_only_if_configured() -> None:
    expected = {
        "id": "2",
        "type": "TaskStateEntered",
        "details": {"name": "Validate", "input": '{"photo_id": "p"}'},
        "previous_event_id": "1",
        "event_timestamp": "1767323045678",
        "execution_arn": ARN,
    }
    assert json.loads(log_message(EVENT, ARN, with_data=True)) == expected
    assert json.loads(log_message(EVENT, ARN, with_data=False)) == expected | {"details": {"name": "Validate"}}
