"""An update of a deployed stack keeps its photos, records and users."""

import copy
from collections.abc import Mapping
from typing import Any

import pytest

from diagrams.synthesis import Synthesized
from infrastructure.indexes import INDEXES
from tests.infrastructure.earlier import earlier_template
from tests.infrastructure.replacement import data_losses


def test_an_update_of_the_earlier_stack_keeps_all_data(stacks: Mapping[str, Synthesized]) -> None:
    for stack in stacks.values():
        assert data_losses(earlier_template(), stack.template.document) == []


def test_the_earlier_stack_has_the_first_indexes(stacks: Mapping[str, Synthesized]) -> None:
    """So that `-c indexes=N` adds the others one by one."""
    earlier = _indexes(earlier_template())
    assert earlier == set(INDEXES[: len(earlier)])
    for stack in stacks.values():
        assert _indexes(stack.template.document) == set(INDEXES)


@pytest.mark.parametrize(
    ("logical_id", "change", "reason"),
    [
        ("StorageMedia9333CB25", {"BucketName": "photos"}, "has a changed BucketName"),
        ("StoragePhotos333B189A", {"TableName": "photos"}, "has a changed TableName"),
        ("StoragePhotos333B189A", {"KeySchema": []}, "has a changed KeySchema"),
        ("IdentityUsers61009EFD", {"UsernameAttributes": ["phone_number"]}, "has a changed UsernameAttributes"),
    ],
)
def test_a_change_that_replaces_a_resource_is_found(logical_id: str, change: dict[str, Any], reason: str) -> None:
    after = copy.deepcopy(earlier_template())
    after["Resources"][logical_id]["Properties"].update(change)
    assert data_losses(earlier_template(), after) == [f"{logical_id} {reason}"]


def test_a_removed_or_retyped_resource_is_found() -> None:
    after = copy.deepcopy(earlier_template())
    after["Resources"]["StorageAlbum"] = after["Resources"].pop("StorageMedia9333CB25")
    after["Resources"]["StoragePhotos333B189A"]["Type"] = "AWS::DynamoDB::GlobalTable"
    assert data_losses(earlier_template(), after) == [
        "StorageMedia9333CB25 is removed",
        "StoragePhotos333B189A becomes AWS::DynamoDB::GlobalTable",
    ]


def _indexes(template: Mapping[str, Any]) -> set[str]:
    (table,) = (found for found in template["Resources"].values() if found["Type"] == "AWS::DynamoDB::Table")
    return {index["IndexName"] for index in table["Properties"]["GlobalSecondaryIndexes"]}
