"""The `meta` box: image items, their properties, references and locations (ISO/IEC 14496-12, section 8.11)."""

from collections.abc import Iterator
from functools import cached_property
from typing import BinaryIO, Final

from photosky.imaging.headers.heif.boxes import MAX_BOXES, Box, FieldReader, find_box, iter_boxes, read_box, unsigned
from photosky.imaging.headers.reading import HeaderError

GRID_ITEM: Final = b"grid"
OVERLAY_ITEM: Final = b"iovl"
IDENTITY_ITEM: Final = b"iden"
DERIVED_ITEMS: Final = frozenset({GRID_ITEM, OVERLAY_ITEM, IDENTITY_ITEM})
"""Items that are derived from other items and have no coded data (ISO/IEC 23008-12, section 6.6)."""

MAX_DERIVATIONS: Final = 4
"""Derived items within derived items."""


class Item:
    """An image item.

    Attributes:
        kind: The item's type: a codec or a kind of derivation.
        properties: Numbers of its properties, from 1.
        inputs: Ids of the items that a derived item is made from.
        auxiliaries: Ids of the auxiliary images of this item, such as alpha.
        described: Ids of the images that this item describes, if it is metadata.
        content_type: The media type of a `mime` item that is not compressed.
        is_in_idat: Whether the data is in the `idat` box instead of the file.
        extents: Offset and size in bytes of each part of the data.
    """

    def __init__(self) -> None:
        self.kind = b""
        self.properties: list[int] = []
        self.inputs: list[int] = []
        self.auxiliaries: list[int] = []
        self.described: list[int] = []
        self.content_type = b""
        self.is_in_idat = False
        self.extents: list[tuple[int, int]] = []


def read_meta(source: BinaryIO) -> "Meta":
    """Read the file's `meta` box. Raises `HeaderError` if it is missing or invalid."""
    body = read_box(source, b"meta")
    if body is None:
        raise HeaderError("the file has no meta box")
    return Meta(body[4:])


