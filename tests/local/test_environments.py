"""dev, staging and prod in one account of their own, by the real CDK CLI: made, updated in place, destroyed."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import boto3
import pytest
from botocore.exceptions import ClientError

from local import deploy, toolchain
from local.deploy import Target, stack_outputs
from local.emulator.server import ACCOUNT, REGION
from local.toolchain import CLI_CACHE, Cdk, CommandFailed
from tests.infrastructure.earlier import earlier_template
from tests.infrastructure.roles import roles_template
from tests.local.emulator.conftest import serve

NAMES: Final = ("dev", "staging", "prod")

DATA: Final = ("AWS::S3::Bucket", "AWS::DynamoDB::Table", "AWS::Cognito::UserPool")

PHOTO: Final = {"owner_id": {"S": "somebody"}, "photo_id": {"S": "0198c2a0-0000-7000-8000-000000000001"}}
ORIGINAL: Final = "originals/somebody/0198c2a0-0000-7000-8000-000000000001"
USER: Final = "somebody@photosky.test"

LOGGING_ROLE: Final = "RestApiCloudWatchRole686D2EB0"
"""By which API Gateway writes the logs of all APIs of the account: the last stack that was deployed set it for all."""

_UNASKED: Final = ("--require-approval", "never", "--progress", "events")


@dataclass(frozen=True)
class Stack:
    """What CloudFormation says of a stack. `resources` are physical ids by logical id, `kinds` their types."""

    status: str
    termination_protection: bool
    outputs: Mapping[str, str]
    resources: Mapping[str, str]
    kinds: Mapping[str, str]

    def of(self, kind: str) -> list[str]:
        """The physical ids of one type."""
        return sorted(self.resources[logical] for logical, type_ in self.kinds.items() if type_ == kind)


class Account:
    """An emulated account, bootstrapped, and the CDK CLI that deploys to it."""

    def __init__(self, target: Target, cdk: Cdk, folder: Path) -> None:
        self.target, self.cdk, self.folder = target, cdk, folder

    def assembly(self, name: str) -> Path:
        """Where the environment's cloud assembly is written."""
        return self.folder / name

    def deploy(self, name: str) -> None:
        """What a person types: synthesizes, and deploys."""
        arguments = ["deploy", "-c", f"env={name}", *_UNASKED, "--no-staging", "--output", str(self.assembly(name))]
        self.cdk.run_app(arguments, self.target.environment(), print)

    def deploy_assembly(self, assembly: Path, credentials: Mapping[str, str] | None = None) -> None:
        """Deploy what was synthesized before, as root or as whom the credentials are. Raises CommandFailed."""
        environment = {**self.target.environment(), **(credentials or {})}
        self.cdk.run_assembly(["deploy", *_UNASKED], assembly, environment, print)

    def diff(self, name: str, credentials: Mapping[str, str]) -> str:
        """What the CLI shows of what a deployment would change, as the workflow asks it. Raises CommandFailed."""
        lines: list[str] = []
        environment = {**self.target.environment(), **credentials}
        self.cdk.run_assembly(["diff", "--method", "template"], self.assembly(name), environment, lines.append)
        return "\n".join(lines)

    def destroy(self, name: str) -> None:
        """Destroy the environment's stack. Raises CommandFailed."""
        self.cdk.run_assembly(["destroy", "--force"], self.assembly(name), self.target.environment(), print)

    def stack(self, name: str) -> Stack:
        """The environment's stack as it is now."""
        cloudformation = self.target.client("cloudformation")
        (found,) = cloudformation.describe_stacks(StackName=f"PhotoSky-{name}")["Stacks"]
        pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=f"PhotoSky-{name}")
        resources = [resource for page in pages for resource in page["StackResourceSummaries"]]
        return Stack(
            status=found["StackStatus"],
            termination_protection=found["EnableTerminationProtection"],
            outputs={output["OutputKey"]: output["OutputValue"] for output in found["Outputs"]},
            resources={r["LogicalResourceId"]: r["PhysicalResourceId"] for r in resources},
            kinds={r["LogicalResourceId"]: r["ResourceType"] for r in resources},
        )

    def inventory(self) -> Mapping[str, set[str]]:
        """What there is in the account, by type: the physical ids that CloudFormation gives them."""
        client = self.target.client
        apis = client("apigateway").get_rest_apis(limit=500)["items"]
        alarms = client("cloudwatch").describe_alarms()["MetricAlarms"]
        machines = client("stepfunctions").list_state_machines()["stateMachines"]
        functions = client("lambda").get_paginator("list_functions").paginate()
        groups = client("logs").get_paginator("describe_log_groups").paginate()
        roles = client("iam").get_paginator("list_roles").paginate()
        return {
            "AWS::S3::Bucket": {bucket["Name"] for bucket in client("s3").list_buckets()["Buckets"]},
            "AWS::DynamoDB::Table": set(client("dynamodb").list_tables()["TableNames"]),
            "AWS::Cognito::UserPool": {
                pool["Id"] for pool in client("cognito-idp").list_user_pools(MaxResults=60)["UserPools"]
            },
            "AWS::Lambda::Function": {item["FunctionName"] for page in functions for item in page["Functions"]},
            "AWS::Logs::LogGroup": {item["logGroupName"] for page in groups for item in page["logGroups"]},
            "AWS::IAM::Role": {item["RoleName"] for page in roles for item in page["Roles"]},
            "AWS::StepFunctions::StateMachine": {machine["stateMachineArn"] for machine in machines},
            "AWS::ApiGateway::RestApi": {api["id"] for api in apis},
            "AWS::Events::Rule": {rule["Name"] for rule in client("events").list_rules()["Rules"]},
            "AWS::CloudWatch::Alarm": {alarm["AlarmName"] for alarm in alarms},
        }


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    """An account in which nothing but the bootstrap stack is deployed."""
    folder = tmp_path_factory.mktemp("environments")
    cdk = toolchain.install(CLI_CACHE, print)
    with serve(folder / "account") as served:
        deploy.bootstrap(cdk, served.target, print)
        yield Account(served.target, cdk, folder)


