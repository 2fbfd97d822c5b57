"""Profiles: which colour space an ICC profile describes (ICC.1:2022, section 7)."""

import struct
from collections.abc import Mapping
from typing import Final

from photosky.details import ColourSpace

_MAX_TAGS: Final = 100
_TOLERANCE: Final = 0.003
"""Of a colorant: profiles of the same colour space differ by their rounding and adaptation."""

# X, Y and Z of red, green and blue under D50.
_COLORANTS: Final[Mapping[ColourSpace, tuple[float, ...]]] = {
    "srgb": (0.43607, 0.22249, 0.01392, 0.38515, 0.71687, 0.09708, 0.14307, 0.06061, 0.71410),
    "display-p3": (0.51512, 0.24120, -0.00105, 0.29198, 0.69225, 0.04189, 0.15710, 0.06657, 0.78407),
    "adobe-rgb": (0.60974, 0.31111, 0.01947, 0.20528, 0.62567, 0.06087, 0.14919, 0.06322, 0.74457),
}
_HDR_TRANSFERS: Final = (16, 18)  # PQ and HLG (ITU-T H.273, table 3)
_LINEAR_CURVES: Final = (b"curv\0\0\0\0\0\0\0\0", b"curv\0\0\0\0\0\0\0\1\1\0")


def profile_space(profile: bytes) -> ColourSpace:
    """The colour space of a profile by its colorants; `other` for other profiles and for damaged ones."""
    tags = _tags(profile)
    if tags.get(b"cicp", b"")[9:10] in [bytes((transfer,)) for transfer in _HDR_TRANSFERS]:
        return "hdr"
    if tags.get(b"rTRC", b"").startswith(_LINEAR_CURVES):
        return "other"
    colorants = [value for name in (b"rXYZ", b"gXYZ", b"bXYZ") for value in _xyz(tags.get(name, b""))]
    for space, expected in _COLORANTS.items():
        if len(colorants) == len(expected) and all(
            abs(value - reference) <= _TOLERANCE for value, reference in zip(colorants, expected, strict=True)
        ):
            return space
    return "other"


def _tags(profile: bytes) -> dict[bytes, bytes]:
    """The data of each tag by its signature."""
    count = min(int.from_bytes(profile[128:132]), _MAX_TAGS)
    table = profile[132 : 132 + 12 * count]
    whole = table[: len(table) // 12 * 12]
    return {name: profile[offset : offset + size] for name, offset, size in struct.iter_unpack(">4sLL", whole)}


def _xyz(tag: bytes) -> tuple[float, ...]:
    return tuple(value / 65536 for value in struct.unpack_from(">3l", tag, 8)) if len(tag) >= 20 else ()
