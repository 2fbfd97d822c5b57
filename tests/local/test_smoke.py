"""The smoke test passes on the deployed stack, finds what is broken, and leaves nothing behind."""

import io
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest

from infrastructure.version import VERSION
from local import deploy
from local.commands import smoke
from local.connection import Connection
from local.deploy import STACK
from local.deployed import Deployed
from local.emulator.server import ACCOUNT, REGION
from local.progress import Progress
from local.releases import Releases
from local.smoke.steps import STEPS
from photosky.imaging.media_types import CONTENT_TYPES
from tests.infrastructure.roles import role_policy
from tests.local.client import Client
from tests.local.operator import operator_allowed
from tests.local.stack import DeployedStack

Aws = Callable[[str], Any]

ORIGIN: Final = "http://127.0.0.1:8080"
"""The last of the local environment's origins."""

TARGETS_OF_THE_BUS: Final = {
    "Effect": "Allow",
    "Action": ["events:PutTargets", "events:RemoveTargets"],
    "Resource": f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/PhotoSky-local",
}
"""The emulator takes the bus for the resource of these actions; it is the rule (Service Authorization Reference)."""

INGEST: Final = ("sign-in", "ingest of png")
"""The steps that show whether a picture becomes a photo."""


@pytest.fixture(scope="module")
def stack(demo: Client, aws: Aws, outputs: dict[str, str]) -> DeployedStack:
    """The running stack, to be broken."""
    return DeployedStack(demo, cache(aws), outputs)


@pytest.fixture
def run(connection: Connection, state: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, list[str]]]:
    """A function that runs all steps, or some; returns the exit code and the differences."""
    environment = deploy.environment()

    def start(names: Sequence[str] = ()) -> tuple[int, list[str]]:
        monkeypatch.setattr(smoke, "STEPS", [step for step in STEPS if not names or step.name in names])
        output = io.StringIO()
        code = smoke.check(Deployed.here(connection, state), environment, connection.api_url, Progress(output))
        lines = output.getvalue().splitlines()
        shown = next((at for at, line in enumerate(lines) if line.startswith("step ")), 0)
        return code, [line.strip() for line in lines[shown:] if line.startswith("  ")]

    return start


@pytest.fixture(scope="module")
def left(stack: DeployedStack, objects: Callable[[str], list[str]]) -> Callable[[], Mapping[str, Sequence[str]]]:
    """A function that returns the names of users, and the keys of photos and objects."""

    def find() -> Mapping[str, Sequence[str]]:
        aws, outputs = stack.aws, stack.outputs
        users = aws("cognito-idp").list_users(UserPoolId=outputs["UserPoolId"])["Users"]
        table = aws("dynamodb").get_paginator("scan").paginate(TableName=outputs["PhotosTableName"])
        return {
            "users": sorted(user["Username"] for user in users),
            "photos": sorted(item["photo_id"]["S"] for page in table for item in page["Items"] if "filename" in item),
            "objects": objects(""),
        }

    return find


def test_smoke_passes_with_the_permissions_of_its_role_and_leaves_nothing(
    connection: Connection,
    state: Path,
    aws: Aws,
    left: Callable[[], Mapping[str, Sequence[str]]],
    tmp_path: Path,
) -> None:
    before = left()
    policy = role_policy("Smoke", ACCOUNT, REGION)
    policy["Statement"].append(TARGETS_OF_THE_BUS)
    with operator_allowed(aws, connection.endpoint_url, tmp_path, "smoke", policy) as operator:
        done = operator.run("smoke", "--env", "local", "--api-url", connection.api_url)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    # The page needs CloudFront (test_edge.py).
    assert done.stdout.splitlines()[-1] == f"local: {len(STEPS) - 1} passed, 1 not applicable"
    assert len(re.findall(r"^.* passed +\d+ *$", done.stdout, flags=re.MULTILINE)) == len(STEPS) - 1
    assert left() == before
    assert [release.template.version for release in Releases(Deployed.here(connection, state), STACK).tested()] == [
        VERSION
    ]


