"""Rendering: previews, placeholder and capture metadata of a photo, from one decode."""

import io
import math
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from itertools import pairwise
from typing import ParamSpec, TypeVar

from PIL import Image

from photosky.details import ImageProperties
from photosky.imaging.capture import Capture, read_capture
from photosky.imaging.colour import drop_opaque_alpha, to_srgb
from photosky.imaging.decoding import Decoded, decode
from photosky.imaging.detail import Detail
from photosky.imaging.formats import GRAPHIC_FORMATS
from photosky.imaging.geometry import (
    Box,
    Size,
    centred_box,
    frame_size,
    have_same_preview,
    min_scale,
    oriented_size,
    preview_size,
)
from photosky.imaging.graphics import is_graphic, lossless_webp
from photosky.imaging.inspection import inspect
from photosky.imaging.limits import Limits
from photosky.imaging.orientation import apply_orientation
from photosky.imaging.placeholder import dominant_color, shrink, thumbhash
from photosky.imaging.presets import Preset
from photosky.imaging.properties import read_properties

Span = Callable[[str], AbstractContextManager[object]]
Deliver = Callable[[Sequence["Preview"]], object]

P = ParamSpec("P")
T = TypeVar("T")

# Two stripes divide the first resize between two threads, and halve its intermediate memory.
_STRIPES = 2
_PREMULTIPLIED = {"LA": "La", "RGBA": "RGBa"}
# The last block of a row or column may exceed the image, which stretches it: 2 pixels of 4000 are invisible.
_MAX_STRETCH = 0.001
_BACKGROUND = "white"  # behind a transparent image in a JPEG preview


@dataclass(frozen=True)
class _Scaling:
    """The resize filters for a level of detail.

    Attributes:
        first: Filter from the decoded image to the largest preview; it processes most pixels.
        subsequent: Filter from each preview to the next smaller one.
        reducing_gap: Minimum ratio that is left to the filter after Pillow has averaged blocks of pixels.
    """

    first: Image.Resampling
    subsequent: Image.Resampling
    reducing_gap: float


# From 12 megapixels to 2048 px, Hamming takes 70 to 98 ms, bicubic 112, Lanczos 180. Between previews, Hamming would
# lose 0.003 of SSIM, and Lanczos would gain 0.001 to 0.002.
_SCALINGS = {
    Detail.SOFT: _Scaling(Image.Resampling.HAMMING, Image.Resampling.BICUBIC, 2.0),
    Detail.CRISP: _Scaling(Image.Resampling.BICUBIC, Image.Resampling.BICUBIC, 2.0),
    Detail.FINE: _Scaling(Image.Resampling.LANCZOS, Image.Resampling.LANCZOS, 3.0),
}


@dataclass(frozen=True)
class Preview:
    """An encoded preview in sRGB without metadata; `width` and `height` are its size in pixels.

    Presets for which the picture has the same preview share it: `encoded_as` is the same for all of them, and one of
    them.
    """

    preset: Preset
    data: bytes
    width: int
    height: int
    encoded_as: Preset


@dataclass(frozen=True)
class Rendered:
    """The result of rendering a photo.

    Attributes:
        format: A key of `media_types.CONTENT_TYPES`.
        width, height: Displayed size in pixels.
        frame_count: 1 for a still image; previews show the first frame.
        placeholder: A ThumbHash, in base64.
        dominant_color: `#rrggbb`.
        capture: Capture metadata, with the exact location.
        image: Properties of the stored picture.
        previews: In the order of the presets.
    """

    format: str
    width: int
    height: int
    frame_count: int
    placeholder: str
    dominant_color: str
    capture: Capture
    image: ImageProperties
    previews: tuple[Preview, ...]


