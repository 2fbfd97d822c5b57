"""Shortcuts for moto's items and transactions: copies of them took half of the time of the journeys under faults.

What a request changes, returns and refuses stays the same: tests/unit/test_moto_items.py compares it.
"""

from copy import deepcopy
from types import SimpleNamespace
from typing import Any, Final

import moto.dynamodb.models
import moto.dynamodb.responses
import pytest
from moto.dynamodb.comparisons import ConditionExpressionParser
from moto.dynamodb.models import DynamoDBBackend, utilities
from moto.dynamodb.models.dynamo_type import DynamoType, Item, LimitedSizeDict
from moto.dynamodb.models.table import Table
from moto.dynamodb.models.utilities import bytesize

_original_transact: Final[Any] = DynamoDBBackend.transact_write_items
_original_set: Final[Any] = LimitedSizeDict.__setitem__
_original_parse: Final[Any] = ConditionExpressionParser.parse
_original_copy: Final[Any] = DynamoType.__deepcopy__
_original_to_dict: Final[Any] = utilities.dynamo_to_dict

_CHANGEABLE: Final = frozenset(("L", "M", "SS", "NS", "BS"))
"""Types whose value moto changes in place. The value of any other type is replaced, so that copies can share it."""

_TEXTS: Final = frozenset(("S", "N"))
"""Types whose value is a string."""

_MAX_ITEM_BYTES: Final = 405_000
"""Moto's limit (LimitedSizeDict)."""

_MAX_CONDITIONS: Final = 4096
_conditions: Final[dict[Any, tuple[Any, tuple[str, ...], tuple[str, ...]]]] = {}


def make_items_quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the shortcuts until the end of the test."""
    # Moto copies each attribute of each item that it returns or changes.
    monkeypatch.setattr(DynamoType, "__deepcopy__", _copy_value)
    monkeypatch.setattr(Item, "__deepcopy__", _copy_item)
    # It casts values to compare them, although only numbers have several texts.
    monkeypatch.setattr(DynamoType, "__eq__", _is_equal)
    monkeypatch.setattr(DynamoType, "__hash__", _hash)
    # For each operation of a transaction, it copies the whole table.
    monkeypatch.setattr(moto.dynamodb.models, "copy", SimpleNamespace(deepcopy=_copy_unless_table))
    monkeypatch.setattr(DynamoDBBackend, "transact_write_items", _transact)
    # For each attribute that is set, it adds up the size of the whole item.
    monkeypatch.setattr(LimitedSizeDict, "__setitem__", _set_attribute)
    # It looks at each value of a response as a time, a DynamoType, an object with `to_json`, a dict and a list.
    monkeypatch.setattr(moto.dynamodb.responses, "dynamo_to_dict", _to_dict)
    monkeypatch.setattr(utilities, "dynamo_to_dict", _to_dict)  # It calls itself.
    # It parses the condition of each operation of a transaction three times.
    monkeypatch.setattr(ConditionExpressionParser, "parse", _parse_condition)


def _copy_value(value: Any, memo: dict[int, Any]) -> Any:
    return _original_copy(value, memo) if value.type in _CHANGEABLE else value


def _is_equal(value: Any, other: Any) -> bool:
    return value.type == other.type and (
        value.value == other.value if value.type == "S" else bool(value.cast_value == other.cast_value)
    )


def _hash(value: Any) -> int:
    return hash((value.type, value.value if value.type == "S" else value.cast_value))


def _to_dict(value: Any) -> Any:
    kind = type(value)
    if kind is DynamoType and value.type in _TEXTS:
        return {value.type: value.value}
    if kind is dict:
        return {name: _to_dict(part) for name, part in value.items()}
    return value if kind is str else _original_to_dict(value)


def _copy_item(item: Any, memo: dict[int, Any]) -> Any:
    copied: Any = object.__new__(type(item))  # Moto's own `__new__` remembers each instance.
    copied.hash_key, copied.range_key = item.hash_key, item.range_key
    copied.attrs = LimitedSizeDict()
    for name, value in item.attrs.items():
        dict.__setitem__(copied.attrs, name, _copy_value(value, memo))
    copied.attrs.__dict__.update(item.attrs.__dict__)
    return copied


def _copy_unless_table(value: Any) -> Any:
    """Copy an item; `_transact` restores the items of a table, so that a transaction needs no copy of it."""
    return value if isinstance(value, Table) else deepcopy(value)


def _transact(backend: Any, operations: list[dict[str, Any]]) -> None:
    """Run a transaction; if it fails, restore the items with the partition keys of its operations."""
    tables = {operation["TableName"] for entry in operations for operation in entry.values()}
    before = []
    for name in tables & backend.tables.keys():
        table = backend.tables[name]
        for partition in {_partition_key(table, operation) for entry in operations for operation in entry.values()}:
            items = table.items.get(partition)
            before.append((table, partition, items, None if items is None else deepcopy(dict(items))))
    try:
        _original_transact(backend, operations)
    except BaseException:
        for table, partition, items, copied in before:
            if items is None:
                table.items.pop(partition, None)
            else:
                items.clear()
                items.update(copied)
        raise


def _partition_key(table: Any, operation: dict[str, Any]) -> Any:
    return DynamoType((operation.get("Key") or operation["Item"])[table.hash_key_attr])


def _set_attribute(attributes: Any, name: str, value: Any) -> None:
    """Set an attribute, with moto's check of the size if the sizes of all values that were set exceed the limit."""
    added = bytesize(name) + (value.size() if type(value) is DynamoType else bytesize(str(value)))
    attributes.bytes_set = getattr(attributes, "bytes_set", 0) + added
    if attributes.bytes_set > _MAX_ITEM_BYTES:
        _original_set(attributes, name, value)
    else:
        dict.__setitem__(attributes, name, value)


def _parse_condition(parser: Any) -> Any:
    """Parse a condition, or return the result for an equal one. It has no state."""
    names, values = parser.expression_attribute_names, parser.expression_attribute_values
    key = parser.condition_expression, repr(names), repr(values)
    if key not in _conditions:
        if len(_conditions) >= _MAX_CONDITIONS:  # `make soak` has millions of them.
            _conditions.clear()
        parsed = _original_parse(parser)
        _conditions[key] = parsed, tuple(parser.expr_attr_names_found), tuple(parser.expr_attr_values_found)
        return parsed
    parsed, names_found, values_found = _conditions[key]
    parser.expr_attr_names_found.extend(names_found)
    parser.expr_attr_values_found.extend(values_found)
    return parsed
