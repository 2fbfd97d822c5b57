"""No commit takes away what a deployed stack holds: photos, records and users stay where they are."""

import copy
from collections.abc import Mapping
from typing import Any

import pytest

from diagrams.synthesis import Synthesized
from tests.infrastructure.earlier import earlier_template
from tests.infrastructure.replacement import lost


def test_an_update_from_the_earlier_commit_replaces_nothing_that_holds_data(
    stacks: Mapping[str, Synthesized],
) -> None:
    for stack in stacks.values():
        assert lost(earlier_template(), stack.template.document) == []


@pytest.mark.parametrize(
    ("logical_id", "change", "told"),
    [
        ("StorageMedia9333CB25", {"BucketName": "photos"}, "has another BucketName"),
        ("StoragePhotos333B189A", {"TableName": "photos"}, "has another TableName"),
        ("StoragePhotos333B189A", {"KeySchema": []}, "has another KeySchema"),
        ("IdentityUsers61009EFD", {"UsernameAttributes": ["phone_number"]}, "has another UsernameAttributes"),
    ],
)
def test_a_property_that_cannot_be_changed_in_place_is_told(logical_id: str, change: dict[str, Any], told: str) -> None:
    after = copy.deepcopy(earlier_template())
    after["Resources"][logical_id]["Properties"].update(change)
    assert lost(earlier_template(), after) == [f"{logical_id} {told}"]


def test_a_construct_of_another_name_is_told() -> None:
    after = copy.deepcopy(earlier_template())
    after["Resources"]["StorageAlbum"] = after["Resources"].pop("StorageMedia9333CB25")
    after["Resources"]["StoragePhotos333B189A"]["Type"] = "AWS::DynamoDB::GlobalTable"
    assert lost(earlier_template(), after) == [
        "StorageMedia9333CB25 is gone",
        "StoragePhotos333B189A has become AWS::DynamoDB::GlobalTable",
    ]
