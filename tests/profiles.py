"""ICC profiles for tests (ICC.1:2001-04), and the colorimetric matrices that they are made from.

Primaries are xy chromaticities under D65, adapted to D50 by the Bradford matrix.
"""

import struct
from collections.abc import Mapping, Sequence
from typing import Final

_D65: Final = (0.3127, 0.3290)
_D50_XYZ: Final = (0.9642, 1.0, 0.8249)
_BRADFORD: Final = ((0.8951, 0.2664, -0.1614), (-0.7502, 1.7135, 0.0367), (0.0389, -0.0685, 1.0296))

PRIMARIES: Final[Mapping[str, tuple[tuple[float, float], ...]]] = {
    "sRGB": ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06)),
    "Display P3": ((0.68, 0.32), (0.265, 0.69), (0.15, 0.06)),
    "Adobe RGB": ((0.64, 0.33), (0.21, 0.71), (0.15, 0.06)),
    "ProPhoto": ((0.7347, 0.2653), (0.1596, 0.8404), (0.0366, 0.0001)),
}


def rgb_profile(name: str, gamma: float = 2.2) -> bytes:
    """A matrix profile with the primaries of this name and a gamma tone curve."""
    matrix = d50_matrix(PRIMARIES[name])
    tags = {f"{letter}XYZ".encode(): _xyz_tag([row[index] for row in matrix]) for index, letter in enumerate("rgb")}
    tags |= {f"{letter}TRC".encode(): _gamma_tag(gamma) for letter in "rgb"}
    return _profile(b"RGB ", b"mntr", b"XYZ ", name, tags)


def grey_profile(gamma: float = 1.8) -> bytes:
    """A grey profile with a gamma tone curve."""
    return _profile(b"GRAY", b"mntr", b"XYZ ", "Grey", {b"kTRC": _gamma_tag(gamma)})


def cmyk_profile() -> bytes:
    """A printer profile: `_ink_lab` defines the colours of full inks, and other colours are interpolated linearly."""
    nodes = b"".join(
        bytes(_lab_bytes(*_ink_lab((c, m, y, k)))) for c in (0, 1) for m in (0, 1) for y in (0, 1) for k in (0, 1)
    )
    identity = struct.pack(">9l", *(65536 if index % 4 == 0 else 0 for index in range(9)))
    ramp = bytes(range(256))
    table = b"mft1\0\0\0\0" + bytes((4, 3, 2, 0)) + identity + ramp * 4 + nodes + ramp * 3
    return _profile(b"CMYK", b"prtr", b"Lab ", "Ink", {b"A2B0": table})


def _ink_lab(ink: tuple[int, int, int, int]) -> tuple[float, float, float]:
    cyan, magenta, yellow, black = ink
    lightness = max(5.0, 95 - 40 * cyan - 45 * magenta - 8 * yellow - 85 * black)
    strength = 0.1 if black else 1.0
    return lightness, strength * (-35 * cyan + 70 * magenta), strength * (-50 * cyan + 85 * yellow)


def _lab_bytes(lightness: float, a: float, b: float) -> tuple[int, int, int]:
    return round(lightness * 2.55), max(0, min(255, round(a + 128))), max(0, min(255, round(b + 128)))


def d50_matrix(primaries: Sequence[tuple[float, float]]) -> list[list[float]]:
    """The matrix from linear RGB with these primaries to XYZ under D50."""
    columns = [_xyz(x, y) for x, y in primaries]
    matrix = [[column[row] for column in columns] for row in range(3)]
    white = _xyz(*_D65)
    scales = multiply(inverse(matrix), white)
    scaled = [[value * scale for value, scale in zip(row, scales, strict=True)] for row in matrix]
    source, target = multiply(_BRADFORD, white), multiply(_BRADFORD, _D50_XYZ)
    cones = [[target[row] / source[row] * value for value in _BRADFORD[row]] for row in range(3)]
    adapted = [multiply(inverse(_BRADFORD), [row[index] for row in cones]) for index in range(3)]
    adaptation = [[adapted[column][row] for column in range(3)] for row in range(3)]
    result = [multiply(adaptation, [row[index] for row in scaled]) for index in range(3)]
    return [[result[column][row] for column in range(3)] for row in range(3)]


def multiply(matrix: Sequence[Sequence[float]], vector: Sequence[float]) -> list[float]:
    """A 3 x 3 matrix times a vector."""
    return [sum(a * b for a, b in zip(row, vector, strict=True)) for row in matrix]


def inverse(matrix: Sequence[Sequence[float]]) -> list[list[float]]:
    """The inverse of a 3 x 3 matrix."""
    (a, b, c), (d, e, f), (g, h, i) = matrix
    determinant = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)
    adjugate = (
        (e * i - f * h, c * h - b * i, b * f - c * e),
        (f * g - d * i, a * i - c * g, c * d - a * f),
        (d * h - e * g, b * g - a * h, a * e - b * d),
    )
    return [[value / determinant for value in row] for row in adjugate]


def _xyz(x: float, y: float) -> tuple[float, float, float]:
    return x / y, 1.0, (1 - x - y) / y


def _fixed(value: float) -> bytes:
    return struct.pack(">l", round(value * 65536))


def _xyz_tag(values: Sequence[float]) -> bytes:
    return b"XYZ \0\0\0\0" + b"".join(map(_fixed, values))


def _gamma_tag(gamma: float) -> bytes:
    return b"curv\0\0\0\0" + struct.pack(">LH", 1, round(gamma * 256)) + b"\0\0"


def _profile(space: bytes, device: bytes, connection: bytes, name: str, tags: Mapping[bytes, bytes]) -> bytes:
    text = name.encode() + b"\0"
    description = b"desc\0\0\0\0" + struct.pack(">L", len(text)) + text + bytes(78)
    all_tags = {b"desc": description, b"cprt": b"text\0\0\0\0none\0", b"wtpt": _xyz_tag(_D50_XYZ), **tags}
    offset = 128 + 4 + 12 * len(all_tags)
    table, body = struct.pack(">L", len(all_tags)), b""
    for tag, data in all_tags.items():
        table += tag + struct.pack(">LL", offset + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    size = offset + len(body)
    header = struct.pack(">L4sL4s4s4s12x4s", size, b"test", 0x02100000, device, space, connection, b"acsp")
    white = b"".join(map(_fixed, _D50_XYZ))
    return header.ljust(68, b"\0") + white + bytes(128 - 68 - 12) + table + body
