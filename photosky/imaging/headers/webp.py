"""WebP: the RIFF container (RFC 9649, section 2)."""

import io
import struct
from collections.abc import Iterator, Mapping
from typing import BinaryIO, Final

from photosky.imaging.headers.exif import PREFIX, exif_orientation
from photosky.imaging.headers.reading import (
    MAX_METADATA_BYTES,
    MAX_PROFILE_BYTES,
    HeaderError,
    Layout,
    Metadata,
    Piece,
    read_at,
    read_up_to,
)

_FIRST_CHUNK: Final = 12
_MAX_OTHER_CHUNKS: Final = 100
_MAX_EXIF_BYTES: Final = 65536
_IMAGE_CHUNKS: Final = frozenset({b"VP8 ", b"VP8L", b"ANMF"})
_PIXEL_CHUNKS: Final = _IMAGE_CHUNKS | {b"VP8X", b"ANIM", b"ALPH"}
MAX_METADATA_CHUNKS: Final = 2000
_PROFILE, _XMP = 0x20, 0x04
_ANIMATED, _EXIF, _ALPHA = 0x02, 0x08, 0x10
# Flag in VP8X, without which decoders ignore the chunk, and bound in bytes.
_METADATA: Final[Mapping[bytes, tuple[int, int]]] = {
    b"EXIF": (_EXIF, MAX_METADATA_BYTES),
    b"XMP ": (_XMP, MAX_METADATA_BYTES),
    b"ICCP": (_PROFILE, MAX_PROFILE_BYTES),
}
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
    frames = 0
    orientation: int | None = None
    for count, (name, offset, size) in enumerate(_chunks(source, max_frames + _MAX_OTHER_CHUNKS + 1)):
        if count == max_frames + _MAX_OTHER_CHUNKS:
            raise HeaderError("the WebP has too many chunks")
        frames += name == b"ANMF"
        if name == b"EXIF" and orientation is None and size <= _MAX_EXIF_BYTES:
            orientation = exif_orientation(read_up_to(source, offset, size))
        if frames > max_frames:
            break
    return frames, orientation or 1


def pixel_pieces(data: bytes) -> list[Piece]:
    """The chunks of the first frame: a simple file, or VP8X, ANIM, and ALPH with VP8 or VP8L, or the first ANMF.

    The sizes in the RIFF header and the flags of VP8X are those of what is left. Raises `HeaderError` if there is no
    image.
    """
    view, source = memoryview(data), io.BytesIO(data)
    found: dict[bytes, Piece] = {}
    for name, offset, size in _chunks(source, _MAX_OTHER_CHUNKS):
        if name in _PIXEL_CHUNKS and name not in found:
            found[name] = view[offset - 8 : offset + size + size % 2]
        if name in _IMAGE_CHUNKS:
            break
    if not _IMAGE_CHUNKS & set(found):
        raise HeaderError("the WebP has no image")
    if b"VP8X" in found:
        extended = bytearray(found[b"VP8X"])
        extended[8] &= _ANIMATED | _ALPHA
        found[b"VP8X"] = bytes(extended)
    body = sum(map(len, found.values()))
    return [b"RIFF" + struct.pack("<L", 4 + body) + b"WEBP", *found.values()]


def read_metadata(source: BinaryIO) -> Metadata:
    """Read EXIF, XMP and ICC profile (section 2.7.1); chunks that are cut or too large are omitted."""
    found: dict[bytes, bytes] = {}
    flags = 0
    for name, offset, size in _chunks(source, MAX_METADATA_CHUNKS):
        if name == b"VP8X":
            flags = next(iter(read_up_to(source, offset, 1)), 0)
        flag, max_bytes = _METADATA.get(name, (0, 0))
        if flags & flag and size <= max_bytes:
            body = read_up_to(source, offset, size)
            if len(body) == size:
                found.setdefault(name, body)
    exif = found.get(b"EXIF", b"")
    while exif.startswith(PREFIX):
        exif = exif.removeprefix(PREFIX)
    return Metadata(exif=exif, xmp=found.get(b"XMP ", b""), icc_profile=found.get(b"ICCP", b""))


def _chunks(source: BinaryIO, max_chunks: int) -> Iterator[tuple[bytes, int, int]]:
    """Name, data offset and data size of each chunk, up to the end of the file or `max_chunks`."""
    offset = _FIRST_CHUNK
    for _ in range(max_chunks):
        head = read_up_to(source, offset, 8)
        if len(head) < 8:
            return
        name, size = struct.unpack("<4sL", head)
        yield name, offset + 8, size
        offset += 8 + size + size % 2


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