def render(
    data: bytes,
    presets: Sequence[Preset],
    limits: Limits,
    span: Span = nullcontext,
    threads: int = 1,
    deliver: Deliver = lambda _previews: None,
) -> Rendered:
    """Decode a file once, at the smallest sufficient scale, and make all previews.

    Args:
        data: The whole file.
        presets: The previews to make.
        limits: The limits of the file, which is inspected again.
        span: Opens a tracing span for each part of the work; called in the caller's thread only.
        threads: Threads for the first resize, the colour conversion and the encodes.
        deliver: Called in the caller's thread with the previews that are encoded when one encode is left, and then with
            the others. So a caller can store most of them while the last one is encoded.

    Raises `PhotoSkyError`: UploadTooLarge, UnsupportedFormat, CorruptImage, TooManyPixels or TooManyFrames.
    """
    header = inspect(io.BytesIO(data), len(data), limits, presets, threads)
    with ThreadPoolExecutor(threads) if threads > 1 else nullcontext() as pool:
        with span("decode"):
            decoded = decode(data, header, presets, limits.memory_bytes)
            size, icc_profile, orientation = decoded.size, decoded.icc_profile, decoded.orientation
            metadata, mode = decoded.metadata, decoded.image.mode
            scaling = _SCALINGS[decoded.detail]
            stripes = _reduce(decoded, presets, scaling, pool)
            del decoded  # frees the full image before the colour conversion needs memory
        with span("colour"):
            image = _join([_submit(pool, to_srgb, stripe, icc_profile) for stripe in stripes])
            stripes.clear()
            image = apply_orientation(drop_opaque_alpha(image), orientation)
        may_be_graphic = header.format in GRAPHIC_FORMATS and header.full_decode_bytes <= limits.memory_bytes
        has_graphics = may_be_graphic and is_graphic(image)
        pending, smallest = _begin_previews(image, size, presets, scaling, has_graphics, span, pool)
        tiny = shrink(smallest)
        placeholder, color = thumbhash(tiny), dominant_color(tiny)
        capture, properties = read_capture(metadata), read_properties(data, header, metadata, mode)
        with span("encode"):
            made = _finish_previews(pending, deliver)
    return Rendered(
        format=header.format,
        width=size[0],
        height=size[1],
        frame_count=header.frame_count,
        placeholder=placeholder,
        dominant_color=color,
        capture=capture,
        image=properties,
        previews=tuple(made[preset] for preset in presets),
    )


