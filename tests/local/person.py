"""A person who works on an environment from a terminal, with the permissions that docs/operations.md lists."""

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
class Person:
    """Somebody with an access key, in a folder of theirs."""

    environment: Mapping[str, str]
    folder: Path

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """`python -m local COMMAND`, as this person."""
        return subprocess.run(  # noqa: S603 - ourselves
            [sys.executable, "-m", "local", *command],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )


def documented_actions(row: str) -> list[str]:
    """The actions in one row of the table of permissions in docs/operations.md."""
    (actions,) = re.findall(
        rf"^\| {row} \| (.*) \|$", (ROOT / "docs" / "operations.md").read_text(), flags=re.MULTILINE
    )
    return re.findall(r"`([a-z0-9-]+:[A-Z][A-Za-z]+)`", actions)


@contextmanager
def allowed(aws: Callable[[str], Any], endpoint_url: str, folder: Path, *rows: str) -> Iterator[Person]:
    """An IAM user with the permissions in these rows of docs/operations.md and no others."""
    iam, name = aws("iam"), "-".join(("person", *rows)).replace(" ", "-")
    actions = [action for row in rows for action in documented_actions(row)]
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]}
    iam.create_user(UserName=name)
    iam.put_user_policy(UserName=name, PolicyName="documented", PolicyDocument=json.dumps(policy))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    try:
        yield Person(ordinary_chain(endpoint_url, key["AccessKeyId"], key["SecretAccessKey"]), folder)
    finally:
        iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
        iam.delete_user_policy(UserName=name, PolicyName="documented")
        iam.delete_user(UserName=name)


def ordinary_chain(endpoint_url: str, access_key_id: str, secret_access_key: str) -> dict[str, str]:
    """A process's environment that names the emulator as it would name AWS, and nothing of this machine's own."""
    others = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return others | {
        "AWS_ENDPOINT_URL": endpoint_url,
        "AWS_ACCESS_KEY_ID": access_key_id,
        "AWS_SECRET_ACCESS_KEY": secret_access_key,
        "AWS_REGION": REGION,
        # `sync-` before an address is none.
        "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "PYTHONPATH": str(ROOT),
    }