@pytest.fixture(scope="module")
def made(account: Account) -> Mapping[str, Stack]:
    """The three, side by side. The first brings the functions' packages, which are the same for all."""
    account.deploy("dev")
    with ThreadPoolExecutor(max_workers=2) as pool:
        list(pool.map(account.deploy, ("staging", "prod")))
    return {name: account.stack(name) for name in NAMES}


@dataclass(frozen=True)
class Destroyed:
    """An account before and after a stack was destroyed."""

    stack: Stack
    before: Mapping[str, set[str]]
    after: Mapping[str, set[str]]

    @property
    def gone(self) -> dict[str, list[str]]:
        """What the account no longer has, by type."""
        return {kind: sorted(names - self.after[kind]) for kind, names in self.before.items()}

    def left(self) -> list[str]:
        """The logical ids of what the stack had made and the account still has."""
        return sorted(
            logical
            for logical, name in self.stack.resources.items()
            if name in self.after.get(self.stack.kinds[logical], ())
        )


@pytest.fixture(scope="module")
def dev_destroyed(account: Account, made: Mapping[str, Stack]) -> Destroyed:
    """dev is destroyed, empty as it is."""
    before = account.inventory()
    account.destroy("dev")
    return Destroyed(made["dev"], before, account.inventory())


@pytest.fixture(scope="module")
def updated(account: Account, dev_destroyed: Destroyed) -> tuple[Stack, Stack]:  # noqa: ARG001 - dev must be free
    """dev as it was at the earlier commit, with a photo and a user, and then as it is today."""
    account.deploy_assembly(_earlier_assembly(account.assembly("dev"), account.folder / "earlier"))
    before = account.stack("dev")
    _fill(account.target, before)
    account.deploy_assembly(account.assembly("dev"))
    return before, account.stack("dev")


@pytest.fixture(scope="module")
def prod_refused(account: Account, made: Mapping[str, Stack]) -> str:
    """What the CLI says when prod, which has a photo and a user, is to be destroyed."""
    _fill(account.target, made["prod"])
    with pytest.raises(CommandFailed) as refusal:
        account.destroy("prod")
    return str(refusal.value)


@pytest.fixture(scope="module")
def prod_destroyed(account: Account, made: Mapping[str, Stack], prod_refused: str) -> Destroyed:  # noqa: ARG001 - before
    """prod is destroyed all the same, by who lifts its protection first."""
    before = account.inventory()
    account.target.client("cloudformation").update_termination_protection(
        StackName="PhotoSky-prod", EnableTerminationProtection=False
    )
    account.destroy("prod")
    return Destroyed(made["prod"], before, account.inventory())


