"""AVIF and HEIC: the boxes of an ISO base media file that tell the primary image's size.

ISO/IEC 14496-12 (boxes), ISO/IEC 23008-12 (image items and their properties), AV1-ISOBMFF and ISO/IEC 14496-15 (codec
configurations). `read_layout` reads only `ftyp`, `meta` and, in a sequence, `moov`, and believes them;
`check_coded_pictures` holds them against the coded data.
"""

import math
import struct
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import BinaryIO, Final

from photosky.imaging.headers.bitstream import HEVC_SPS, Size, av1_pictures, hevc_pictures, hevc_sps_sizes
from photosky.imaging.headers.reading import HeaderError, Layout, read_at, read_up_to

AVIF_BRANDS: Final = frozenset({b"avif", b"avis"})
HEIC_BRANDS: Final = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"})
HEIF_BRANDS: Final = frozenset({b"mif1", b"msf1"})
_SEQUENCE_BRANDS: Final = frozenset({b"avis", b"msf1", b"hevc", b"hevx", b"hevm", b"hevs"})

_MAX_TOP_BOXES: Final = 100
_MAX_BOXES: Final = 20_000
_MAX_META_BYTES: Final = 1024 * 1024
_AV1_BYTES, _AV1_ALPHA_BYTES = 2, 4
_MAX_FTYP_BYTES: Final = 1024
AV1_ITEM: Final = b"av01"
HEVC_ITEM: Final = b"hvc1"
_GRID, _OVERLAY, _IDENTITY = b"grid", b"iovl", b"iden"
_DERIVED: Final = frozenset({_GRID, _OVERLAY, _IDENTITY})
_MAX_DERIVATIONS: Final = 4
# Coded sizes are whole blocks, of at most 64 pixels an edge in HEVC; AV1's and what encoders add are less.
_BLOCK: Final = 64
# A picture of several layers has as many frames.
_MAX_FRAMES: Final = 4

# EXIF orientations as (quarter turns anticlockwise, mirrored left to right afterwards).
_TURNS: Final[Mapping[tuple[int, bool], int]] = {
    (0, False): 1,
    (0, True): 2,
    (2, False): 3,
    (2, True): 4,
    (3, True): 5,
    (3, False): 6,
    (1, True): 7,
    (1, False): 8,
}


@dataclass(frozen=True)
class Box:
    """A box's type and the bytes after its size and type."""

    kind: bytes
    body: bytes


@dataclass
class _Item:
    kind: bytes = b""
    properties: list[int] = field(default_factory=list)
    tiles: list[int] = field(default_factory=list)
    auxiliaries: list[int] = field(default_factory=list)
    in_idat: bool = False
    extents: list[tuple[int, int]] = field(default_factory=list)  # offset and size of each part of its data


@dataclass(frozen=True)
class _Codec:
    """What a picture's samples are: bytes of one sample, and samples per pixel over all planes."""

    sample_bytes: int = 2
    samples: float = 3.0


def read_brands(source: BinaryIO) -> tuple[bytes, ...]:
    """The major brand, then the compatible ones; empty when the file doesn't start with an `ftyp` box."""
    head = read_up_to(source, 0, _MAX_FTYP_BYTES)
    if head[4:8] != b"ftyp" or len(head) < 12:
        return ()
    body = head[8 : int.from_bytes(head[:4])]
    return (body[:4], *(body[start : start + 4] for start in range(8, len(body) - 3, 4)))


def coded_kind(source: BinaryIO) -> bytes:
    """How the primary image, or its first tile, is coded: `AV1_ITEM`, `HEVC_ITEM` or another item type."""
    meta = _Meta(_read_meta(source))
    return next(meta.coded(meta.items.get(meta.primary, _Item())), _Item()).kind


def read_cicp(source: BinaryIO) -> tuple[int, int] | None:
    """The colour primaries and transfer characteristics (ITU-T H.273) that the primary image's `nclx` box tells."""
    meta = _Meta(_read_meta(source))
    item = meta.items.get(meta.primary, _Item())
    for holder in (item, next(meta.coded(item), item)):
        for box in meta.properties_of(holder):
            if box.kind == b"colr" and box.body[:4] == b"nclx":
                return _unsigned(box.body, 4, 2), _unsigned(box.body, 6, 2)
    return None


