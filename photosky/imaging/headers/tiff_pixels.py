"""TIFF pixels: a copy of a TIFF whose only directory has the tags that the pixels need, in the form decoders know.

Damage and size of other tags then cannot affect the decoder. The copy is a classic TIFF, also of a BigTIFF.
"""

import io
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from photosky.imaging.headers.reading import HeaderError, Piece
from photosky.imaging.headers.tiff import FORMATS, Directory, Tiff
from photosky.imaging.headers.tiff_layout import CHUNK_LISTS, MAX_CHUNKS, is_tiled
from photosky.imaging.headers.tiff_samples import BLACK_IS_ZERO, CIELAB, ICCLAB, RGB, Samples, samples_of

_BITS, _PHOTOMETRIC, _SAMPLES, _PLANAR = 258, 262, 277, 284
_COLOUR_MAP, _EXTRA_SAMPLES, _SAMPLE_FORMAT = 320, 338, 339
_MAX_VALUE_BYTES: Final = 8 * MAX_CHUNKS
_SHORT, _LONG = 3, 4
_NARROWED: Final = frozenset({16, 18})  # LONG8 and IFD8

_COPIED: Final = (
    *(256, 257, 259, 266, 273, 278, 279, 292, 293, 317, 322, 323, 324, 325),  # size, compression, location
    *(347, 512, 513, 514, 515, 517, 518, 519, 520, 521),  # JPEG: tables, and the old style's offsets
    *(529, 530, 531, 532),  # YCbCr
)


@dataclass(frozen=True)
class TiffPixels:
    """What a decoder needs of a TIFF.

    Attributes:
        pieces: The consecutive pieces of the copy; the largest one is a view of the original.
        samples: The samples of the image, as declared.
        is_tiled: Whether the image is stored in tiles, not in strips.
    """

    pieces: Sequence[Piece]
    samples: Samples
    is_tiled: bool


def pixels_only(data: bytes) -> TiffPixels:
    """The pixels of the first image of a TIFF file.

    In the copy, grey of more than 8 bits has 0 as black, and L*a*b* is declared as RGB: decoders read these samples
    without a conversion. `TiffPixels.samples` has the original declaration.

    Raises `HeaderError` if the first directory is invalid, or if an offset exceeds 4 GiB.
    """
    source = io.BytesIO(data)
    tiff = Tiff(source)
    directory = tiff.directory(tiff.first_offset)
    samples = samples_of(tiff, directory)
    found = [*_copied(tiff, directory, samples), *_declared(tiff, samples), *_colour_map(tiff, directory)]
    offset = len(data) + len(data) % 2
    head = struct.pack(tiff.order + "2sHL", data[:2], 42, offset)
    tail = bytes(offset - len(data)) + _directory(tiff.order, dict(sorted(found)), offset)
    return TiffPixels([head, memoryview(data)[len(head) :], tail], samples, is_tiled(directory))


_Entry = tuple[int, bytes]  # type and values


def _copied(tiff: Tiff, directory: Directory, samples: Samples) -> Iterator[tuple[int, _Entry]]:
    for tag in _COPIED:
        if tag in directory.fields and directory.fields[tag].type in FORMATS:
            kind, values = directory.fields[tag].type, tiff.block(directory, tag, _MAX_VALUE_BYTES)
            if tag in CHUNK_LISTS and samples.is_in_planes:
                unit = FORMATS[kind][1]
                values = values[: len(values) // unit // samples.stored_per_pixel * samples.per_pixel * unit]
            yield tag, (_LONG, _narrowed(tiff.order, values)) if kind in _NARROWED else (kind, values)


def _declared(tiff: Tiff, samples: Samples) -> Iterator[tuple[int, _Entry]]:
    """The tags of the samples, complete and in the form that decoders know."""
    tags = {
        _BITS: (samples.bits or 0,) * samples.per_pixel,
        _PHOTOMETRIC: (decoded_photometric(samples),),
        _SAMPLES: (samples.per_pixel,),
        _PLANAR: (1 + samples.is_planar,),
        _EXTRA_SAMPLES: samples.extras,
        _SAMPLE_FORMAT: (samples.format or 0,) * samples.per_pixel,
    }
    for tag, values in tags.items():
        if values:
            yield tag, (_SHORT, struct.pack(f"{tiff.order}{len(values)}H", *values))


def decoded_photometric(samples: Samples) -> int:
    """The interpretation that the decoder is given: it must not convert or invert the samples."""
    if samples.is_grey and (samples.bits or 0) > 8:
        return BLACK_IS_ZERO
    return RGB if samples.photometric in (CIELAB, ICCLAB) else samples.photometric


def _colour_map(tiff: Tiff, directory: Directory) -> Iterator[tuple[int, _Entry]]:
    """The colour map with 16-bit entries. If all entries are below 256 they have 8 bits, as in libtiff and libvips."""
    values = tiff.block(directory, _COLOUR_MAP, _MAX_VALUE_BYTES)
    if not values or directory.fields[_COLOUR_MAP].type != _SHORT:
        return
    layout = f"{tiff.order}{len(values) // 2}H"
    entries = struct.unpack(layout, values[: len(values) // 2 * 2])
    factor = 257 if max(entries, default=0) < 256 else 1
    yield _COLOUR_MAP, (_SHORT, struct.pack(layout, *(entry * factor for entry in entries)))


def _narrowed(order: str, values: bytes) -> bytes:
    count = len(values) // 8
    numbers = struct.unpack(f"{order}{count}Q", values[: 8 * count])
    if max(numbers, default=0) >= 2**32:
        raise HeaderError("a TIFF strip or tile is outside the file")
    return struct.pack(f"{order}{count}L", *numbers)


def _directory(order: str, entries: Mapping[int, _Entry], offset: int) -> bytes:
    """A directory at `offset`, followed by the values that do not fit into its entries."""
    table, tail = struct.pack(order + "H", len(entries)), b""
    tail_offset = offset + 2 + 12 * len(entries) + 4
    for tag, (kind, values) in entries.items():
        count = len(values) // FORMATS[kind][1]
        place = values.ljust(4, b"\0") if len(values) <= 4 else struct.pack(order + "L", tail_offset + len(tail))
        table += struct.pack(order + "HHL", tag, kind, count) + place
        tail += values + bytes(len(values) % 2) if len(values) > 4 else b""
    return table + bytes(4) + tail