def _reduce(
    decoded: Decoded, presets: Sequence[Preset], scaling: _Scaling, pool: ThreadPoolExecutor | None
) -> list[Image.Image]:
    """Resize the decoded image to the largest frame, in stripes from top to bottom.

    Returns the image itself if it is not larger than the frame.
    """
    frames = [frame_size(decoded.size, preset) for preset in presets]
    width, height = oriented_size(max(frames, default=decoded.image.size), decoded.orientation)
    if decoded.image.width <= width and decoded.image.height <= height:
        return [decoded.image]
    # Premultiplied alpha keeps transparent pixels from bleeding into their neighbours. Converted once for all stripes.
    premultiplied = _PREMULTIPLIED.get(decoded.image.mode)
    image = decoded.image.convert(premultiplied) if premultiplied else decoded.image
    if factor := _block_factor(decoded, presets):
        stripes = _reduce_blocks(image, factor, pool)
        return [stripe.result().convert(decoded.image.mode) if premultiplied else stripe.result() for stripe in stripes]
    left, top, right, bottom = decoded.box
    rows = (bottom - top) / height
    count = min(_STRIPES, height)
    edges = [height * index // count for index in range(count + 1)]
    # The filter reads pixels beyond the edges of a stripe, so that the edges are invisible.
    stripes = [
        _submit(
            pool,
            image.resize,
            (width, end - start),
            scaling.first,
            box=(left, start * rows, right, end * rows),
            reducing_gap=scaling.reducing_gap,
        )
        for start, end in pairwise(edges)
    ]
    return [stripe.result().convert(decoded.image.mode) if premultiplied else stripe.result() for stripe in stripes]


def _block_factor(decoded: Decoded, presets: Sequence[Preset]) -> int | None:
    """The edge of the square blocks whose means are the pixels of the largest frame, or None if no edge fits.

    The means are as sharp as libjpeg's scaled decode, so they have the same tolerance and need as little detail.
    """
    whole: Box = (0, 0, *decoded.image.size)
    if decoded.detail is Detail.FINE or decoded.box != whole:
        return None
    size = oriented_size(decoded.image.size, decoded.orientation)
    factor = math.ceil(max(size) / max(max(frame_size(size, preset)) for preset in presets))
    is_stretched = any(-edge % factor > _MAX_STRETCH * edge for edge in size)
    return factor if factor > 1 and not is_stretched and 1 / factor >= min_scale(size, presets) else None


def _reduce_blocks(image: Image.Image, factor: int, pool: ThreadPoolExecutor | None) -> list["Future[Image.Image]"]:
    rows = math.ceil(image.height / factor)
    edges = [rows * index // _STRIPES * factor for index in range(_STRIPES)] + [image.height]
    return [
        _submit(pool, image.reduce, factor, (0, start, image.width, end))
        for start, end in pairwise(edges)
        if start < end
    ]


def _join(stripes: Sequence["Future[Image.Image]"]) -> Image.Image:
    """Join the stripes from top to bottom."""
    parts = [stripe.result() for stripe in stripes]
    if len(parts) == 1:
        return parts[0]
    whole = Image.new(parts[0].mode, (parts[0].width, sum(part.height for part in parts)))
    top = 0
    for part in parts:
        whole.paste(part, (0, top))
        top += part.height
    return whole


@dataclass(frozen=True)
class _Encode:
    """An encode in progress, and the size of the preview."""

    preset: Preset
    size: Size
    data: "Future[bytes]"


def _begin_previews(
    image: Image.Image,
    size: Size,
    presets: Sequence[Preset],
    scaling: _Scaling,
    has_graphics: bool,
    span: Span,
    pool: ThreadPoolExecutor | None,
) -> tuple[dict[Preset, _Encode], Image.Image]:
    """Scale each preview from the next larger one, and start its encode, which some of them share.

    Also return the smallest image that is not cropped.
    """
    pending: dict[Preset, _Encode] = {}
    for preset in sorted(presets, key=lambda preset: frame_size(size, preset), reverse=True):
        with span(f"preview {preset.name}"):
            same = next((other for other in pending if have_same_preview(size, other, preset)), None)
            if same is not None:
                pending[preset] = pending[same]
                continue
            if preset.fit == "inside":
                frame = frame_size(size, preset)
                resized = image = image.resize(frame, scaling.subsequent) if _is_smaller(frame, image.size) else image
            else:
                crop = preview_size(image.size, preset)
                resized = image.resize(crop, scaling.subsequent, box=centred_box(image.size, crop))
            pending[preset] = _Encode(preset, resized.size, _submit(pool, _encode, resized, preset, has_graphics))
    return pending, image


def _finish_previews(pending: dict[Preset, _Encode], deliver: Deliver) -> dict[Preset, Preview]:
    """Wait for the encodes, and deliver the previews in at most two groups.

    What stores them sends the requests of a group together. One group per preview would make a chain of as many
    requests where a request is faster than an encode.
    """
    made: dict[Preset, Preview] = {}
    waiting = {encode.data for encode in pending.values()}
    while waiting or len(made) < len(pending):
        _, waiting = wait(waiting, return_when=FIRST_COMPLETED)
        if len(waiting) > 1:
            continue
        group = {
            preset: Preview(preset, encode.data.result(), *encode.size, encoded_as=encode.preset)
            for preset, encode in pending.items()
            if encode.data not in waiting and preset not in made
        }
        made |= group
        deliver(list(group.values()))
    return made


def _submit(pool: ThreadPoolExecutor | None, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> "Future[T]":
    """Start `work` in the pool, or run it now without one."""
    if pool is not None:
        return pool.submit(work, *args, **kwargs)
    ended: Future[T] = Future()
    ended.set_result(work(*args, **kwargs))
    return ended


def _is_smaller(size: Size, other: Size) -> bool:
    return size[0] < other[0] or size[1] < other[1]


def _encode(image: Image.Image, preset: Preset, has_graphics: bool) -> bytes:
    output = io.BytesIO()
    if preset.format == "webp":
        image.save(output, "WEBP", quality=preset.quality, method=preset.effort)
        lossless = lossless_webp(image, len(output.getbuffer())) if has_graphics else None
        return lossless or output.getvalue()
    _flatten(image).save(output, "JPEG", quality=preset.quality, optimize=preset.effort > 0)
    return output.getvalue()


def _flatten(image: Image.Image) -> Image.Image:
    if image.mode != "RGBA":
        return image
    background = Image.new("RGB", image.size, _BACKGROUND)
    background.paste(image, mask=image)
    return background
