"""Pictures for tests: seeded photographs in every format and mode, animations, and malicious files."""

import io
import math
import random
import struct
import zlib
from collections.abc import Hashable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, Literal, get_args

import numpy as np
import pillow_heif
from PIL import Image, ImageCms, ImageDraw

pillow_heif.register_heif_opener(thumbnails=False, depth_images=False, aux_images=False)

PictureFormat = Literal["jpeg", "png", "webp", "gif", "tiff", "avif", "heic"]
Colour = tuple[int, int, int]

FORMATS: Final[tuple[PictureFormat, ...]] = get_args(PictureFormat)
ORIENTABLE_FORMATS: Final[tuple[PictureFormat, ...]] = ("jpeg", "png", "webp", "tiff", "avif", "heic")

CORNERS: Final[Mapping[str, Colour]] = {
    "top left": (220, 40, 40),
    "top right": (40, 200, 60),
    "bottom left": (50, 70, 220),
    "bottom right": (230, 210, 50),
}
"""The corner patches of `photograph`; their positions show the orientation of a picture."""

_ORIENTATION: Final = 274
_INVERSE_TRANSPOSITIONS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def photograph(width: int, height: int, seed: int = 1) -> Image.Image:
    """An RGB picture: a soft gradient, a few shapes, and a patch of a different colour in each corner."""
    return _drawn(width, height, seed).copy()


