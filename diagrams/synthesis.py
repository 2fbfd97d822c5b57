"""The synthesized template of an environment, for the diagrams and the tests."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from diagrams import reference
from infrastructure.environment import Environment

_REFERENCE: Final = re.compile(r"\$\{([^}]+)\}")


@dataclass(frozen=True, eq=False)
class Resource:
    """One resource. `address` is the path of its construct below the stack: `Storage/Media`, `Validate`."""

    logical_id: str
    address: str
    type: str
    properties: Mapping[str, Any]
    document: Mapping[str, Any]

    @property
    def name(self) -> str:
        """The last part of the address: `Media`."""
        return self.address.rpartition("/")[2]


class Template:
    """A CloudFormation template, with access to resources by type and to values as readable text."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document = document

    @cached_property
    def resources(self) -> Mapping[str, Resource]:
        """The resources by logical id."""
        return {
            logical_id: Resource(
                logical_id=logical_id,
                address=_address(resource.get("Metadata", {}).get("aws:cdk:path", logical_id)),
                type=resource["Type"],
                properties=resource.get("Properties", {}),
                document=resource,
            )
            for logical_id, resource in self.document["Resources"].items()
        }

    def all(self, type_: str) -> list[Resource]:
        """Return the resources of a type, sorted by address."""
        return sorted((r for r in self.resources.values() if r.type == type_), key=lambda r: r.address)

    def one(self, type_: str) -> Resource:
        """Return the only resource of a type. Raises ValueError if there are several or none."""
        (resource,) = self.all(type_)
        return resource

    def target(self, value: object) -> Resource | None:
        """Return the resource that a Ref or GetAtt refers to."""
        match value:
            case {"Ref": str(logical_id)} | {"Fn::GetAtt": [str(logical_id), _]}:
                return self.resources.get(logical_id)
            case _:
                return None

    def text(self, value: object) -> str:
        """Return a value as text, with references as addresses: `${Storage/Media.Arn}/incoming/*`."""
        match value:
            case {"Fn::Join": [str(separator), list(parts)]}:
                return separator.join(self.text(part) for part in parts)
            case {"Fn::Sub": str(pattern)}:
                return pattern
            case {"Ref": str(logical_id)}:
                return f"${{{self._named(logical_id)}}}"
            case {"Fn::GetAtt": [str(logical_id), str(attribute)]}:
                return f"${{{self._named(logical_id)}.{attribute}}}"
            case _:
                return str(value)

    def texts(self, value: object) -> list[str]:
        """Return the texts of a value or a list of values, as IAM policies have them."""
        return [self.text(item) for item in value] if isinstance(value, list) else [self.text(value)]

    def referenced(self, value: object) -> list[Resource]:
        """Return the resources that a value refers to, in order."""
        by_address = {resource.address: resource for resource in self.resources.values()}
        named = (name.partition(".")[0] for name in _REFERENCE.findall(self.text(value)))
        return [by_address[name] for name in named if name in by_address]

    def machine(self, name: str) -> Resource:
        """Return the state machine of this name."""
        (found,) = (machine for machine in self.all("AWS::StepFunctions::StateMachine") if machine.name == name)
        return found

    @cached_property
    def definition(self) -> dict[str, Any]:
        """The definition of the ingest workflow (Amazon States Language)."""
        return self.definition_of("Ingest")

    def definition_of(self, name: str) -> dict[str, Any]:
        """Return the definition of the state machine of this name."""
        definition: dict[str, Any] = json.loads(self.text(self.machine(name).properties["DefinitionString"]))
        return definition

    def statements(self, role: Resource) -> list[dict[str, Any]]:
        """Return the policy statements of a role."""
        return [
            statement
            for policy in self.all("AWS::IAM::Policy")
            if role in map(self.target, policy.properties["Roles"])
            for statement in policy.properties["PolicyDocument"]["Statement"]
        ]

    def routes(self) -> dict[tuple[str, str], Resource]:
        """Return the methods of the API, by verb and path."""
        return {
            (method.properties["HttpMethod"], self._path(method.properties["ResourceId"])): method
            for method in self.all("AWS::ApiGateway::Method")
        }

    def _path(self, resource_id: object) -> str:
        resource = self.target(resource_id)
        if resource is None or resource.type != "AWS::ApiGateway::Resource":
            return "/"
        return f"{self._path(resource.properties['ParentId'])}/{resource.properties['PathPart']}".replace("//", "/")

    def _named(self, logical_id: str) -> str:
        resource = self.resources.get(logical_id)
        return resource.address if resource else logical_id


@dataclass(frozen=True)
class Synthesized:
    """The output of `cdk synth` for one environment. `assets` are files by their keys in the template."""

    environment: Environment
    stack_name: str
    termination_protection: bool
    template: Template
    assets: Mapping[str, Path]

    def asset(self, function: Resource) -> Path:
        """Return the zip file with the code of a function."""
        return self.assets[function.properties["Code"]["S3Key"]]


def synthesize(name: str, folder: Path) -> Synthesized:
    """Synthesize a reference environment into `folder`. Raises InvalidEnvironmentError."""
    return synthesize_environment(Environment.load(name, reference.ENVIRONMENTS), folder)


def synthesize_environment(environment: Environment, folder: Path) -> Synthesized:
    """Synthesize an environment into `folder`."""
    from aws_cdk import App  # Here, because reading an assembly needs no Node.

    from infrastructure.stack import PhotoSkyStack

    app = App(
        outdir=str(folder),
        analytics_reporting=False,
        # Without staging, the manifest refers to the built zip files instead of copies of 70 MB.
        context={"aws:cdk:enable-path-metadata": True, "aws:cdk:disable-asset-staging": True},
    )
    PhotoSkyStack(app, environment=environment)
    app.synth()
    return read_assembly(environment, folder)


def read_assembly(environment: Environment, folder: Path) -> Synthesized:
    """Read the cloud assembly of an environment, which has one stack."""
    ((artifact_id, artifact),) = (
        (artifact_id, artifact)
        for artifact_id, artifact in _read(folder / "manifest.json")["artifacts"].items()
        if artifact["type"] == "aws:cloudformation:stack"
    )
    properties = artifact["properties"]
    return Synthesized(
        environment=environment,
        stack_name=properties.get("stackName", artifact_id),
        termination_protection=properties.get("terminationProtection", False),
        template=Template(_read(folder / properties["templateFile"])),
        assets=_assets(_read(folder / f"{artifact_id}.assets.json")),
    )


def _assets(manifest: Mapping[str, Any]) -> dict[str, Path]:
    return {
        destination["objectKey"]: Path(file["source"]["path"])
        for file in manifest["files"].values()
        for destination in file["destinations"].values()
    }


def _read(path: Path) -> Any:
    return json.loads(path.read_text())


def _address(path: str) -> str:
    """Return the address of a construct's path: `Storage/Media` for `PhotoSky-prod/Storage/Media/Resource`."""
    return path.partition("/")[2].removesuffix("/Resource")
