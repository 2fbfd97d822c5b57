"""A HEIF writer for tests: a file from coded items of other files, in any arrangement (ISO/IEC 14496-12, 23008-12)."""

import io
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from photosky.imaging.headers.heif.brands import read_brands
from photosky.imaging.headers.heif.meta import read_meta


@dataclass(frozen=True)
class HeifItem:
    """An item of a file: its type, its data and its property boxes.

    Attributes:
        kind: A codec, `grid`, `tmap`, `Exif`, `mime` or another type.
        data: The data; items with the same data share it in the file.
        properties: Whole property boxes.
        references: Ids of other items by type of reference, such as `dimg`.
        content_type: Of a `mime` item.
    """

    kind: bytes
    data: bytes = b""
    properties: Sequence[bytes] = ()
    references: Sequence[tuple[bytes, Sequence[int]]] = ()
    content_type: bytes = b""


def box(kind: bytes, body: bytes) -> bytes:
    """A box with its header."""
    return struct.pack(">L4s", 8 + len(body), kind) + body


def ispe(width: int, height: int) -> bytes:
    """The property with an item's size."""
    return box(b"ispe", struct.pack(">LLL", 0, width, height))


def auxc(urn: bytes) -> bytes:
    """The property with the type of an auxiliary image."""
    return box(b"auxC", bytes(4) + urn + b"\0")


def grid(rows: int, columns: int, width: int, height: int) -> bytes:
    """The data of a grid item."""
    return struct.pack(">BBBBHH", 0, 0, rows - 1, columns - 1, width, height)


def coded_item(data: bytes) -> HeifItem:
    """The primary item of a file that has one coded image, without references."""
    meta = read_meta(io.BytesIO(data))
    item = meta.items[meta.primary_id]
    ((offset, size),) = item.extents
    properties = [box(found.kind, found.body) for found in meta.properties_of(item)]
    return HeifItem(item.kind, data[offset : offset + size], properties)


def without(item: HeifItem, kind: bytes) -> HeifItem:
    """The item without the properties of a type."""
    kept = [found for found in item.properties if found[4:8] != kind]
    return HeifItem(item.kind, item.data, kept, item.references)


def heif(source: bytes, items: Mapping[int, HeifItem], primary: int = 1, brands: Sequence[bytes] = ()) -> bytes:
    """A file with the brands of `source` and further ones, and with these items by their ids."""
    major, *compatible = read_brands(io.BytesIO(source))
    ftyp = box(b"ftyp", major + bytes(4) + b"".join([*compatible, *brands]))
    properties = list(dict.fromkeys(found for item in items.values() for found in item.properties))
    infe = b"".join(
        box(b"infe", struct.pack(">LHH4s", 2 << 24, number, 0, item.kind) + b"\0" + _mime(item))
        for number, item in items.items()
    )
    ipma = b"".join(
        struct.pack(">HB", number, len(item.properties))
        + bytes(1 + properties.index(found) | 0x80 * _is_essential(found) for found in item.properties)
        for number, item in sorted(items.items())
        if item.properties
    )
    associated = sum(1 for item in items.values() if item.properties)
    iref = b"".join(
        box(kind, struct.pack(f">HH{len(targets)}H", number, len(targets), *targets))
        for number, item in items.items()
        for kind, targets in item.references
    )
    ipco = box(b"ipco", b"".join(properties))
    iprp = box(b"iprp", ipco + box(b"ipma", struct.pack(">LL", 0, associated) + ipma))
    hdlr = box(b"hdlr", bytes(8) + b"pict" + bytes(13))

    def meta(start: int) -> bytes:
        places, entries = _places(items, start), b""
        for number, item in items.items():
            entries += struct.pack(">HHHLL", number, 0, 1, places[item.data], len(item.data))
        body = (
            hdlr + box(b"pitm", struct.pack(">LH", 0, primary)) + box(b"iinf", struct.pack(">LH", 0, len(items)) + infe)
        )
        body += iprp + (box(b"iref", bytes(4) + iref) if iref else b"")
        return box(b"meta", bytes(4) + body + box(b"iloc", struct.pack(">LHH", 0, 0x4400, len(items)) + entries))

    start = len(ftyp) + len(meta(0)) + 8
    return ftyp + meta(start) + box(b"mdat", b"".join(_places(items, 0)))


def _mime(item: HeifItem) -> bytes:
    return item.content_type + b"\0" if item.kind == b"mime" else b""


def _is_essential(found: bytes) -> bool:
    return found[4:8] in (b"av1C", b"hvcC")


def _places(items: Mapping[int, HeifItem], start: int) -> dict[bytes, int]:
    """The offset of each distinct data."""
    places: dict[bytes, int] = {}
    for item in items.values():
        if item.data not in places:
            places[item.data] = start
            start += len(item.data)
    return places
