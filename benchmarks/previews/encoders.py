"""JPEG, WebP or AVIF: what one 2048 px preview takes in each, at the quality of the default presets."""

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
_TRIES: Final = 7
"""Halvings of the range of qualities: it has a hundred."""


@dataclass(frozen=True)
class Encoder:
    """A format and how hard it tries, as Pillow's `save` takes them."""

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
    """A table of CPU and bytes, each encoder at the quality that is as like the pixels as the preset's WebP."""
    (large,) = (preset for preset in DEFAULT_PRESETS if preset.name == "large")
    image = _pixels(large)
    goal = _likeness(_encoded(image, "WEBP", {"method": large.effort, "quality": large.quality}), image)
    lines = []
    for encoder in ENCODERS:
        chosen = _least_quality(image, encoder, goal)
        options = encoder.options | {"quality": chosen}
        data = _encoded(image, encoder.format, options)
        seconds = statistics.median(_user_seconds(image, encoder.format, options) for _ in range(_ROUNDS))
        lines.append(
            f"| {encoder.name} | {chosen} | {1000 * seconds:.0f} | {len(data) / 1000:.0f} "
            f"| {_likeness(data, image):.4f} |"
        )
    head = (
        f"## JPEG, WebP or AVIF\n\nThe 2048 px preview of {_SOURCE}, encoded from its pixels in one thread at the "
        f"least quality whose SSIM is that of WebP at {large.quality}.\n\n"
        "| encoder | quality | CPU ms | kB | SSIM |\n|---|---|---|---|---|\n"
    )
    return head + "\n".join(lines)


def _pixels(preset: Preset) -> Image.Image:
    (source,) = (picture for picture in PICTURES if picture.name == _SOURCE)
    pictures.make(source)
    whole = pictures.turned_upright(source.path)
    whole.thumbnail((preset.width, preset.height), Image.Resampling.LANCZOS)
    return whole


def _least_quality(image: Image.Image, encoder: Encoder, goal: float) -> int:
    low, high = 1, 100
    for _ in range(_TRIES):
        middle = (low + high) // 2
        reached = _likeness(_encoded(image, encoder.format, encoder.options | {"quality": middle}), image) >= goal
        low, high = (low, middle) if reached else (min(middle + 1, high), high)
    return high


def _likeness(data: bytes, image: Image.Image) -> float:
    return quality.similarity(io.BytesIO(data), np.asarray(image, np.float32))


def _encoded(image: Image.Image, image_format: str, options: dict[str, Any]) -> bytes:
    output = io.BytesIO()
    image.save(output, image_format, **options)
    return output.getvalue()


def _user_seconds(image: Image.Image, image_format: str, options: dict[str, Any]) -> float:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_utime
    _encoded(image, image_format, options)
    return resource.getrusage(resource.RUSAGE_SELF).ru_utime - before
