"""Checks of the arguments before the CDK CLI starts."""

import os

import pytest

from local.commands import cdk
from local.errors import CommandError


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        (["deploy", "-c", "env=dev", "--all"], "dev"),
        (["deploy", "--context", "env=prod"], "prod"),
        (["deploy", "--context=env=prod"], "prod"),
        (["deploy", "-c", "env="], ""),
        (["deploy"], ""),
    ],
)
def test_environment_is_read_from_the_arguments(arguments: list[str], name: str) -> None:
    assert cdk.environment_of(arguments) == name


@pytest.mark.parametrize("command", ["synth", "bootstrap", "deploy", "diff", "destroy"])
def test_environment_is_required(command: str) -> None:
    with pytest.raises(CommandError) as refused:
        cdk.main([command, "-c", "env="])
    assert str(refused.value).startswith(f"Name an environment: `make {command} ENV=dev`. cdk.json has dev, ")
    cdk.check(command, "dev")


@pytest.mark.parametrize("command", ["bootstrap", "deploy", "diff", "destroy"])
def test_local_environment_is_refused_for_aws(command: str) -> None:
    with pytest.raises(CommandError, match=r"The environment local .*`make run`"):
        cdk.main([command, "-c", "env=local"])


def test_local_environment_can_be_synthesized() -> None:
    cdk.check("synth", "local")


@pytest.mark.parametrize("command", ["bootstrap", "deploy", "diff", "destroy"])
def test_missing_credentials_are_reported_at_once(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith("AWS_"):
            monkeypatch.delenv(name)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, os.devnull)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(CommandError, match=f"There are no AWS credentials.*`make {command} ENV=dev AWS_PROFILE=name`"):
        cdk.main([command, "-c", "env=dev"])
    monkeypatch.setenv("AWS_PROFILE", "work")
    with pytest.raises(CommandError, match=r"The config profile \(work\) could not be found"):
        cdk.main([command, "-c", "env=dev"])


def test_unknown_environment_is_refused() -> None:
    with pytest.raises(CommandError, match="There is no environment 'unknown-environment'"):
        cdk.main(["synth", "-c", "env=unknown-environment"])
