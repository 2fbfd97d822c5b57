"""The parts of a photo that are objects, and those that are lists."""

import pytest

from photosky.details import UNKNOWN_SETTINGS, Embedded, is_object
from photosky.store.items import to_attributes


@pytest.mark.parametrize(
    ("part", "expected"),
    [(UNKNOWN_SETTINGS, True), (Embedded, True), (("a", "b"), False), ((), False), (tuple, False), (None, False)],
)
def test_named_tuples_are_objects_and_others_are_not(part: object, expected: bool) -> None:
    assert is_object(part) is expected


def test_item_has_objects_and_lists_of_a_part() -> None:
    embedded = Embedded(title="Sea", keywords=("sea", "sky"))
    assert to_attributes({"embedded": embedded}) == {"embedded": {"title": "Sea", "keywords": ["sea", "sky"]}}
