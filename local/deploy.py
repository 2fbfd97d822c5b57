"""Bootstrap the emulator and deploy the local environment to it, if something has changed."""

import hashlib
import json
import re
import shutil
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from infrastructure.environment import Environment, InvalidEnvironmentError
from local.emulator import guard
from local.emulator.server import ACCOUNT, REGION, Credentials
from local.errors import CommandError
from local.toolchain import CLI_SOURCE, ROOT, Cdk, Line

_BOOTSTRAP_STACK: Final = "CDKToolkit"
_STAGING_BUCKET: Final = f"cdk-hnb659fds-assets-{ACCOUNT}-{REGION}"
"""Of the CDK's default qualifier (CDK developer guide, "Bootstrapping")."""
_SOURCES: Final = (
    *(
        "app.py",
        "cdk.json",
        "pyproject.toml",
        "api",
        "infrastructure",
        "photosky",
        "requirements",
        "tasks",
        "workflows",
    ),
)
_COMPLETE: Final = (
    "CREATE_COMPLETE",
    "UPDATE_COMPLETE",
    "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
    "UPDATE_ROLLBACK_COMPLETE",
)
"""Including a stack whose update was rolled back, since it is as it was before."""
_EXECUTE_API: Final = re.compile(r"^https://([^.]+)\.execute-api\.[^/]+/([^/]+)/?$")


def stack_name(environment: str) -> str:
    """Return the name of an environment's stack."""
    return f"PhotoSky-{environment}"


STACK: Final = stack_name("local")


class Clients(Protocol):
    """An account to make clients for: on AWS, or the emulator."""

    def client(self, service: str, config: Config | None = None) -> Any:
        """Make a boto3 client for a service."""


@dataclass(frozen=True)
class Target:
    """The emulator, used as root."""

    endpoint_url: str
    credentials: Credentials

    def client(self, service: str, config: Config | None = None) -> Any:
        """Make a boto3 client for a service. An IP address cannot have host prefixes."""
        shared = Config(inject_host_prefix=False, retries={"max_attempts": 3})
        create: Any = boto3.client  # Its overloads want the service's name at type-checking time.
        return create(
            service,
            endpoint_url=self.endpoint_url,
            region_name=REGION,
            aws_access_key_id=self.credentials.access_key_id,
            aws_secret_access_key=self.credentials.secret_access_key,
            config=shared.merge(config) if config else shared,
        )

    def environment(self) -> dict[str, str]:
        """Return the environment variables that make the CDK CLI use the emulator."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_ACCESS_KEY_ID": self.credentials.access_key_id,
            "AWS_SECRET_ACCESS_KEY": self.credentials.secret_access_key,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            # Without CloudFormation's rules for templates, which take half of a synthesis; `make test` applies them.
            # cdk-nag is applied nevertheless.
            "CDK_VALIDATION": "false",
        }


def bootstrap(cdk: Cdk, target: Target, on_line: Line) -> bool:
    """Bootstrap the emulator's account unless it is bootstrapped; returns whether it was done."""
    if stack_outputs(target, _BOOTSTRAP_STACK) is not None:
        return False
    cdk.run_alone(["bootstrap", f"aws://{ACCOUNT}/{REGION}"], target.environment(), on_line)
    return True


def deploy(
    cdk: Cdk, target: Target, record: Path, output: Path, replaced_knobs: Mapping[str, str], on_line: Line
) -> bool:
    """Deploy the stack unless the sources are those of the last deployment; returns whether it was done.

    `record` is the file for the digest of the deployed sources; `output` is the cloud assembly's folder.
    `replaced_knobs` are those that differ from `cdk.json`, as `app.py` reads them.
    """
    replaced = [part for knob, value in replaced_knobs.items() for part in ("-c", f"{knob}={value}")]
    digest = "".join([sources_digest(ROOT), *replaced])
    if recorded_digest(record) == digest and stack_outputs(target, STACK) is not None:
        return False
    record.unlink(missing_ok=True)  # A deployment that fails leaves no record.
    arguments = ["deploy", STACK, "-c", "env=local", *replaced, "--require-approval", "never", "--progress", "events"]
    # Without staging, the assembly refers to the packages in `.photosky/build` instead of copying them (70 MB).
    arguments += ["--no-staging", "--output", str(output)]
    cdk.run_app(arguments, target.environment(), on_line)
    _delete_old_assets(target, output)
    shutil.rmtree(output, ignore_errors=True)  # It has a second copy of what was uploaded.
    record.write_text(json.dumps({"sources": digest}))
    return True


