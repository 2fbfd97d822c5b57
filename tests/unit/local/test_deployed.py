"""The errors of a deployed environment that cannot be found or read."""

import os

import pytest
from botocore.stub import Stubber

from local.deployed import Account, Deployed, NotDeployed
from tests.local.operator import process_environment

UNUSED_URL = "http://127.0.0.1:9"


@pytest.fixture(autouse=True)
def _default_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """Credentials and region as an operator has them."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in process_environment(UNUSED_URL, "AKIAIOSFODNN7EXAMPLE", "secret").items():
        monkeypatch.setenv(name, value)


def error_text() -> str:
    """Return the error for the environment `dev`."""
    with pytest.raises(NotDeployed) as refused:
        Deployed.environment("dev")
    return str(refused.value)


def stub_stack(monkeypatch: pytest.MonkeyPatch, **stack: object) -> None:
    """Stub CloudFormation with one stack, or with an error if `code` is given."""
    client = Account().client("cloudformation")
    stubber = Stubber(client)
    if "code" in stack:
        stubber.add_client_error("describe_stacks", str(stack["code"]), str(stack["message"]))
    else:
        stubber.add_response("describe_stacks", {"Stacks": [stack]})
    stubber.activate()
    monkeypatch.setattr(Account, "client", lambda *_arguments: client)


def test_missing_credentials_are_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    assert error_text() == "There are no AWS credentials. Set AWS_PROFILE or sign in as for the AWS CLI."


def test_missing_region_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_REGION")
    assert error_text() == "There is no AWS region. Set AWS_REGION, or a region in the profile."


def test_unknown_profile_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "work")
    assert error_text() == "The stack PhotoSky-dev cannot be read: The config profile (work) could not be found"


def test_missing_stack_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    stub_stack(monkeypatch, code="ValidationError", message="Stack with id PhotoSky-dev does not exist")
    assert error_text() == "There is no complete stack PhotoSky-dev in this account and region."


def test_missing_permission_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    stub_stack(monkeypatch, code="AccessDenied", message="Access denied.")
    assert error_text() == (
        "The stack PhotoSky-dev cannot be read: "
        "An error occurred (AccessDenied) when calling the DescribeStacks operation: Access denied."
    )


@pytest.mark.parametrize(
    ("status", "is_complete"), [("UPDATE_COMPLETE", True), ("UPDATE_ROLLBACK_COMPLETE", True), ("CREATE_FAILED", False)]
)
def test_only_complete_or_rolled_back_stacks_are_used(
    monkeypatch: pytest.MonkeyPatch, status: str, is_complete: bool
) -> None:
    about = {"StackName": "PhotoSky-dev", "CreationTime": "2026-08-03T07:12:55Z", "StackStatus": status}
    stub_stack(monkeypatch, **about, Outputs=[{"OutputKey": "A", "OutputValue": "1"}])
    if is_complete:
        assert Deployed.environment("dev").outputs == {"A": "1"}
    else:
        assert error_text() == "There is no complete stack PhotoSky-dev in this account and region."