def test_breaks_are_found_and_named(
    stack: DeployedStack, run: Callable[..., tuple[int, list[str]]], left: Callable[[], Mapping[str, Sequence[str]]]
) -> None:
    before = left()
    table = f"arn:aws:dynamodb:us-east-1:000000000000:table/{stack.outputs['PhotosTableName']}"
    role = stack.physical_id("PhotosApiRole")
    with ExitStack() as broken:
        broken.enter_context(stack.without_permission(role, "dynamodb:Query", f"{table}/index/changed"))
        broken.enter_context(without_preset(stack, "medium"))
        broken.enter_context(without_origin(stack, ORIGIN))
        broken.enter_context(without_index(stack, "favorites"))
        code, differences = run()
    assert code == 1
    assert sorted(set(differences)) == sorted(
        {
            "the table has no index 'favorites'",
            *(f"{format_}: there is no preview 'medium'" for format_ in CONTENT_TYPES),
            f"GET /photos does not allow the origin {ORIGIN}",
            "GET /photos?favorite=true answers 500 InternalError instead of 200 (index 'favorites')",
            "the API got ValidationException from Query",
            "GET /changes answers 500 InternalError instead of 200 (index 'changed')",
            "the API got AccessDeniedException from Query",
        }
    )
    assert left() == before


@pytest.mark.parametrize(
    ("role", "action", "explanation"),
    [
        ("PreviewsRole", "s3:PutObject", "previews got AccessDenied from PutObject"),
        ("WorkflowIngestRole", "lambda:InvokeFunction", "may not call lambda:InvokeFunction"),
        ("RestIngestRole", "states:StartSyncExecution", "its role's states:StartSyncExecution"),
    ],
)
def test_missing_permission_of_the_ingest_is_named(
    stack: DeployedStack, run: Callable[..., tuple[int, list[str]]], role: str, action: str, explanation: str
) -> None:
    with stack.without_permission(stack.physical_id(role), action):
        code, (difference, *explanations) = run(INGEST)
    assert code == 1
    assert difference == "POST /photos/{photo_id}/ingest answers 500 InternalError instead of 200"
    assert explanation in " ".join(explanations)


@contextmanager
def changed_settings(stack: DeployedStack, function: str, name: str, change: Callable[[Any], Any]) -> Iterator[None]:
    """Change one JSON variable of a function until the block ends."""
    functions, function_name = stack.aws("lambda"), stack.physical_id(function)
    before = functions.get_function_configuration(FunctionName=function_name)["Environment"]["Variables"]
    variables = before | {name: json.dumps(change(json.loads(before[name])))}
    functions.update_function_configuration(FunctionName=function_name, Environment={"Variables": variables})
    try:
        yield
    finally:
        functions.update_function_configuration(FunctionName=function_name, Environment={"Variables": before})


def without_preset(stack: DeployedStack, name: str) -> Any:
    """Remove a preset from the settings of Previews."""
    return changed_settings(
        stack, "Previews", "PHOTOSKY_PRESETS", lambda presets: [preset for preset in presets if preset["name"] != name]
    )


def without_origin(stack: DeployedStack, origin: str) -> Any:
    """Remove an allowed origin from the settings of the photos function."""
    return changed_settings(
        stack, "PhotosApi", "PHOTOSKY_ALLOWED_ORIGINS", lambda origins: [found for found in origins if found != origin]
    )


@contextmanager
def without_index(stack: DeployedStack, name: str) -> Iterator[None]:
    """Delete an index of the table, and create it again when the block ends."""
    dynamodb, table_name = stack.aws("dynamodb"), stack.outputs["PhotosTableName"]
    table = dynamodb.describe_table(TableName=table_name)["Table"]
    (index,) = (found for found in table["GlobalSecondaryIndexes"] if found["IndexName"] == name)
    created = {part: index[part] for part in ("IndexName", "KeySchema", "Projection")}
    dynamodb.update_table(TableName=table_name, GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": name}}])
    try:
        yield
    finally:
        dynamodb.update_table(
            TableName=table_name,
            AttributeDefinitions=table["AttributeDefinitions"],
            GlobalSecondaryIndexUpdates=[{"Create": created}],
        )
