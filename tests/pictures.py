"""Pictures for tests: seeded photographs, every format and mode they come in, colour profiles, and hostile files."""

import io
import math
import random
import struct
import zlib
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

import numpy as np
import pillow_heif
from PIL import Image, ImageCms, ImageDraw

pillow_heif.register_heif_opener(thumbnails=False, depth_images=False, aux_images=False)

PictureFormat = Literal["jpeg", "png", "webp", "gif", "tiff", "avif", "heic"]
Colour = tuple[int, int, int]

CORNERS: Final[Mapping[str, Colour]] = {
    "top left": (220, 40, 40),
    "top right": (40, 200, 60),
    "bottom left": (50, 70, 220),
    "bottom right": (230, 210, 50),
}
"""The corner patches of `photograph`: which one is where tells how a picture is turned."""

_ORIENTATION: Final = 274
_UNDO: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def photograph(width: int, height: int, seed: int = 1) -> Image.Image:
    """An RGB picture: a soft gradient, a few shapes, and a patch of its own colour in each corner."""
    draw_from = random.Random(seed)
    ramp = Image.linear_gradient("L")
    turns = (Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_180, Image.Transpose.FLIP_TOP_BOTTOM)
    bands = [ramp.transpose(turn).resize((width, height)).point(lambda level: 40 + level * 2 // 3) for turn in turns]
    image = Image.merge("RGB", bands)
    draw = ImageDraw.Draw(image)
    for _ in range(12):
        left, top = draw_from.randrange(width), draw_from.randrange(height)
        size = max(2, min(width, height) // draw_from.randint(4, 12))
        colour = tuple(draw_from.randrange(256) for _ in range(3))
        draw.ellipse((left, top, left + size, top + size), fill=colour)
    patch_width, patch_height = max(1, width // 5), max(1, height // 5)
    for name, colour in CORNERS.items():
        left = 0 if "left" in name else width - patch_width
        top = 0 if "top" in name else height - patch_height
        draw.rectangle((left, top, left + patch_width - 1, top + patch_height - 1), fill=colour)
    return image


def zone_plate(width: int, height: int) -> Image.Image:
    """Rings that reach the finest that pixels can hold at the left and right edge."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    radius = (x - width / 2) ** 2 + (y - height / 2) ** 2
    rings = 127.5 + 127.5 * np.cos(math.pi * radius / width)
    return Image.fromarray(rings.astype(np.uint8)).convert("RGB")


def corners(image: Image.Image) -> dict[str, str]:
    """Which of `photograph`'s patches each corner of a picture shows."""
    rgb = image.convert("RGB")
    places = {
        name: (
            rgb.width // 10 if "left" in name else rgb.width - 1 - rgb.width // 10,
            rgb.height // 10 if "top" in name else rgb.height - 1 - rgb.height // 10,
        )
        for name in CORNERS
    }
    return {name: _nearest(rgb.getpixel(place)) for name, place in places.items()}


UPRIGHT: Final = {name: name for name in CORNERS}
"""What `corners` tells of a picture that is shown as `photograph` made it."""


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
    """A file of `photograph` (or `image`), stored so that `orientation` shows it upright at `size`.

    `profile` is embedded as it is, pixels are not converted to it; `options` go to Pillow's `save`.
    """
    picture = in_mode(photograph(*size, seed) if image is None else image, mode)
    exif = Image.Exif() if exif is None else exif
    if orientation != 1:
        picture = picture.transpose(_UNDO[orientation])
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
    """The picture in a mode; 16-bit, integer and float ones span their full range, alpha fades from left to right."""
    if image.mode == mode:
        return image
    if mode in ("I;16", "I", "F"):
        factor = {"I;16": 257.0, "I": 257.0, "F": 1 / 255}[mode]
        samples = [level * factor for level in image.convert("L").tobytes()]
        letter = {"I;16": "H", "I": "i", "F": "f"}[mode]
        data = struct.pack(f"={len(samples)}{letter}", *(samples if mode == "F" else map(int, samples)))
        return Image.frombytes(mode, image.size, data)
    if mode == "LAB":
        return lab(image)
    if mode in ("LA", "RGBA", "PA"):
        with_alpha = image.convert("RGBA")
        with_alpha.putalpha(faded(image.size))
        return with_alpha.convert(mode)
    return image.convert(mode)


def faded(size: tuple[int, int]) -> Image.Image:
    """An alpha channel: opaque at the left, 25 % at the right, so that colours can still be told."""
    ramp = Image.linear_gradient("L").transpose(Image.Transpose.ROTATE_270)
    return ramp.resize(size).point(lambda level: 64 + level * 3 // 4)


def lab(image: Image.Image) -> Image.Image:
    """An sRGB picture in CIE L*a*b*."""
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
    """A CMYK JPEG of Adobe's kind whose planes are said to be YCCK."""
    transform = cmyk.index(b"Adobe") + 11
    return cmyk[:transform] + b"\x02" + cmyk[transform + 1 :]


# Colour profiles, ICC.1:2001-04. Primaries are xy chromaticities under D65, adapted to D50 by Bradford's matrix.

_D65: Final = (0.3127, 0.3290)
_D50_XYZ: Final = (0.9642, 1.0, 0.8249)
_BRADFORD: Final = ((0.8951, 0.2664, -0.1614), (-0.7502, 1.7135, 0.0367), (0.0389, -0.0685, 1.0296))

PRIMARIES: Final[Mapping[str, tuple[tuple[float, float], ...]]] = {
    "sRGB": ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06)),
    "Display P3": ((0.68, 0.32), (0.265, 0.69), (0.15, 0.06)),
    "Adobe RGB": ((0.64, 0.33), (0.21, 0.71), (0.15, 0.06)),
    "ProPhoto": ((0.7347, 0.2653), (0.1596, 0.8404), (0.0366, 0.0001)),
}


def rgb_profile(name: str, gamma: float = 2.2) -> bytes:
    """A matrix profile with the primaries of that name. The tone curve is a plain gamma."""
    matrix = d50_matrix(PRIMARIES[name])
    tags = {f"{letter}XYZ".encode(): _xyz_tag([row[index] for row in matrix]) for index, letter in enumerate("rgb")}
    tags |= {f"{letter}TRC".encode(): _gamma_tag(gamma) for letter in "rgb"}
    return _profile(b"RGB ", b"mntr", b"XYZ ", name, tags)


def grey_profile(gamma: float = 1.8) -> bytes:
    """A grey profile with a plain gamma."""
    return _profile(b"GRAY", b"mntr", b"XYZ ", "Grey", {b"kTRC": _gamma_tag(gamma)})


def cmyk_profile() -> bytes:
    """A printer's profile: each ink is there or not, `_ink_lab` tells the colour, and between them it is linear."""
    nodes = b"".join(
        bytes(_lab_bytes(*_ink_lab((c, m, y, k)))) for c in (0, 1) for m in (0, 1) for y in (0, 1) for k in (0, 1)
    )
    identity = struct.pack(">9l", *(65536 if index % 4 == 0 else 0 for index in range(9)))
    ramp = bytes(range(256))
    table = b"mft1\0\0\0\0" + bytes((4, 3, 2, 0)) + identity + ramp * 4 + nodes + ramp * 3
    return _profile(b"CMYK", b"prtr", b"Lab ", "Ink", {b"A2B0": table})


def _ink_lab(ink: tuple[int, int, int, int]) -> tuple[float, float, float]:
    cyan, magenta, yellow, black = ink
    lightness = max(5.0, 95 - 40 * cyan - 45 * magenta - 8 * yellow - 85 * black)
    strength = 0.1 if black else 1.0
    return lightness, strength * (-35 * cyan + 70 * magenta), strength * (-50 * cyan + 85 * yellow)


def _lab_bytes(lightness: float, a: float, b: float) -> tuple[int, int, int]:
    return round(lightness * 2.55), max(0, min(255, round(a + 128))), max(0, min(255, round(b + 128)))


def d50_matrix(primaries: Sequence[tuple[float, float]]) -> list[list[float]]:
    """The matrix from linear RGB to XYZ under D50."""
    columns = [_xyz(x, y) for x, y in primaries]
    matrix = [[column[row] for column in columns] for row in range(3)]
    white = _xyz(*_D65)
    scales = multiply(inverse(matrix), white)
    scaled = [[value * scale for value, scale in zip(row, scales, strict=True)] for row in matrix]
    source, target = multiply(_BRADFORD, white), multiply(_BRADFORD, _D50_XYZ)
    cones = [[target[row] / source[row] * value for value in _BRADFORD[row]] for row in range(3)]
    adapted = [multiply(inverse(_BRADFORD), [row[index] for row in cones]) for index in range(3)]
    adaptation = [[adapted[column][row] for column in range(3)] for row in range(3)]
    result = [multiply(adaptation, [row[index] for row in scaled]) for index in range(3)]
    return [[result[column][row] for column in range(3)] for row in range(3)]


def multiply(matrix: Sequence[Sequence[float]], vector: Sequence[float]) -> list[float]:
    """A 3 x 3 matrix times a vector."""
    return [sum(a * b for a, b in zip(row, vector, strict=True)) for row in matrix]


def inverse(matrix: Sequence[Sequence[float]]) -> list[list[float]]:
    """The inverse of a 3 x 3 matrix."""
    (a, b, c), (d, e, f), (g, h, i) = matrix
    determinant = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)
    adjugate = (
        (e * i - f * h, c * h - b * i, b * f - c * e),
        (f * g - d * i, a * i - c * g, c * d - a * f),
        (d * h - e * g, b * g - a * h, a * e - b * d),
    )
    return [[value / determinant for value in row] for row in adjugate]


def _xyz(x: float, y: float) -> tuple[float, float, float]:
    return x / y, 1.0, (1 - x - y) / y


def _fixed(value: float) -> bytes:
    return struct.pack(">l", round(value * 65536))


def _xyz_tag(values: Sequence[float]) -> bytes:
    return b"XYZ \0\0\0\0" + b"".join(map(_fixed, values))


def _gamma_tag(gamma: float) -> bytes:
    return b"curv\0\0\0\0" + struct.pack(">LH", 1, round(gamma * 256)) + b"\0\0"


def _profile(space: bytes, device: bytes, connection: bytes, name: str, tags: Mapping[bytes, bytes]) -> bytes:
    text = name.encode() + b"\0"
    description = b"desc\0\0\0\0" + struct.pack(">L", len(text)) + text + bytes(78)
    every = {b"desc": description, b"cprt": b"text\0\0\0\0none\0", b"wtpt": _xyz_tag(_D50_XYZ), **tags}
    offset = 128 + 4 + 12 * len(every)
    table, body = struct.pack(">L", len(every)), b""
    for tag, data in every.items():
        table += tag + struct.pack(">LL", offset + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    size = offset + len(body)
    header = struct.pack(">L4sL4s4s4s12x4s", size, b"test", 0x02100000, device, space, connection, b"acsp")
    white = b"".join(map(_fixed, _D50_XYZ))
    return header.ljust(68, b"\0") + white + bytes(128 - 68 - 12) + table + body


# Animations and hostile files.


def animation(picture_format: Literal["gif", "webp", "png", "avif"], frames: int, size: tuple[int, int]) -> bytes:
    """An animation whose frames all differ."""
    pictures = [photograph(*size, seed) for seed in range(1, frames + 1)]
    output = io.BytesIO()
    pictures[0].save(output, picture_format.upper(), save_all=True, append_images=pictures[1:], duration=40)
    return output.getvalue()


def png_chunk(name: bytes, data: bytes) -> bytes:
    """A PNG chunk with its checksum."""
    return struct.pack(">L", len(data)) + name + data + struct.pack(">L", zlib.crc32(name + data))


def png_file(width: int, height: int, *chunks: bytes, depth: int = 8, colour: int = 2, data: bytes = b"") -> bytes:
    """A PNG of these chunks between IHDR and the image data; `data` is not compressed yet."""
    header = png_chunk(b"IHDR", struct.pack(">LLBBBBB", width, height, depth, colour, 0, 0, 0))
    body = png_chunk(b"IDAT", zlib.compress(data)) + png_chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(chunks) + body


def bomb_png(width: int, height: int) -> bytes:
    """A small PNG that claims width x height pixels, with data for a few of its rows."""
    return png_file(width, height, data=bytes(1 + 3 * width) * 4)


def giant_jpeg(width: int = 20000, height: int = 14000) -> bytes:
    """A small JPEG whose frame header claims far more pixels than it holds."""
    data = encoded("jpeg", size=(64, 64))
    start = data.index(b"\xff\xc0") + 5
    return data[:start] + struct.pack(">HH", height, width) + data[start + 4 :]


def webp_claiming(width: int, height: int) -> bytes:
    """34 bytes that claim a lossless WebP of up to 16384 x 16384 pixels."""
    body = b"\x2f" + ((width - 1) | (height - 1) << 14).to_bytes(4, "little") + bytes(9)
    chunk = b"VP8L" + struct.pack("<L", len(body)) + body
    return b"RIFF" + struct.pack("<L", 4 + len(chunk)) + b"WEBP" + chunk


def many_scans(scans: int) -> bytes:
    """A progressive JPEG whose last scan is repeated until there are that many."""
    data = encoded("jpeg", size=(64, 64), progressive=True)
    last = data.rindex(b"\xff\xda")
    scan, count = data[last:-2], data.count(b"\xff\xda")
    return data[:-2] + scan * (scans - count) + data[-2:]


def tiff_file(entries: Sequence[tuple[int, int, int, int]], next_offset: int = 0, tail: bytes = b"") -> bytes:
    """A little-endian TIFF of one directory. Each entry is its tag, type, count and value or offset."""
    table = b"".join(struct.pack("<HHLL", *entry) for entry in entries)
    return b"II*\0" + struct.pack("<LH", 8, len(entries)) + table + struct.pack("<L", next_offset) + tail


def truncated(data: bytes, missing: int) -> bytes:
    """The file without its last bytes."""
    return data[:-missing]


def wrong_bytes() -> bytes:
    """A kilobyte that is no image format at all."""
    return random.Random(7).randbytes(1024)
