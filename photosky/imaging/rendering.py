"""Rendering: one decode of a photo, and all that PhotoSky keeps of it."""

import io
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from itertools import pairwise
from typing import ParamSpec, TypeVar

from PIL import Image

from photosky.imaging.capture import Capture, read_capture
from photosky.imaging.colour import drop_opaque_alpha, to_srgb
from photosky.imaging.decoding import Decoded, decode
from photosky.imaging.detail import Detail
from photosky.imaging.geometry import Size, centred_box, frame_size, preview_size, turned
from photosky.imaging.inspection import inspect
from photosky.imaging.limits import Limits
from photosky.imaging.orientation import upright
from photosky.imaging.placeholder import dominant_color, shrink, thumbhash
from photosky.imaging.presets import Preset

Span = Callable[[str], AbstractContextManager[object]]

P = ParamSpec("P")
T = TypeVar("T")

# Two share the first resize among two threads, and halve what it holds in between.
_STRIPES = 2
_PREMULTIPLIED = {"LA": "La", "RGBA": "RGBa"}
_BACKGROUND = "white"  # behind a transparent picture in a JPEG preview


@dataclass(frozen=True)
class _Scaling:
    """How pixels are made fewer.

    Attributes:
        first: The filter from the decoded picture to the largest preview, on the most pixels by far.
        further: The filter from each preview to the next.
        reducing_gap: Pillow averages whole blocks first, and leaves this many times to the filter.
    """

    first: Image.Resampling
    further: Image.Resampling
    reducing_gap: float


# From 12 megapixels to 2048 px Hamming takes 70 to 98 ms, bicubic 112, Lanczos 180. From preview to preview Hamming
# would lose 0.003 of SSIM, and Lanczos gain 0.001 to 0.002.
_SCALINGS = {
    Detail.SOFT: _Scaling(Image.Resampling.HAMMING, Image.Resampling.BICUBIC, 2.0),
    Detail.CRISP: _Scaling(Image.Resampling.BICUBIC, Image.Resampling.BICUBIC, 2.0),
    Detail.FINE: _Scaling(Image.Resampling.LANCZOS, Image.Resampling.LANCZOS, 3.0),
}


@dataclass(frozen=True)
class Preview:
    """An encoded preview in sRGB without metadata. `width` and `height` are its own, in pixels."""

    preset: Preset
    data: bytes
    width: int
    height: int


@dataclass(frozen=True)
class Rendered:
    """All that is kept of a photo.

    Attributes:
        format: A key of `formats.CONTENT_TYPES`.
        width, height: Pixels as displayed.
        frame_count: 1 for a still picture; previews show the first frame.
        placeholder: A ThumbHash, base64.
        dominant_color: `#rrggbb`.
        capture: What the camera wrote down, its exact location included.
        previews: In the order of the presets.
    """

    format: str
    width: int
    height: int
    frame_count: int
    placeholder: str
    dominant_color: str
    capture: Capture
    previews: tuple[Preview, ...]


def render(
    data: bytes, presets: Sequence[Preset], limits: Limits, span: Span = nullcontext, threads: int = 1
) -> Rendered:
    """Decode `data` once, at the smallest scale that serves, and make every preview of it.

    Args:
        data: The whole file.
        presets: The previews to make.
        limits: What the file may be; it is inspected again, on all of its bytes.
        span: Opens a span with the name of each part of the work, for tracing; called in this thread only.
        threads: How many share the first resize, the colour and the encodes.

    Raises `PhotoSkyError`: UploadTooLarge, UnsupportedFormat, CorruptImage, TooManyPixels or TooManyFrames.
    """
    header = inspect(io.BytesIO(data), len(data), limits, presets, threads)
    with ThreadPoolExecutor(threads) if threads > 1 else nullcontext() as pool:
        with span("decode"):
            decoded = decode(data, header, presets, limits.memory_bytes)
            size, icc_profile, exif, orientation = decoded.size, decoded.icc_profile, decoded.exif, decoded.orientation
            scaling = _SCALINGS[decoded.detail]
            stripes = _reduce(decoded, presets, scaling, pool)
            del decoded  # the full picture, before anything else needs memory
        with span("colour"):
            image = _joined([_later(pool, to_srgb, stripe, icc_profile) for stripe in stripes])
            stripes.clear()
            image = upright(drop_opaque_alpha(image), orientation)
        previews, smallest = _previews(image, size, presets, scaling, span, pool)
    tiny = shrink(smallest)
    return Rendered(
        format=header.format,
        width=size[0],
        height=size[1],
        frame_count=header.frame_count,
        placeholder=thumbhash(tiny),
        dominant_color=dominant_color(tiny),
        capture=read_capture(exif),
        previews=previews,
    )


