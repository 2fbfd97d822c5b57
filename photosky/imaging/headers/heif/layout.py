"""Layout of an AVIF or HEIC image, as declared by its boxes."""

import math
from typing import BinaryIO, Final

from photosky.imaging.headers.heif.boxes import unsigned
from photosky.imaging.headers.heif.brands import SEQUENCE_BRANDS, is_avif, read_brands
from photosky.imaging.headers.heif.codecs import sample_format
from photosky.imaging.headers.heif.meta import GRID_ITEM, OVERLAY_ITEM, Item, Meta, is_alpha, read_meta
from photosky.imaging.headers.heif.tracks import read_maxima
from photosky.imaging.headers.heif.transforms import apply_transforms
from photosky.imaging.headers.reading import HeaderError, Layout

# Bytes per pixel that an AV1 decoder holds besides its output: reference frames, and a second decoder for alpha.
_AV1_BYTES: Final = 2
_AV1_ALPHA_BYTES: Final = 4


def read_layout(source: BinaryIO, max_frames: int) -> Layout:
    """Read the header of an AVIF or HEIC file; a sequence has as many frames as its longest track declares.

    Rotation and mirroring are returned as `orientation`; a HEIC's crop (`clap`) is applied to the size.

    Raises `HeaderError` if boxes are missing or invalid, or if the tiles of a grid do not match its size.
    """
    brands = read_brands(source)
    layout = _primary_layout(read_meta(source), is_av1=is_avif(brands))
    if SEQUENCE_BRANDS.isdisjoint(brands):
        return layout
    width, height, samples = read_maxima(source)
    return layout._replace(
        width=max(layout.width, width),
        height=max(layout.height, height),
        frame_count=min(max(1, samples), max_frames + 1),
    )


def read_codec(source: BinaryIO) -> bytes:
    """Item type of the primary image or its first tile: `AV1_ITEM`, `HEVC_ITEM` or another one."""
    meta = read_meta(source)
    return next(meta.coded_items(meta.item(meta.primary_id)), Item()).kind


def read_cicp(source: BinaryIO) -> tuple[int, int] | None:
    """Colour primaries and transfer characteristics (ITU-T H.273) in the primary image's `nclx` box, if any."""
    meta = read_meta(source)
    item = meta.item(meta.primary_id)
    for holder in (item, next(meta.coded_items(item), item)):
        for box in meta.properties_of(holder):
            if box.kind == b"colr" and box.body[:4] == b"nclx" and len(box.body) >= 8:
                return unsigned(box.body, 4, 2), unsigned(box.body, 6, 2)
    return None


def _primary_layout(meta: Meta, *, is_av1: bool) -> Layout:
    item = meta.items.get(meta.primary_id)
    if item is None:
        raise HeaderError("the primary image is missing")
    width, height = meta.size_of(item)
    samples = sample_format(meta.properties_of(next(meta.coded_items(item), item)))
    pixels = width * height + _additional_pixels(meta, item)
    has_alpha = any(is_alpha(box) for box in meta.properties)
    samples_per_pixel = samples.samples_per_pixel + has_alpha
    extra_bytes = _AV1_BYTES + _AV1_ALPHA_BYTES * has_alpha if is_av1 else 0
    width, height, orientation = apply_transforms(meta.properties_of(item), width, height, crop=not is_av1)
    return Layout(
        width,
        height,
        orientation=orientation,
        # The decoder's planes, and interleaved RGB or RGBA of the same depth.
        codec_bytes=int(pixels * ((samples_per_pixel + 3 + has_alpha) * samples.sample_bytes + extra_bytes)),
        file_copies=2,  # the decoder may get a copy that lists only what it needs
        has_alpha=has_alpha,
    )


def _additional_pixels(meta: Meta, item: Item) -> int:
    """Pixels that are decoded in addition to the image: a grid's largest tile, or all inputs of an overlay.

    Raises `HeaderError` if the tiles together are far larger than the grid.
    """
    if item.kind == OVERLAY_ITEM:
        return sum(math.prod(meta.size_of(coded)) for coded in meta.coded_items(item))
    if item.kind != GRID_ITEM:
        return 0
    width, height = meta.size_of(item)
    sizes = [meta.size_of(meta.items[tile_id]) for tile_id in set(item.inputs) if tile_id in meta.items]
    largest = max((math.prod(size) for size in sizes), default=0)
    # The last column and row of tiles may exceed the grid, each by less than one tile.
    allowed = max(((width + tile_width) * (height + tile_height) for tile_width, tile_height in sizes), default=0)
    if largest * len(item.inputs) > allowed:
        raise HeaderError("the grid's tiles are larger than the image")
    return largest
