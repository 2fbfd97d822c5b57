"""Structural similarity of a preview to a reference: one resize of the whole picture in floating point.

The reference has no scaled decode, no cascade and no 8-bit intermediate. Pillow's Lanczos filter resizes float samples
in the file's own encoding, as all contenders do (none in linear light). The colorimetric equations then convert them
from the file's profile to sRGB, without a color engine.
"""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks.previews.pictures import GAMMA, PRIMARIES_NAME, load_upright
from photosky.imaging.geometry import Size, centred_box
from tests.pictures import lab
from tests.profiles import PRIMARIES, d50_matrix

Samples = NDArray[np.float32]

_LUMA: Final = np.array((0.2126, 0.7152, 0.0722), np.float32)
"""ITU-R BT.709."""
_WINDOW_SIGMA, _WINDOW_RADIUS = 1.5, 5
_C1, _C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2


def reference(bands: Sequence[Image.Image], size: Size) -> Samples:
    """Reference of a preview of `size`: height x width x RGB in sRGB, 0 to 255, cropped to the center if needed.

    `bands` are those of the whole picture, upright, in mode F.
    """
    box = centred_box(bands[0].size, size)
    resized = [np.asarray(band.resize(size, Image.Resampling.LANCZOS, box=box)) for band in bands]
    return _in_srgb(np.stack(resized, axis=-1))


def float_bands(path: Path) -> list[Image.Image]:
    """Decode the picture in full and upright; one float image per band."""
    image = load_upright(path)
    return [image.getchannel(name).convert("F") for name in "RGB"]


def size_of(preview: Path) -> Size:
    """Size of a preview in pixels."""
    with Image.open(preview) as image:
        return image.size


def similarity(preview: Path | BinaryIO, expected: Samples) -> float:
    """Mean SSIM of luma (Wang et al. 2004: a Gaussian window of 11 pixels, sigma 1.5)."""
    with Image.open(preview) as image:
        shown = np.asarray(image.convert("RGB"), np.float32)
    return _ssim(np.dot(shown, _LUMA), np.dot(expected, _LUMA))


def chroma_error(shown: Image.Image, expected: Image.Image) -> float:
    """The 99th percentile of the distance in a and b of CIE L*a*b*, at full resolution: SSIM of luma misses colours."""
    chroma = [
        np.asarray(lab(image.convert("RGB")))[..., 1:].view(np.int8).astype(np.float32) for image in (shown, expected)
    ]
    return float(np.percentile(np.hypot(*np.moveaxis(chroma[0] - chroma[1], -1, 0)), 99))


def _in_srgb(encoded: Samples) -> Samples:
    linear = np.clip(encoded / 255, 0, 1) ** GAMMA
    target = np.linalg.inv(np.array(d50_matrix(PRIMARIES["sRGB"])))
    matrix = (target @ np.array(d50_matrix(PRIMARIES[PRIMARIES_NAME]))).astype(np.float32)
    linear = np.clip(linear @ matrix.T, 0, 1)
    curved = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.asarray(255 * curved, dtype=np.float32)


def _ssim(left: Samples, right: Samples) -> float:
    mean_left, mean_right = _blurred(left), _blurred(right)
    variance_left = _blurred(left * left) - mean_left**2
    variance_right = _blurred(right * right) - mean_right**2
    covariance = _blurred(left * right) - mean_left * mean_right
    top = (2 * mean_left * mean_right + _C1) * (2 * covariance + _C2)
    bottom = (mean_left**2 + mean_right**2 + _C1) * (variance_left + variance_right + _C2)
    return float(np.mean(top / bottom))


def _blurred(samples: Samples) -> Samples:
    """Weighted means under the window, where it is inside the picture."""
    for axis in (0, 1):
        length = samples.shape[axis] - 2 * _WINDOW_RADIUS
        total = np.zeros_like(np.take(samples, range(length), axis))
        for start, weight in enumerate(_window()):
            total += weight * np.take(samples, range(start, start + length), axis)
        samples = total
    return samples


@lru_cache(maxsize=1)
def _window() -> tuple[np.float32, ...]:
    distance = np.arange(-_WINDOW_RADIUS, _WINDOW_RADIUS + 1)
    weights = np.exp(-(distance**2) / (2 * _WINDOW_SIGMA**2))
    return tuple(np.float32(weight) for weight in weights / weights.sum())
