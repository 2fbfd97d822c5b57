"""Checks of the arguments before the CDK CLI starts."""

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


def test_unknown_environment_is_refused() -> None:
    with pytest.raises(CommandError, match="There is no environment 'qa'"):
        cdk.main(["synth", "-c", "env=qa"])
