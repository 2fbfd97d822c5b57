"""Executions of the ingest workflow that Reconcile runs, for uploads whose clients did not ask for an ingest."""

import json
import os
from functools import cache
from typing import Any, Final

from botocore.config import Config

from photosky.aws import session

INGEST_VARIABLE: Final = "PHOTOSKY_INGEST_ARN"
"""The environment variable with the ARN of the state machine. Only Reconcile has it."""

RESPONSE_SECONDS: Final = 29
"""Time to wait for the end of an execution. It exceeds `workflows.ingest.TIMEOUT_SECONDS`."""

MAX_LOST_INGESTS: Final = 3
"""Lost executions of a photo after which it fails, because its picture may be the cause."""


def can_repeat(lost_ingests: int) -> bool:
    """Whether a photo's upload is ingested again after this number of lost executions."""
    return lost_ingests < MAX_LOST_INGESTS


def ingest(owner_id: str, photo_id: str) -> str:
    """Run the ingest of a photo to its end. Returns the outcome of its last step, `failed` for a failed execution.

    The execution is synchronous, because Step Functions may run an asynchronous Express execution twice (its guide,
    "Execution guarantees"). It has no name of ours either: two executions with one name would share a lease.
    """
    execution = states_client().start_sync_execution(
        stateMachineArn=os.environ[INGEST_VARIABLE],
        input=json.dumps({"owner_id": owner_id, "photo_id": photo_id}),
    )
    return str(json.loads(execution["output"])["outcome"]) if execution["status"] == "SUCCEEDED" else "failed"


@cache
def states_client() -> Any:
    """The Step Functions client. It does not retry: the next sweep does."""
    config = Config(connect_timeout=1, read_timeout=RESPONSE_SECONDS, retries={"total_max_attempts": 1})
    create: Any = session().client  # Its overloads know the services with installed type stubs only.
    return create("stepfunctions", config=config)