def check_coded_pictures(source: BinaryIO) -> None:
    """Hold what the boxes tell against the coded data that a decoder will get: the picture, its tiles and its alpha.

    Raises `HeaderError` when they are larger, are more pictures, or are coded in another way.
    """
    size = source.seek(0, 2)
    meta = _Meta(_read_meta(source))
    is_heic = not AVIF_BRANDS & set(read_brands(source))
    # Every part is read once; items that share their bytes would be decoded over and over.
    check = _CodedCheck(source, meta, bytes_left=2 * size)
    check.item(meta.primary)
    for alpha in meta.alphas(meta.primary):
        check.item(alpha, within=meta.primary)
    if not is_heic:
        layout = read_layout(source, 1)
        for box in _boxes(_read_box(source, b"moov") or b""):
            if box.kind == b"trak":
                check.first_sample(box.body, (layout.width, layout.height))


def read_layout(source: BinaryIO, max_frames: int) -> Layout:
    """The header of an AVIF or HEIC; frames of a sequence are told as its track claims them.

    Rotation and mirroring come as `orientation`; a HEIC's crop (`clap`) is already taken off. Raises `HeaderError`
    when boxes are missing or damaged, or a grid is not as large as it says.
    """
    brands = read_brands(source)
    is_heic = not AVIF_BRANDS & set(brands)
    meta = _Meta(_read_meta(source))
    layout = meta.layout(is_av1=not is_heic)
    if not _SEQUENCE_BRANDS & set(brands):
        return layout
    width, height, frames = _read_track(source)
    return replace(
        layout,
        width=max(layout.width, width),
        height=max(layout.height, height),
        frame_count=min(max(1, frames), max_frames + 1),
    )


def _top_boxes(source: BinaryIO) -> Iterator[tuple[bytes, int, int]]:
    """Type, offset of the body and size of the body of each box in the file."""
    offset = 0
    for _ in range(_MAX_TOP_BOXES):
        head = read_up_to(source, offset, 16)
        if len(head) < 8:
            return
        size, kind = struct.unpack(">L4s", head[:8])
        start = 8
        if size == 1 and len(head) == 16:
            size, start = int.from_bytes(head[8:16]), 16
        if size == 0:  # to the end of the file
            size = 2**62
        if size < start:
            raise HeaderError("a box is shorter than its own header")
        yield kind, offset + start, size - start
        offset += size
        if offset >= 2**62:
            return
    raise HeaderError(f"the file has over {_MAX_TOP_BOXES} boxes")


def _read_box(source: BinaryIO, wanted: bytes) -> bytes | None:
    for kind, offset, size in _top_boxes(source):
        if kind == wanted:
            if size > _MAX_META_BYTES:
                raise HeaderError(f"the {wanted.decode()} box has {size} bytes")
            return read_at(source, offset, size)
    return None


def _read_meta(source: BinaryIO) -> bytes:
    body = _read_box(source, b"meta")
    if body is None:
        raise HeaderError("the file has no meta box")
    return body[4:]


def _boxes(body: bytes) -> Iterator[Box]:
    offset = 0
    for _ in range(_MAX_BOXES):
        if offset + 8 > len(body):
            return
        size, kind = struct.unpack_from(">L4s", body, offset)
        start = 8
        if size == 1 and offset + 16 <= len(body):
            size, start = int.from_bytes(body[offset + 8 : offset + 16]), 16
        if size == 0:
            size = len(body) - offset
        if size < start or offset + size > len(body):
            raise HeaderError(f"the {kind.decode('ascii', 'replace')!r} box is cut short")
        yield Box(kind, body[offset + start : offset + size])
        offset += size
    raise HeaderError(f"a box holds over {_MAX_BOXES} others")


def _find(body: bytes, *path: bytes) -> bytes | None:
    """The body of the first box of each kind, one inside the other."""
    for kind in path:
        found = next((box.body for box in _boxes(body) if box.kind == kind), None)
        if found is None:
            return None
        body = found
    return body


def _unsigned(body: bytes, offset: int, size: int) -> int:
    data = body[offset : offset + size]
    if len(data) < size:
        raise HeaderError("a box is cut short")
    return int.from_bytes(data)


