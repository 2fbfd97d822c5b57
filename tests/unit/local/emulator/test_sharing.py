"""Equal parts of items and of objects' records are the same objects in memory."""

import json
import sys
from typing import Any

import pytest

from local.emulator.patches.sharing import MAX_NAMES, Shared, compact, share_record

ITEM: dict[str, Any] = {
    "photo_id": {"S": "01a22073-de54-774b-8bd1-68df5176b70e"},
    "width": {"N": "640"},
    "favorite": {"BOOL": False},
    "title": {"NULL": True},
    "data": {"B": "AQ=="},
    "tags": {"L": [{"S": "lake"}, {"M": {"of": {"SS": ["a", "b"]}}}]},
    "previews": {"M": {"small": {"M": {"width": {"N": "640"}, "height": {"N": "480"}}}}},
}


def test_item_keeps_its_value_and_shares_short_parts() -> None:
    shared = Shared()
    first, second = (shared.item(json.loads(json.dumps(ITEM))) for _ in range(2))
    assert first == second == ITEM
    small = first["previews"]["M"]["small"]["M"]
    assert first["width"] is second["width"] is small["width"]
    assert first["photo_id"] is not second["photo_id"]
    assert [one is other for one, other in zip(first, second, strict=True)] == [True] * len(ITEM)


def test_containers_are_never_shared() -> None:
    shared = Shared()
    first, second = (shared.item({"tags": {"L": []}, "more": {"M": {}}, "set": {"SS": ["a"]}}) for _ in range(2))
    for name in first:
        assert first[name] is not second[name]


def test_number_of_remembered_parts_is_bounded() -> None:
    shared = Shared(max_shared=10)
    for number in range(100):
        shared.item({"n": {"N": str(number)}})
    assert len(shared._parts) <= 10


def test_record_of_an_object_keeps_its_value() -> None:
    record: dict[str, Any] = {
        "content_type": "image/webp",
        "storage_class": "STANDARD",
        "metadata": {},
        "preserved_headers": {"cache-control": "private"},
        "checksums": {"CRC32": "AAAAAA=="},
    }
    objects = {name: {**record, "preserved_headers": dict(record["preserved_headers"])} for name in "ab"}
    for name in objects:
        share_record(objects, name)
    first, second = objects.values()
    assert first == second == record
    assert first["preserved_headers"] is second["preserved_headers"]
    assert first["metadata"] is second["metadata"]


@pytest.mark.parametrize("count", [0, 1, 11, MAX_NAMES, MAX_NAMES + 1])
def test_compact_dictionary_is_equal_and_not_larger(count: int) -> None:
    content = {f"name {number}": number for number in range(count)}
    for _ in range(2 * MAX_NAMES):  # The first dictionaries of a shape have room for more names.
        small = compact(content)
    assert (type(small), small, list(small)) == (dict, content, list(content))
    assert sys.getsizeof(small) <= sys.getsizeof(content)
    assert (sys.getsizeof(small) < sys.getsizeof(content)) is (1 <= count <= MAX_NAMES)
    small["more"] = 1
    assert small == content | {"more": 1}
    assert compact(content) == content


def test_names_of_python_are_kept_as_they_are() -> None:
    assert compact({"__class__": 1, "__dict__": 2}) == {"__class__": 1, "__dict__": 2}
