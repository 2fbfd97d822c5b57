"""Every permission is necessary: its operation fails without it and succeeds with it.

`tests/infrastructure/test_permissions.py` lists the permissions and compares them with the template. A permission that
is added there fails here until `permission_uses.USES` has an operation for it.
"""

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache, partial
from typing import Any, Final

import pytest

from local.commands.prefixes import outcomes
from photosky.errors import Code
from photosky.photo import Photo
from tests.infrastructure.test_permissions import GRANTS, SOURCE
from tests.local.client import Client
from tests.local.permission_uses import USES, Permission, Use, new_source_key, outdated_photo
from tests.local.stack import PICTURE, DeployedStack
from tests.local.test_errors import problem_of
from tests.local.test_events import PIPE_ACTIONS
from tests.pictures import wrong_bytes

PERMISSIONS: Final[list[Permission]] = [
    (function, action, resource)
    for function, grants in GRANTS.items()
    for actions, resources in grants.items()
    for action in actions
    for resource in resources
]

NEEDED: Final[dict[Use, list[Permission]]] = {
    use: [permission for permission, needing in USES.items() if needing is use] for use in USES.values()
}
"""The permissions that each operation needs."""

IMPORT_ACTIONS: Final = {
    "lambda:InvokeFunction": None,  # The results report it as the error of each object.
    "s3:ListBucket": "States.ItemReaderFailed",
    **{
        f"s3:{action}": "States.ResultWriterFailed"
        for action in ("PutObject", "GetObject", "ListMultipartUploadParts", "AbortMultipartUpload")
    },
}
"""The actions of the state machine Import, and the error of an execution without each of them."""

NOT_CHECKED_BY_EMULATOR: Final = frozenset(
    {
        "logs:CreateLogDelivery",
        "logs:CreateLogStream",
        "logs:DeleteLogDelivery",
        "logs:DescribeLogGroups",
        "logs:DescribeResourcePolicies",
        "logs:GetLogDelivery",
        "logs:ListLogDeliveries",
        "logs:PutLogEvents",
        "logs:PutResourcePolicy",
        "logs:UpdateLogDelivery",
        "sqs:SendMessage",
        "states:DescribeExecution",
        "states:RedriveExecution",
        "states:StartExecution",
        "states:StopExecution",
        "xray:GetSamplingRules",
        "xray:GetSamplingTargets",
        "xray:PutTelemetryRecords",
        "xray:PutTraceSegments",
    }
)
"""Actions that AWS services perform with a role: write logs, traces and dead letters, run a Distributed Map.

The emulator performs them without checking the role. The AWS guides require them: Lambda, "Execution role" and
"Retaining records of asynchronous invocations"; Step Functions, "Logging using CloudWatch Logs", "X-Ray and Step
Functions" and "IAM policies for Distributed Map". `tests/infrastructure/test_permissions.py` checks their resources.
"""


@pytest.fixture(scope="module")
def stack(demo: Client, aws: Callable[[str], Any], outputs: dict[str, str]) -> Iterator[DeployedStack]:
    """The running stack. The records that tests write are removed at the end."""
    stack = DeployedStack(demo, cache(aws), outputs)
    yield stack
    for photo in stack.created:
        key = {name: {"S": getattr(photo, name)} for name in ("owner_id", "photo_id")}
        aws("dynamodb").delete_item(TableName=outputs["PhotosTableName"], Key=key)


@pytest.mark.parametrize("use", NEEDED, ids=lambda use: " ".join(NEEDED[use][0]))
def test_operation_fails_without_each_of_its_permissions(stack: DeployedStack, use: Use) -> None:
    """The success at the end shows as well that every permission was restored, so it is needed only once."""
    for function, action, resource in NEEDED[use]:
        kind, *path = resource.split("/", 1)
        arn = {
            "photos": f"arn:aws:dynamodb:us-east-1:000000000000:table/{stack.outputs['PhotosTableName']}",
            "ingest": stack.outputs["StateMachineArn"],
            "media": f"arn:aws:s3:::{stack.outputs['MediaBucketName']}",
            "source": f"arn:aws:s3:::{SOURCE}",
        }[kind]
        with stack.without_permission(stack.physical_id(f"{function}Role"), action, "/".join([arn, *path])):
            assert not use(stack), f"{function} does not need {action} on {resource}"
    assert use(stack)


def test_every_permission_has_an_operation() -> None:
    assert sorted(USES) == sorted(PERMISSIONS)


@pytest.mark.parametrize(
    ("step", "data", "status"),
    [("Validate", PICTURE, 200), ("Previews", PICTURE, 200), ("Persist", PICTURE, 200), ("Reject", wrong_bytes(), 415)],
)
def test_ingest_needs_permission_to_invoke_each_step(stack: DeployedStack, step: str, data: bytes, status: int) -> None:
    role = stack.physical_id("WorkflowIngestRole")
    with stack.without_permission(role, "lambda:InvokeFunction", stack.function_arn(step)):
        assert ingest(stack, data)[1] == 500
    assert ingest(stack, data)[1] == status


def test_ingest_needs_permission_to_invoke_promote_to_copy_early(stack: DeployedStack) -> None:
    role = stack.physical_id("WorkflowIngestRole")
    with stack.without_permission(role, "lambda:InvokeFunction", stack.function_arn("Promote")):
        assert "Not promoted" in entered(stack)
    assert "Not promoted" not in entered(stack)


@pytest.mark.parametrize(("step", "error"), [("Plan", "Lambda.AWSLambdaException"), ("Renew", "broken")])
def test_reprocess_needs_permission_to_invoke_each_step(stack: DeployedStack, step: str, error: str) -> None:
    role = stack.physical_id("MaintenanceReprocessRole")
    photo = outdated_photo(stack)
    with stack.without_permission(role, "lambda:InvokeFunction", stack.function_arn(step)):
        assert reprocess(stack, photo) == error
    assert reprocess(stack, photo) == "renewed"