class _Fields:
    """A cursor over the fields of a box. Raises `HeaderError` at its end."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._offset = 0

    def take(self, size: int) -> int:
        return int.from_bytes(self.bytes(size))

    def bytes(self, size: int) -> bytes:
        self._offset += size
        if self._offset > len(self._body):
            raise HeaderError("a box is cut short")
        return self._body[self._offset - size : self._offset]


class _Meta:
    """The items of a `meta` box, their properties and how they are put together."""

    def __init__(self, body: bytes) -> None:
        boxes: dict[bytes, bytes] = {}
        for box in _boxes(body):
            boxes.setdefault(box.kind, box.body)
        self._boxes = boxes
        pitm = boxes.get(b"pitm", b"")
        self.primary = _unsigned(pitm, 4, 4 if pitm[:1] == b"\x01" else 2)
        self.properties = list(_boxes(_find(boxes.get(b"iprp", b""), b"ipco") or b""))
        self.items: dict[int, _Item] = {}
        self._read_item_kinds()
        self._read_associations()
        self._read_tiles()

        self._read_locations()

    def coded(self, item: _Item, depth: int = 0) -> Iterator[_Item]:
        """The items that hold the pixels of this one: itself, or what it is put together from."""
        if item.kind not in _DERIVED:
            yield item
        elif depth < _MAX_DERIVATIONS:
            for tile in dict.fromkeys(item.tiles):
                yield from self.coded(self.items.get(tile, _Item()), depth + 1)

    def alphas(self, primary: int) -> Iterator[int]:
        """The alpha channels of an item."""
        for index in self.items.get(primary, _Item()).auxiliaries:
            item = self.items.get(index, _Item())
            if any(box.kind == b"auxC" and _is_alpha(box.body) for box in self.properties_of(item)):
                yield index

    def layout(self, *, is_av1: bool) -> Layout:
        item = self.items.get(self.primary)
        if item is None:
            raise HeaderError("the primary image is missing")
        width, height = self.size_of(item)
        codec = self._codec(item)
        pixels = width * height + self._tile_pixels(item)
        has_alpha = any(box.kind == b"auxC" and _is_alpha(box.body) for box in self.properties)
        samples = codec.samples + has_alpha
        extra_bytes = _AV1_BYTES + _AV1_ALPHA_BYTES * has_alpha if is_av1 else 0
        width, height, orientation = self._transformed(item, width, height, crop=not is_av1)
        return Layout(
            width,
            height,
            orientation=orientation,
            # The decoder's planes, of AV1 with its references and a second decoder for alpha, and interleaved RGB or
            # RGBA of the same depth.
            codec_bytes=int(pixels * ((samples + 3 + has_alpha) * codec.sample_bytes + extra_bytes)),
            has_alpha=has_alpha,
        )

    def _read_item_kinds(self) -> None:
        iinf = self._boxes.get(b"iinf", b"\0\0\0\0\0\0")
        for box in _boxes(iinf[6 if _unsigned(iinf, 0, 1) == 0 else 8 :]):
            if box.kind == b"infe" and box.body[:1] in (b"\x02", b"\x03"):
                id_size = 2 if box.body[0] == 2 else 4
                kind_offset = 4 + id_size + 2
                item = self.items.setdefault(_unsigned(box.body, 4, id_size), _Item())
                item.kind = box.body[kind_offset : kind_offset + 4]

    def _read_associations(self) -> None:
        ipma = _find(self._boxes.get(b"iprp", b""), b"ipma") or b"\0" * 8
        id_size = 2 if _unsigned(ipma, 0, 1) == 0 else 4
        index_size = 2 if _unsigned(ipma, 3, 1) & 1 else 1
        offset = 8
        for _ in range(min(_unsigned(ipma, 4, 4), _MAX_BOXES)):
            item = self.items.setdefault(_unsigned(ipma, offset, id_size), _Item())
            count = _unsigned(ipma, offset + id_size, 1)
            offset += id_size + 1
            for _ in range(count):
                # The first bit says that the property is essential.
                item.properties.append(_unsigned(ipma, offset, index_size) & (2 ** (8 * index_size - 1) - 1))
                offset += index_size

    def _read_tiles(self) -> None:
        iref = self._boxes.get(b"iref", b"\0\0\0\0")
        id_size = 2 if _unsigned(iref, 0, 1) == 0 else 4
        for box in _boxes(iref[4:]):
            if box.kind not in (b"dimg", b"auxl"):
                continue
            index, count = _unsigned(box.body, 0, id_size), _unsigned(box.body, id_size, 2)
            ids = [_unsigned(box.body, id_size + 2 + id_size * place, id_size) for place in range(count)]
            if box.kind == b"dimg":
                self.items.setdefault(index, _Item()).tiles.extend(ids)
            else:
                for master in ids:
                    self.items.setdefault(master, _Item()).auxiliaries.append(index)

    def _read_locations(self) -> None:
        iloc = _Fields(self._boxes.get(b"iloc", bytes(16)))
        version = iloc.take(1)
        iloc.take(3)
        sizes = iloc.take(2)
        offset_size, length_size, base_size, index_size = (sizes >> shift & 15 for shift in (12, 8, 4, 0))
        has_construction, id_size = version in (1, 2), 4 if version == 2 else 2
        for _ in range(min(iloc.take(id_size), _MAX_BOXES)):
            item = self.items.setdefault(iloc.take(id_size), _Item())
            construction = iloc.take(2) & 15 if has_construction else 0
            item.in_idat = construction == 1
            iloc.take(2)
            base = iloc.take(base_size)
            for _ in range(iloc.take(2)):
                iloc.take(index_size if has_construction else 0)
                extent = base + iloc.take(offset_size), iloc.take(length_size)
                item.extents.append(extent)

    def idat(self) -> bytes:
        """The data that stand in the `meta` box itself."""
        return self._boxes.get(b"idat", b"")

    def properties_of(self, item: _Item) -> Iterator[Box]:
        return (self.properties[index - 1] for index in item.properties if 0 < index <= len(self.properties))

    def size_of(self, item: _Item) -> tuple[int, int]:
        for box in self.properties_of(item):
            if box.kind == b"ispe":
                return _unsigned(box.body, 4, 4), _unsigned(box.body, 8, 4)
        raise HeaderError("the primary image tells no size")

    def _tile_pixels(self, item: _Item) -> int:
        """Pixels that are decoded beside the picture: a grid's largest tile, all that an overlay puts together.

        Together the tiles must not be far larger than the grid.
        """
        if item.kind == _OVERLAY:
            return sum(math.prod(self.size_of(part)) for part in self.coded(item))
        if item.kind != _GRID:
            return 0
        width, height = self.size_of(item)
        sizes = [self.size_of(self.items[tile]) for tile in set(item.tiles) if tile in self.items]
        areas = [tile_width * tile_height for tile_width, tile_height in sizes]
        largest = max(areas, default=0)
        # A grid's last column and row may reach over its edge, by less than one tile each way.
        reach = max((width + w) * (height + h) for w, h in sizes) if sizes else 0
        if largest * len(item.tiles) > reach:
            raise HeaderError("the grid's tiles are larger than the picture")
        return largest

    def _codec(self, item: _Item) -> _Codec:
        coded = next(self.coded(item), item)
        for box in self.properties_of(coded):
            if box.kind == b"av1C" and len(box.body) >= 3:
                return _av1_codec(box.body[2])
            if box.kind == b"hvcC" and len(box.body) >= 18:
                return _hevc_codec(box.body[16] & 3, box.body[17] & 7)
        return _Codec()

    def _transformed(self, item: _Item, width: int, height: int, *, crop: bool) -> tuple[int, int, int]:
        """Stored width and height, and orientation, after the item's crop, turns and mirrors, in their order."""
        turns, mirrored = 0, False
        for box in self.properties_of(item):
            if box.kind == b"irot" and box.body:
                turns = (turns + (-1 if mirrored else 1) * (box.body[0] & 3)) % 4
            elif box.kind == b"imir" and box.body:
                # Axis 0 mirrors top to bottom, which is left to right and half a turn (ISO/IEC 23008-12, 6.5.12).
                mirrored = not mirrored
                turns = (turns + (0 if box.body[0] & 1 else 2)) % 4
            elif box.kind == b"clap" and crop and turns == 0:
                width, height = _cropped(box.body, width, height)
        return width, height, _TURNS[turns, mirrored]


