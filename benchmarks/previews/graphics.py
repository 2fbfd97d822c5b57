"""Comparison of graphics: bytes and chroma of the previews of PhotoSky and of libvips."""

import io
from typing import Final

from PIL import Image

from benchmarks.previews import quality
from benchmarks.previews.contenders import Contender, libvips, photosky
from photosky.imaging.geometry import centred_box
from photosky.imaging.presets import DEFAULT_PRESETS
from tests.graphics import GRAPHICS
from tests.pictures import encoded

_CONTENDERS: Final[tuple[Contender, ...]] = (photosky, libvips)


def section() -> str:
    """Table with one row per graphic and preset: kilobytes and the chroma error of each contender."""
    lines = []
    for name, draw in GRAPHICS.items():
        picture = draw()
        data = encoded("png", image=picture, compress_level=1)
        previews = [contender(data, DEFAULT_PRESETS) for contender in _CONTENDERS]
        for preset, *shown in zip(DEFAULT_PRESETS, *previews, strict=True):
            cells = " | ".join(_cell(picture, preview) for preview in shown)
            lines.append(f"| {name} | {preset.name} | {cells} |")
    return "\n".join(
        [
            "## Graphics",
            "",
            "PNG to WebP. The chroma error is the 99th percentile of the distance in a and b of CIE L\\*a\\*b\\*, to "
            "one resize of the picture.",
            "",
            "| graphic | preset | photosky kB | chroma error | libvips kB | chroma error |",
            "|---|---|---|---|---|---|",
            *lines,
        ]
    )


def _cell(picture: Image.Image, preview: bytes) -> str:
    with Image.open(io.BytesIO(preview)) as shown:
        expected = picture.resize(shown.size, Image.Resampling.LANCZOS, box=centred_box(picture.size, shown.size))
        return f"{len(preview) / 1000:.1f} | {quality.chroma_error(shown, expected):.1f}"
