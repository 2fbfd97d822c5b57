"""Releases whose smoke test passed: their templates, in the bucket of the CDK's bootstrap, and the way back to one.

The bucket keeps the functions' packages of all deployments (CDK guide, "Garbage collect bootstrap resources": nothing
removes them but `cdk gc`), so a template is all that an earlier release needs.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Self

from botocore.exceptions import ClientError, WaiterError

from local import deploy
from local.deployed import Deployed
from local.errors import CommandError

PREFIX: Final = "photosky-releases/"
"""Of the keys in the bootstrap's bucket."""

METADATA: Final = "PhotoSky"
"""The key of a template's metadata about its release (`infrastructure/stack.py`)."""

_BOOTSTRAP_STACK: Final = "CDKToolkit"
_WITH_DATA: Final = ("AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::Cognito::UserPool")
"""Types of resources that hold what users have."""

_CAPABILITIES: Final = ("CAPABILITY_IAM", "CAPABILITY_NAMED_IAM")
_POLL_SECONDS: Final = 5
_MAX_POLLS: Final = 360


class NoWayBack(CommandError):
    """There is no earlier release, or it would lose or misread data."""


@dataclass(frozen=True)
class Template:
    """A stack's template."""

    document: Mapping[str, Any]

    @property
    def version(self) -> str:
        """PhotoSky's version."""
        return str(self.document.get("Metadata", {}).get(METADATA, {}).get("Version", "unknown"))

    @property
    def schema_version(self) -> int | None:
        """The version of the records that its functions write; None for a release before templates had it."""
        version: int | None = self.document.get("Metadata", {}).get(METADATA, {}).get("SchemaVersion")
        return version

    @property
    def indexes(self) -> set[str]:
        """The names of the indexes of its tables."""
        return {
            index["IndexName"]
            for resource in self._resources("AWS::DynamoDB::Table").values()
            for index in resource["Properties"].get("GlobalSecondaryIndexes", [])
        }

    @property
    def with_data(self) -> Mapping[str, str]:
        """The types of the resources that hold data, by logical id."""
        return {
            logical: resource["Type"] for type_ in _WITH_DATA for logical, resource in self._resources(type_).items()
        }

    @property
    def packages(self) -> set[str]:
        """The keys of its functions' packages in the bootstrap's bucket."""
        codes = [resource["Properties"]["Code"] for resource in self._resources("AWS::Lambda::Function").values()]
        return {code["S3Key"] for code in codes if isinstance(code.get("S3Key"), str)}

    def _resources(self, type_: str) -> Mapping[str, Mapping[str, Any]]:
        return {name: found for name, found in self.document["Resources"].items() if found["Type"] == type_}


@dataclass(frozen=True)
class Release:
    """A release whose smoke test passed. `commit` is that from which the test was run."""

    key: str
    commit: str
    template: Template

    @property
    def tested_at(self) -> str:
        """The time of its smoke test, in UTC."""
        return self.key.rpartition("/")[2].removesuffix(".json")