def test_import_needs_each_permission(stack: DeployedStack) -> None:
    found = {}
    for action in IMPORT_ACTIONS:
        with stack.without_permission(stack.physical_id("ImportsImportRole"), action):
            found[action] = import_one(stack)
    assert found == {action: (error, 0) for action, error in IMPORT_ACTIONS.items()}
    assert import_one(stack) == (None, 1)


def test_photo_stays_in_processing_without_permission_to_invoke_fail(stack: DeployedStack) -> None:
    invoke = partial(stack.without_permission, stack.physical_id("WorkflowIngestRole"), "lambda:InvokeFunction")
    with invoke(stack.function_arn("Previews")):
        with invoke(stack.function_arn("Fail")):
            processing, _ = ingest(stack)
        failed, _ = ingest(stack)
    statuses = [stack.user.read(photo_id)["status"] for photo_id in (processing, failed)]
    assert statuses == ["processing", "failed"]


def test_gateway_needs_permission_to_start_the_ingest(stack: DeployedStack) -> None:
    role, machine = stack.physical_id("RestIngestRole"), stack.outputs["StateMachineArn"]
    with stack.without_permission(role, "states:StartSyncExecution", machine):
        problem_of(stack.user.send(PICTURE)[1], Code.INTERNAL_ERROR)
    assert ingest(stack)[1] == 200


def test_every_permission_the_emulator_checks_is_tested(stack: DeployedStack) -> None:
    found = {
        (resource["LogicalResourceId"][:-8], part["Action"])
        for resource in stack.resources
        if resource["ResourceType"] == "AWS::IAM::Role"
        for statements in stack.statements(resource["PhysicalResourceId"]).values()
        for part in statements
        if part["Action"] not in NOT_CHECKED_BY_EMULATOR
    }
    assert found == {(f"{function}Role", action) for function, action, _ in PERMISSIONS} | {
        ("WorkflowIngestRole", "lambda:InvokeFunction"),
        ("MaintenanceReprocessRole", "lambda:InvokeFunction"),
        *(("ImportsImportRole", action) for action in IMPORT_ACTIONS),
        ("RestIngestRole", "states:StartSyncExecution"),
        *(("EventPipePipeRole", action) for action in PIPE_ACTIONS),
    }


def test_emulator_does_not_check_the_untested_permissions(stack: DeployedStack) -> None:
    """A failure means that the emulator has started to check them, so that they can be tested like the others."""
    with ExitStack() as removed:
        for name in ("ValidateRole", "WorkflowIngestRole", "MaintenanceReprocessRole"):
            role = stack.physical_id(name)
            granted = {part["Action"] for statements in stack.statements(role).values() for part in statements}
            for action in sorted(granted & NOT_CHECKED_BY_EMULATOR):
                removed.enter_context(stack.without_permission(role, action))
        assert ingest(stack)[1] == 200
        assert reprocess(stack, outdated_photo(stack)) == "renewed"


def ingest(stack: DeployedStack, data: bytes = PICTURE) -> tuple[str, int]:
    """Create, upload and ingest a photo. Returns its id and the status of the response."""
    photo_id, response = stack.user.send(data)
    return photo_id, response.status_code


def import_one(stack: DeployedStack) -> tuple[str | None, int]:
    """Import a prefix with one new picture. Returns the execution's error, and the pictures that became photos."""
    states, s3, prefix = stack.aws("stepfunctions"), stack.aws("s3"), new_source_key(stack)
    given = {"owner_id": stack.owner_id, "bucket": SOURCE, "prefix": prefix, "results": f"imports/{stack.owner_id}"}
    machine = stack.outputs["ImportStateMachineArn"]
    execution = states.start_execution(stateMachineArn=machine, input=json.dumps(given))["executionArn"]
    while (found := states.describe_execution(executionArn=execution))["status"] == "RUNNING":
        time.sleep(0.05)
    if found["status"] != "SUCCEEDED":
        return found["error"], 0
    became = outcomes(s3, json.loads(found["output"])["ResultWriterDetails"], Counter())
    return None, sum(outcome.became == "imported" for outcome in became)


def entered(stack: DeployedStack) -> list[str]:
    """Ingest a photo, which becomes ready. Returns the states that its execution entered."""
    _, response = stack.user.send(PICTURE)
    assert response.status_code == 200
    arn = stack.outputs["StateMachineArn"].replace(":stateMachine:", ":execution:")
    history = stack.aws("stepfunctions").get_execution_history(
        executionArn=f"{arn}:{response.headers['X-Request-Id']}", maxResults=1000
    )
    return [
        event["stateEnteredEventDetails"]["name"] for event in history["events"] if "stateEnteredEventDetails" in event
    ]


def reprocess(stack: DeployedStack, photo: Photo) -> str:
    """Run Reprocess. Returns the photo's outcome, or the error of an execution without a report."""
    states, arn = stack.aws("stepfunctions"), stack.outputs["ReprocessStateMachineArn"]
    execution = states.start_execution(stateMachineArn=arn)["executionArn"]
    while (found := states.describe_execution(executionArn=execution))["status"] == "RUNNING":
        time.sleep(0.05)
    if found.get("error") not in (None, "Incomplete"):
        return str(found["error"])
    report = json.loads(found["output"] if found["status"] == "SUCCEEDED" else found["cause"])
    outcomes = {entry["photo_id"]: entry["outcome"] for entry in report["reports"]}
    return str(outcomes.get(photo.photo_id, "renewed"))
