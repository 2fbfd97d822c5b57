"""Seeds: small files in every format and variant, and reproducible mutations of them."""

import io
import random
from collections.abc import Iterator, Sequence
from typing import Final

from PIL import Image

from tests.pictures import (
    PictureFormat,
    animation,
    encoded,
    many_scans,
    photograph,
    png_chunk,
    png_file,
)
from tests.profiles import cmyk_profile, grey_profile, rgb_profile

SIZE: Final = (48, 32)
_BOUNDARY_BYTES: Final = (0, 1, 2, 7, 8, 0x7F, 0x80, 0xFE, 0xFF)
_BOUNDARY_WORDS: Final = tuple(
    value.to_bytes(width, order)
    for value, width in ((0, 4), (1, 4), (2**16 - 1, 2), (2**31 - 1, 4), (2**32 - 1, 4), (4097, 4), (0, 2), (2**15, 2))
    for order in ("big", "little")
)


def seeds() -> dict[str, bytes]:
    """Files by name; each has from a few hundred bytes to a few kilobytes."""
    variants: list[tuple[PictureFormat, str]] = [
        *(("jpeg", mode) for mode in ("L", "RGB", "CMYK")),
        *(("png", mode) for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16")),
        *(("webp", mode) for mode in ("RGB", "RGBA")),
        ("gif", "P"),
        *(("tiff", mode) for mode in ("1", "L", "P", "RGB", "RGBA", "CMYK", "LAB", "I;16", "I", "F")),
        *(("avif", mode) for mode in ("RGB", "RGBA")),
        *(("heic", mode) for mode in ("L", "RGB", "RGBA")),
    ]
    files = {f"{name}-{mode.replace(';', '')}": encoded(name, 1, mode, size=SIZE) for name, mode in variants}
    exif = Image.Exif()
    exif.update({0x010F: "Maker", 0x0110: "Model"})
    for name in ("jpeg", "png", "webp", "tiff", "avif", "heic"):
        files[f"{name}-oriented"] = encoded(name, 6, "RGB", rgb_profile("Display P3"), size=SIZE, exif=exif)
    for compression in ("tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg", "tiff_lzma", "zstd"):
        files[f"tiff-{compression}"] = encoded("tiff", size=SIZE, compression=compression)
    files |= {
        "gif-animated": animation("gif", 3, SIZE),
        "webp-animated": animation("webp", 3, SIZE),
        "png-animated": animation("png", 3, SIZE),
        "avif-animated": animation("avif", 3, SIZE),
    }
    mpo = io.BytesIO()
    photograph(*SIZE).save(mpo, "MPO", save_all=True, append_images=[photograph(*SIZE, seed=2)])
    return files | {
        "jpeg-progressive": encoded("jpeg", size=SIZE, progressive=True),
        "jpeg-scans": many_scans(30),
        "jpeg-cmyk": encoded("jpeg", 1, "CMYK", cmyk_profile(), size=SIZE),
        "jpeg-mpo": mpo.getvalue(),
        "png-grey": encoded("png", 1, "L", grey_profile(), size=SIZE),
        "png-cicp": png_file(4, 4, png_chunk(b"cICP", b"\x09\x10\0\1"), data=(b"\0" + bytes(12)) * 4),
        "webp-lossless": encoded("webp", 1, "RGBA", size=SIZE, lossless=True),
        "gif-interlaced": encoded("gif", 1, "P", size=SIZE, interlace=1),
        "heic-grid": encoded("heic", size=(150, 100), tile_size=64),
    }


def mutations(files: Sequence[bytes], seed: int) -> Iterator[bytes]:
    """An infinite series of damaged files, determined by the seed."""
    source = random.Random(seed)
    while True:
        data = bytearray(source.choice(files))
        for _ in range(source.choice((1, 1, 1, 2, 3, 8))):
            _mutate(data, files, source)
        yield bytes(data)


def _mutate(data: bytearray, files: Sequence[bytes], source: random.Random) -> None:
    # Half of all mutations are within the first 400 bytes, which contain the header.
    offset = source.randrange(min(len(data), source.choice((400, len(data) + 1)))) if data else 0
    length = source.choice((1, 2, 4, 12, 64, 500))
    match source.randrange(7):
        case 0:
            data[offset : offset + 1] = bytes((source.randrange(256),))
        case 1:
            data[offset : offset + 1] = bytes((source.choice(_BOUNDARY_BYTES),))
        case 2:
            word = source.choice(_BOUNDARY_WORDS)
            data[offset : offset + len(word)] = word
        case 3:
            del data[offset : offset + length]
        case 4:
            data[offset:offset] = data[offset : offset + length] * source.choice((1, 1, 30))
        case 5:
            other = source.choice(files)
            start = source.randrange(len(other))
            data[offset : offset + length] = other[start : start + length]
        case _:
            del data[source.randrange(len(data) + 1) :]
