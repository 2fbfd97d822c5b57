"""The collection has the records, copies and counters that the store would have written."""

from collections import Counter
from statistics import mean

from benchmarks.library.cases import Library
from benchmarks.library.collection import OWNER, TAGS_PER_PHOTO, Collection
from benchmarks.library.table import BY_NAME, Key, Range, Table, key_of
from benchmarks.scale.units import item_bytes
from photosky.photo import Status
from photosky.store.index_keys import months_partition
from photosky.store.items import to_record, unmarshal
from photosky.store.photos import photos_table

PHOTOS = [Collection(100).photo(number) for number in range(100)]


def test_a_number_gives_the_same_photo_each_time() -> None:
    assert [Collection(100).photo(number) for number in range(100)] == PHOTOS


def test_photos_are_of_ten_years_in_the_order_of_their_ids() -> None:
    assert (PHOTOS[0].created_at[:4], PHOTOS[-1].created_at[:4]) == ("2016", "2025")
    assert sorted(PHOTOS, key=lambda photo: photo.photo_id) == sorted(PHOTOS, key=lambda photo: photo.created_at)


def test_each_kind_has_its_share() -> None:
    photos = [Collection(1000).photo(number) for number in range(1000)]
    assert sum(photo.favorite for photo in photos) == 100
    assert sum(photo.taken_at is None for photo in photos) == 50
    assert Counter(photo.status for photo in photos) == {Status.READY: 969, Status.TRASHED: 31}
    assert {len(set(photo.tags)) for photo in photos} == {TAGS_PER_PHOTO}
    assert {len(photo.previews) for photo in photos} == {4}


def test_records_are_indexed_and_of_a_realistic_size() -> None:
    table = Collection(100).table()
    items = [table.get(Key(OWNER, photo.photo_id)) or {} for photo in PHOTOS]
    assert all(to_record(unmarshal(item)).is_indexed for item in items)
    assert 1500 <= mean(map(item_bytes, items)) <= 2200


def test_the_filled_table_is_that_of_its_items() -> None:
    filled, put = Collection(100).table(), Table(lambda _: None)
    partitions = {OWNER, months_partition(OWNER), *(f"{OWNER}#{tag}" for photo in PHOTOS for tag in photo.tags)}
    for partition in partitions:
        for item in filled.query(Range("", partition)).items:
            put.put(key_of(item), item)
    assert len(put.sort_keys("", OWNER)) == len(PHOTOS)
    listings = {*partitions, *(f"trashed/{partition}" for partition in partitions), *map(str, range(16, 32))}
    keys = [(index, partition) for index in BY_NAME for partition in listings]
    assert {key: filled.sort_keys(*key) for key in keys} == {key: put.sort_keys(*key) for key in keys}


def test_counters_need_no_repair(library: Library) -> None:
    assert len(library.client.table.sort_keys("", months_partition(OWNER))) > 50
    assert photos_table().repair_counters(OWNER) == 0