def _delete_old_assets(target: Target, output: Path) -> None:
    """Delete the assets of earlier deployments, up to 77 MB each, from the staging bucket."""
    current = asset_keys(json.loads((output / f"{STACK}.assets.json").read_text()))
    s3 = target.client("s3")
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=_STAGING_BUCKET):
        for version in page.get("Versions", []):
            if version["Key"] not in current:
                s3.delete_object(Bucket=_STAGING_BUCKET, Key=version["Key"], VersionId=version["VersionId"])


def asset_keys(manifest: Mapping[str, Any]) -> set[str]:
    """Return the object keys of a cloud assembly's asset manifest."""
    return {
        destination["objectKey"]
        for asset in manifest["files"].values()
        for destination in asset["destinations"].values()
    }


def stack_outputs(target: Clients, stack: str) -> dict[str, str] | None:
    """Return a complete stack's outputs by name; None if the stack is missing or not complete."""
    try:
        (found,) = target.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
    except ClientError as error:
        if error.response["Error"]["Code"] == "ValidationError":
            return None
        raise
    if found["StackStatus"] not in _COMPLETE:
        return None
    return {output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", [])}


def local_api_url(api_url: str, endpoint_url: str) -> str:
    """Return the emulator's URL of a REST API, without a last slash, from the one in CloudFormation's outputs."""
    found = _EXECUTE_API.match(api_url)
    if found is None:
        raise ValueError(f"not the URL of a REST API's stage: {api_url}")
    return f"{endpoint_url}/_aws/execute-api/{found[1]}/{found[2]}"


def environment(root: Path = ROOT, name: str = "local", **replaced: object) -> Environment:
    """Return an environment of `cdk.json`, with some knobs replaced. Raises CommandError for a name or a knob."""
    settings: Mapping[str, Any] = json.loads((root / "cdk.json").read_text())
    try:
        return Environment.load(name, settings["context"]["environments"], **replaced)
    except InvalidEnvironmentError as error:
        raise CommandError(str(error)) from None


def local_previews_url(previews_url: str, endpoint_url: str) -> str:
    """Return the emulator's URL of a distribution, from the one in CloudFormation's outputs."""
    label = previews_url.removeprefix("https://").partition(".")[0]
    return f"{endpoint_url}{guard.EDGE}{label}"


def recorded_digest(record: Path) -> str | None:
    """Return the digest of the sources that were deployed last; None if there were none, or the file is incomplete."""
    try:
        return str(json.loads(record.read_text())["sources"])
    except (FileNotFoundError, ValueError):
        return None


def sources_digest(root: Path) -> str:
    """Return a digest of everything that a deployment depends on, including the interpreter's version."""
    digest = hashlib.sha256(sys.version.encode())
    for path in sorted(_source_files(root)):
        digest.update(f"\0{path.relative_to(root)}\0".encode())
        digest.update(path.read_bytes())
    digest.update((CLI_SOURCE / "package-lock.json").read_bytes())
    return digest.hexdigest()


def _source_files(root: Path) -> Iterable[Path]:
    for name in _SOURCES:
        path = root / name
        if path.is_file():
            yield path
        for below in path.rglob("*") if path.is_dir() else ():
            if below.is_file() and "__pycache__" not in below.parts and below.suffix != ".pyc":
                yield below
