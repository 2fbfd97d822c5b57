"""Executions of the ingest workflow that functions run: Reconcile, and the import of originals."""

import json
import os
from functools import cache
from typing import Any, Final

from botocore.config import Config

from photosky.aws import session

INGEST_VARIABLE: Final = "PHOTOSKY_INGEST_ARN"
"""The environment variable with the ARN of the state machine. Only the functions that run it have it."""

RESPONSE_SECONDS: Final = 29
"""Time to wait for the end of an execution. It exceeds `workflows.ingest.TIMEOUT_SECONDS`."""

MAX_LOST_INGESTS: Final = 3
"""Lost executions of a photo after which it fails, because its picture may be the cause."""


def can_repeat(lost_ingests: int) -> bool:
    """Whether a photo's upload is ingested again after this number of lost executions."""
    return lost_ingests < MAX_LOST_INGESTS


def ingest(owner_id: str, photo_id: str) -> str:
    """Run the ingest of a photo to its end. Returns the outcome of its last step, `failed` for a failed execution."""
    return str(run_ingest(owner_id, photo_id)["outcome"])


def run_ingest(owner_id: str, photo_id: str) -> dict[str, Any]:
    """Do the same, and return the whole result as `execute` does."""
    return execute(states_client(), os.environ[INGEST_VARIABLE], owner_id, photo_id)


def execute(states: Any, machine: str, owner_id: str, photo_id: str) -> dict[str, Any]:
    """Run one execution of the state machine with this ARN. Returns the result of its last step.

    The result of a failed execution has the outcome `failed`, and its error as `code`.

    The execution is synchronous, because Step Functions may run an asynchronous Express execution twice (its guide,
    "Execution guarantees"). It has no name of ours either: two executions with one name would share a lease.
    """
    execution = states.start_sync_execution(
        stateMachineArn=machine, input=json.dumps({"owner_id": owner_id, "photo_id": photo_id})
    )
    if execution["status"] != "SUCCEEDED":
        code = execution.get("error", execution["status"])
        return {"outcome": "failed", "code": code, "detail": execution.get("cause")}
    return dict(json.loads(execution["output"]))


@cache
def states_client() -> Any:
    """The Step Functions client. It does not retry: the next sweep does."""
    config = Config(connect_timeout=1, read_timeout=RESPONSE_SECONDS, retries={"total_max_attempts": 1})
    create: Any = session().client  # Its overloads know the services with installed type stubs only.
    return create("stepfunctions", config=config)