class _CodedCheck:
    """Holds the coded data of items against what their boxes tell, and adds up how much there is."""

    def __init__(self, source: BinaryIO, meta: _Meta, bytes_left: int) -> None:
        self._source = source
        self._meta = meta
        self._bytes_left = bytes_left
        self._items_left = _MAX_BOXES

    def item(self, index: int, within: int | None = None, depth: int = 0) -> None:
        """Check an item and all that it is put together from; `within` names one that it must not be larger than."""
        self._items_left -= 1
        item = self._meta.items.get(index)
        if item is None or depth > _MAX_DERIVATIONS or self._items_left < 0:
            raise HeaderError("the picture is put together from too many parts or missing ones")
        told = self._meta.size_of(item)
        if within is not None:
            _check_size(told, self._meta.size_of(self._meta.items[within]))
        if item.kind in _DERIVED:
            if item.kind != _IDENTITY:
                _check_size(_canvas(self._data(item)[:64], is_grid=item.kind == _GRID), told)
            for tile in dict.fromkeys(item.tiles):
                self.item(tile, depth=depth + 1)
            return
        configuration = {box.kind: box.body for box in self._meta.properties_of(item)}
        if item.kind == AV1_ITEM:
            _check_pictures(*av1_pictures(self._data(item)), told)
        elif item.kind == HEVC_ITEM:
            sizes, length_size = _hevc_configuration(configuration.get(b"hvcC", b""))
            in_data, pictures = hevc_pictures(self._data(item), length_size)
            _check_pictures(sizes + in_data, pictures, told)
        else:
            raise HeaderError(f"the picture is coded as {item.kind.decode('ascii', 'replace')!r}")

    def first_sample(self, track: bytes, told: Size) -> None:
        """Check the first picture of a track."""
        table = _find(track, b"mdia", b"minf", b"stbl") or b""
        stsz, stco, co64 = (_find(table, kind) or b"" for kind in (b"stsz", b"stco", b"co64"))
        size = int.from_bytes(stsz[4:8]) or int.from_bytes(stsz[12:16])
        offset = int.from_bytes(stco[8:12]) if stco else int.from_bytes(co64[8:16])
        if size and offset:
            _check_pictures(*av1_pictures(self._read(offset, size)), told)

    def _data(self, item: _Item) -> bytes:
        if item.in_idat:
            idat = self._meta.idat()
            return b"".join(idat[offset : offset + size] if size else idat[offset:] for offset, size in item.extents)
        return b"".join(self._read(offset, size) for offset, size in item.extents)

    def _read(self, offset: int, size: int) -> bytes:
        if offset >= 2**63:
            raise HeaderError("an item lies outside the file")
        data = read_up_to(self._source, offset, size or self._bytes_left)
        self._bytes_left -= len(data)
        if self._bytes_left < 0:
            raise HeaderError("the items share their data")
        return data