def _reduce(
    decoded: Decoded, presets: Sequence[Preset], scaling: _Scaling, pool: ThreadPoolExecutor | None
) -> list[Image.Image]:
    """The decoded picture at the size of the largest frame, in stripes from top to bottom.

    It stays as it is, in one, if the decoder came close enough.
    """
    frames = [frame_size(decoded.size, preset) for preset in presets]
    width, height = turned(max(frames, default=decoded.image.size), decoded.orientation)
    if decoded.image.width <= width and decoded.image.height <= height:
        return [decoded.image]
    # Once, and not in each stripe's resize: transparent pixels must not bleed into their neighbours.
    blended = _PREMULTIPLIED.get(decoded.image.mode)
    image = decoded.image.convert(blended) if blended else decoded.image
    left, top, right, bottom = decoded.box
    rows = (bottom - top) / height
    count = min(_STRIPES, height)
    edges = [height * index // count for index in range(count + 1)]
    # The filter sees over a stripe's edges, so that they leave no trace.
    stripes = [
        _later(
            pool,
            image.resize,
            (width, end - start),
            scaling.first,
            box=(left, start * rows, right, end * rows),
            reducing_gap=scaling.reducing_gap,
        )
        for start, end in pairwise(edges)
    ]
    return [stripe().convert(decoded.image.mode) if blended else stripe() for stripe in stripes]


def _joined(stripes: Sequence[Callable[[], Image.Image]]) -> Image.Image:
    """The stripes in one image, one below the other."""
    parts = [stripe() for stripe in stripes]
    if len(parts) == 1:
        return parts[0]
    whole = Image.new(parts[0].mode, (parts[0].width, sum(part.height for part in parts)))
    top = 0
    for part in parts:
        whole.paste(part, (0, top))
        top += part.height
    return whole


def _previews(
    image: Image.Image,
    picture: Size,
    presets: Sequence[Preset],
    scaling: _Scaling,
    span: Span,
    pool: ThreadPoolExecutor | None,
) -> tuple[tuple[Preview, ...], Image.Image]:
    """The previews, each smaller one made from the larger before it, and the smallest whole picture on the way."""
    drawn: dict[Preset, tuple[Size, Callable[[], bytes]]] = {}
    last: tuple[Image.Image, tuple[object, ...], Callable[[], bytes]] | None = None
    for preset in sorted(presets, key=lambda preset: frame_size(picture, preset), reverse=True):
        with span(f"preview {preset.name}"):
            if preset.fit == "inside":
                frame = frame_size(picture, preset)
                shown = image = image.resize(frame, scaling.further) if _is_within(frame, image.size) else image
            else:
                size = preview_size(image.size, preset)
                shown = image.resize(size, scaling.further, box=centred_box(image.size, size))
            encoding = preset.format, preset.quality, preset.effort
            # Presets that are larger than the picture all show the same image.
            if last is None or last[0] is not shown or last[1] != encoding:
                last = shown, encoding, _later(pool, _encode, shown, preset)
            drawn[preset] = shown.size, last[2]
    with span("encode"):
        made = {preset: Preview(preset, encoded(), *size) for preset, (size, encoded) in drawn.items()}
    return tuple(made[preset] for preset in presets), image


def _later(pool: ThreadPoolExecutor | None, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Callable[[], T]:
    """A call that gives what `work` returns: a pool starts on it now, and without one it is done now."""
    if pool is not None:
        return pool.submit(work, *args, **kwargs).result
    result = work(*args, **kwargs)
    return lambda: result


def _is_within(size: Size, other: Size) -> bool:
    return size[0] < other[0] or size[1] < other[1]


def _encode(image: Image.Image, preset: Preset) -> bytes:
    output = io.BytesIO()
    if preset.format == "webp":
        image.save(output, "WEBP", quality=preset.quality, method=preset.effort)
    else:
        _flattened(image).save(output, "JPEG", quality=preset.quality, optimize=preset.effort > 0)
    return output.getvalue()


def _flattened(image: Image.Image) -> Image.Image:
    if image.mode != "RGBA":
        return image
    background = Image.new("RGB", image.size, _BACKGROUND)
    background.paste(image, mask=image)
    return background
