"""Rendering: one decode of a photo, and all that PhotoSky keeps of it."""

import io
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from PIL import Image

from photosky.imaging.capture import Capture, read_capture
from photosky.imaging.colour import drop_opaque_alpha, to_srgb
from photosky.imaging.decoding import Decoded, decode
from photosky.imaging.geometry import Size, centred_box, frame_size, preview_size
from photosky.imaging.inspection import inspect
from photosky.imaging.limits import Limits
from photosky.imaging.orientation import turned, upright
from photosky.imaging.placeholder import dominant_color, shrink, thumbhash
from photosky.imaging.presets import Preset

Span = Callable[[str], AbstractContextManager[object]]

_LANCZOS = Image.Resampling.LANCZOS
_BACKGROUND = "white"  # behind a transparent picture in a JPEG preview


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


def render(data: bytes, presets: Sequence[Preset], limits: Limits, span: Span = nullcontext) -> Rendered:
    """Decode `data` once, at the smallest scale that serves, and make every preview of it.

    Args:
        data: The whole file.
        presets: The previews to make.
        limits: What the file may be; it is inspected again, on all of its bytes.
        span: Opens a span with the name of each part of the work, for tracing.

    Raises `PhotoSkyError`: UploadTooLarge, UnsupportedFormat, CorruptImage, TooManyPixels or TooManyFrames.
    """
    header = inspect(io.BytesIO(data), len(data), limits)
    with span("decode"):
        decoded = decode(data, header, presets)
        size, icc_profile, exif, orientation = decoded.size, decoded.icc_profile, decoded.exif, decoded.orientation
        image = _reduce(decoded, presets)
        del decoded  # the full picture, before anything else needs memory
    with span("colour"):
        image = upright(drop_opaque_alpha(to_srgb(image, icc_profile)), orientation)
    previews, smallest = _previews(image, size, presets, span)
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


def _reduce(decoded: Decoded, presets: Sequence[Preset]) -> Image.Image:
    """The decoded picture at the size of the largest frame; as it is if the decoder came close enough."""
    frames = [frame_size(decoded.size, preset) for preset in presets]
    target = turned(max(frames, default=decoded.image.size), decoded.orientation)
    if decoded.image.width <= target[0] and decoded.image.height <= target[1]:
        return decoded.image
    return decoded.image.resize(target, _LANCZOS, box=decoded.box)


def _previews(
    image: Image.Image, picture: Size, presets: Sequence[Preset], span: Span
) -> tuple[tuple[Preview, ...], Image.Image]:
    """The previews, each smaller one made from the larger before it, and the smallest whole picture on the way."""
    made: dict[Preset, Preview] = {}
    encode = _encoder()
    for preset in sorted(presets, key=lambda preset: frame_size(picture, preset), reverse=True):
        with span(f"preview {preset.name}"):
            if preset.fit == "inside":
                image = _resized(image, frame_size(picture, preset))
                shown = image
            else:
                size = preview_size(image.size, preset)
                shown = image.resize(size, _LANCZOS, box=centred_box(image.size, size))
            made[preset] = Preview(preset, encode(shown, preset), shown.width, shown.height)
    return tuple(made[preset] for preset in presets), image


def _resized(image: Image.Image, size: Size) -> Image.Image:
    return image.resize(size, _LANCZOS) if size[0] < image.width or size[1] < image.height else image


def _encoder() -> Callable[[Image.Image, Preset], bytes]:
    """`_encode`, once for presets that show the same image: all those that are larger than the picture."""
    last: tuple[Image.Image, tuple[object, ...], bytes] | None = None

    def encode(image: Image.Image, preset: Preset) -> bytes:
        nonlocal last
        encoding = preset.format, preset.quality, preset.effort
        if last is None or last[0] is not image or last[1] != encoding:
            last = image, encoding, _encode(image, preset)
        return last[2]

    return encode


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