def _check_pictures(sizes: Iterable[Size], pictures: int, told: Size) -> None:
    if pictures > _MAX_FRAMES:
        raise HeaderError(f"one picture is coded as {pictures}")
    for size in sizes:
        _check_size(size, told)


def _check_size(size: Size, told: Size) -> None:
    if math.prod(size) > (told[0] + _BLOCK) * (told[1] + _BLOCK):
        raise HeaderError(f"the picture tells {told[0]} x {told[1]} pixels and holds {size[0]} x {size[1]}")


def _canvas(body: bytes, *, is_grid: bool) -> Size:
    """The size that a grid or an overlay tells in its own data."""
    start, edge = (4 if is_grid else 10), 4 if body[1:2] and body[1] & 1 else 2
    return _unsigned(body, start, edge), _unsigned(body, start + edge, edge)


def _hevc_configuration(hvcc: bytes) -> tuple[list[Size], int]:
    """The sizes that an `hvcC` box tells, and the bytes of each length field in the coded data."""
    fields, sizes = _Fields(hvcc), []
    fields.take(21)
    length_size = (fields.take(1) & 3) + 1
    for _ in range(fields.take(1)):
        kind = fields.take(1) & 63
        for _ in range(fields.take(2)):
            unit = fields.bytes(fields.take(2))
            sizes += hevc_sps_sizes(unit) if kind == HEVC_SPS else []
    return sizes, length_size


def _is_alpha(auxc: bytes) -> bool:
    return b":alpha" in auxc or b":auxid:1" in auxc


def _av1_codec(flags: int) -> _Codec:
    high_depth, monochrome, subsampled_x, subsampled_y = flags & 0x40, flags & 0x10, flags & 8, flags & 4
    chroma = 0.0 if monochrome else 2.0 / (2 if subsampled_x else 1) / (2 if subsampled_y else 1)
    return _Codec(2 if high_depth else 1, 1 + chroma)


def _hevc_codec(chroma_format: int, depth_above_8: int) -> _Codec:
    return _Codec(2 if depth_above_8 else 1, (1.0, 1.5, 2.0, 3.0)[chroma_format])


def _cropped(clap: bytes, width: int, height: int) -> tuple[int, int]:
    if len(clap) < 16:
        return width, height
    wide, wide_unit, high, high_unit = struct.unpack(">4L", clap[:16])
    if not wide_unit or not high_unit:
        return width, height
    return min(width, max(1, wide // wide_unit)), min(height, max(1, high // high_unit))


def _read_track(source: BinaryIO) -> tuple[int, int, int]:
    """Largest width and height and most samples of the file's tracks; zeros without tracks."""
    width = height = frames = 0
    for box in _boxes(_read_box(source, b"moov") or b""):
        if box.kind != b"trak":
            continue
        tkhd = _find(box.body, b"tkhd") or b""
        width = max(width, int.from_bytes(tkhd[-8:-4]) >> 16)
        height = max(height, int.from_bytes(tkhd[-4:]) >> 16)
        stsz = _find(box.body, b"mdia", b"minf", b"stbl", b"stsz") or b""
        frames = max(frames, int.from_bytes(stsz[8:12]))
    return width, height, frames
