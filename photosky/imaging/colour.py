"""Colour: conversion from any supported mode and profile to sRGB, so that previews need no profile."""

import io
from functools import lru_cache
from typing import Final, cast

from PIL import Image, ImageChops, ImageCms

# Signatures at bytes 16 to 20 of a profile (ICC.1:2022, table 19).
_COLOUR_SPACES: Final = {"L": b"GRAY", "RGB": b"RGB ", "RGBA": b"RGB ", "CMYK": b"CMYK", "LAB": b"Lab "}
_PROBE_STEPS: Final = range(0, 256, 51)
# Profiles of sRGB differ from it by their rounding.
_ROUNDING_LEVELS: Final = 2


def to_srgb(image: Image.Image, icc_profile: bytes) -> Image.Image:
    """Convert an image in L, LA, RGB, RGBA, CMYK or LAB to RGB or RGBA in sRGB; it may be converted in place.

    A profile is ignored if it is invalid or of another colour space than the image (such as RGB in a grey JPEG).
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
        # In place if the mode allows it: this takes 10 % less time and saves a copy.
        is_in_place = image.mode in ("RGB", "RGBA")
        converted = ImageCms.applyTransform(image, transform, inPlace=is_in_place) or image
        converted.info = {}  # ImageCms adds the sRGB profile
        return converted
    return image if image.mode in ("RGB", "RGBA") else image.convert("RGB")


def drop_opaque_alpha(image: Image.Image) -> Image.Image:
    """Remove the alpha channel if every pixel is opaque."""
    if image.mode == "RGBA" and image.getchannel("A").getextrema() == (255, 255):
        return image.convert("RGB")
    return image


@lru_cache(maxsize=16)
def _transform_to_srgb(icc_profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """The transform, built once per profile; None if the profile is sRGB's, invalid or of another colour space."""
    if icc_profile[16:20] != _COLOUR_SPACES[mode]:
        return None
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(icc_profile))
        target_mode = "RGBA" if mode == "RGBA" else "RGB"
        transform = ImageCms.buildTransform(profile, ImageCms.createProfile("sRGB"), mode, target_mode)
    except (ImageCms.PyCMSError, OSError):
        # An invalid profile does not reject the photo: other software ignores it as well.
        return None
    return None if mode in ("RGB", "RGBA") and _is_identity(transform, mode) else transform


def _is_identity(transform: ImageCms.ImageCmsTransform, mode: str) -> bool:
    probe = _probe().convert(mode)
    changed = cast(Image.Image, ImageCms.applyTransform(probe, transform))
    extrema = cast("tuple[tuple[int, int], ...]", ImageChops.difference(probe, changed).getextrema())
    return max(maximum for _, maximum in extrema) <= _ROUNDING_LEVELS


@lru_cache(maxsize=1)
def _probe() -> Image.Image:
    colours = [(red, green, blue) for red in _PROBE_STEPS for green in _PROBE_STEPS for blue in _PROBE_STEPS]
    return Image.frombytes("RGB", (len(colours), 1), bytes(level for colour in colours for level in colour))


@lru_cache(maxsize=1)
def _lab_profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
