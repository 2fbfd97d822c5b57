"""Graphics: icons, screenshots and charts, whose previews are lossless WebP where that costs few bytes.

A lossy WebP has one colour sample for four pixels (RFC 9649, section 2.5; RFC 6386, section 2), so that the colours of
thin lines and small icons bleed. Photographs hide this, and their lossless previews would be five times as large.
"""

import io
from collections.abc import Iterator
from typing import Any, Final

from PIL import Image, ImageChops

MAX_COST: Final = 1.5
"""The maximum bytes of a lossless preview, relative to the lossy one."""

MAX_WEBP_EDGE: Final = 16_383
"""The maximum width and height of a WebP, in pixels (RFC 9649, section 2.5). A strip for a crop can be wider."""

_STRIPS, _STRIP_ROWS = 10, 16
_FEW_COLOURS: Final = 64
# Measured in the strips. Photographs have at most 0.53 flat pixels; those with more, such as blurred backgrounds, have
# no hard edges, or sample costs from 2.0 to 19. Graphics have from 0.62 flat pixels, and sample costs up to 0.9.
_MIN_FLAT_SHARE: Final = 0.5
_MIN_HARD_SHARE: Final = 0.001
_HARD_LEVELS: Final = 32

_LOSSLESS: Final[dict[str, Any]] = {"lossless": True, "quality": 75, "method": 1}
"""Of libwebp's lossless efforts, the cheapest with nearly the smallest files: 36 ms per megapixel of a screenshot."""
_QUICK_LOSSY: Final[dict[str, Any]] = {"quality": 80, "method": 0}
_QUICK_LOSSLESS: Final[dict[str, Any]] = {"lossless": True, "quality": 25, "method": 1}

# Samples rounded to multiples of 4, with an exact white: invisible, and a third smaller where edges are smooth.
_ROUNDED: Final = [min(255, round(level / 4) * 4) for level in range(256)]
_EXACT: Final = list(range(256))


def is_graphic(image: Image.Image) -> bool:
    """Whether an RGB or RGBA image has few colours, or flat areas with hard edges, and compresses without loss.

    Takes 3 ms for a photograph of 2048 px.
    """
    sample = _sample(image)
    has_few_colours = sample.getcolors(_FEW_COLOURS) is not None
    if not has_few_colours and (_flat_share(sample) < _MIN_FLAT_SHARE or _hard_share(sample) < _MIN_HARD_SHARE):
        return False
    return len(_webp(_rounded(sample), _QUICK_LOSSLESS)) <= MAX_COST * len(_webp(sample, _QUICK_LOSSY))


def lossless_webp(image: Image.Image, lossy_bytes: int) -> bytes | None:
    """A lossless WebP, exact or with rounded samples; None if both cost more than `MAX_COST` times `lossy_bytes`."""
    for candidate in _candidates(image):
        data = _webp(candidate, _LOSSLESS)
        if len(data) <= MAX_COST * lossy_bytes:
            return data
    return None


def _candidates(image: Image.Image) -> Iterator[Image.Image]:
    yield image
    yield _rounded(image)


def _rounded(image: Image.Image) -> Image.Image:
    return image.point(_ROUNDED * 3 + (_EXACT if image.mode == "RGBA" else []))


def _sample(image: Image.Image) -> Image.Image:
    """Ten strips across the image, joined; the whole of a small image."""
    width = min(image.width, MAX_WEBP_EDGE)
    rows = min(_STRIP_ROWS, image.height)
    count = min(_STRIPS, -(-image.height // rows))
    edges = [(image.height - rows) * index // max(1, count - 1) for index in range(count)]
    sample = Image.new("RGB", (width, rows * count))
    for index, top in enumerate(edges):
        sample.paste(image.crop((0, top, width, top + rows)).convert("RGB"), (0, index * rows))
    return sample


def _flat_share(sample: Image.Image) -> float:
    """The share of pixels that equal their left neighbour."""
    right, left = sample.crop((1, 0, *sample.size)), sample.crop((0, 0, sample.width - 1, sample.height))
    red, green, blue = ImageChops.difference(right, left).split()
    histogram = ImageChops.lighter(ImageChops.lighter(red, green), blue).histogram()
    return histogram[0] / max(1, sum(histogram))


def _hard_share(sample: Image.Image) -> float:
    """The share of pixels that differ from the mean of their block of four, in the channel with most of them."""
    means = sample.reduce(2).resize(sample.size, Image.Resampling.BOX)
    channels = [channel.histogram() for channel in ImageChops.difference(sample, means).split()]
    return max(sum(histogram[_HARD_LEVELS:]) for histogram in channels) / (sample.width * sample.height)


def _webp(image: Image.Image, options: dict[str, Any]) -> bytes:
    output = io.BytesIO()
    image.save(output, "WEBP", **options)
    return output.getvalue()