@pytest.fixture(scope="module")
def github(account: Account) -> Mapping[str, Mapping[str, str]]:
    """Credentials of the two roles of GitHub's workflows, as environment variables.

    The emulator knows no OIDC provider: here the account trusts itself in its place.
    """
    template = roles_template()
    del template["Resources"]["Provider"]
    template["Conditions"] = {}
    for role in ("Deploy", "Diff"):
        template["Resources"][role]["Properties"]["AssumeRolePolicyDocument"] = {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": ACCOUNT}}],
        }
    client = account.target.client
    client("cloudformation").create_stack(
        StackName="PhotoSky-GitHub",
        TemplateBody=json.dumps(template),
        Parameters=[{"ParameterKey": "Repository", "ParameterValue": "somebody/photosky"}],
        Capabilities=["CAPABILITY_IAM"],
    )
    client("cloudformation").get_waiter("stack_create_complete").wait(
        StackName="PhotoSky-GitHub", WaiterConfig={"Delay": 1}
    )
    outputs = stack_outputs(account.target, "PhotoSky-GitHub")
    assert outputs is not None
    return {role: _credentials(account.target, outputs[f"{role}RoleArn"]) for role in ("Deploy", "Diff")}


def test_all_three_are_deployed_whole(made: Mapping[str, Stack], account: Account) -> None:
    for name, stack in made.items():
        assert stack.status == "CREATE_COMPLETE"
        assert stack.kinds == _kinds(account.assembly(name) / f"PhotoSky-{name}.template.json")


def test_side_by_side_they_share_nothing(made: Mapping[str, Stack], account: Account) -> None:
    kinds = account.inventory().keys()
    owned = {name: {id_ for kind in kinds for id_ in stack.of(kind)} for name, stack in made.items()}
    assert len(set.union(*owned.values())) == sum(map(len, owned.values()))
    assert {name: len(ids) for name, ids in owned.items()} == dict.fromkeys(NAMES, len(owned["dev"]))


def test_only_prods_stack_is_protected(made: Mapping[str, Stack]) -> None:
    assert {name: stack.termination_protection for name, stack in made.items()} == {
        "dev": False,
        "staging": False,
        "prod": True,
    }


def test_a_destroyed_dev_leaves_nothing_but_the_role_by_which_the_accounts_apis_log(dev_destroyed: Destroyed) -> None:
    assert dev_destroyed.left() == [LOGGING_ROLE]


def test_a_destroyed_dev_takes_nothing_of_the_others_along(dev_destroyed: Destroyed) -> None:
    stack = dev_destroyed.stack
    role = stack.resources[LOGGING_ROLE]
    assert dev_destroyed.gone == {kind: [id_ for id_ in stack.of(kind) if id_ != role] for kind in dev_destroyed.before}


def test_an_earlier_commits_stack_is_updated_in_place_and_keeps_its_data(
    updated: tuple[Stack, Stack], account: Account
) -> None:
    before, after = updated
    assert (before.status, after.status) == ("CREATE_COMPLETE", "UPDATE_COMPLETE")
    assert after.kinds == _kinds(account.assembly("dev") / "PhotoSky-dev.template.json")
    assert {kind: after.of(kind) for kind in DATA} == {kind: before.of(kind) for kind in DATA}
    assert after.outputs["ApiUrl"] == before.outputs["ApiUrl"]
    assert _filled(account.target, after) == {"photo": PHOTO, "original": b"bytes", "user": USER}


def test_an_update_gives_the_table_the_index_that_it_did_not_have(
    updated: tuple[Stack, Stack], account: Account
) -> None:
    table = account.target.client("dynamodb").describe_table(TableName=updated[1].outputs["PhotosTableName"])["Table"]
    assert sorted(index["IndexName"] for index in table["GlobalSecondaryIndexes"]) == ["digest", "ready", "unsettled"]


def test_prod_refuses_to_be_destroyed(prod_refused: str) -> None:
    assert "cannot be deleted while TerminationProtection is enabled" in prod_refused


