"""The contenders: functions that make the previews of one file, each in the usual way of its library."""

import io
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, cast

from photosky.imaging.presets import Preset

Contender = Callable[[bytes, Sequence[Preset]], list[bytes]]


def photosky(data: bytes, presets: Sequence[Preset]) -> list[bytes]:
    """PhotoSky in one thread."""
    return _photosky(data, presets, threads=1)


def photosky_threads(data: bytes, presets: Sequence[Preset]) -> list[bytes]:
    """PhotoSky in two threads, as in its Lambda function."""
    return _photosky(data, presets, threads=2)


def _photosky(data: bytes, presets: Sequence[Preset], threads: int) -> list[bytes]:
    from photosky.imaging.limits import DEFAULT_LIMITS
    from photosky.imaging.rendering import render

    return [preview.data for preview in render(data, presets, DEFAULT_LIMITS, threads=threads).previews]


def photosky_per_preset(data: bytes, presets: Sequence[Preset]) -> list[bytes]:
    """PhotoSky, called once per preset: the total work of a Map state with one function per preset."""
    return [preview for preset in presets for preview in photosky(data, [preset])]


def full_decode(data: bytes, presets: Sequence[Preset]) -> list[bytes]:
    """For each preset: decode, rotate and convert at full size, then resize; as in most tutorials."""
    from PIL import Image, ImageCms, ImageOps

    previews = []
    for preset in presets:
        with _open_with_pillow(data) as opened:
            image = ImageOps.exif_transpose(opened)
        if profile := image.info.get("icc_profile"):
            source, target = ImageCms.ImageCmsProfile(io.BytesIO(profile)), ImageCms.createProfile("sRGB")
            image = cast(Image.Image, ImageCms.profileToProfile(image, source, target, outputMode="RGB"))
        box = preset.width, preset.height
        shown = ImageOps.fit(image, box) if preset.fit == "cover" else ImageOps.contain(image, box)
        previews.append(_save_with_pillow(shown, preset))
    return previews


def thumbnail_idiom(data: bytes, presets: Sequence[Preset]) -> list[bytes]:
    """For each preset: `exif_transpose`, then `thumbnail`; the color profile is ignored."""
    from PIL import Image, ImageOps

    previews = []
    for preset in presets:
        with _open_with_pillow(data) as opened:
            image: Image.Image = ImageOps.exif_transpose(opened)
        if preset.fit == "cover":
            image = ImageOps.fit(image, (preset.width, preset.height))
        else:
            image.thumbnail((preset.width, preset.height), Image.Resampling.LANCZOS)
        previews.append(_save_with_pillow(image, preset))
    return previews


def libvips(data: bytes, presets: Sequence[Preset]) -> list[bytes]:
    """libvips: a thumbnail for the largest preset, then each smaller preview from the previous one."""
    import pyvips

    previews: dict[str, bytes] = {}
    image: Any = None
    for preset in sorted(presets, key=lambda preset: preset.width, reverse=True):
        box = {"height": preset.height, "size": "down"}
        if image is None:
            whole = pyvips.Image.thumbnail_buffer(data, preset.width, output_profile="srgb", **box)
            image = shown = whole.copy_memory()
        elif preset.fit == "cover":
            shown = image.thumbnail_image(preset.width, crop="centre", **box)
        else:
            image = shown = image.thumbnail_image(preset.width, **box).copy_memory()
        previews[preset.name] = _save_with_vips(shown, preset)
    return [previews[preset.name] for preset in presets]


def _open_with_pillow(data: bytes) -> Any:
    from PIL import Image

    if data[4:8] == b"ftyp" and b"avif" not in data[:64]:
        import pillow_heif

        pillow_heif.register_heif_opener()
    Image.MAX_IMAGE_PIXELS = None
    return Image.open(io.BytesIO(data))


def _save_with_pillow(image: Any, preset: Preset) -> bytes:
    output = io.BytesIO()
    if preset.format == "webp":
        image.save(output, "WEBP", quality=preset.quality, method=preset.effort)
    else:
        image.save(output, "JPEG", quality=preset.quality, optimize=preset.effort > 0)
    return output.getvalue()


def _save_with_vips(image: Any, preset: Preset) -> bytes:
    if preset.format == "webp":
        return cast(bytes, image.webpsave_buffer(Q=preset.quality, effort=preset.effort, keep="none"))
    return cast(bytes, image.jpegsave_buffer(Q=preset.quality, optimize_coding=preset.effort > 0, keep="none"))


IN_PYTHON: Final[Mapping[str, Contender]] = {
    "photosky": photosky,
    "photosky, 2 threads": photosky_threads,
    "photosky, one preset per call": photosky_per_preset,
    "full decode per preset": full_decode,
    "exif_transpose, thumbnail": thumbnail_idiom,
    "libvips by hand": libvips,
}
SHARP: Final = "sharp"
"""Runs in Node: `sharp.mjs`."""
