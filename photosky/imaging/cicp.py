"""CICP: colours that AVIF, HEIC and PNG files tell by two numbers (ITU-T H.273), as a profile that says the same."""

import struct
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Final

# Red, green and blue in XYZ under D50: H.273's chromaticities (table 2), adapted from D65 by Bradford's matrix.
_Colorants = tuple[tuple[float, float, float], ...]
_SRGB: Final = ((0.43604, 0.22248, 0.01392), (0.38511, 0.71691, 0.09707), (0.14305, 0.06061, 0.71391))
_NTSC: Final = ((0.41629, 0.22168, 0.01365), (0.39320, 0.70328, 0.09133), (0.15471, 0.07504, 0.71993))
_DISPLAY_P3: Final = ((0.51512, 0.24119, -0.00105), (0.29198, 0.69224, 0.04188), (0.15710, 0.06657, 0.78407))
_COLORANTS: Final[Mapping[int, _Colorants]] = {
    5: ((0.45525, 0.23228, 0.01453), (0.36760, 0.70782, 0.10487), (0.14136, 0.05990, 0.70549)),
    6: _NTSC,
    7: _NTSC,
    9: ((0.67348, 0.27904, -0.00193), (0.16567, 0.67534, 0.02998), (0.12505, 0.04561, 0.79685)),
    # DCI's white is for projectors; pictures that say so mean Display P3.
    11: _DISPLAY_P3,
    12: _DISPLAY_P3,
}

# Nominal nits: diffuse white of an HDR picture (ITU-R BT.2408), and the brightest that previews tell apart.
_HDR_WHITE: Final = 203.0
_HDR_PEAK: Final = 1000.0
_KNEE: Final = 0.5
_STEPS: Final = 256  # decoded pictures have 8 bits


@lru_cache(maxsize=16)
def profile_of(primaries: int, transfer: int) -> bytes:
    """An ICC profile of these primaries and transfer characteristics; empty when they mean sRGB or are unknown.

    PQ and HLG are tone-mapped channel by channel: as they are up to half of diffuse white, and softly from there to
    1000 nits. Video's own transfer functions (BT.709 and kin) count as sRGB's, which is what such stills hold.
    """
    colorants, curve = _COLORANTS.get(primaries, _SRGB), _CURVES.get(transfer, _srgb)
    if colorants is _SRGB and curve is _srgb:
        return b""
    levels = [round(65535 * min(1.0, max(0.0, curve(step / (_STEPS - 1))))) for step in range(_STEPS)]
    trc = b"curv\0\0\0\0" + struct.pack(f">L{_STEPS}H", _STEPS, *levels)
    tags = {b"rTRC": trc, b"gTRC": trc, b"bTRC": trc, b"wtpt": _xyz((0.9642, 1.0, 0.8249))}
    tags |= {name: _xyz(values) for name, values in zip((b"rXYZ", b"gXYZ", b"bXYZ"), colorants, strict=True)}
    return _profile(tags)


def _srgb(signal: float) -> float:
    return signal / 12.92 if signal <= 0.04045 else ((signal + 0.055) / 1.055) ** 2.4


def _pq(signal: float) -> float:
    """SMPTE ST 2084."""
    power = signal ** (32 / 2523)
    nits = 10_000 * (max(0.0, power - 0.8359375) / (18.8515625 - 18.6875 * power)) ** (8192 / 1305)
    return _tone_mapped(nits)


def _hlg(signal: float) -> float:
    """ITU-R BT.2100, on a display of 1000 nits (system gamma 1.2)."""
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    scene = signal**2 / 3 if signal <= 0.5 else (2.718281828459045 ** ((signal - c) / a) + b) / 12
    return _tone_mapped(1000 * scene**1.2)


def _tone_mapped(nits: float) -> float:
    """Reinhard's curve above the knee, which reaches 1 at the peak."""
    light, peak = nits / _HDR_WHITE, (_HDR_PEAK / _HDR_WHITE - _KNEE) / (1 - _KNEE)
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
    """An ICC.1:2001-04 display profile; the tags are multiples of four bytes long."""
    offset = 128 + 4 + 12 * len(tags)
    table, body = struct.pack(">L", len(tags)), b""
    for name, data in tags.items():
        table += name + struct.pack(">LL", offset + len(body), len(data))
        body += data
    header = struct.pack(">L4xL4s4s4s12x4s", offset + len(body), 0x02100000, b"mntr", b"RGB ", b"XYZ ", b"acsp")
    illuminant = struct.pack(">3l", 63190, 65536, 54061)
    return (header.ljust(68, b"\0") + illuminant).ljust(128, b"\0") + table + body
