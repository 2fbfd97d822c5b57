"""A TIFF writer for tests: samples of every type, in strips, tiles or planes (TIFF 6.0; BigTIFF)."""

import struct
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

_Array = NDArray[Any]

DEFLATE: Final = 8
_SHORT, _LONG, _UNDEFINED, _LONG8 = 3, 4, 7, 16
_LETTERS: Final = {_UNDEFINED: "B", _SHORT: "H", _LONG: "L", _LONG8: "Q"}
_FORMATS: Final = {"u": 1, "i": 2, "f": 3, "c": 6}
_REVERSED: Final = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


@dataclass(frozen=True)
class Options:
    """How `tiff` stores the samples.

    Attributes:
        photometric: PhotometricInterpretation; None omits the tag.
        order: Byte order.
        bits: Bits of the samples, if they are fewer than the array's type has; they are packed.
        rows: Rows of a strip; 0 for one strip.
        tile: Width and height of the tiles; None for strips.
        is_planar: Whether each sample has a plane of its own.
        compression: 1 or `DEFLATE`.
        predictor: 1 for none, 2 for differences, 3 for floating-point numbers.
        extras: ExtraSamples.
        colour_map: Entries of the colour map: all of red, of green, of blue.
        is_big: Whether the file is a BigTIFF.
        fill_order: 2 reverses the bits of each byte.
        tags: Further tags with SHORT values; they replace the ones of the same number, and None omits one.
        blocks: Further tags with bytes, such as metadata.
    """

    photometric: int | None = 2
    order: Literal["<", ">"] = "<"
    bits: int | None = None
    rows: int = 0
    tile: tuple[int, int] | None = None
    is_planar: bool = False
    compression: int = 1
    predictor: int = 1
    extras: Sequence[int] = ()
    colour_map: Sequence[int] = ()
    is_big: bool = False
    fill_order: int = 1
    tags: Mapping[int, Sequence[int] | None] = field(default_factory=dict)
    blocks: Mapping[int, bytes] = field(default_factory=dict)


def tiff(samples: _Array, options: Options) -> bytes:
    """A TIFF with these samples, an array of height x width or height x width x samples per pixel."""
    pixels = samples if samples.ndim == 3 else samples[..., None]
    height, width, count = pixels.shape
    bits = options.bits or 8 * pixels.dtype.itemsize
    planes = [pixels[..., index : index + 1] for index in range(count)] if options.is_planar else [pixels]
    chunks = [_stored(chunk, bits, options) for plane in planes for chunk in _chunks(plane, options)]
    data_offset = 16 if options.is_big else 8
    offsets = [data_offset + sum(len(chunk) + len(chunk) % 2 for chunk in chunks[:i]) for i in range(len(chunks))]
    pointer = _LONG8 if options.is_big else _LONG
    at, size = (324, 325) if options.tile else (273, 279)
    entries: dict[int, tuple[int, Sequence[int]]] = {
        256: (_LONG, [width]),
        257: (_LONG, [height]),
        258: (_SHORT, [bits] * count),
        259: (_SHORT, [options.compression]),
        277: (_SHORT, [count]),
        284: (_SHORT, [1 + options.is_planar]),
        at: (pointer, offsets),
        size: (pointer, [len(chunk) for chunk in chunks]),
    }
    optional: dict[int, Sequence[int]] = {
        262: [] if options.photometric is None else [options.photometric],
        266: [options.fill_order] if options.fill_order != 1 else [],
        278: [] if options.tile else [options.rows or height],
        317: [options.predictor] if options.predictor != 1 else [],
        320: options.colour_map,
        322: options.tile[:1] if options.tile else [],
        323: options.tile[1:] if options.tile else [],
        338: options.extras,
        339: [_FORMATS[pixels.dtype.kind]] * count if pixels.dtype.kind != "u" else [],
        **{tag: values or [] for tag, values in options.tags.items()},
    }
    entries |= {tag: (_SHORT, values) for tag, values in optional.items()}
    entries |= {tag: (_UNDEFINED, tuple(block)) for tag, block in options.blocks.items()}
    body = b"".join(chunk + bytes(len(chunk) % 2) for chunk in chunks)
    return _file(body, {tag: entries[tag] for tag in sorted(entries) if entries[tag][1]}, options)


def _chunks(plane: _Array, options: Options) -> Iterator[_Array]:
    """The strips or tiles of a plane; tiles are padded."""
    height, width, _ = plane.shape
    if options.tile is None:
        step = options.rows or height
        yield from (plane[top : top + step] for top in range(0, height, step))
        return
    tile_width, tile_height = options.tile
    padded = np.pad(plane, ((0, -height % tile_height), (0, -width % tile_width), (0, 0)), mode="edge")
    for top in range(0, height, tile_height):
        for left in range(0, width, tile_width):
            yield padded[top : top + tile_height, left : left + tile_width]


def _stored(chunk: _Array, bits: int, options: Options) -> bytes:
    """The bytes of a strip or tile."""
    data = _bytes(_predicted(chunk, options), bits, options)
    data = zlib.compress(data) if options.compression == DEFLATE else data
    return data.translate(_REVERSED) if options.fill_order == 2 else data


def _predicted(chunk: _Array, options: Options) -> _Array:
    if options.predictor == 2:
        return np.concatenate([chunk[:, :1], np.diff(chunk, axis=1)], axis=1)
    if options.predictor == 3:
        rows, columns, count = chunk.shape
        size = chunk.dtype.itemsize
        # The bytes of each row by their significance, then differences of bytes.
        octets = np.frombuffer(chunk.astype(chunk.dtype.newbyteorder(">")).tobytes(), np.uint8)
        octets = octets.reshape(rows, columns * count, size).transpose(0, 2, 1).reshape(rows, -1, count)
        return np.concatenate([octets[:, :1], np.diff(octets, axis=1)], axis=1)
    return chunk


def _bytes(chunk: _Array, bits: int, options: Options) -> bytes:
    if bits < 8 * chunk.dtype.itemsize and options.predictor != 3:
        packed = np.unpackbits(chunk.astype(">u2").view(np.uint8).reshape(*chunk.shape, 2), axis=-1)[..., 16 - bits :]
        return np.packbits(packed.reshape(chunk.shape[0], -1), axis=1).tobytes()
    return chunk.astype(chunk.dtype.newbyteorder(options.order)).tobytes()


def _file(body: bytes, entries: Mapping[int, tuple[int, Sequence[int]]], options: Options) -> bytes:
    order, is_big = options.order, options.is_big
    mark = b"II" if order == "<" else b"MM"
    inline, entry_layout, count_layout, pointer = (8, "HHQ", "Q", "Q") if is_big else (4, "HHL", "H", "L")
    start = (16 if is_big else 8) + len(body)
    table_size = struct.calcsize("<" + count_layout) + len(entries) * (20 if is_big else 12)
    tail_offset = start + table_size + inline
    table, tail = struct.pack(order + count_layout, len(entries)), b""
    for tag, (kind, values) in entries.items():
        data = struct.pack(f"{order}{len(values)}{_LETTERS[kind]}", *values)
        place = data.ljust(inline, b"\0")
        if len(data) > inline:
            place, tail = struct.pack(order + pointer, tail_offset + len(tail)), tail + data + bytes(len(data) % 2)
        table += struct.pack(order + entry_layout, tag, kind, len(values)) + place
    head = (
        struct.pack(order + "2sHHHQ", mark, 43, 8, 0, start) if is_big else struct.pack(order + "2sHL", mark, 42, start)
    )
    return head + body + table + bytes(inline) + tail
