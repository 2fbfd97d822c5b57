"""Colour: from whatever a picture holds to sRGB, so that previews need no profile."""

import io
from functools import lru_cache
from typing import Final, cast

from PIL import Image, ImageChops, ImageCms

# The signatures at bytes 16 to 20 of a profile (ICC.1:2022, table 19).
_COLOUR_SPACES: Final = {"L": b"GRAY", "RGB": b"RGB ", "RGBA": b"RGB ", "CMYK": b"CMYK", "LAB": b"Lab "}
_PROBE_STEPS: Final = range(0, 256, 51)
# Profiles that mean sRGB differ from it by their rounding.
_SAME_LEVELS: Final = 2


def to_srgb(image: Image.Image, icc_profile: bytes) -> Image.Image:
    """An RGB or RGBA picture in sRGB, made from one in L, LA, RGB, RGBA, CMYK or LAB; it may be `image` itself.

    A profile that is broken, or that belongs to another kind of picture (RGB in a grey JPEG), is left out of account.
    """
    if image.mode == "LA":
        grey, alpha = image.split()
        colour = to_srgb(grey, icc_profile)
        colour.putalpha(alpha)
        return colour
    if image.mode == "LAB":
        icc_profile = _lab_profile()
    transform = _transform_to_srgb(icc_profile, image.mode)
    if transform is not None:
        # In place if the mode allows: it spares 10 % of the time, and a copy.
        is_in_place = image.mode in ("RGB", "RGBA")
        converted = ImageCms.applyTransform(image, transform, inPlace=is_in_place) or image
        converted.info = {}  # ImageCms puts the sRGB profile there
        return converted
    return image if image.mode in ("RGB", "RGBA") else image.convert("RGB")


def drop_opaque_alpha(image: Image.Image) -> Image.Image:
    """The image without its alpha channel if that hides nothing."""
    if image.mode == "RGBA" and image.getchannel("A").getextrema() == (255, 255):
        return image.convert("RGB")
    return image


@lru_cache(maxsize=16)
def _transform_to_srgb(icc_profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """The transform, built once per profile; none if there is nothing to transform or no way to."""
    if icc_profile[16:20] != _COLOUR_SPACES[mode]:
        return None
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(icc_profile))
        target_mode = "RGBA" if mode == "RGBA" else "RGB"
        transform = ImageCms.buildTransform(profile, ImageCms.createProfile("sRGB"), mode, target_mode)
    except (ImageCms.PyCMSError, OSError):
        # A broken profile must not cost the photo: other programs show it without, too.
        return None
    return None if mode in ("RGB", "RGBA") and _changes_nothing(transform, mode) else transform


def _changes_nothing(transform: ImageCms.ImageCmsTransform, mode: str) -> bool:
    probe = _probe().convert(mode)
    changed = cast(Image.Image, ImageCms.applyTransform(probe, transform))
    extrema = cast("tuple[tuple[int, int], ...]", ImageChops.difference(probe, changed).getextrema())
    return max(most for _, most in extrema) <= _SAME_LEVELS


@lru_cache(maxsize=1)
def _probe() -> Image.Image:
    colours = [(red, green, blue) for red in _PROBE_STEPS for green in _PROBE_STEPS for blue in _PROBE_STEPS]
    return Image.frombytes("RGB", (len(colours), 1), bytes(level for colour in colours for level in colour))


@lru_cache(maxsize=1)
def _lab_profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
