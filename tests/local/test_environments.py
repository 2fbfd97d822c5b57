"""dev, staging and prod in one account: deployed, updated in place and destroyed by the CDK CLI."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import boto3
import pytest
from botocore.exceptions import ClientError

from infrastructure.indexes import INDEXES
from local import deploy, toolchain
from local.commands.rollback import roll_back
from local.deploy import Target, stack_outputs
from local.deployed import Deployed
from local.emulator.server import ACCOUNT, REGION
from local.progress import Progress
from local.releases import NoWayBack, Releases
from local.toolchain import CLI_CACHE, CommandFailed
from photosky.store import schema
from tests.infrastructure.earlier import earlier_template
from tests.infrastructure.roles import roles_template
from tests.local.account import Account, Destruction, Stack
from tests.local.emulator.conftest import serve

NAMES: Final = ("dev", "staging", "prod")

DATA: Final = ("AWS::S3::Bucket", "AWS::DynamoDB::Table", "AWS::Cognito::UserPool")

PHOTO: Final = {"owner_id": {"S": "owner"}, "photo_id": {"S": "0198c2a0-0000-7000-8000-000000000001"}}
ORIGINAL: Final = "originals/owner/0198c2a0-0000-7000-8000-000000000001"
USER: Final = "user@photosky.test"

LOGGING_ROLE: Final = "RestApiCloudWatchRole686D2EB0"
"""The role of API Gateway's logs. It is an account setting, made by the stack that was deployed last."""


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    """An account with only the bootstrap stack."""
    folder = tmp_path_factory.mktemp("environments")
    cdk = toolchain.install(CLI_CACHE, print)
    with serve(folder / "account") as served:
        deploy.bootstrap(cdk, served.target, print)
        yield Account(served.target, cdk, folder)


@pytest.fixture(scope="module")
def stacks(account: Account) -> Mapping[str, Stack]:
    """The stacks of all environments. The first deployment uploads the functions' packages for all of them.

    The CLI deploys prod, with its termination protection. It updates dev later; a run takes 4 s of CPU time.
    """
    account.deploy("prod")
    for name in ("dev", "staging"):
        account.create(name, account.template(name))
    return {name: account.stack(name) for name in NAMES}


@pytest.fixture(scope="module")
def dev_destroyed(account: Account, stacks: Mapping[str, Stack]) -> Destruction:
    """dev, destroyed without data."""
    before = account.resources()
    account.destroy("dev")
    return Destruction(stacks["dev"], before, account.resources())


@pytest.fixture(scope="module")
def updated(
    account: Account,
    dev_destroyed: Destruction,  # noqa: ARG001 - dev must not exist
    github: Mapping[str, Mapping[str, str]],
) -> tuple[Stack, Stack]:
    """dev with the template of an earlier commit, a photo and a user, and dev after the update to today's template.

    The role of the GitHub workflow updates it.
    """
    account.create("dev", _earlier_template(account.template("dev")))
    before = account.stack("dev")
    _put_data(account.target, before)
    account.deploy_assembly(account.assembly("dev"), github["Deploy"])
    return before, account.stack("dev")


@pytest.fixture(scope="module")
def prod_refused(account: Account, stacks: Mapping[str, Stack]) -> str:
    """The error message when prod, with a photo and a user, is deleted."""
    _put_data(account.target, stacks["prod"])
    with pytest.raises(ClientError) as refusal:
        account.delete("prod")
    return str(refusal.value)


@pytest.fixture(scope="module")
def prod_destroyed(account: Account, stacks: Mapping[str, Stack], prod_refused: str) -> Destruction:  # noqa: ARG001 - before
    """prod, deleted after its termination protection was disabled."""
    before = account.resources()
    account.target.client("cloudformation").update_termination_protection(
        StackName="PhotoSky-prod", EnableTerminationProtection=False
    )
    account.delete("prod")
    return Destruction(stacks["prod"], before, account.resources())


