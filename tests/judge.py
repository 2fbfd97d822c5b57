"""The judge: libvips, which shares no code with Pillow but some codecs, and the colour difference to what it shows."""

import io
from typing import Final, cast

import numpy as np
import numpy.typing as npt
import pyvips
from PIL import Image

from photosky.imaging.presets import Preset

MOST_DELTA_E: Final = 2.0
"""The mean colour difference that is allowed (CIE76, as the eye tells colours apart from about 2.3)."""

_TO_XYZ: Final = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
_WHITE: Final = np.array([0.95047, 1.0, 1.08883])

_Samples = npt.NDArray[np.float64]


def judged(data: bytes, size: tuple[int, int]) -> tuple[tuple[int, int], Image.Image]:
    """The displayed size of a file, and libvips' thumbnail of it in sRGB.

    Made from a full decode, because libvips' scaled decoding of WebP is coarser than what it is to judge. CMYK is
    converted perceptually, as sharp does; its command line's default clips blacks to what ink can do.
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


def like_preview(image: Image.Image, preset: Preset) -> Image.Image:
    """The image with the same loss as a WebP preview's, which is not what is judged."""
    output = io.BytesIO()
    image.save(output, "WEBP", quality=preset.quality, method=preset.effort)
    return Image.open(io.BytesIO(output.getvalue()))


def delta_e(left: Image.Image, right: Image.Image) -> float:
    """The mean CIE76 difference of two sRGB pictures, on white or on black, whichever is more."""
    return max(
        float(np.sqrt(((_lab(left, ground) - _lab(right, ground)) ** 2).sum(axis=-1)).mean())
        for ground in ("white", "black")
    )


def _lab(image: Image.Image, ground: str) -> _Samples:
    picture = Image.new("RGBA", image.size, ground)
    picture.alpha_composite(image.convert("RGBA"))
    signal = np.asarray(picture.convert("RGB"), dtype=np.float64) / 255
    light = np.where(signal <= 0.04045, signal / 12.92, ((signal + 0.055) / 1.055) ** 2.4)
    ratios = light @ _TO_XYZ.T / _WHITE
    roots = np.where(ratios > 216 / 24389, np.cbrt(ratios), (24389 / 27 * ratios + 16) / 116)
    x, y, z = (roots[..., index] for index in range(3))
    return cast(_Samples, np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1))
