"""Sizes and request units follow the DynamoDB developer guide."""

import pytest

from benchmarks.scale.units import Index, Item, index_write_units, item_bytes, read_units, write_units

READY = Index("ready", ("owner_id", "ready_id"), keys_only=False)
LEASED = Index("unsettled", ("shard", "until"), keys_only=True)
KEYS = ("owner_id", "photo_id")


def item(size_bytes: int = 100, **attributes: str) -> Item:
    """An item of this total size."""
    typed = {name: {"S": value} for name, value in {"owner_id": "o", "photo_id": "p", **attributes}.items()}
    return typed | {"x": {"S": "." * (size_bytes - item_bytes(typed) - 1)}}


@pytest.mark.parametrize(
    ("value", "size_bytes"),
    [
        ({"S": "Zürich"}, 7),
        ({"N": "1790000100"}, 5),
        ({"N": "-47.3767"}, 5),
        ({"N": "0"}, 1),
        ({"B": b"12345"}, 5),
        ({"BOOL": True}, 1),
        ({"L": [{"S": "ab"}, {"S": "c"}]}, 8),
        ({"M": {"lat": {"N": "47"}}}, 9),
    ],
)
def test_an_attribute_has_the_size_of_name_and_value(value: dict[str, object], size_bytes: int) -> None:
    assert item_bytes({"name": value}) == 4 + size_bytes


def test_an_unsupported_type_raises() -> None:
    with pytest.raises(ValueError, match="SS"):
        item_bytes({"name": {"SS": ["a"]}})


@pytest.mark.parametrize(
    ("before", "after", "units"),
    [(None, item(1024), 1), (None, item(1025), 2), (item(3000), item(100), 3), (item(100), None, 1), (None, None, 1)],
)
def test_a_write_costs_the_larger_of_both_sizes(before: Item | None, after: Item | None, units: int) -> None:
    assert write_units(before, after) == units


@pytest.mark.parametrize(
    ("index", "before", "after", "units"),
    [
        (READY, item(), item(500), 0),
        (READY, item(), item(1500, ready_id="p"), 2),
        (READY, item(1500, ready_id="p"), item(1600, ready_id="p"), 2),
        (READY, item(1500, ready_id="p"), item(1500, ready_id="p"), 0),
        (READY, item(1500, ready_id="p"), None, 2),
        (READY, item(1500, ready_id="p"), item(1500, ready_id="q"), 4),
        (LEASED, item(), item(5000, shard="1", until="2"), 1),
        (LEASED, item(5000, shard="1", until="2"), item(6000, shard="1", until="2"), 0),
        (LEASED, item(5000, shard="1", until="2"), item(5000, shard="1", until="3"), 2),
    ],
)
def test_an_index_is_written_if_its_entry_changes(
    index: Index, before: Item | None, after: Item | None, units: int
) -> None:
    assert index_write_units(index, KEYS, before, after) == units


def test_an_eventually_consistent_read_costs_half() -> None:
    assert [read_units(size, consistent=True) for size in (0, 4096, 4097)] == [1, 1, 2]
    assert [read_units(size, consistent=False) for size in (0, 4096, 88_000)] == [0.5, 0.5, 11]
