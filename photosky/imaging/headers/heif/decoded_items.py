"""Decoded items: an AVIF or HEIC file that lists only the items that its primary image needs.

Decoders reject a file because of items that they do not decode: libavif for a tone-mapped image (`tmap`) without inputs
or an auxiliary image without a size, libheif for metadata outside the file. libavif's check that an alpha channel has a
size cannot be disabled from Pillow.
"""

import io
import struct
from collections.abc import Iterable, Mapping
from typing import Final

from photosky.imaging.headers.heif.boxes import Box, iter_boxes, make_box, read_box, top_boxes, unsigned
from photosky.imaging.headers.heif.brands import MAX_FTYP_BYTES
from photosky.imaging.headers.heif.meta import Meta
from photosky.imaging.headers.reading import HeaderError

_IGNORED: Final = b"skip"  # a type that decoders do not know
_COLOUR_BYTES: Final[Mapping[bytes, int]] = {b"nclx": 11, b"prof": 132, b"rICC": 132}
_MAX_ASSOCIATIONS: Final = 255  # of an item
_SMALL_NUMBERS: Final = 0x7F  # of properties, in associations of one byte


def decoded_items_only(data: bytes) -> bytes:
    """The file with only the items that are decoded; the same bytes if there are no other items.

    An alpha channel without a size gets the size of its image. Raises `HeaderError` if the `meta` box is invalid.
    """
    source = io.BytesIO(data)
    body = read_box(source, b"meta")
    if body is None:
        raise HeaderError("the file has no meta box")
    meta = Meta(body[4:])
    decoded = meta.decoded_ids()
    changed = body[:4] + b"".join(_changed(box, meta, decoded) for box in iter_boxes(body[4:]))
    ftyp = _without_gain_map(data)
    if changed == body and data.startswith(ftyp):
        return data
    offset, size, end = _place(source)
    view = memoryview(data)
    if len(changed) == size:
        return b"".join([ftyp, view[len(ftyp) : offset], changed, view[offset + size :]])
    # The old box keeps its place, so that the offsets of the items remain valid. Its type precedes a size of 64 bits.
    kind = offset - (4 if data[offset - 4 : offset] == b"meta" else 12)
    return b"".join([ftyp, view[len(ftyp) : kind], b"free", view[kind + 4 : end], make_box(b"meta", changed)])


def _without_gain_map(data: bytes) -> bytes:
    """The `ftyp` box without the brand of gain maps, which requires a `tmap` item."""
    size = min(int.from_bytes(data[:4]), MAX_FTYP_BYTES)
    return b"".join(b"mif1" if data[at : at + 4] == b"tmap" else data[at : at + 4] for at in range(0, size, 4))


def _place(source: io.BytesIO) -> tuple[int, int, int]:
    """Offset and size of the `meta` box's body, and the end of the last box."""
    offset = size = end = 0
    for kind, found_offset, found_size in top_boxes(source):
        if kind == b"meta" and not offset:
            offset, size = found_offset, found_size
        end = found_offset + found_size
    return offset, size, end


def _changed(box: Box, meta: Meta, decoded: set[int]) -> bytes:
    if box.kind == b"iinf":
        start = 6 if box.body[:1] == b"\0" else 8
        infos = (_info(info, decoded) for info in iter_boxes(box.body[start:]))
        return make_box(b"iinf", box.body[:start] + b"".join(infos))
    if box.kind == b"iprp":
        parts = (_properties(part, meta, decoded) for part in iter_boxes(box.body))
        return make_box(b"iprp", b"".join(parts))
    if box.kind == b"iref":
        id_bytes = 2 if box.body[:1] == b"\0" else 4
        references = (_reference(found, id_bytes, meta.primary_id, decoded) for found in iter_boxes(box.body[4:]))
        return make_box(b"iref", box.body[:4] + b"".join(references))
    return make_box(box.kind, box.body)


def _reference(found: Box, id_bytes: int, primary_id: int, decoded: set[int]) -> bytes:
    """A reference box; from an item that is not decoded, as a description of the primary image."""
    if unsigned(found.body, 0, id_bytes) in decoded:
        return make_box(found.kind, found.body)
    head, targets = found.body[: id_bytes + 2], found.body[id_bytes + 2 :]
    replaced = (primary_id % 256**id_bytes).to_bytes(id_bytes) * (len(targets) // id_bytes)
    return make_box(b"cdsc", head + replaced + targets[len(replaced) :])


def _info(info: Box, decoded: set[int]) -> bytes:
    """An `infe` box; if the item is not decoded, with a type that decoders ignore."""
    body = info.body
    if info.kind == b"infe" and body[:1] in (b"\x02", b"\x03"):
        id_size = 2 if body[0] == 2 else 4
        start = 4 + id_size + 2
        if unsigned(body, 4, id_size) not in decoded:
            body = body[:start] + _IGNORED + body[start + 4 :]
    return make_box(info.kind, body)


def _properties(part: Box, meta: Meta, decoded: set[int]) -> bytes:
    """An `ipco` box without invalid colours, or an `ipma` box with a size for every decoded alpha channel."""
    body = part.body
    if part.kind == b"ipco":
        body = b"".join(
            make_box(b"free" if _is_invalid_colour(box) else box.kind, box.body) for box in iter_boxes(body)
        )
    elif part.kind == b"ipma":
        missing = {
            item_id: number
            for item_id, number in _missing_sizes(meta, decoded)
            if len(meta.item(item_id).properties) < _MAX_ASSOCIATIONS
        }
        if missing and body[:1] == b"\0" and not body[3] & 1 and max(missing.values()) <= _SMALL_NUMBERS:
            body = _with_sizes(body, missing)
    return make_box(part.kind, body)


def _is_invalid_colour(box: Box) -> bool:
    """Whether a property is a `colr` box of an unknown type, or shorter than its fields (ISO/IEC 14496-12, 12.1.5)."""
    return box.kind == b"colr" and len(box.body) < _COLOUR_BYTES.get(box.body[:4], len(box.body) + 1)


def _missing_sizes(meta: Meta, decoded: set[int]) -> Iterable[tuple[int, int]]:
    """Ids of alpha channels without a size, and the number of their image's `ispe` property."""
    for item_id in decoded:
        for alpha_id in meta.alpha_ids(item_id):
            if not meta.has_size(meta.item(alpha_id)):
                for number in meta.item(item_id).properties:
                    if 0 < number <= len(meta.properties) and meta.properties[number - 1].kind == b"ispe":
                        yield alpha_id, number


def _with_sizes(ipma: bytes, numbers: dict[int, int]) -> bytes:
    """An `ipma` box with another property, by item id; version 0, and property numbers of one byte."""
    changed, offset = [ipma[:8]], 8
    for _ in range(unsigned(ipma, 4, 4)):
        item_id, count = unsigned(ipma, offset, 2), unsigned(ipma, offset + 2, 1)
        associated = ipma[offset + 3 : offset + 3 + count]
        if item_id in numbers:
            associated += bytes((numbers[item_id],))
        changed.append(struct.pack(">HB", item_id, len(associated)) + associated)
        offset += 3 + count
    return b"".join(changed)
