"""The resources with data that CloudFormation would replace or remove between two templates."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

WITH_DATA: Final = ("AWS::S3::Bucket", "AWS::DynamoDB::Table", "AWS::Cognito::UserPool")

UNCHANGEABLE: Final = {
    "AWS::Cognito::UserPool": ("AliasAttributes", "UsernameAttributes", "UsernameConfiguration"),
}
"""Properties that Cognito cannot change although the provider's schema does not say so (UpdateUserPool)."""


def data_losses(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Describe the resources with data in `before` that an update to `after` would delete."""
    return [
        f"{logical_id} {why}"
        for logical_id, resource in before["Resources"].items()
        if resource["Type"] in WITH_DATA
        for why in _reasons(resource, after["Resources"].get(logical_id))
    ]


def _reasons(before: Mapping[str, Any], after: Mapping[str, Any] | None) -> Iterable[str]:
    if after is None:
        yield "is removed"
    elif after["Type"] != before["Type"]:
        yield f"becomes {after['Type']}"
    else:
        for name in _fixed(before["Type"]):
            if before["Properties"].get(name) != after["Properties"].get(name):
                yield f"has a changed {name}"


def _fixed(type_: str) -> list[str]:
    """Return the properties that cannot be changed in place: those of the provider's schema, and those above."""
    # Here, because each worker of pytest imports this module, and this takes a second.
    from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", type_).schema
    pointers = [*schema.get("createOnlyProperties", ()), *schema.get("conditionalCreateOnlyProperties", ())]
    return sorted({*(pointer.split("/")[2] for pointer in pointers), *UNCHANGEABLE.get(type_, ())})