class Meta:
    """The items of a `meta` box."""

    def __init__(self, body: bytes) -> None:
        boxes: dict[bytes, bytes] = {}
        for box in iter_boxes(body):
            boxes.setdefault(box.kind, box.body)
        self._boxes = boxes
        pitm = boxes.get(b"pitm", b"")
        self.primary_id = unsigned(pitm, 4, 4 if pitm[:1] == b"\x01" else 2)
        self.properties = list(iter_boxes(find_box(boxes.get(b"iprp", b""), b"ipco") or b""))
        self.items: dict[int, Item] = {}
        self._read_kinds()
        self._read_associations()
        self._read_references()
        self._read_locations()

    @property
    def idat(self) -> bytes:
        """Item data that is stored in the `meta` box itself."""
        return self._boxes.get(b"idat", b"")

    def item(self, item_id: int) -> Item:
        """The item with this id, or an empty one."""
        return self.items.get(item_id, Item())

    def properties_of(self, item: Item) -> Iterator[Box]:
        """The property boxes of an item, in the order of their association."""
        return (self.properties[number - 1] for number in item.properties if 0 < number <= len(self.properties))

    def size_of(self, item: Item) -> tuple[int, int]:
        """Width and height that the item's `ispe` property declares."""
        for box in self.properties_of(item):
            if box.kind == b"ispe":
                return unsigned(box.body, 4, 4), unsigned(box.body, 8, 4)
        raise HeaderError("an image item has no ispe property")

    def has_size(self, item: Item) -> bool:
        """Whether the item has an `ispe` property."""
        return any(box.kind == b"ispe" for box in self.properties_of(item))

    def decoded_ids(self) -> set[int]:
        """Ids of the items that a decoder needs for the primary image: its inputs and their alpha channels."""
        found: set[int] = set()
        pending = [self.primary_id]
        while pending:
            item_id = pending.pop()
            if item_id not in found:
                found.add(item_id)
                item = self.item(item_id)
                pending += [*self.alpha_ids(item_id), *(item.inputs if item.kind in DERIVED_ITEMS else [])]
        return found

    def coded_items(self, item: Item, depth: int = 0) -> Iterator[Item]:
        """The items with the coded data of this item: itself, or the items that it is derived from."""
        if item.kind not in DERIVED_ITEMS:
            yield item
        elif depth < MAX_DERIVATIONS:
            for input_id in dict.fromkeys(item.inputs):
                yield from self.coded_items(self.item(input_id), depth + 1)

    def alpha_ids(self, item_id: int) -> Iterator[int]:
        """Ids of the alpha channels of an item."""
        return (id_ for id_ in dict.fromkeys(self.item(item_id).auxiliaries) if id_ in self._all_alpha_ids)

    @cached_property
    def _all_alpha_ids(self) -> set[int]:
        return {id_ for id_, item in self.items.items() if any(is_alpha(box) for box in self.properties_of(item))}

    def _read_kinds(self) -> None:
        iinf = self._boxes.get(b"iinf", b"\0\0\0\0\0\0")
        for box in iter_boxes(iinf[6 if unsigned(iinf, 0, 1) == 0 else 8 :]):
            if box.kind == b"infe" and box.body[:1] in (b"\x02", b"\x03"):
                id_size = 2 if box.body[0] == 2 else 4
                kind_offset = 4 + id_size + 2
                item = self.items.setdefault(unsigned(box.body, 4, id_size), Item())
                item.kind = box.body[kind_offset : kind_offset + 4]
                # The item's name, its media type and its compression, each with a NUL at its end.
                _, media_type, compression, *_ = [*box.body[kind_offset + 4 :].split(b"\0", 3), b"", b"", b""]
                item.content_type = b"" if compression else media_type

    def _read_associations(self) -> None:
        ipma = find_box(self._boxes.get(b"iprp", b""), b"ipma") or b"\0" * 8
        id_size = 2 if unsigned(ipma, 0, 1) == 0 else 4
        number_size = 2 if unsigned(ipma, 3, 1) & 1 else 1
        offset = 8
        for _ in range(min(unsigned(ipma, 4, 4), MAX_BOXES)):
            item = self.items.setdefault(unsigned(ipma, offset, id_size), Item())
            count = unsigned(ipma, offset + id_size, 1)
            offset += id_size + 1
            for _ in range(count):
                # The most significant bit marks an essential property.
                item.properties.append(unsigned(ipma, offset, number_size) & (2 ** (8 * number_size - 1) - 1))
                offset += number_size

    def _read_references(self) -> None:
        iref = self._boxes.get(b"iref", b"\0\0\0\0")
        id_size = 2 if unsigned(iref, 0, 1) == 0 else 4
        for box in iter_boxes(iref[4:]):
            if box.kind not in (b"dimg", b"auxl", b"cdsc"):
                continue
            from_id, count = unsigned(box.body, 0, id_size), unsigned(box.body, id_size, 2)
            to_ids = [unsigned(box.body, id_size + 2 + id_size * index, id_size) for index in range(count)]
            if box.kind == b"dimg":
                self.items.setdefault(from_id, Item()).inputs.extend(to_ids)
            elif box.kind == b"cdsc":
                self.items.setdefault(from_id, Item()).described.extend(to_ids)
            else:
                for to_id in to_ids:
                    self.items.setdefault(to_id, Item()).auxiliaries.append(from_id)

    def _read_locations(self) -> None:
        iloc = FieldReader(self._boxes.get(b"iloc", bytes(16)))
        version = iloc.unsigned(1)
        iloc.unsigned(3)
        sizes = iloc.unsigned(2)
        offset_size, length_size, base_size, index_size = (sizes >> shift & 15 for shift in (12, 8, 4, 0))
        has_construction, id_size = version in (1, 2), 4 if version == 2 else 2
        for _ in range(min(iloc.unsigned(id_size), MAX_BOXES)):
            item = self.items.setdefault(iloc.unsigned(id_size), Item())
            construction = iloc.unsigned(2) & 15 if has_construction else 0
            item.is_in_idat = construction == 1
            iloc.unsigned(2)
            base = iloc.unsigned(base_size)
            for _ in range(iloc.unsigned(2)):
                iloc.unsigned(index_size if has_construction else 0)
                extent = base + iloc.unsigned(offset_size), iloc.unsigned(length_size)
                item.extents.append(extent)


def is_alpha(box: Box) -> bool:
    """Whether a property declares an alpha channel (ISO/IEC 23008-12, section 6.5.8)."""
    return box.kind == b"auxC" and (b":alpha" in box.body or b":auxid:1" in box.body)
