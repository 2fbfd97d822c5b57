"""Comparison of JPEG, WebP and AVIF: CPU and size of one 2048 px preview at equal quality."""

import io
import resource
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from PIL import Image

from benchmarks.previews import pictures, quality
from benchmarks.previews.pictures import PICTURES
from photosky.imaging.presets import DEFAULT_PRESETS, Preset

_SOURCE: Final = "JPEG 24 MP"
_ROUNDS: Final = 5
_BISECTIONS: Final = 7
"""Of the range of qualities, 1 to 100."""


@dataclass(frozen=True)
class Encoder:
    """A format with the options of Pillow's `save`."""

    name: str
    format: str
    options: dict[str, Any]


ENCODERS: Final[Sequence[Encoder]] = (
    Encoder("JPEG", "JPEG", {"optimize": True}),
    Encoder("JPEG, progressive", "JPEG", {"optimize": True, "progressive": True}),
    Encoder("WebP, method 0", "WEBP", {"method": 0}),
    Encoder("**WebP, method 2**", "WEBP", {"method": 2}),
    Encoder("WebP, method 4", "WEBP", {"method": 4}),
    Encoder("WebP, method 6", "WEBP", {"method": 6}),
    Encoder("AVIF, speed 9", "AVIF", {"speed": 9, "max_threads": 1}),
    Encoder("AVIF, speed 8", "AVIF", {"speed": 8, "max_threads": 1}),
    Encoder("AVIF, speed 6", "AVIF", {"speed": 6, "max_threads": 1}),
)


def section() -> str:
    """Table of CPU and size; each encoder at the lowest quality whose SSIM reaches that of the preset's WebP."""
    (large,) = (preset for preset in DEFAULT_PRESETS if preset.name == "large")
    image = _pixels(large)
    target = _similarity(_encode(image, "WEBP", {"method": large.effort, "quality": large.quality}), image)
    lines = []
    for encoder in ENCODERS:
        lowest = _lowest_quality(image, encoder, target)
        options = encoder.options | {"quality": lowest}
        data = _encode(image, encoder.format, options)
        seconds = statistics.median(_user_seconds(image, encoder.format, options) for _ in range(_ROUNDS))
        lines.append(
            f"| {encoder.name} | {lowest} | {1000 * seconds:.0f} | {len(data) / 1000:.0f} "
            f"| {_similarity(data, image):.4f} |"
        )
    head = (
        f"## JPEG, WebP or AVIF\n\nThe 2048 px preview of {_SOURCE}, encoded from its pixels in one thread, at "
        f"the lowest quality whose SSIM reaches that of WebP at {large.quality}.\n\n"
        "| encoder | quality | CPU ms | kB | SSIM |\n|---|---|---|---|---|\n"
    )
    return head + "\n".join(lines)


def _pixels(preset: Preset) -> Image.Image:
    (source,) = (picture for picture in PICTURES if picture.name == _SOURCE)
    pictures.make(source)
    whole = pictures.load_upright(source.path)
    whole.thumbnail((preset.width, preset.height), Image.Resampling.LANCZOS)
    return whole


def _lowest_quality(image: Image.Image, encoder: Encoder, target: float) -> int:
    low, high = 1, 100
    for _ in range(_BISECTIONS):
        middle = (low + high) // 2
        reached = _similarity(_encode(image, encoder.format, encoder.options | {"quality": middle}), image) >= target
        low, high = (low, middle) if reached else (min(middle + 1, high), high)
    return high


def _similarity(data: bytes, image: Image.Image) -> float:
    return quality.similarity(io.BytesIO(data), np.asarray(image, np.float32))


def _encode(image: Image.Image, image_format: str, options: dict[str, Any]) -> bytes:
    output = io.BytesIO()
    image.save(output, image_format, **options)
    return output.getvalue()


def _user_seconds(image: Image.Image, image_format: str, options: dict[str, Any]) -> float:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_utime
    _encode(image, image_format, options)
    return resource.getrusage(resource.RUSAGE_SELF).ru_utime - before
