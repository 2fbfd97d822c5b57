"""`make deploy`, `diff`, `destroy`, `synth` and `bootstrap`: the pinned CDK CLI on this app.

The environment is checked before the CLI starts, so that a mistake is reported in one sentence and within a second.
"""

import json
import sys
from collections.abc import Sequence
from typing import Final

import boto3
from botocore.exceptions import BotoCoreError

from infrastructure.environment import Environment, InvalidEnvironmentError
from local import toolchain
from local.errors import CommandError

_IN_ACCOUNT: Final = frozenset({"bootstrap", "deploy", "destroy", "diff"})
"""The commands that use an AWS account."""

_CHECKED: Final = _IN_ACCOUNT | {"synth"}


def main(arguments: Sequence[str]) -> int:
    """Run the CLI with the terminal's input and output, and return its exit code."""
    command = next(iter(arguments), "")
    if command in _CHECKED and not {"-h", "--help"} & set(arguments):
        name = environment_of(arguments)
        check(command, name)
        if command in _IN_ACCOUNT and "--profile" not in arguments and not _has_credentials():
            raise CommandError(
                "There are no AWS credentials. Name a profile of ~/.aws/config, as in "
                f"`make {command} ENV={name} AWS_PROFILE=name`, or sign in as for the AWS CLI."
            )
    return toolchain.install(toolchain.CLI_CACHE, _to_stderr).run_interactively(arguments)


def environment_of(arguments: Sequence[str]) -> str:
    """Return NAME of the arguments `-c env=NAME`; empty if they name none."""
    values = [value.removeprefix("--context=") for value in arguments]
    return next((value.removeprefix("env=") for value in values if value.startswith("env=")), "")


def check(command: str, name: str) -> None:
    """Check that a command may be run on an environment of cdk.json. Raises CommandError."""
    environments = json.loads((toolchain.ROOT / "cdk.json").read_text())["context"]["environments"]
    if not name:
        known = ", ".join(sorted(environments))
        raise CommandError(f"Name an environment: `make {command} ENV=dev`. cdk.json has {known}.")
    try:
        environment = Environment.load(name, environments)
    except InvalidEnvironmentError as error:
        raise CommandError(str(error)) from error
    if command in _IN_ACCOUNT and environment.runtime == "host":
        raise CommandError(
            f"The environment {name} is built for this machine and cannot be used on AWS. Start it with `make run`."
        )


def _has_credentials() -> bool:
    try:
        return boto3.Session().get_credentials() is not None
    except BotoCoreError as error:  # A profile that does not exist, for example.
        raise CommandError(f"The AWS credentials cannot be read: {error}.") from error


def _to_stderr(line: str) -> None:
    print(line, file=sys.stderr)
