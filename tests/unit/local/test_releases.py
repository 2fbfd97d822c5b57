"""Tested releases and the way back to one, in an account of moto."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import boto3
import pytest
from moto import mock_aws

from local.commands.rollback import roll_back
from local.deployed import Deployed
from local.errors import CommandError
from local.progress import Progress
from local.releases import NoWayBack, Releases, Template, refusal

STACK: Final = "PhotoSky-dev"
BUCKET: Final = "assets"


def template(
    version: str = "1.0.0", schema_version: int = 3, indexes: tuple[str, ...] = ("ready",), package: str = "one.zip"
) -> dict[str, Any]:
    """A template of a release."""
    return {
        "Metadata": {"PhotoSky": {"Version": version, "SchemaVersion": schema_version}},
        "Resources": {
            "Photos": {
                "Type": "AWS::DynamoDB::Table",
                "Properties": {
                    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
                    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
                    "BillingMode": "PAY_PER_REQUEST",
                    "GlobalSecondaryIndexes": [
                        {
                            "IndexName": name,
                            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
                            "Projection": {"ProjectionType": "ALL"},
                        }
                        for name in indexes
                    ],
                },
            },
            "Api": {"Type": "AWS::Lambda::Function", "Properties": {"Code": {"S3Bucket": BUCKET, "S3Key": package}}},
        },
    }


@pytest.mark.parametrize(
    ("earlier", "reason"),
    [
        (template(), None),
        (template(indexes=("ready", "taken")), None),
        (
            template(schema_version=2),
            "its functions read records up to schema version 2, and the deployed ones write version 3.",
        ),
        (
            template() | {"Metadata": {}},
            "one of the two templates does not have the schema version of its records.",
        ),
        (template(indexes=()), "its table does not have the index ready, which CloudFormation would delete."),
        (
            {"Resources": {}, "Metadata": template()["Metadata"]},
            "its table does not have the index ready, which CloudFormation would delete.",
        ),
    ],
)
def test_release_that_would_lose_or_misread_data_is_refused(earlier: Mapping[str, Any], reason: str | None) -> None:
    assert refusal(Template(template()), Template(earlier)) == reason


def test_release_without_a_resource_that_holds_data_is_refused() -> None:
    metadata = {"Metadata": template()["Metadata"]}
    bucket = metadata | {"Resources": {"Media": {"Type": "AWS::S3::Bucket", "Properties": {}}}}
    assert (
        refusal(Template(bucket), Template(metadata | {"Resources": {}}))
        == "it does not have the AWS::S3::Bucket Media."
    )


class CloudFormation:
    """CloudFormation with one stack, whose updates are remembered."""

    class _Waiter:
        def wait(self, **_options: object) -> None:
            """The update is complete."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document = document
        self.updates: list[Mapping[str, Any]] = []

    def describe_stacks(self, **query: str) -> Mapping[str, Any]:
        """The bootstrap's stack, or the stack."""
        outputs = [{"OutputKey": "BucketName", "OutputValue": BUCKET}] if query["StackName"] == "CDKToolkit" else []
        parameters = [{"ParameterKey": "BootstrapVersion"}]
        return {"Stacks": [{"StackStatus": "CREATE_COMPLETE", "Outputs": outputs, "Parameters": parameters}]}

    def get_template(self, **_query: str) -> Mapping[str, Any]:
        """The stack's template."""
        return {"TemplateBody": self.document}

    def update_stack(self, **update: Any) -> None:
        """Remember an update."""
        self.updates.append(update)

    def get_waiter(self, _name: str) -> "CloudFormation._Waiter":
        """The only waiter."""
        return self._Waiter()


class Account:
    """An account with a stack and a bucket."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.cloudformation = CloudFormation(document)
        self.s3 = boto3.client("s3", region_name="us-east-1")

    def client(self, service: str, config: object = None) -> Any:
        """Return a service's client."""
        del config
        return {"cloudformation": self.cloudformation, "s3": self.s3}[service]

    @property
    def releases(self) -> Releases:
        """The stack's releases."""
        return Releases.of(Deployed(self, {}), "dev")


@pytest.fixture
def account() -> Iterator[Account]:
    """An account whose stack is of release 1.0.0, with the packages of two releases."""
    with mock_aws():
        made = Account(template())
        made.s3.create_bucket(Bucket=BUCKET)
        for key in ("one.zip", "two.zip"):
            made.s3.put_object(Bucket=BUCKET, Key=key, Body=b"zip")
        yield made


def keys(account: Account) -> list[str]:
    """The keys of the recorded releases."""
    listed = account.s3.list_objects_v2(Bucket=BUCKET, Prefix="photosky-releases/")
    return [found["Key"] for found in listed.get("Contents", [])]


def test_tested_release_is_recorded_once(account: Account) -> None:
    account.releases.record("abc")
    account.releases.record("def")
    (key,) = keys(account)
    (release,) = account.releases.tested()
    assert key == f"photosky-releases/{STACK}/{release.tested_at}.json"
    assert (release.commit, release.template, release.template.version) == ("abc", Template(template()), "1.0.0")


def test_stack_goes_back_to_the_tested_release(account: Account, capsys: pytest.CaptureFixture[str]) -> None:
    account.releases.record("abc")
    account.cloudformation.document = template("1.1.0", package="two.zip")
    assert roll_back(account.releases, "dev", Progress(), is_confirmed=True) == 0
    (update,) = account.cloudformation.updates
    (key,) = keys(account)
    assert update["TemplateURL"].endswith(f"/{BUCKET}/{key}")
    assert update["Parameters"] == []
    said = capsys.readouterr().out
    assert "From 1.1.0 back to 1.0.0 (commit abc, tested at " in said
    assert said.endswith("Now run its own smoke test: git checkout abc && make smoke ENV=dev\n")


def test_without_another_tested_release_there_is_no_way_back(account: Account) -> None:
    account.releases.record("abc")
    with pytest.raises(NoWayBack, match="No other release of PhotoSky-dev has passed a smoke test"):
        account.releases.way_back()


def test_release_without_its_package_is_refused(account: Account) -> None:
    account.releases.record("abc")
    account.cloudformation.document = template("1.1.0", package="two.zip")
    account.s3.delete_object(Bucket=BUCKET, Key="one.zip")
    with pytest.raises(NoWayBack, match=r"has no package one\.zip any more"):
        account.releases.way_back()


def test_stack_stays_without_a_confirmation(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    account.releases.record("abc")
    account.cloudformation.document = template("1.1.0", package="two.zip")
    with pytest.raises(CommandError, match="no terminal to confirm on"):
        roll_back(account.releases, "dev", Progress(), is_confirmed=False)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("builtins.input", lambda _prompt: "n")
    assert roll_back(account.releases, "dev", Progress(), is_confirmed=False) == 1
    assert account.cloudformation.updates == []