class Releases:
    """The releases of one stack."""

    def __init__(self, stack: Deployed, name: str) -> None:
        self._name = name
        self._cloudformation = stack.clients.client("cloudformation")
        self._s3 = stack.clients.client("s3")
        bootstrap = deploy.stack_outputs(stack.clients, _BOOTSTRAP_STACK)
        if bootstrap is None:
            raise CommandError(f"There is no complete stack {_BOOTSTRAP_STACK}, whose bucket has the releases.")
        self._bucket = bootstrap["BucketName"]

    @classmethod
    def of(cls, stack: Deployed, environment: str) -> Self:
        """Return the releases of an environment. Raises CommandError if the account is not bootstrapped."""
        return cls(stack, deploy.stack_name(environment))

    def deployed(self) -> Template:
        """Return the template of the stack as it is."""
        body = self._cloudformation.get_template(StackName=self._name, TemplateStage="Original")["TemplateBody"]
        return Template(json.loads(body) if isinstance(body, str) else body)

    def tested(self) -> Iterator[Release]:
        """Yield the releases whose smoke test passed, newest first."""
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=self._prefix)
        for key in sorted((found["Key"] for page in pages for found in page.get("Contents", [])), reverse=True):
            found = self._s3.get_object(Bucket=self._bucket, Key=key)
            yield Release(key, found["Metadata"].get("commit", "unknown"), Template(json.load(found["Body"])))

    def record(self, commit: str) -> None:
        """Record that the smoke test of the deployed release has passed, unless the newest record has this template."""
        template = self.deployed()
        newest = next(self.tested(), None)
        if newest is not None and newest.template == template:
            return
        self._s3.put_object(
            Bucket=self._bucket,
            Key=f"{self._prefix}{datetime.now(UTC):%Y%m%dT%H%M%SZ}.json",
            Body=json.dumps(template.document, separators=(",", ":")).encode(),
            ContentType="application/json",
            Metadata={"commit": commit},
        )

    def way_back(self) -> Release:
        """Return the newest tested release that is not the deployed one. Raises NoWayBack."""
        current = self.deployed()
        release = next((found for found in self.tested() if found.template != current), None)
        if release is None:
            raise NoWayBack(f"No other release of {self._name} has passed a smoke test.")
        reason = refusal(current, release.template) or self._missing_package(release.template)
        if reason:
            raise NoWayBack(f"{self._name} cannot go back to the release of {release.tested_at}: {reason}")
        return release

    def deploy(self, release: Release) -> None:
        """Update the stack to a release and wait. Raises CommandError if CloudFormation does not complete it."""
        (stack,) = self._cloudformation.describe_stacks(StackName=self._name)["Stacks"]
        known = {parameter["ParameterKey"] for parameter in stack.get("Parameters", [])}
        self._cloudformation.update_stack(
            StackName=self._name,
            TemplateURL=f"{self._s3.meta.endpoint_url}/{self._bucket}/{release.key}",
            Parameters=[
                {"ParameterKey": name, "UsePreviousValue": True}
                for name in sorted(known & release.template.document.get("Parameters", {}).keys())
            ],
            Capabilities=list(_CAPABILITIES),
        )
        try:
            self._cloudformation.get_waiter("stack_update_complete").wait(
                StackName=self._name, WaiterConfig={"Delay": _POLL_SECONDS, "MaxAttempts": _MAX_POLLS}
            )
        except WaiterError as error:
            raise CommandError(
                f"CloudFormation did not complete the update of {self._name}; its events say why. If it was rolled "
                "back, the stack is as it was before."
            ) from error

    @property
    def _prefix(self) -> str:
        return f"{PREFIX}{self._name}/"

    def _missing_package(self, template: Template) -> str | None:
        for key in sorted(template.packages):
            try:
                self._s3.head_object(Bucket=self._bucket, Key=key)
            except ClientError as error:
                if error.response["ResponseMetadata"]["HTTPStatusCode"] != 404:
                    raise
                return f"the bucket {self._bucket} has no package {key} any more. Deploy the release from its commit."
        return None


def refusal(current: Template, earlier: Template) -> str | None:
    """Return why a stack must not go back to an earlier template, as the end of a sentence; None if it may."""
    if earlier.schema_version is None or current.schema_version is None:
        return "one of the two templates does not have the schema version of its records."
    if earlier.schema_version < current.schema_version:
        return (
            f"its functions read records up to schema version {earlier.schema_version}, and the deployed ones write "
            f"version {current.schema_version}."
        )
    if indexes := sorted(current.indexes - earlier.indexes):
        return f"its table does not have the index {', '.join(indexes)}, which CloudFormation would delete."
    if lost := sorted(current.with_data.keys() - earlier.with_data.keys()):
        return f"it does not have the {', '.join(f'{current.with_data[name]} {name}' for name in lost)}."
    return None
