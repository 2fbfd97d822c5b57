"""The table in memory returns what DynamoDB would."""

from random import Random
from typing import Any

import pytest

from benchmarks.library.table import MAX_PAGE_BYTES, Key, Range, Table, entry_of, key_of
from benchmarks.scale.units import Item, item_bytes

PHOTOS = [f"{number:03}" for number in range(20)]


def ready(photo_id: str, size_bytes: int = 200) -> Item:
    """A ready photo of this size."""
    item = {"owner_id": {"S": "o"}, "photo_id": {"S": photo_id}, "ready_id": {"S": photo_id}}
    return item | {"x": {"S": "." * (size_bytes - item_bytes(item) - 1)}}


def stored(*items: Item) -> Table:
    table = Table(lambda _: None)
    for item in items:
        table.put(key_of(item), item)
    return table


def ids(table: Table, selected: Range) -> list[str]:
    """The photos of a range, read page by page."""
    page = table.query(selected)
    found = [item["photo_id"]["S"] for item in page.items]
    if page.last is None:
        return found
    following: dict[str, Any] = {**vars(selected), "after": entry_of(selected.index, page.last)}
    return found + ids(table, Range(**following))


@pytest.mark.parametrize("limit", [None, 1, 3, 20])
@pytest.mark.parametrize("is_forward", [True, False])
def test_pages_of_a_range_have_its_items_once_and_in_order(limit: int | None, *, is_forward: bool) -> None:
    random = Random(1)
    table = stored(*map(ready, random.sample(PHOTOS, len(PHOTOS))))
    for _ in range(20):
        first, last = sorted(random.choices([*PHOTOS, "", "0105", "~"], k=2))
        expected = [photo_id for photo_id in PHOTOS if first <= photo_id <= last]
        selected = Range("ready", "o", first, last, is_forward=is_forward, limit=limit)
        assert ids(table, selected) == (expected if is_forward else expected[::-1])


def test_a_page_that_its_limit_ends_names_its_last_item() -> None:
    table = stored(*map(ready, PHOTOS))
    assert table.query(Range("ready", "o", limit=20)).last == ready("019")
    assert table.query(Range("ready", "o", limit=21)).last is None


def test_a_page_ends_after_a_megabyte() -> None:
    table = stored(*(ready(photo_id, 300_000) for photo_id in PHOTOS[:5]))
    page = table.query(Range("ready", "o"))
    assert (len(page.items), page.size_bytes, page.last) == (4, 1_200_000, page.items[3])
    assert page.size_bytes > MAX_PAGE_BYTES


def test_an_index_has_the_items_with_its_keys_only() -> None:
    table = stored(ready("1"), ready("2"), ready("3"))
    table.put(Key("o", "2"), {name: value for name, value in ready("2").items() if name != "ready_id"})
    table.put(Key("o", "3"), None)
    assert table.sort_keys("ready", "o") == ["1"]
    assert table.sort_keys("", "o") == ["1", "2"]
    assert table.get(Key("o", "3")) is None


def test_an_index_of_keys_has_no_other_attributes() -> None:
    item = {**ready("1"), "ready_sha256": {"S": "ab"}}
    (entry,) = stored(item).query(Range("digest", "o")).items
    assert entry == {name: item[name] for name in ("owner_id", "photo_id", "ready_sha256")}


def test_filled_items_are_loaded_when_they_are_read() -> None:
    table = Table(lambda key: ready(key.photo_id))
    table.fill({"owner_id": "o", "photo_id": photo_id, "ready_id": photo_id} for photo_id in ("2", "1"))
    assert table.query(Range("ready", "o")).items == [ready("1"), ready("2")]


def test_an_entry_that_no_item_has_raises() -> None:
    table = Table(lambda _: None)
    table.fill([{"owner_id": "o", "photo_id": "1", "ready_id": "1"}])
    with pytest.raises(ValueError, match="not in the index 'ready'"):
        table.query(Range("ready", "o"))


def test_a_loaded_item_that_an_index_lacks_raises() -> None:
    table = Table(lambda key: ready(key.photo_id))
    with pytest.raises(ValueError, match="not in the index ''"):
        table.put(Key("o", "1"), None)
