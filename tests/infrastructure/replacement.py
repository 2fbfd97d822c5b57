"""Which resources CloudFormation would replace, or remove, between two templates: whatever they hold would be gone."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

HOLDING_DATA: Final = ("AWS::S3::Bucket", "AWS::DynamoDB::Table", "AWS::Cognito::UserPool")

UNCHANGEABLE: Final = {
    "AWS::Cognito::UserPool": ("AliasAttributes", "UsernameAttributes", "UsernameConfiguration"),
}
"""What the provider's schema is silent about and Cognito refuses to change (UpdateUserPool takes none of them)."""


def lost(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Why what holds data in `before` would not outlive the update to `after`, one sentence each."""
    return [
        f"{logical_id} {why}"
        for logical_id, resource in before["Resources"].items()
        if resource["Type"] in HOLDING_DATA
        for why in _reasons(resource, after["Resources"].get(logical_id))
    ]


def _reasons(before: Mapping[str, Any], after: Mapping[str, Any] | None) -> Iterable[str]:
    if after is None:
        yield "is gone"
    elif after["Type"] != before["Type"]:
        yield f"has become {after['Type']}"
    else:
        for name in _fixed(before["Type"]):
            if before["Properties"].get(name) != after["Properties"].get(name):
                yield f"has another {name}"


def _fixed(type_: str) -> list[str]:
    """The properties that cannot be changed in place: those that the resource provider says, and those above."""
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", type_).schema
    pointers = [*schema.get("createOnlyProperties", ()), *schema.get("conditionalCreateOnlyProperties", ())]
    return sorted({*(pointer.split("/")[2] for pointer in pointers), *UNCHANGEABLE.get(type_, ())})
