"""WebP: the RIFF container (RFC 9649, section 2)."""

import struct
from typing import BinaryIO, Final

from photosky.imaging.headers.exif import exif_orientation
from photosky.imaging.headers.reading import HeaderError, Layout, read_at, read_up_to

_FIRST_CHUNK: Final = 12
_MAX_OTHER_CHUNKS: Final = 100
_MAX_EXIF_BYTES: Final = 65536
_ANIMATED, _EXIF, _ALPHA = 0x02, 0x08, 0x10
# The animation decoder, also used for still images, holds two RGBA canvases and a copy for Pillow. Alpha adds a plane
# that is decoded as if it were colour.
_CODEC_PIXEL_BYTES: Final = 12
_ALPHA_PIXEL_BYTES: Final = 6
_LOSSLESS_PIXEL_BYTES: Final = 4


def read_layout(source: BinaryIO, max_frames: int) -> Layout:
    """Read the header of a WebP, and count its frames up to `max_frames` + 1.

    Raises `HeaderError` if a chunk is invalid.
    """
    name = read_at(source, _FIRST_CHUNK, 4)
    body = read_at(source, _FIRST_CHUNK + 8, 10)
    if name == b"VP8 ":
        return _lossy(body)
    if name == b"VP8L":
        return _lossless(body)
    if name == b"VP8X":
        return _extended(source, body, max_frames)
    raise HeaderError("the WebP's first chunk has an unknown type")


def _lossy(body: bytes) -> Layout:
    if body[3:6] != b"\x9d\x01\x2a":
        raise HeaderError("the WebP's VP8 chunk is invalid")
    width, height = struct.unpack("<HH", body[6:10])
    return _layout(width & 0x3FFF, height & 0x3FFF, has_alpha=False)


def _lossless(body: bytes) -> Layout:
    if body[0] != 0x2F:
        raise HeaderError("the WebP's VP8L chunk is invalid")
    bits = int.from_bytes(body[1:5], "little")
    return _layout((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1, has_alpha=bool(bits >> 28 & 1), is_lossless=True)


def _extended(source: BinaryIO, body: bytes, max_frames: int) -> Layout:
    flags = body[0]
    width, height = int.from_bytes(body[4:7], "little") + 1, int.from_bytes(body[7:10], "little") + 1
    frames, orientation = _read_chunks(source, max_frames) if flags & (_ANIMATED | _EXIF) else (1, 1)
    return _layout(width, height, has_alpha=bool(flags & _ALPHA), frame_count=max(1, frames), orientation=orientation)


def _read_chunks(source: BinaryIO, max_frames: int) -> tuple[int, int]:
    frames, orientation, offset = 0, 1, _FIRST_CHUNK
    for _ in range(max_frames + _MAX_OTHER_CHUNKS):
        head = read_up_to(source, offset, 8)
        if len(head) < 8 or frames > max_frames:
            return frames, orientation
        name, size = struct.unpack("<4sL", head)
        frames += name == b"ANMF"
        if name == b"EXIF" and size <= _MAX_EXIF_BYTES:
            orientation = exif_orientation(read_at(source, offset + 8, size))
        offset += 8 + size + size % 2
    raise HeaderError("the WebP has too many chunks")


def _layout(
    width: int,
    height: int,
    *,
    has_alpha: bool,
    is_lossless: bool = False,
    frame_count: int = 1,
    orientation: int = 1,
) -> Layout:
    # A lossless image always has four channels, with or without alpha.
    pixel_bytes = _CODEC_PIXEL_BYTES + (_LOSSLESS_PIXEL_BYTES if is_lossless else has_alpha * _ALPHA_PIXEL_BYTES)
    return Layout(
        width,
        height,
        frame_count=frame_count,
        orientation=orientation,
        codec_bytes=width * height * pixel_bytes,
        file_copies=2,
        has_alpha=has_alpha,
    )