def test_a_prod_without_its_protection_goes_and_its_data_stays(prod_destroyed: Destroyed, account: Account) -> None:
    kept = {logical: kind for logical, kind in prod_destroyed.stack.kinds.items() if logical in prod_destroyed.left()}
    assert sorted(set(kept.values())) == [
        "AWS::Cognito::UserPool",
        "AWS::DynamoDB::Table",
        "AWS::IAM::Role",
        "AWS::Logs::LogGroup",
        "AWS::S3::Bucket",
    ]
    assert _filled(account.target, prod_destroyed.stack) == {"photo": PHOTO, "original": b"bytes", "user": USER}


def test_the_workflows_deploying_role_deploys(
    made: Mapping[str, Stack], github: Mapping[str, Mapping[str, str]], account: Account
) -> None:
    account.deploy_assembly(account.assembly("staging"), github["Deploy"])
    assert account.stack("staging") == made["staging"]


def test_the_workflows_diffing_role_sees_the_diff_and_can_neither_deploy_nor_read_photos(
    made: Mapping[str, Stack], github: Mapping[str, Mapping[str, str]], account: Account
) -> None:
    assert "There were no differences" in account.diff("staging", github["Diff"])
    with pytest.raises(CommandFailed, match="not authorized to perform"):
        account.deploy_assembly(account.assembly("staging"), github["Diff"])
    dynamodb = boto3.resource(
        "dynamodb",
        endpoint_url=account.target.endpoint_url,
        region_name=REGION,
        aws_access_key_id=github["Diff"]["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=github["Diff"]["AWS_SECRET_ACCESS_KEY"],
        aws_session_token=github["Diff"]["AWS_SESSION_TOKEN"],
    )
    table = dynamodb.Table(made["staging"].outputs["PhotosTableName"])
    with pytest.raises(ClientError, match="not authorized to perform"):
        table.scan()


def _kinds(path: Path) -> dict[str, str]:
    """The types by logical id of what a template makes."""
    resources = json.loads(path.read_text())["Resources"]
    return {logical: resource["Type"] for logical, resource in resources.items()}


def _earlier_assembly(today: Path, folder: Path) -> Path:
    """The cloud assembly of the earlier template, with today's packages: none of the earlier functions is run."""
    stack = "PhotoSky-dev"
    resources = json.loads((today / f"{stack}.template.json").read_text())["Resources"]
    template = earlier_template()
    for logical, resource in template["Resources"].items():
        if resource["Type"] == "AWS::Lambda::Function":
            resource["Properties"]["Code"] = resources[logical]["Properties"]["Code"]
    text = json.dumps(template)
    manifest = json.loads((today / "manifest.json").read_text())
    url = manifest["artifacts"][stack]["properties"]["stackTemplateAssetObjectUrl"]
    digest = url.rpartition("/")[2].removesuffix(".json")
    folder.mkdir()
    for file in today.glob("*.json"):
        named = file.read_text().replace(digest, hashlib.sha256(text.encode()).hexdigest())
        (folder / file.name).write_text(named)
    (folder / f"{stack}.template.json").write_text(text)
    return folder


def _credentials(target: Target, role_arn: str) -> dict[str, str]:
    assumed = target.client("sts").assume_role(RoleArn=role_arn, RoleSessionName="github")["Credentials"]
    return {
        "AWS_ACCESS_KEY_ID": assumed["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": assumed["SecretAccessKey"],
        "AWS_SESSION_TOKEN": assumed["SessionToken"],
    }


def _fill(target: Target, stack: Stack) -> None:
    """A photo's record and its original, and a user."""
    outputs = stack.outputs
    target.client("dynamodb").put_item(TableName=outputs["PhotosTableName"], Item=PHOTO)
    target.client("s3").put_object(Bucket=outputs["MediaBucketName"], Key=ORIGINAL, Body=b"bytes")
    target.client("cognito-idp").admin_create_user(
        UserPoolId=outputs["UserPoolId"], Username=USER, MessageAction="SUPPRESS"
    )


def _filled(target: Target, stack: Stack) -> dict[str, Any]:
    """What is there of it."""
    outputs = stack.outputs
    user = target.client("cognito-idp").admin_get_user(UserPoolId=outputs["UserPoolId"], Username=USER)
    return {
        "photo": target.client("dynamodb").get_item(TableName=outputs["PhotosTableName"], Key=PHOTO)["Item"],
        "original": target.client("s3").get_object(Bucket=outputs["MediaBucketName"], Key=ORIGINAL)["Body"].read(),
        "user": {a["Name"]: a["Value"] for a in user["UserAttributes"]}.get("email"),
    }