@lru_cache(32)
def _drawn(width: int, height: int, seed: int) -> Image.Image:
    source = random.Random(seed)
    ramp = Image.linear_gradient("L")
    transpositions = (Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_180, Image.Transpose.FLIP_TOP_BOTTOM)
    bands = [
        ramp.transpose(transposition).resize((width, height)).point(lambda level: 40 + level * 2 // 3)
        for transposition in transpositions
    ]
    image = Image.merge("RGB", bands)
    draw = ImageDraw.Draw(image)
    for _ in range(12):
        left, top = source.randrange(width), source.randrange(height)
        size = max(2, min(width, height) // source.randint(4, 12))
        colour = tuple(source.randrange(256) for _ in range(3))
        draw.ellipse((left, top, left + size, top + size), fill=colour)
    patch_width, patch_height = max(1, width // 5), max(1, height // 5)
    for name, colour in CORNERS.items():
        left = 0 if "left" in name else width - patch_width
        top = 0 if "top" in name else height - patch_height
        draw.rectangle((left, top, left + patch_width - 1, top + patch_height - 1), fill=colour)
    return image


@lru_cache(4)
def grainy_photograph(width: int, height: int, deviation: float = 5) -> Image.Image:
    """`photograph` with the grain of a camera, without which it is a drawing with flat areas. Do not change it."""
    grain = np.random.default_rng(1).normal(0, deviation, (height, width, 1))
    return Image.fromarray(np.clip(np.asarray(photograph(width, height)) + grain, 0, 255).astype(np.uint8))


def zone_plate(width: int, height: int) -> Image.Image:
    """Concentric rings that reach the highest spatial frequency at the left and right edge."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    radius = (x - width / 2) ** 2 + (y - height / 2) ** 2
    rings = 127.5 + 127.5 * np.cos(math.pi * radius / width)
    return Image.fromarray(rings.astype(np.uint8)).convert("RGB")


def corners(image: Image.Image) -> dict[str, str]:
    """The name of the patch of `photograph` that is visible in each corner of a picture."""
    rgb = image.convert("RGB")
    positions = {
        name: (
            rgb.width // 10 if "left" in name else rgb.width - 1 - rgb.width // 10,
            rgb.height // 10 if "top" in name else rgb.height - 1 - rgb.height // 10,
        )
        for name in CORNERS
    }
    return {name: _nearest(rgb.getpixel(position)) for name, position in positions.items()}


UPRIGHT: Final = {name: name for name in CORNERS}
"""The result of `corners` for a picture with the orientation of `photograph`."""


def encoded(
    picture_format: PictureFormat,
    orientation: int = 1,
    mode: str = "RGB",
    profile: bytes | None = None,
    *,
    size: tuple[int, int] = (320, 240),
    seed: int = 1,
    image: Image.Image | None = None,
    exif: Image.Exif | None = None,
    **options: Any,
) -> bytes:
    """A file with `photograph` or `image`, transposed so that it is upright at `size` after applying `orientation`.

    `profile` is embedded without converting the pixels; `options` are passed to Pillow's `save`.
    """
    if image is None and exif is None and all(isinstance(value, Hashable) for value in options.values()):
        return _encoded_photograph(picture_format, orientation, mode, profile, size, seed, **options)
    picture = in_mode(photograph(*size, seed) if image is None else image, mode)
    return _encoded(picture_format, orientation, picture, profile, Image.Exif() if exif is None else exif, options)


@lru_cache(256)
def _encoded_photograph(
    picture_format: PictureFormat,
    orientation: int,
    mode: str,
    profile: bytes | None,
    size: tuple[int, int],
    seed: int,
    **options: Any,
) -> bytes:
    """A file of `encoded`, which many tests need: encoding takes most of their time."""
    picture = in_mode(photograph(*size, seed), mode)
    return _encoded(picture_format, orientation, picture, profile, Image.Exif(), options)


def _encoded(
    picture_format: PictureFormat,
    orientation: int,
    picture: Image.Image,
    profile: bytes | None,
    exif: Image.Exif,
    options: dict[str, Any],
) -> bytes:
    if orientation != 1:
        picture = picture.transpose(_INVERSE_TRANSPOSITIONS[orientation])
        exif[_ORIENTATION] = orientation
    if profile is not None:
        options["icc_profile"] = profile
    if picture_format == "tiff" and exif:
        options["tiffinfo"] = dict(exif)
    elif exif:
        options["exif"] = exif.tobytes()
    output = io.BytesIO()
    picture.save(output, "HEIF" if picture_format == "heic" else picture_format.upper(), **options)
    return output.getvalue()


def in_mode(image: Image.Image, mode: str) -> Image.Image:
    """Convert a picture to a mode; 16-bit, integer and float samples span their full range, alpha is `alpha_ramp`."""
    if image.mode == mode:
        return image
    if mode in ("I;16", "I", "F"):
        factor, dtype = {"I;16": (257.0, "=u2"), "I": (257.0, "=i4"), "F": (1 / 255, "=f4")}[mode]
        samples = np.asarray(image.convert("L"), dtype=float) * factor
        return Image.frombytes(mode, image.size, samples.astype(dtype).tobytes())
    if mode == "LAB":
        return lab(image)
    if mode in ("LA", "RGBA", "PA"):
        with_alpha = image.convert("RGBA")
        with_alpha.putalpha(alpha_ramp(image.size))
        return with_alpha.convert(mode)
    return image.convert(mode)


def alpha_ramp(size: tuple[int, int]) -> Image.Image:
    """An alpha channel from 100 % at the left to 25 % at the right, so that all colours remain visible."""
    ramp = Image.linear_gradient("L").transpose(Image.Transpose.ROTATE_270)
    return ramp.resize(size).point(lambda level: 64 + level * 3 // 4)


def lab(image: Image.Image) -> Image.Image:
    """Convert an sRGB picture to CIE L*a*b*."""
    transform = ImageCms.buildTransform(
        ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), image.mode, "LAB"
    )
    converted = ImageCms.applyTransform(image, transform)
    assert converted is not None
    converted.info = {}
    return converted


def _nearest(pixel: object) -> str:
    assert isinstance(pixel, tuple)
    return min(CORNERS, key=lambda name: sum((a - b) ** 2 for a, b in zip(pixel[:3], CORNERS[name], strict=True)))


def ycck(cmyk: bytes) -> bytes:
    """Change the Adobe marker of a CMYK JPEG so that its planes are declared as YCCK."""
    transform = cmyk.index(b"Adobe") + 11
    return cmyk[:transform] + b"\x02" + cmyk[transform + 1 :]


# Animations and malicious files


def animation(picture_format: Literal["gif", "webp", "png", "avif"], frames: int, size: tuple[int, int]) -> bytes:
    """An animation with different frames."""
    pictures = [photograph(*size, seed) for seed in range(1, frames + 1)]
    output = io.BytesIO()
    pictures[0].save(output, picture_format.upper(), save_all=True, append_images=pictures[1:], duration=40)
    return output.getvalue()


def png_chunk(name: bytes, data: bytes) -> bytes:
    """A PNG chunk with its checksum."""
    return struct.pack(">L", len(data)) + name + data + struct.pack(">L", zlib.crc32(name + data))


def png_file(width: int, height: int, *chunks: bytes, depth: int = 8, colour: int = 2, data: bytes = b"") -> bytes:
    """A PNG with these chunks between IHDR and the image data; `data` is compressed here."""
    header = png_chunk(b"IHDR", struct.pack(">LLBBBBB", width, height, depth, colour, 0, 0, 0))
    body = png_chunk(b"IDAT", zlib.compress(data)) + png_chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(chunks) + body


def bomb_png(width: int, height: int) -> bytes:
    """A small PNG that declares width x height pixels and has data for four rows."""
    return png_file(width, height, data=bytes(1 + 3 * width) * 4)


def giant_jpeg(width: int = 20000, height: int = 14000) -> bytes:
    """A small JPEG whose frame header declares far more pixels than it has."""
    data = encoded("jpeg", size=(64, 64))
    start = data.index(b"\xff\xc0") + 5
    return data[:start] + struct.pack(">HH", height, width) + data[start + 4 :]


def webp_declaring(width: int, height: int) -> bytes:
    """A lossless WebP of 34 bytes that declares up to 16384 x 16384 pixels."""
    body = b"\x2f" + ((width - 1) | (height - 1) << 14).to_bytes(4, "little") + bytes(9)
    chunk = b"VP8L" + struct.pack("<L", len(body)) + body
    return b"RIFF" + struct.pack("<L", 4 + len(chunk)) + b"WEBP" + chunk


def many_scans(scans: int) -> bytes:
    """A progressive JPEG whose first scan is repeated up to this number of scans."""
    data = encoded("jpeg", size=(64, 64), progressive=True)
    first = data.index(b"\xff\xda")
    end, count = data.index(b"\xff\xc4", first), data.count(b"\xff\xda")
    return data[:end] + data[first:end] * (scans - count) + data[end:]


def tiff_file(entries: Sequence[tuple[int, int, int, int]], next_offset: int = 0, tail: bytes = b"") -> bytes:
    """A little-endian TIFF with one directory. An entry is its tag, type, count and value or offset."""
    table = b"".join(struct.pack("<HHLL", *entry) for entry in entries)
    return b"II*\0" + struct.pack("<LH", 8, len(entries)) + table + struct.pack("<L", next_offset) + tail


def truncated(data: bytes, missing: int) -> bytes:
    """The file without its last bytes."""
    return data[:-missing]


def wrong_bytes() -> bytes:
    """A kilobyte of random bytes, which have no known format."""
    return random.Random(7).randbytes(1024)
