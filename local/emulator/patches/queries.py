"""DynamoDB: the cost of a query of an index grows with its page, not with the partition.

Gap: for each page, MiniStack sorts the index's whole partition and evaluates the key condition for all its items.
Closed upstream when `make load ARGS=--listing` passes without this module.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from typing import Any, Final

from local.emulator.wrapping import module, require, wrap

_SERVICE: Final = "services.dynamodb"
_ORDERS: Final = "orders of photosky"
"""The key of the orders in a table's index members, so that MiniStack drops both together. No index has such a name."""

_CONDITION: Final = re.compile(r"\s*#?\w+\s*=\s*(:\w+)(?:\s+AND\s+#?\w+\s+BETWEEN\s+(:\w+)\s+AND\s+(:\w+))?\s*")
"""A partition of an index, or a range of one."""

Position = tuple[Any, ...]
"""An item's position in an index: the index's sort keys, then the table's keys."""

Entry = tuple[Position, tuple[Any, Any]]
"""A position, and the table's keys of its item."""

_window: ContextVar[dict[str, Any] | None] = ContextVar("photosky_query_window", default=None)


def page(
    order: Sequence[Entry],
    after: Position | None,
    limit: int,
    *,
    forward: bool,
    between: tuple[Any, Any] | None = None,
) -> Sequence[Entry]:
    """Return up to `limit` entries after a position, in either direction; always in ascending order, as `order` is.

    `between` are the first and the last sort key of a range; both belong to it.
    """
    start = 0 if between is None else bisect_left(order, between[0], key=_sort_key)
    end = len(order) if between is None else bisect_right(order, between[1], key=_sort_key)
    if forward:
        start = start if after is None else max(start, bisect_right(order, after, key=_position))
        return order[start : min(end, start + limit)]
    end = end if after is None else min(end, bisect_left(order, after, key=_position))
    return order[max(start, end - limit) : max(start, end)]


def partition_of(request: Mapping[str, Any]) -> tuple[Any, ...] | None:
    """Return the partition key's value, in DynamoDB's JSON, of a query by pages, and the range's; else None."""
    condition = _CONDITION.fullmatch(request.get("KeyConditionExpression") or "")
    pages = isinstance(request.get("Limit"), int) and request["Limit"] > 0
    values = request.get("ExpressionAttributeValues")
    if condition is None or not pages or not isinstance(values, dict):
        return None
    found = tuple(values.get(name) for name in condition.groups() if name)
    return None if None in found else found


def _position(entry: Entry) -> Position:
    return entry[0]


def _sort_key(entry: Entry) -> Any:
    return entry[0][0]


def _members_of_page(request: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the index members that this query's page needs; None if MiniStack must evaluate the query itself."""
    dynamodb = module(_SERVICE)
    values = partition_of(request)
    table = dynamodb._tables.get(dynamodb._normalize_table_name(request.get("TableName")))
    index = dynamodb._index_def(table, request.get("IndexName")) if table else None
    start = request.get("ExclusiveStartKey")
    if values is None or index is None or not (start is None or isinstance(start, dict)):
        return None
    hashes, ranges = dynamodb._index_key_lists(index)
    if len(hashes) != 1:
        return None
    keys = dynamodb._index_order_keys(table, ranges)

    def position(item: Mapping[str, Any]) -> Position:
        return tuple(dynamodb._index_order_value(item, name, kind) for name, kind in keys)

    def bound(value: Any) -> Any:
        name, kind = keys[0]
        return dynamodb._index_order_value({name: value}, name, kind)

    value, *ends = values
    between = (bound(ends[0]), bound(ends[1])) if ends else None
    name, partition = index["IndexName"], dynamodb._extract_key_val(value)
    members = dynamodb._index_members(table)
    orders = members.setdefault(_ORDERS, {})
    if (name, partition) not in orders:
        found = members.get(name, {}).get(partition, ())
        orders[name, partition] = sorted((position(table["items"][pk][sk]), (pk, sk)) for pk, sk in found)
    after = position(start) if start else None
    forward = request.get("ScanIndexForward", True)
    entries = page(orders[name, partition], after, request["Limit"], forward=forward, between=between)
    return {name: {partition: dict.fromkeys(keys for _, keys in entries)}}


def _paging(original: Callable[..., Any]) -> Callable[..., Any]:
    def query(data: dict[str, Any]) -> Any:
        token = _window.set(_members_of_page(data))
        try:
            return original(data)
        finally:
            _window.reset(token)

    return query


def _of_page(original: Callable[..., Any]) -> Callable[..., Any]:
    def members(table: dict[str, Any]) -> Any:
        window = _window.get()
        return original(table) if window is None else window

    return members


def _forgetting(original: Callable[..., Any]) -> Callable[..., Any]:
    """Drop the orders of the partitions that a write changes; their next queries sort them again."""

    def index_item(table: dict[str, Any], base_pk: Any, base_sk: Any, item: dict[str, Any], add: bool) -> None:
        original(table, base_pk, base_sk, item, add)
        dynamodb = module(_SERVICE)
        orders = (table.get(dynamodb._INDEX_MEMBERS) or {}).get(_ORDERS)
        if orders:
            for name, hashes, ranges in dynamodb._index_key_schemas(table):
                orders.pop((name, dynamodb._index_partition(item, hashes, ranges)), None)

    return index_item


def install() -> None:
    """Wrap the query, the index members that it reads, and the function that updates them."""
    for name, parameters in (
        ("_normalize_table_name", "value"),
        ("_index_def", "table index_name"),
        ("_index_key_lists", "index"),
        ("_index_key_schemas", "table"),
        ("_index_partition", "item hashes ranges"),
        ("_index_order_keys", "table sk_name"),
        ("_index_order_value", "item name type_hint"),
        ("_extract_key_val", "attr"),
    ):
        require(_SERVICE, name, parameters)
    for name in ("_tables.get", "_INDEX_MEMBERS"):
        require(_SERVICE, name)
    wrap(_SERVICE, "_index_members", "table", _of_page)
    wrap(_SERVICE, "_index_item", "table base_pk base_sk item add", _forgetting)
    wrap(_SERVICE, "_query", "data", _paging)
