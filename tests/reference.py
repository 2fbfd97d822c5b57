"""The reference renderer: libvips, which shares only some codecs with Pillow, and the colour difference to it."""

import io
from typing import Final, cast

import numpy as np
import numpy.typing as npt
import pyvips
from PIL import Image

from photosky.imaging.presets import Preset

MAX_DELTA_E: Final = 2.0
"""Maximum mean colour difference (CIE76); the just noticeable difference is about 2.3."""

_TO_XYZ: Final = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
_WHITE: Final = np.array([0.95047, 1.0, 1.08883])
_SIGNAL: Final = np.arange(256) / 255
_LIGHT: Final = np.where(_SIGNAL <= 0.04045, _SIGNAL / 12.92, ((_SIGNAL + 0.055) / 1.055) ** 2.4)

_Samples = npt.NDArray[np.float64]


def reference_thumbnail(data: bytes, size: tuple[int, int]) -> tuple[tuple[int, int], Image.Image]:
    """The displayed size of a file, and libvips' thumbnail of it in sRGB.

    The thumbnail is made from a full decode, because libvips' scaled decode of WebP is too coarse for a reference.
    CMYK is converted with perceptual intent, as in sharp; the default intent clips blacks to the gamut of the inks.
    """
    whole = pyvips.Image.new_from_buffer(data, "")
    upright = whole.autorot()
    small = whole.thumbnail_image(
        size[0], height=size[1], size="force", output_profile="srgb", intent="perceptual", fail_on="error"
    )
    if small.interpretation != "srgb":
        small = small.colourspace("srgb")
    samples = np.ndarray(
        buffer=small.cast("uchar").write_to_memory(),
        dtype=np.uint8,
        shape=(small.height, small.width, small.bands),
    )
    return (upright.width, upright.height), Image.fromarray(samples.copy())


def encoded_as_preview(image: Image.Image, preset: Preset) -> Image.Image:
    """The image after the lossy WebP encode of a preview, so that the comparison excludes that loss."""
    output = io.BytesIO()
    image.save(output, "WEBP", quality=preset.quality, method=preset.effort)
    return Image.open(io.BytesIO(output.getvalue()))


def delta_e(left: Image.Image, right: Image.Image) -> float:
    """The mean CIE76 difference of two sRGB pictures: the maximum over a white and a black background."""
    is_opaque = not (left.has_transparency_data or right.has_transparency_data)
    return max(
        float(np.sqrt(((_lab(left, background) - _lab(right, background)) ** 2).sum(axis=-1)).mean())
        for background in (["white"] if is_opaque else ["white", "black"])
    )


def _lab(image: Image.Image, background: str) -> _Samples:
    picture = Image.new("RGBA", image.size, background)
    picture.alpha_composite(image.convert("RGBA"))
    ratios = _LIGHT[np.asarray(picture.convert("RGB"))] @ _TO_XYZ.T / _WHITE
    roots = np.where(ratios > 216 / 24389, np.cbrt(ratios), (24389 / 27 * ratios + 16) / 116)
    x, y, z = (roots[..., index] for index in range(3))
    return cast(_Samples, np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1))
