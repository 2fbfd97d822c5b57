"""GIF: blocks (GIF89a, section 12), skipped without decoding their LZW data."""

import struct
from typing import BinaryIO, Final

from photosky.imaging.headers.reading import HeaderError, Layout, read_up_to

_WINDOW_BYTES: Final = 65536
_GRAPHIC_CONTROL: Final = b"\xf9"
_EXTENSION, _IMAGE, _TRAILER = 0x21, 0x2C, 0x3B
_MAX_EXTENSIONS: Final = 100_000
# Encoders fill sub-blocks to 255 bytes, so that this limit allows half a gigabyte.
_MAX_SUB_BLOCKS: Final = 2_000_000


class _BlockReader:
    """A cursor over a GIF that reads the file in windows of 64 KiB: blocks have at most 255 bytes."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self._start = 0
        self._window = b""
        self._sub_blocks = 0
        self.offset = 0

    def take(self, size: int) -> bytes:
        """The next `size` bytes; fewer at the end of the file."""
        position = self.offset - self._start
        if position + size > len(self._window):
            self._start, position = self.offset, 0
            self._window = read_up_to(self._source, self.offset, max(size, _WINDOW_BYTES))
        self.offset += size
        return self._window[position : position + size]

    def peek(self, size: int) -> bytes:
        """The next `size` bytes, without moving the cursor."""
        data = self.take(size)
        self.offset -= size
        return data

    def take_exactly(self, size: int) -> bytes:
        data = self.take(size)
        if len(data) < size:
            raise HeaderError("the GIF ends within its header")
        return data

    def skip_sub_blocks(self) -> None:
        while size := self.take(1):
            if size == b"\0":
                return
            self.offset += size[0]
            self._sub_blocks += 1
            if self._sub_blocks > _MAX_SUB_BLOCKS:
                raise HeaderError(f"the GIF has more than {_MAX_SUB_BLOCKS} sub-blocks")


def read_layout(source: BinaryIO, max_frames: int) -> Layout:
    """Read the canvas size of a GIF, and count its frames up to `max_frames` + 1.

    Counting reads the whole file. Raises `HeaderError` if the first frame is missing or invalid.
    """
    blocks = _BlockReader(source)
    width, height, flags, _, _ = struct.unpack("<6xHHBBB", blocks.take_exactly(13))
    blocks.offset += _palette_bytes(flags)
    frames, has_alpha, is_framed = 0, False, False
    for _ in range(max_frames + _MAX_EXTENSIONS):
        kind = blocks.take(1)
        if frames > max_frames or not kind or kind[0] == _TRAILER:
            break
        if kind[0] == _EXTENSION:
            if blocks.take(1)[:1] == _GRAPHIC_CONTROL and not frames:
                has_alpha = any(flags & 1 for flags in blocks.peek(2)[1:])
            blocks.skip_sub_blocks()
        elif kind[0] == _IMAGE:
            left, top, right, bottom = _skip_image(blocks)
            frames += 1
            if frames == 1:
                # Pillow and browsers extend the canvas to a first frame that is larger.
                width, height = max(width, right), max(height, bottom)
                is_framed = (left, top, right, bottom) != (0, 0, width, height)
    else:
        raise HeaderError("the GIF has too many extensions")
    if not frames:
        raise HeaderError("the GIF contains no image")
    return Layout(
        width,
        height,
        frame_count=frames,
        # The palette indices; a frame smaller than the canvas is cropped and pasted onto a second image.
        conversion_bytes=2 + 8 * is_framed,
        has_alpha=has_alpha or is_framed,
    )


def _skip_image(blocks: _BlockReader) -> tuple[int, int, int, int]:
    """Skip one image; return its left, top, right and bottom on the canvas, in pixels."""
    left, top, width, height, flags = struct.unpack("<HHHHB", blocks.take_exactly(9))
    blocks.offset += _palette_bytes(flags) + 1
    blocks.skip_sub_blocks()
    return left, top, left + width, top + height


def _palette_bytes(flags: int) -> int:
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0
