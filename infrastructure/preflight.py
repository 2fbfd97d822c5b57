"""Checks of a command before the CDK CLI starts, so that a mistake ends in one sentence."""

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from botocore.session import get_session

from infrastructure.environment import Environment
from infrastructure.packaging import ROOT

ENDPOINT_VARIABLE: Final = "AWS_ENDPOINT_URL"
"""Set if the endpoints of AWS are replaced (AWS SDKs and Tools guide, "Service-specific endpoints")."""

ACCOUNT_VARIABLE: Final = "CDK_DEFAULT_ACCOUNT"
"""Set by the CDK CLI if it has credentials."""

_WITHOUT_AWS: Final = ("synth", "synthesize", "list", "ls")
"""The commands that only read the app."""


class MissingCredentialsError(Exception):
    """Raised if a command needs AWS and no credentials are configured."""


def check(arguments: Sequence[str], variables: Mapping[str, str], root: Path = ROOT) -> None:
    """Check a CDK command's environment and credentials. Raises InvalidEnvironmentError or MissingCredentialsError.

    Commands without `-c env` are not checked: some need no app, and the app checks the others.
    """
    command, name = _read(arguments)
    if name is None:
        return
    environments = json.loads((root / "cdk.json").read_text(encoding="utf-8"))["context"]["environments"]
    environment = Environment.load(name, environments)
    if command not in _WITHOUT_AWS and ENDPOINT_VARIABLE not in variables:
        environment.refuse_aws()
        if "--profile" not in arguments and get_session().get_credentials() is None:
            raise MissingCredentialsError(
                f"cdk {command} needs AWS credentials, and none were found. Set AWS_PROFILE to a profile of the AWS "
                "CLI (aws configure list-profiles), or sign in first (aws sso login)."
            )


def check_app(environment: Environment, variables: Mapping[str, str]) -> None:
    """Check an environment for the app itself, which does not know the command. Raises InvalidEnvironmentError."""
    if ACCOUNT_VARIABLE in variables and ENDPOINT_VARIABLE not in variables:
        environment.refuse_aws()


def _read(arguments: Sequence[str]) -> tuple[str, str | None]:
    """Return the command and the value of `-c env=NAME`, the last one if there are several."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    parser.add_argument("-c", "--context", action="append", default=[])
    try:
        known, others = parser.parse_known_args(list(arguments))
    except argparse.ArgumentError:
        return "", None  # The CLI reports its own syntax.
    values: dict[str, str] = dict(pair.partition("=")[::2] for pair in known.context)
    command = next((argument for argument in others if not argument.startswith("-")), "")
    return command, values.get("env")