@pytest.fixture(scope="module")
def github(account: Account) -> Mapping[str, Mapping[str, str]]:
    """Credentials of the roles of the GitHub workflows, as environment variables.

    The emulator has no OIDC provider, so the roles trust the account instead.
    """
    template = roles_template()
    del template["Resources"]["Provider"]
    template["Conditions"] = {}
    for role in ("Deploy", "Smoke", "Diff"):
        template["Resources"][role]["Properties"]["AssumeRolePolicyDocument"] = {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": ACCOUNT}}],
        }
    client = account.target.client
    client("cloudformation").create_stack(
        StackName="PhotoSky-GitHub",
        TemplateBody=json.dumps(template),
        Parameters=[{"ParameterKey": "Repository", "ParameterValue": "owner/photosky"}],
        Capabilities=["CAPABILITY_IAM"],
    )
    client("cloudformation").get_waiter("stack_create_complete").wait(
        StackName="PhotoSky-GitHub", WaiterConfig={"Delay": 1}
    )
    outputs = stack_outputs(account.target, "PhotoSky-GitHub")
    assert outputs is not None
    return {role: _credentials(account.target, outputs[f"{role}RoleArn"]) for role in ("Deploy", "Diff")}


def test_all_environments_are_deployed_completely(stacks: Mapping[str, Stack], account: Account) -> None:
    for name, stack in stacks.items():
        assert stack.status == "CREATE_COMPLETE"
        assert stack.types == _types(account.template(name))


def test_environments_share_no_resources(stacks: Mapping[str, Stack], account: Account) -> None:
    types = account.resources().keys()
    owned = {name: {id_ for type_ in types for id_ in stack.of_type(type_)} for name, stack in stacks.items()}
    assert len(set.union(*owned.values())) == sum(map(len, owned.values()))
    assert {name: len(ids) for name, ids in owned.items()} == dict.fromkeys(NAMES, len(owned["dev"]))


def test_only_prod_has_termination_protection(stacks: Mapping[str, Stack]) -> None:
    assert {name: stack.termination_protection for name, stack in stacks.items()} == {
        "dev": False,
        "staging": False,
        "prod": True,
    }


def test_destroyed_dev_retains_only_the_logging_role(dev_destroyed: Destruction) -> None:
    assert dev_destroyed.retained() == [LOGGING_ROLE]


def test_destroying_dev_removes_only_its_resources(dev_destroyed: Destruction) -> None:
    stack = dev_destroyed.stack
    role = stack.resources[LOGGING_ROLE]
    assert dev_destroyed.removed == {
        type_: [id_ for id_ in stack.of_type(type_) if id_ != role] for type_ in dev_destroyed.before
    }


def test_deploy_role_updates_an_earlier_stack_in_place_with_its_data(
    updated: tuple[Stack, Stack], account: Account
) -> None:
    before, after = updated
    assert (before.status, after.status) == ("CREATE_COMPLETE", "UPDATE_COMPLETE")
    assert after.types == _types(account.template("dev"))
    assert {type_: after.of_type(type_) for type_ in DATA} == {type_: before.of_type(type_) for type_ in DATA}
    assert after.outputs["ApiUrl"] == before.outputs["ApiUrl"]
    assert _read_data(account.target, after) == {"photo": PHOTO, "original": b"bytes", "user": USER}


def test_update_adds_the_missing_index(updated: tuple[Stack, Stack], account: Account) -> None:
    table = account.target.client("dynamodb").describe_table(TableName=updated[1].outputs["PhotosTableName"])["Table"]
    assert sorted(index["IndexName"] for index in table["GlobalSecondaryIndexes"]) == sorted(INDEXES)


def test_prod_cannot_be_destroyed(prod_refused: str) -> None:
    assert "cannot be deleted while TerminationProtection is enabled" in prod_refused


def test_destroyed_prod_retains_its_data(prod_destroyed: Destruction, account: Account) -> None:
    kept = {
        logical: type_ for logical, type_ in prod_destroyed.stack.types.items() if logical in prod_destroyed.retained()
    }
    assert sorted(set(kept.values())) == [
        "AWS::Cognito::UserPool",
        "AWS::DynamoDB::Table",
        "AWS::IAM::Role",
        "AWS::Logs::LogGroup",
        "AWS::S3::Bucket",
    ]
    assert _read_data(account.target, prod_destroyed.stack) == {"photo": PHOTO, "original": b"bytes", "user": USER}


