"""An operator: an IAM user who runs `python -m local` with the permissions that docs/operations.md lists."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.emulator.server import REGION
from local.toolchain import ROOT


@dataclass(frozen=True)
class Operator:
    """An IAM user's environment variables and working directory."""

    environment: Mapping[str, str]
    folder: Path

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run `python -m local COMMAND` with the operator's credentials."""
        return subprocess.run(  # noqa: S603 - the project's own command
            [sys.executable, "-m", "local", *command],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )


def documented_actions(row: str) -> list[str]:
    """The actions in one row of the permissions table in docs/operations.md."""
    (actions,) = re.findall(
        rf"^\| {row} \| (.*) \|$", (ROOT / "docs" / "operations.md").read_text(), flags=re.MULTILINE
    )
    return re.findall(r"`([a-z0-9-]+:[A-Z][A-Za-z]+)`", actions)


@contextmanager
def operator_with(aws: Callable[[str], Any], endpoint_url: str, folder: Path, *rows: str) -> Iterator[Operator]:
    """Create an IAM user with only the permissions in these rows of docs/operations.md."""
    actions = [action for row in rows for action in documented_actions(row)]
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]}
    name = "-".join(("operator", *rows)).replace(" ", "-")
    with operator_allowed(aws, endpoint_url, folder, name, policy) as operator:
        yield operator


@contextmanager
def operator_allowed(
    aws: Callable[[str], Any], endpoint_url: str, folder: Path, name: str, policy: Mapping[str, Any]
) -> Iterator[Operator]:
    """Create an IAM user with only this policy."""
    iam = aws("iam")
    iam.create_user(UserName=name)
    iam.put_user_policy(UserName=name, PolicyName="policy", PolicyDocument=json.dumps(policy))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    try:
        yield Operator(process_environment(endpoint_url, key["AccessKeyId"], key["SecretAccessKey"]), folder)
    finally:
        iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
        iam.delete_user_policy(UserName=name, PolicyName="policy")
        iam.delete_user(UserName=name)


def process_environment(endpoint_url: str, access_key_id: str, secret_access_key: str) -> dict[str, str]:
    """Environment variables that configure the SDK for the emulator, without this machine's AWS settings."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return inherited | {
        "AWS_ENDPOINT_URL": endpoint_url,
        "AWS_ACCESS_KEY_ID": access_key_id,
        "AWS_SECRET_ACCESS_KEY": secret_access_key,
        "AWS_REGION": REGION,
        # Step Functions would prefix the host with `sync-`, which an IP address does not allow.
        "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "PYTHONPATH": str(ROOT),
    }
