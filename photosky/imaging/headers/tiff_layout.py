"""TIFF layout: size, pages and memory of a TIFF file, from its first directory (TIFF 6.0, part 1)."""

from collections.abc import Mapping
from typing import BinaryIO, Final

from photosky.imaging.headers.reading import HeaderError, Layout
from photosky.imaging.headers.tiff import Directory, Tiff, read_orientation
from photosky.imaging.headers.tiff_samples import (
    CIELAB,
    FLOAT,
    ICCLAB,
    PALETTE,
    SIGNED,
    UNSIGNED,
    Samples,
    samples_of,
)

MAX_CHUNKS: Final = 300_000
"""Strips or tiles of one image: 60 megapixels in tiles of 16 x 16 are 234,375. Three million took 10 s."""

_WIDTH, _HEIGHT, _ROWS_PER_STRIP, _TILE_WIDTH, _TILE_HEIGHT = 256, 257, 278, 322, 323
_SUBFILE_TYPE, _SUB_IFDS, _DNG_VERSION = 254, 330, 50706
CHUNK_LISTS: Final = (273, 279, 324, 325)
"""Tags with the offsets and sizes of strips and tiles."""

_CHUNK_LIST_ENTRY_BYTES: Final = 48

# By sample format and bits: the decoded samples, and the copies that scale them to 8 bits.
_GREY_CONVERSIONS: Final[Mapping[tuple[int, int], int]] = {
    (UNSIGNED, 12): 4,
    (UNSIGNED, 16): 4,
    (UNSIGNED, 32): 12,
    (SIGNED, 16): 12,
    (SIGNED, 32): 12,
    (FLOAT, 16): 6,
    (FLOAT, 32): 12,
    (FLOAT, 64): 12,
}
_DEEP_GREY_BYTES: Final = 4  # of a pixel of Pillow's modes I and F
_PALETTE_BYTES: Final = 2
_LAB: Final = frozenset({CIELAB, ICCLAB})
_LAB_BYTES: Final = 9  # RGB with the samples, its bands, and the bands with another sign
_GREY_ALPHA_BYTES: Final = 6  # four bands with the bytes of both samples, and two of them


def read_layout(source: BinaryIO, max_frames: int) -> Layout:
    """Read the first image of a TIFF file, and count the images up to `max_frames` + 1.

    Raises `HeaderError` if the directories are invalid or form a loop.
    """
    tiff = Tiff(source)
    first = tiff.directory(tiff.first_offset)
    if max((first.fields[tag].value_count for tag in CHUNK_LISTS if tag in first.fields), default=0) > MAX_CHUNKS:
        raise HeaderError(f"the TIFF has more than {MAX_CHUNKS} strips or tiles")
    width, height = tiff.number(first, _WIDTH, 0), tiff.number(first, _HEIGHT, 0)
    samples = samples_of(tiff, first)
    is_read_in_chunks = not samples.is_plain or is_tiled(first)
    chunk_bytes = _chunk_pixels(tiff, first, width, height) * samples.pixel_bits // 8
    # The decoder has freed its chunk before grey is converted, and the copies exceed the decoded image.
    later_bytes = max(0, _conversion_bytes(samples) - _DEEP_GREY_BYTES) * width * height * (samples.per_pixel == 1)
    return Layout(
        width,
        height,
        frame_count=_count_directories(tiff, first, max_frames),
        orientation=read_orientation(tiff, first),
        pixel_bytes=1 if samples.per_pixel == 1 and samples.photometric != PALETTE else 4,
        conversion_bytes=_conversion_bytes(samples),
        codec_bytes=is_read_in_chunks * max(1, chunk_bytes - later_bytes) + _list_bytes(first),
        file_copies=2 if is_read_in_chunks else 1,  # libtiff gets a copy with the pixels' tags only
        has_alpha=samples.has_alpha,
    )


def _conversion_bytes(samples: Samples) -> int:
    """Bytes per pixel of the copies between the decoder's samples and 8-bit grey or colour."""
    if samples.photometric in _LAB:
        return _LAB_BYTES
    if samples.per_pixel > 1:
        return _GREY_ALPHA_BYTES if samples.is_grey and samples.bits == 16 else 4 * bool(samples.extras)
    if samples.photometric == PALETTE:
        return _PALETTE_BYTES
    return _GREY_CONVERSIONS.get((samples.format or UNSIGNED, samples.bits or 0), 0)


def is_camera_raw(source: BinaryIO) -> bool:
    """Whether a TIFF is a camera raw file: then its first directory has only a thumbnail (TIFF/EP, DNG 1.7)."""
    tiff = Tiff(source)
    first = tiff.directory(tiff.first_offset)
    is_thumbnail = tiff.number(first, _SUBFILE_TYPE, 0) & 1 == 1 and _SUB_IFDS in first.fields
    return _DNG_VERSION in first.fields or is_thumbnail


def is_tiled(directory: Directory) -> bool:
    """Whether an image is stored in tiles, not in strips (TIFF 6.0, section 15)."""
    return _TILE_WIDTH in directory.fields


def _list_bytes(first: Directory) -> int:
    """Bytes of the lists of strips or tiles as Python numbers in Pillow."""
    return sum(_CHUNK_LIST_ENTRY_BYTES * first.fields[tag].value_count for tag in CHUNK_LISTS if tag in first.fields)


def _chunk_pixels(tiff: Tiff, first: Directory, width: int, height: int) -> int:
    """Pixels of one strip or tile; libtiff decodes a whole one at a time."""
    if is_tiled(first):
        return tiff.number(first, _TILE_WIDTH, width) * tiff.number(first, _TILE_HEIGHT, height)
    return width * min(height, tiff.number(first, _ROWS_PER_STRIP, height))


def _count_directories(tiff: Tiff, first: Directory, max_frames: int) -> int:
    seen = {tiff.first_offset}
    offset = first.next_offset
    while offset and len(seen) <= max_frames:
        if offset in seen:
            raise HeaderError("the TIFF's directories form a loop")
        seen.add(offset)
        offset = tiff.next_offset(offset)
    return len(seen)
