"""What is said where an environment cannot be found, in one sentence each."""

import os

import pytest
from botocore.stub import Stubber

from local.deployed import Account, Deployed, NotDeployed
from tests.local.operator import process_environment

NOWHERE = "http://127.0.0.1:9"


@pytest.fixture(autouse=True)
def chain(monkeypatch: pytest.MonkeyPatch) -> None:
    """Credentials and region as a person has them."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in process_environment(NOWHERE, "AKIAIOSFODNN7EXAMPLE", "secret").items():
        monkeypatch.setenv(name, value)


def why_not() -> str:
    with pytest.raises(NotDeployed) as refused:
        Deployed.environment("dev")
    return str(refused.value)


def answering(monkeypatch: pytest.MonkeyPatch, **answer: object) -> None:
    """Let CloudFormation answer with an error, or with stacks."""
    client = Account().client("cloudformation")
    stubber = Stubber(client)
    if "code" in answer:
        stubber.add_client_error("describe_stacks", str(answer["code"]), str(answer["message"]))
    else:
        stubber.add_response("describe_stacks", {"Stacks": [answer]})
    stubber.activate()
    monkeypatch.setattr(Account, "client", lambda *_arguments: client)


def test_without_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    assert why_not() == "There are no AWS credentials. Set AWS_PROFILE or sign in as for the AWS CLI."


def test_without_a_region(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_REGION")
    assert why_not() == "There is no AWS region. Set AWS_REGION, or a region in the profile."


def test_without_the_profile(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "work")
    assert why_not() == "The stack PhotoSky-dev cannot be read: The config profile (work) could not be found"


def test_without_the_stack(monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, code="ValidationError", message="Stack with id PhotoSky-dev does not exist")
    assert why_not() == "There is no complete stack PhotoSky-dev in this account and region."


def test_without_the_permission(monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, code="AccessDenied", message="You may not.")
    assert why_not() == (
        "The stack PhotoSky-dev cannot be read: "
        "An error occurred (AccessDenied) when calling the DescribeStacks operation: You may not."
    )


@pytest.mark.parametrize(
    ("status", "is_complete"), [("UPDATE_COMPLETE", True), ("UPDATE_ROLLBACK_COMPLETE", True), ("CREATE_FAILED", False)]
)
def test_a_stack_is_used_whose_update_was_taken_back_and_none_that_is_not_all_there(
    monkeypatch: pytest.MonkeyPatch, status: str, is_complete: bool
) -> None:
    about = {"StackName": "PhotoSky-dev", "CreationTime": "2026-08-03T07:12:55Z", "StackStatus": status}
    answering(monkeypatch, **about, Outputs=[{"OutputKey": "A", "OutputValue": "1"}])
    if is_complete:
        assert Deployed.environment("dev").outputs == {"A": "1"}
    else:
        assert why_not() == "There is no complete stack PhotoSky-dev in this account and region."
