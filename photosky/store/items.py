"""Conversion between photos and the table's items."""

from collections.abc import Mapping
from dataclasses import Field, fields
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final, NamedTuple

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from photosky.details import is_object
from photosky.photo import Photo, Status
from photosky.store import schema
from photosky.store.attributes import LEASE_ATTRIBUTES, TOMBSTONE_PREFIX
from photosky.store.index_keys import is_indexed


class Record(NamedTuple):
    """One item of the table: a photo, a tombstone, or an item that cannot be read as either."""

    owner_id: str
    sort_key: str
    status: Status | None
    """None for a tombstone and for an unknown status."""
    photo: Photo | None
    """None for a tombstone and for an item that lacks a required attribute."""
    lease_until: int | None
    is_leased: bool
    """Whether the index `unsettled` contains the item."""
    is_indexed: bool
    """Whether the photo is in the listings, the counters and the changes that its record implies; else False."""

    @property
    def is_tombstone(self) -> bool:
        """Whether the item records a deleted photo."""
        return self.sort_key.startswith(TOMBSTONE_PREFIX)

    @property
    def photo_id(self) -> str:
        """The photo's id; for a tombstone, the id of the deleted photo."""
        return self.sort_key.removeprefix(TOMBSTONE_PREFIX)


_OMITTED_IF_EMPTY: Final = ("retired", "lost_ingests", "restores", "revision", "unlisted_tags")


def to_item(photo: Photo) -> dict[str, Any]:
    """The item of a photo. Attributes without a value are omitted."""
    item = {f.name: getattr(photo, f.name) for f in fields(photo)}
    item |= {
        name: getattr(photo, name) or None
        for name in ("retired", "lost_ingests", "restores", "revision", "unlisted_tags")
    }
    item |= {f.name: None for f in fields(photo) if is_object(f.default) and item[f.name] == f.default}
    return to_attributes(item) | {"schema_version": schema.VERSION}


def to_photo(item: Mapping[str, Any]) -> Photo:
    """The photo of an item of this or an earlier schema version. Other attributes (index keys) are ignored.

    Raises schema.UnknownVersionError for an item of a later version.
    """
    values = schema.upgraded(item)
    return Photo(**{f.name: _parse(f, values[f.name]) for f in fields(Photo) if f.name in values})


def to_record(item: Mapping[str, Any]) -> Record:
    """The record of any item of an owner."""
    status, photo = item.get("status"), _to_photo_or_none(item)
    return Record(
        owner_id=item["owner_id"],
        sort_key=item["photo_id"],
        status=Status(status) if status in list(Status) else None,
        photo=photo,
        lease_until=item.get("lease_until"),
        is_leased=all(name in item for name in LEASE_ATTRIBUTES),
        is_indexed=photo is not None and is_indexed(photo, item),
    )


def marshal(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values as DynamoDB JSON."""
    serialize = TypeSerializer().serialize
    return {name: serialize(_to_attribute(value)) for name, value in values.items()}


def unmarshal(item: Mapping[str, Any]) -> dict[str, Any]:
    """DynamoDB JSON as Python values."""
    deserialize = TypeDeserializer().deserialize
    return from_attributes({name: deserialize(value) for name, value in item.items()})


def from_attributes(item: Mapping[str, Any]) -> dict[str, Any]:
    """The inverse of `to_attributes`: numbers as Python has them."""
    return {name: _from_attribute(value) for name, value in item.items()}


def split(values: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """The attributes to assign and, where the value is None, the attributes to remove."""
    present = {name: value for name, value in values.items() if value is not None}
    return present, [name for name in values if name not in present]


def _parse(target: Field[Any], value: Any) -> Any:
    parse = target.metadata.get("parse")
    return parse(value) if parse else value


def _to_photo_or_none(item: Mapping[str, Any]) -> Photo | None:
    try:
        return to_photo(item)
    except (AttributeError, KeyError, TypeError, ValueError):
        return None


def _to_attribute(value: Any) -> Any:
    """A value as boto3's serializer accepts it, which rejects floats, enums and tuples.

    A float becomes the decimal of its shortest text, which reads back as the same float.
    """
    if is_object(value):
        return to_attributes(value._asdict())
    match value:
        case float():
            return Decimal(str(value))
        case StrEnum():
            return str(value)
        case Mapping():
            return {name: _to_attribute(inner) for name, inner in value.items()}
        case list() | tuple():
            return [_to_attribute(inner) for inner in value]
    return value


def to_attributes(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values as an item has them. Those that are None are omitted."""
    return {name: _to_attribute(value) for name, value in values.items() if value is not None}


def _from_attribute(value: Any) -> Any:
    match value:
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case dict():
            return {name: _from_attribute(inner) for name, inner in value.items()}
        case list():
            return [_from_attribute(inner) for inner in value]
    return value
