"""Metadata of a JPEG, from the application segments before its first scan (ITU-T T.81, section B.2.4.6)."""

import struct
from collections.abc import Iterable, Iterator, Sequence
from typing import BinaryIO, Final

from photosky.imaging.headers.exif import PREFIX
from photosky.imaging.headers.jpeg import segments
from photosky.imaging.headers.reading import (
    MAX_METADATA_BYTES,
    MAX_PROFILE_BYTES,
    HeaderError,
    Metadata,
    read_up_to,
)

_XMP: Final = b"http://ns.adobe.com/xap/1.0/\0"  # ISO 16684-3, section 1.1.3
_ICC: Final = b"ICC_PROFILE\0"  # ICC.1:2022, annex B.4
_PHOTOSHOP: Final = b"Photoshop 3.0\0"
_SIGNATURES: Final = ((0xE1, PREFIX), (0xE1, _XMP), (0xE2, _ICC), (0xED, _PHOTOSHOP))
_LONGEST_SIGNATURE: Final = max(len(signature) for _, signature in _SIGNATURES)
_IPTC_RESOURCE: Final = 0x0404  # Adobe Photoshop File Formats, "Image Resource IDs"


def read_metadata(source: BinaryIO) -> Metadata:
    """Read EXIF, XMP, IPTC and ICC profile; segments that are cut or damaged are omitted."""
    bodies: dict[bytes, list[bytes]] = {signature: [] for _, signature in _SIGNATURES}
    for signature, body in _signed_bodies(source):
        bodies[signature].append(body)
    return Metadata(
        exif=_join(bodies[PREFIX], MAX_METADATA_BYTES),
        xmp=next(iter(bodies[_XMP]), b""),
        iptc=iptc_of_resources(_join(bodies[_PHOTOSHOP], MAX_METADATA_BYTES)),
        icc_profile=_profile(bodies[_ICC]),
    )


def _signed_bodies(source: BinaryIO) -> Iterator[tuple[bytes, bytes]]:
    """Signature and body of each segment with one of `_SIGNATURES`; at most 8 MiB in total."""
    remaining = MAX_PROFILE_BYTES + 4 * MAX_METADATA_BYTES
    try:
        for segment in segments(source):
            markers = [signature for marker, signature in _SIGNATURES if marker == segment.marker]
            if not markers:
                continue
            head = read_up_to(source, segment.offset, min(segment.size, _LONGEST_SIGNATURE))
            signature = next((signature for signature in markers if head.startswith(signature)), None)
            if signature is None or segment.size > remaining:
                continue
            remaining -= segment.size
            yield signature, read_up_to(source, segment.offset, segment.size).removeprefix(signature)
    except HeaderError:
        return


def _join(parts: Iterable[bytes], max_bytes: int) -> bytes:
    """The parts of a block that is divided into segments, up to `max_bytes`: the first parts are the useful ones."""
    joined = bytearray()
    for part in parts:
        if len(joined) + len(part) > max_bytes:
            break
        joined += part
    return bytes(joined)


def _profile(bodies: Sequence[bytes]) -> bytes:
    """The profile from its numbered parts (ICC.1:2022, annex B.4); empty if a part is missing."""
    parts: dict[int, bytes] = {}
    for body in bodies:
        if len(body) >= 2:
            parts.setdefault(body[0], body)
    profile = b"".join(parts[number][2:] for number in sorted(parts))
    has_all_parts = bool(parts) and parts[min(parts)][1] == len(parts)
    # The size at the start of the profile shows that it is complete, even if the numbers of its parts are wrong.
    is_complete = has_all_parts or int.from_bytes(profile[:4]) == len(profile)
    return profile if is_complete and len(profile) <= MAX_PROFILE_BYTES else b""


def iptc_of_resources(resources: bytes) -> bytes:
    """The IPTC records in Photoshop's image resources: signature, number, padded name, size and padded data."""
    offset = 0
    while resources[offset : offset + 4] == b"8BIM" and offset + 7 <= len(resources):
        (number,) = struct.unpack_from(">H", resources, offset + 4)
        name_bytes = 1 + resources[offset + 6]
        start = offset + 6 + name_bytes + name_bytes % 2 + 4
        size = int.from_bytes(resources[start - 4 : start])
        if number == _IPTC_RESOURCE:
            return resources[start : start + size]
        offset = start + size + size % 2
    return b""
