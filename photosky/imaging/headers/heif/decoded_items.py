"""Decoded items: an AVIF file that lists only the items that its primary image needs.

libavif rejects a file because of items that it does not decode: a tone-mapped image (`tmap`) without inputs, or an
auxiliary image without a size. Its check that an alpha channel has a size cannot be disabled from Pillow.
"""

import io
import struct
from collections.abc import Iterable
from typing import Final

from photosky.imaging.headers.heif.boxes import Box, iter_boxes, make_box, read_box, top_boxes, unsigned
from photosky.imaging.headers.heif.brands import MAX_FTYP_BYTES
from photosky.imaging.headers.heif.meta import Meta
from photosky.imaging.headers.reading import HeaderError

_IGNORED: Final = b"skip"  # a type that decoders do not know
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
        parts = (_associations(part, meta, decoded) for part in iter_boxes(box.body))
        return make_box(b"iprp", b"".join(parts))
    return make_box(box.kind, box.body)


def _info(info: Box, decoded: set[int]) -> bytes:
    """An `infe` box; if the item is not decoded, with a type that decoders ignore."""
    body = info.body
    if info.kind == b"infe" and body[:1] in (b"\x02", b"\x03"):
        id_size = 2 if body[0] == 2 else 4
        start = 4 + id_size + 2
        if unsigned(body, 4, id_size) not in decoded:
            body = body[:start] + _IGNORED + body[start + 4 :]
    return make_box(info.kind, body)


def _associations(part: Box, meta: Meta, decoded: set[int]) -> bytes:
    """An `ipma` box with a size for every decoded alpha channel; other boxes as they are."""
    body = part.body
    if part.kind == b"ipma":
        missing = dict(_missing_sizes(meta, decoded))
        if missing and body[:1] == b"\0" and not body[3] & 1 and max(missing.values()) <= _SMALL_NUMBERS:
            body = _with_sizes(body, missing)
    return make_box(part.kind, body)


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
    changed, offset = ipma[:8], 8
    for _ in range(unsigned(ipma, 4, 4)):
        item_id, count = unsigned(ipma, offset, 2), unsigned(ipma, offset + 2, 1)
        associated = ipma[offset + 3 : offset + 3 + count]
        if item_id in numbers:
            associated += bytes((numbers[item_id],))
        changed += struct.pack(">HB", item_id, len(associated)) + associated
        offset += 3 + count
    return changed
