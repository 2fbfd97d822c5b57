"""Reconcile's request to Step Functions, and how it reads the response."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from photosky.ingests import INGEST_VARIABLE, ingest, states_client

ARN: Final = "arn:aws:states:us-east-1:123456789012:stateMachine:Ingest"
REQUEST: Final = {"stateMachineArn": ARN, "input": json.dumps({"owner_id": "owner 1", "photo_id": "photo 1"})}
NOW: Final = datetime(2026, 9, 21, tzinfo=UTC)


@pytest.fixture
def stubber(aws_environment: None, fresh_caches: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stubber]:  # noqa: ARG001
    """The client, which sends nothing."""
    monkeypatch.setenv(INGEST_VARIABLE, ARN)
    with Stubber(states_client()) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


@pytest.mark.parametrize(
    ("response", "outcome"),
    [
        ({"status": "SUCCEEDED", "output": '{"outcome": "ready", "photo": "{}"}'}, "ready"),
        ({"status": "SUCCEEDED", "output": '{"outcome": "declined", "code": "IngestInProgress"}'}, "declined"),
        ({"status": "FAILED", "error": "InternalError"}, "failed"),
        ({"status": "TIMED_OUT"}, "failed"),
    ],
)
def test_outcome_is_that_of_the_last_step(stubber: Stubber, response: dict[str, Any], outcome: str) -> None:
    times = {"executionArn": f"{ARN}:1", "startDate": NOW, "stopDate": NOW}
    # The request has no name: two executions of one name would share a lease.
    stubber.add_response("start_sync_execution", response | times, REQUEST)
    assert ingest("owner 1", "photo 1") == outcome


def test_refused_request_raises(stubber: Stubber) -> None:
    stubber.add_client_error("start_sync_execution", "AccessDeniedException")
    with pytest.raises(ClientError, match="AccessDeniedException"):
        ingest("owner 1", "photo 1")


def test_request_is_not_repeated(stubber: Stubber) -> None:  # noqa: ARG001 - configures the client
    assert states_client().meta.config.retries["total_max_attempts"] == 1
