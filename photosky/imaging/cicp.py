"""CICP: an ICC profile for the colour code points of AVIF, HEIC and PNG files (ITU-T H.273)."""

import struct
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Final

# XYZ of red, green and blue under D50: H.273's chromaticities (table 2), adapted from D65 by the Bradford matrix.
_Colorants = tuple[tuple[float, float, float], ...]
_SRGB: Final = ((0.43604, 0.22248, 0.01392), (0.38511, 0.71691, 0.09707), (0.14305, 0.06061, 0.71391))
_NTSC: Final = ((0.41629, 0.22168, 0.01365), (0.39320, 0.70328, 0.09133), (0.15471, 0.07504, 0.71993))
_DISPLAY_P3: Final = ((0.51512, 0.24119, -0.00105), (0.29198, 0.69224, 0.04188), (0.15710, 0.06657, 0.78407))
_COLORANTS: Final[Mapping[int, _Colorants]] = {
    5: ((0.45525, 0.23228, 0.01453), (0.36760, 0.70782, 0.10487), (0.14136, 0.05990, 0.70549)),
    6: _NTSC,
    7: _NTSC,
    9: ((0.67348, 0.27904, -0.00193), (0.16567, 0.67534, 0.02998), (0.12505, 0.04561, 0.79685)),
    # DCI's white point is for projectors; images with this code point are Display P3.
    11: _DISPLAY_P3,
    12: _DISPLAY_P3,
}

_HDR_WHITE_NITS: Final = 203.0  # diffuse white of an HDR image (ITU-R BT.2408)
_HDR_PEAK_NITS: Final = 1000.0  # mapped to white in previews
_KNEE: Final = 0.5
_LEVELS: Final = 256  # decoded images have 8 bits


@lru_cache(maxsize=16)
def cicp_profile(primaries: int, transfer: int) -> bytes:
    """An ICC profile with these primaries and transfer characteristics; empty if they are sRGB's or unknown.

    PQ and HLG are tone-mapped per channel: linear up to half of diffuse white, compressed from there to 1000 nits.
    Video transfer functions such as BT.709 are read as sRGB's, because still images with them contain sRGB.
    """
    colorants, curve = _COLORANTS.get(primaries, _SRGB), _CURVES.get(transfer, _srgb)
    if colorants is _SRGB and curve is _srgb:
        return b""
    entries = [round(65535 * min(1.0, max(0.0, curve(level / (_LEVELS - 1))))) for level in range(_LEVELS)]
    trc = b"curv\0\0\0\0" + struct.pack(f">L{_LEVELS}H", _LEVELS, *entries)
    tags = {b"rTRC": trc, b"gTRC": trc, b"bTRC": trc, b"wtpt": _xyz((0.9642, 1.0, 0.8249))}
    tags |= {name: _xyz(values) for name, values in zip((b"rXYZ", b"gXYZ", b"bXYZ"), colorants, strict=True)}
    return _profile(tags)


def _srgb(signal: float) -> float:
    return signal / 12.92 if signal <= 0.04045 else ((signal + 0.055) / 1.055) ** 2.4


def _pq(signal: float) -> float:
    """SMPTE ST 2084."""
    power = signal ** (32 / 2523)
    nits = 10_000 * (max(0.0, power - 0.8359375) / (18.8515625 - 18.6875 * power)) ** (8192 / 1305)
    return _tone_map(nits)


def _hlg(signal: float) -> float:
    """ITU-R BT.2100, on a display of 1000 nits (system gamma 1.2)."""
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    scene = signal**2 / 3 if signal <= 0.5 else (2.718281828459045 ** ((signal - c) / a) + b) / 12
    return _tone_map(1000 * scene**1.2)


def _tone_map(nits: float) -> float:
    """Reinhard's extended curve above the knee; it reaches 1 at the peak."""
    light, peak = nits / _HDR_WHITE_NITS, (_HDR_PEAK_NITS / _HDR_WHITE_NITS - _KNEE) / (1 - _KNEE)
    above = min((light - _KNEE) / (1 - _KNEE), peak)
    return light if above <= 0 else _KNEE + (1 - _KNEE) * above * (1 + above / peak**2) / (1 + above)


_CURVES: Final[Mapping[int, Callable[[float], float]]] = {
    4: lambda signal: signal**2.2,
    5: lambda signal: signal**2.8,
    8: lambda signal: signal,
    16: _pq,
    18: _hlg,
}


def _xyz(values: Sequence[float]) -> bytes:
    return b"XYZ \0\0\0\0" + struct.pack(">3l", *(round(65536 * value) for value in values))


def _profile(tags: Mapping[bytes, bytes]) -> bytes:
    """An ICC.1:2001-04 display profile; the size of each tag must be a multiple of four bytes."""
    offset = 128 + 4 + 12 * len(tags)
    table, body = struct.pack(">L", len(tags)), b""
    for name, data in tags.items():
        table += name + struct.pack(">LL", offset + len(body), len(data))
        body += data
    header = struct.pack(">L4xL4s4s4s12x4s", offset + len(body), 0x02100000, b"mntr", b"RGB ", b"XYZ ", b"acsp")
    illuminant = struct.pack(">3l", 63190, 65536, 54061)
    return (header.ljust(68, b"\0") + illuminant).ljust(128, b"\0") + table + body
