"""Consistency of an AVIF or HEIC file: the coded data must not exceed what the boxes declare."""

import math
from collections.abc import Iterable
from typing import BinaryIO, Final

from photosky.imaging.headers.bitstream import Size, av1_pictures, hevc_pictures
from photosky.imaging.headers.heif.boxes import MAX_BOXES, unsigned
from photosky.imaging.headers.heif.brands import is_avif, read_brands
from photosky.imaging.headers.heif.codecs import AV1_ITEM, HEVC_ITEM, read_hevc_configuration
from photosky.imaging.headers.heif.layout import read_layout
from photosky.imaging.headers.heif.meta import (
    DERIVED_ITEMS,
    GRID_ITEM,
    IDENTITY_ITEM,
    MAX_DERIVATIONS,
    Item,
    Meta,
    read_meta,
)
from photosky.imaging.headers.heif.tracks import read_first_samples
from photosky.imaging.headers.reading import HeaderError, read_up_to

# Encoders store equal tiles once (libavif, avifEncoderWriteMediaDataBox). The data of all items may therefore have more
# bytes than the file, up to this number per pixel of the image: photos of the best quality have 1 to 2 bytes.
_SHARED_BYTES_PER_PIXEL: Final = 1
_MAX_SHARED_PIXELS: Final = 60_000_000
# Coded sizes are rounded up to whole blocks: at most 64 x 64 pixels in HEVC, less in AV1; encoders add less.
_BLOCK_PIXELS: Final = 64
_MAX_PICTURES: Final = 4  # an image with several layers has a picture for each


def check_coded_pictures(source: BinaryIO) -> None:
    """Check the coded data of the primary image, its tiles, its alpha channels and the first sample of each track.

    Raises `HeaderError` if it has larger or more pictures than declared, or an unsupported codec.
    """
    size_bytes = source.seek(0, 2)
    meta = read_meta(source)
    # Items that share their data are decoded repeatedly, which takes time for each byte.
    width, height = meta.size_of(meta.item(meta.primary_id))
    shared_bytes = _SHARED_BYTES_PER_PIXEL * min(width * height, _MAX_SHARED_PIXELS)
    check = CodedDataCheck(source, meta, bytes_left=2 * size_bytes + shared_bytes)
    check.item(meta.primary_id)
    if is_avif(read_brands(source)):
        layout = read_layout(source, 1)
        for offset, size in read_first_samples(source):
            check.sample(offset, size, (layout.width, layout.height))


class CodedDataCheck:
    """Compares coded data with its declaration, within a total of `bytes_left` bytes."""

    def __init__(self, source: BinaryIO, meta: Meta, bytes_left: int) -> None:
        self._source = source
        self._meta = meta
        self._bytes_left = bytes_left
        self._items_left = MAX_BOXES

    def item(self, item_id: int, within: int | None = None, depth: int = 0) -> None:
        """Check an item and all items that it is derived from; it must not be larger than the item `within`."""
        self._items_left -= 1
        item = self._meta.items.get(item_id)
        if item is None or depth > MAX_DERIVATIONS or self._items_left < 0:
            raise HeaderError("the image is derived from missing items or from too many items")
        declared = self._declared_size(item, within)
        if item.kind in DERIVED_ITEMS:
            if item.kind != IDENTITY_ITEM:
                _check_size(_canvas_size(self.data(item)[:64], is_grid=item.kind == GRID_ITEM), declared)
            for input_id in dict.fromkeys(item.inputs):
                self.item(input_id, depth=depth + 1)
        else:
            self._coded_item(item, declared)
        if within is None:
            for alpha_id in self._meta.alpha_ids(item_id):
                self.item(alpha_id, within=item_id, depth=depth + 1)

    def _declared_size(self, item: Item, within: int | None) -> Size:
        """The size of an item. An alpha channel without a size has the size of its image, and is never larger."""
        if within is None:
            return self._meta.size_of(item)
        limit = self._meta.size_of(self._meta.items[within])
        declared = self._meta.size_of(item) if self._meta.has_size(item) else limit
        _check_size(declared, limit)
        return declared

    def sample(self, offset: int, size: int, declared: Size) -> None:
        """Check a sample of an AV1 track."""
        check_pictures(*av1_pictures(self._read(offset, size)), declared)

    def data(self, item: Item) -> bytes:
        """The data of an item, counted against `bytes_left` if it is read from the file."""
        if item.is_in_idat:
            idat = self._meta.idat
            return b"".join(idat[offset : offset + size] if size else idat[offset:] for offset, size in item.extents)
        return b"".join(self._read(offset, size) for offset, size in item.extents)

    def _coded_item(self, item: Item, declared: Size) -> None:
        configuration = {box.kind: box.body for box in self._meta.properties_of(item)}
        if item.kind == AV1_ITEM:
            check_pictures(*av1_pictures(self.data(item)), declared)
        elif item.kind == HEVC_ITEM:
            sizes, length_bytes = read_hevc_configuration(configuration.get(b"hvcC", b""))
            in_data, pictures = hevc_pictures(self.data(item), length_bytes)
            check_pictures(sizes + in_data, pictures, declared)
        else:
            raise HeaderError(f"the codec {item.kind.decode('ascii', 'replace')!r} is not supported")

    def _read(self, offset: int, size: int) -> bytes:
        if offset >= 2**63:
            raise HeaderError("an item is outside the file")
        data = read_up_to(self._source, offset, size or self._bytes_left)
        self._bytes_left -= len(data)
        if self._bytes_left < 0:
            raise HeaderError("several items share the same data")
        return data


def check_pictures(sizes: Iterable[Size], pictures: int, declared: Size) -> None:
    """Raises `HeaderError` if there are more than 4 pictures, or if a size exceeds the declared one."""
    if pictures > _MAX_PICTURES:
        raise HeaderError(f"an image item has {pictures} coded pictures; the limit is {_MAX_PICTURES}")
    for size in sizes:
        _check_size(size, declared)


def _check_size(size: Size, declared: Size) -> None:
    if math.prod(size) > (declared[0] + _BLOCK_PIXELS) * (declared[1] + _BLOCK_PIXELS):
        raise HeaderError(
            f"the file declares {declared[0]} x {declared[1]} pixels, but the coded data has {size[0]} x {size[1]}"
        )


def _canvas_size(body: bytes, *, is_grid: bool) -> Size:
    """The output size in the data of a grid or an overlay (ISO/IEC 23008-12, sections 6.6.2.3 and 6.6.2.2)."""
    start, edge = (4 if is_grid else 10), 4 if body[1:2] and body[1] & 1 else 2
    return unsigned(body, start, edge), unsigned(body, start + edge, edge)
