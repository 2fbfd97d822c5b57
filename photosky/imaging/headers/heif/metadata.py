"""Metadata of an AVIF or HEIC file: EXIF and XMP items, ICC profile, and whether there is a gain map.

ISO/IEC 23008-12, annex A; ISO 16684-1 (XMP); ISO 21496-1 (gain maps).
"""

from collections.abc import Iterator
from typing import BinaryIO, Final

from photosky.imaging.headers.exif import PREFIX
from photosky.imaging.headers.heif.meta import Item, Meta, read_meta
from photosky.imaging.headers.reading import (
    MAX_METADATA_BYTES,
    MAX_PROFILE_BYTES,
    HeaderError,
    Metadata,
    read_up_to,
)

MAX_ITEMS: Final = 16
"""EXIF or XMP items that are considered."""
_MAX_EXTENTS: Final = 64
_XMP_TYPE: Final = b"application/rdf+xml"
_PROFILES: Final = (b"prof", b"rICC")
_BYTE_ORDERS: Final = (b"II", b"MM")
_TONE_MAP: Final = b"tmap"
_GAIN_MAPS: Final = (b"urn:com:apple:photo:2020:aux:hdrgainmap",)


def read_metadata(source: BinaryIO) -> Metadata:
    """Read the metadata of the primary image; items that are damaged or exceed their bound are omitted."""
    try:
        meta = read_meta(source)
        return Metadata(
            exif=next(filter(None, (_exif(_data(source, meta, item)) for item in _items(meta, b"Exif"))), b""),
            xmp=next(filter(None, (_data(source, meta, item) for item in _items(meta, b"mime", _XMP_TYPE))), b""),
            icc_profile=_icc_profile(meta),
        )
    except HeaderError:
        return Metadata()


def has_gain_map(source: BinaryIO) -> bool:
    """Whether the file has a tone-mapped image (ISO 21496-1) or an auxiliary image with Apple's gain map.

    Whether the gain map can be decoded is not checked. False if the `meta` box is missing or invalid.
    """
    try:
        meta = read_meta(source)
        auxiliaries = meta.item(meta.primary_id).auxiliaries
        types = [
            box.body[4:] for id_ in auxiliaries for box in meta.properties_of(meta.item(id_)) if box.kind == b"auxC"
        ]
    except HeaderError:
        return False
    is_tone_mapped = any(item.kind == _TONE_MAP for item in meta.items.values())
    return is_tone_mapped or any(found.split(b"\0", 1)[0] in _GAIN_MAPS for found in types)


def _items(meta: Meta, kind: bytes, content_type: bytes | None = None) -> Iterator[Item]:
    """The metadata items of the primary image: those that describe it, then those that describe no image."""
    found = [
        item
        for item in meta.items.values()
        if item.kind == kind and (content_type is None or item.content_type == content_type)
    ]
    yield from [item for item in found if meta.primary_id in item.described][:MAX_ITEMS]
    yield from [item for item in found if not item.described][:MAX_ITEMS]


def _data(source: BinaryIO, meta: Meta, item: Item) -> bytes:
    """The data of an item; empty if it exceeds the bound, is outside the file, or is stored in another item."""
    data = b""
    for offset, size in item.extents[:_MAX_EXTENTS]:
        if offset >= 2**63 or size > MAX_METADATA_BYTES:
            return b""
        limit = size or MAX_METADATA_BYTES + 1  # a size of 0 is the rest
        part = meta.idat[offset : offset + limit] if item.is_in_idat else read_up_to(source, offset, limit)
        data += part
        if len(part) < size or len(data) > MAX_METADATA_BYTES:
            return b""
    return data if len(item.extents) <= _MAX_EXTENTS else b""


def _exif(data: bytes) -> bytes:
    """The TIFF structure in an EXIF item, which starts with the number of bytes before it (annex A.2.1).

    Some writers count other bytes, or omit the number.
    """
    before = int.from_bytes(data[:4])
    for candidate in (data[4 + before :], data[4:], data):
        block = candidate.removeprefix(PREFIX)
        if block.startswith(_BYTE_ORDERS):
            return block
    return b""


def _icc_profile(meta: Meta) -> bytes:
    """The ICC profile of the primary image or of its first tile."""
    item = meta.item(meta.primary_id)
    for holder in (item, next(meta.coded_items(item), item)):
        for box in meta.properties_of(holder):
            if box.kind == b"colr" and box.body[:4] in _PROFILES and len(box.body) <= MAX_PROFILE_BYTES:
                return box.body[4:]
    return b""