def test_diff_role_can_neither_deploy_nor_read_photos(
    stacks: Mapping[str, Stack], github: Mapping[str, Mapping[str, str]], account: Account
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
    table = dynamodb.Table(stacks["staging"].outputs["PhotosTableName"])
    with pytest.raises(ClientError, match="not authorized to perform"):
        table.scan()


def test_rollback_restores_the_tested_release_and_keeps_data(stacks: Mapping[str, Stack], account: Account) -> None:
    releases = Releases(Deployed(account.target, {}), "PhotoSky-staging")
    _put_data(account.target, stacks["staging"])
    tested = releases.deployed()
    releases.record("abc")
    account.update("staging", _changed(tested.document, "1.9.0"))
    assert releases.deployed().version == "1.9.0"

    assert roll_back(releases, "staging", Progress(), is_confirmed=True) == 0
    assert releases.deployed() == tested
    assert account.stack("staging").resources == stacks["staging"].resources
    variables = account.target.client("lambda").get_function_configuration(
        FunctionName=stacks["staging"].outputs["ReconcileFunctionName"]
    )["Environment"]["Variables"]
    assert variables["PHOTOSKY_VERSION"] == tested.version
    assert _read_data(account.target, stacks["staging"]) == {"photo": PHOTO, "original": b"bytes", "user": USER}


def test_rollback_is_refused_if_records_would_not_be_understood(
    stacks: Mapping[str, Stack],  # noqa: ARG001 - staging must exist
    account: Account,
) -> None:
    releases = Releases(Deployed(account.target, {}), "PhotoSky-staging")
    releases.record("abc")
    later = _changed(releases.deployed().document, "2.0.0")
    later["Metadata"]["PhotoSky"]["SchemaVersion"] += 1
    account.update("staging", later)
    with pytest.raises(NoWayBack, match=f"its functions read records up to schema version {schema.VERSION}, and the"):
        releases.way_back()


def _changed(document: Mapping[str, Any], version: str) -> dict[str, Any]:
    """The template of a later release: Reconcile has another setting."""
    changed: dict[str, Any] = json.loads(json.dumps(document))
    changed["Metadata"]["PhotoSky"]["Version"] = version
    (reconcile,) = (r for name, r in changed["Resources"].items() if re.fullmatch("Reconcile[0-9A-F]{8}", name))
    reconcile["Properties"]["Environment"]["Variables"]["PHOTOSKY_VERSION"] = version
    return changed


def _types(template: Mapping[str, Any]) -> dict[str, str]:
    """The types of a template's resources, by logical id."""
    return {logical: resource["Type"] for logical, resource in template["Resources"].items()}


def _earlier_template(today: Mapping[str, Any]) -> dict[str, Any]:
    """The earlier template with today's packages. The tests do not run the functions."""
    template = earlier_template()
    for logical, resource in template["Resources"].items():
        if resource["Type"] == "AWS::Lambda::Function":
            resource["Properties"]["Code"] = today["Resources"][logical]["Properties"]["Code"]
    return template


def _credentials(target: Target, role_arn: str) -> dict[str, str]:
    assumed = target.client("sts").assume_role(RoleArn=role_arn, RoleSessionName="github")["Credentials"]
    return {
        "AWS_ACCESS_KEY_ID": assumed["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": assumed["SecretAccessKey"],
        "AWS_SESSION_TOKEN": assumed["SessionToken"],
    }


def _put_data(target: Target, stack: Stack) -> None:
    """Write a photo's record and original, and create a user."""
    outputs = stack.outputs
    target.client("dynamodb").put_item(TableName=outputs["PhotosTableName"], Item=PHOTO)
    target.client("s3").put_object(Bucket=outputs["MediaBucketName"], Key=ORIGINAL, Body=b"bytes")
    target.client("cognito-idp").admin_create_user(
        UserPoolId=outputs["UserPoolId"], Username=USER, MessageAction="SUPPRESS"
    )


def _read_data(target: Target, stack: Stack) -> dict[str, Any]:
    """The data of `_put_data` that the stack has."""
    outputs = stack.outputs
    user = target.client("cognito-idp").admin_get_user(UserPoolId=outputs["UserPoolId"], Username=USER)
    return {
        "photo": target.client("dynamodb").get_item(TableName=outputs["PhotosTableName"], Key=PHOTO)["Item"],
        "original": target.client("s3").get_object(Bucket=outputs["MediaBucketName"], Key=ORIGINAL)["Body"].read(),
        "user": {a["Name"]: a["Value"] for a in user["UserAttributes"]}.get("email"),
    }
