"""One environment's template, synthesized in this process: what the diagrams draw, and what the tests judge."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from aws_cdk import App

from infrastructure.environment import Environment
from infrastructure.packaging import ROOT
from infrastructure.stack import PhotoSkyStack

_REFERENCE: Final = re.compile(r"\$\{([^}]+)\}")


@dataclass(frozen=True, eq=False)
class Resource:
    """One resource. `address` is its construct's path without the stack: `Storage/Media`, `Validate`."""

    logical_id: str
    address: str
    type: str
    properties: Mapping[str, Any]
    document: Mapping[str, Any]

    @property
    def name(self) -> str:
        """The last part of its address: `Media`."""
        return self.address.rpartition("/")[2]


class Template:
    """A CloudFormation template, with its resources found by type and its references made readable."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document = document

    @cached_property
    def resources(self) -> Mapping[str, Resource]:
        """By logical id."""
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
        """The resources of one type, by address."""
        return sorted((r for r in self.resources.values() if r.type == type_), key=lambda r: r.address)

    def one(self, type_: str) -> Resource:
        """The only resource of a type. Raises ValueError when there are more or none."""
        (resource,) = self.all(type_)
        return resource

    def target(self, value: object) -> Resource | None:
        """The resource that a Ref or a GetAtt points at."""
        match value:
            case {"Ref": str(logical_id)} | {"Fn::GetAtt": [str(logical_id), _]}:
                return self.resources.get(logical_id)
            case _:
                return None

    def text(self, value: object) -> str:
        """A value as text, each reference as its resource's address: `${Storage/Media.Arn}/incoming/*`."""
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
        """The texts of a value that may be one or a list, as IAM's are."""
        return [self.text(item) for item in value] if isinstance(value, list) else [self.text(value)]

    def referenced(self, value: object) -> list[Resource]:
        """The resources that a value's text mentions, in its order."""
        by_address = {resource.address: resource for resource in self.resources.values()}
        named = (name.partition(".")[0] for name in _REFERENCE.findall(self.text(value)))
        return [by_address[name] for name in named if name in by_address]

    def machine(self, name: str) -> Resource:
        """The state machine of this name."""
        (found,) = (machine for machine in self.all("AWS::StepFunctions::StateMachine") if machine.name == name)
        return found

    @cached_property
    def definition(self) -> dict[str, Any]:
        """The ingest's definition (Amazon States Language)."""
        return self.definition_of("Ingest")

    def definition_of(self, name: str) -> dict[str, Any]:
        """The definition of the state machine of this name."""
        definition: dict[str, Any] = json.loads(self.text(self.machine(name).properties["DefinitionString"]))
        return definition

    def statements(self, role: Resource) -> list[dict[str, Any]]:
        """What the policies of a role say."""
        return [
            statement
            for policy in self.all("AWS::IAM::Policy")
            if role in map(self.target, policy.properties["Roles"])
            for statement in policy.properties["PolicyDocument"]["Statement"]
        ]

    def routes(self) -> dict[tuple[str, str], Resource]:
        """The API's methods, by verb and path."""
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
    """What `cdk synth` makes of one environment. `assets` are the folders by the key that the template gives them."""

    environment: Environment
    stack_name: str
    termination_protection: bool
    template: Template
    assets: Mapping[str, Path]

    def asset(self, function: Resource) -> Path:
        """The folder that becomes this function's code."""
        return self.assets[function.properties["Code"]["S3Key"]]


def synthesize(name: str, folder: Path) -> Synthesized:
    """Synthesize the environment `name` of `cdk.json` into `folder`. Raises InvalidEnvironmentError."""
    environments = _read(ROOT / "cdk.json")["context"]["environments"]
    return synthesize_environment(Environment.load(name, environments), folder)


def synthesize_environment(environment: Environment, folder: Path) -> Synthesized:
    """Synthesize any environment into `folder`."""
    app = App(
        outdir=str(folder),
        analytics_reporting=False,
        # Without staging the manifest points at the built folders themselves; a copy of 300 MB would show no more.
        context={"aws:cdk:enable-path-metadata": True, "aws:cdk:disable-asset-staging": True},
    )
    stack = PhotoSkyStack(app, environment=environment)
    app.synth()
    return Synthesized(
        environment=environment,
        stack_name=stack.stack_name,
        termination_protection=bool(stack.termination_protection),
        template=Template(_read(folder / stack.template_file)),
        assets=_assets(_read(folder / f"{stack.artifact_id}.assets.json")),
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
    """`PhotoSky-prod/Storage/Media/Resource` is what the app calls `Storage/Media`."""
    return path.partition("/")[2].removesuffix("/Resource")
