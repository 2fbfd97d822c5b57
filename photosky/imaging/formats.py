"""Formats: the media types that can be declared, and detection by the first bytes, whatever was declared."""

import io
from collections.abc import Mapping
from typing import BinaryIO, Final

from photosky.errors import Code, PhotoSkyError
from photosky.imaging.headers.heif.brands import AVIF_BRANDS, HEIC_BRANDS, HEIF_BRANDS, read_brands
from photosky.imaging.headers.heif.codecs import AV1_ITEM, HEVC_ITEM
from photosky.imaging.headers.heif.layout import read_codec
from photosky.imaging.headers.reading import read_up_to
from photosky.imaging.headers.tiff_layout import is_camera_raw
from photosky.imaging.headers.tiff_samples import read_samples, unsupported_kind

GRAPHIC_FORMATS: Final = frozenset({"png", "gif", "webp", "tiff"})
"""Formats that store graphics without loss. In others, hard edges have artifacts, so that previews stay lossy."""

_TIFF_MAGIC: Final = (b"II*\0", b"MM\0*", b"II\0*", b"MM*\0", b"II+\0", b"MM\0+")

# None, CCITT, LZW, JPEG old and new, Deflate, PackBits, LZMA, Zstandard: written by scanners, cameras and editors.
# libtiff has a dozen more decoders; uploads must not reach them.
_TIFF_COMPRESSIONS: Final = frozenset({1, 2, 3, 4, 5, 6, 7, 8, 32773, 32946, 34925, 50000})

# Unsupported formats that users upload; the error detail names them.
_UNSUPPORTED: Final[Mapping[bytes, str]] = {
    b"%PDF": "PDF",
    b"BM": "BMP",
    b"8BPS": "Photoshop",
    b"\xff\x0a": "JPEG XL",
    b"\0\0\0\x0cJXL ": "JPEG XL",
    b"\0\0\0\x0cjP  ": "JPEG 2000",
    b"\xff\x4f\xff\x51": "JPEG 2000",
    b"II\xbc\x01": "JPEG XR",
    b"\0\0\x01\0": "Windows icon",
    b"IIRO": "camera raw (ORF)",
    b"IIU\0": "camera raw (RW2)",
    b"FUJIFILMCCD-RAW": "camera raw (RAF)",
    b"\x1aE\xdf\xa3": "WebM or Matroska",
    b"PK\x03\x04": "ZIP",
    b"\x1f\x8b": "gzip",
    b"MZ": "Windows program",
    b"\x7fELF": "program",
}
_CAMERA_RAW: Final = "camera raw"


SIGNATURES: Final[tuple[tuple[int, bytes, str], ...]] = (
    (0, b"\xff\xd8\xff", "jpeg"),
    (0, b"\x89PNG\r\n\x1a\n", "png"),
    (8, b"WEBP", "webp"),
    (0, b"GIF87a", "gif"),
    (0, b"GIF89a", "gif"),
    *((0, magic, "tiff") for magic in _TIFF_MAGIC),
)
"""The bytes at an offset by which a format is recognized; files of the HEIF family have brands instead."""

BRANDS: Final[Mapping[bytes, str]] = {
    **dict.fromkeys(sorted(AVIF_BRANDS), "avif"),
    **dict.fromkeys(sorted(HEIC_BRANDS | HEIF_BRANDS), "heic"),
}
"""The likely formats of files of the HEIF family, by brand; an AVIF file may have brands of HEIF as well."""

DETECTED_BYTES: Final = 512
"""The first bytes that `detect` needs."""


def detect(head: bytes) -> str | None:
    """The likely format by the first bytes of a file, a key of `CONTENT_TYPES`; None for other files.

    `sniff` can still refuse the file: it reads the whole header.
    """
    for offset, magic, name in SIGNATURES:
        if head[offset : offset + len(magic)] == magic:
            return name
    found = set(read_brands(io.BytesIO(head[:DETECTED_BYTES])))
    return next((name for brand, name in BRANDS.items() if brand in found), None)


def sniff(source: BinaryIO) -> str:
    """Detect the format of a file, a key of `CONTENT_TYPES`.

    Raises `PhotoSkyError` (UnsupportedFormat), which names the format if it is known, and `HeaderError` if the header
    of a TIFF or HEIF file is invalid.
    """
    head = read_up_to(source, 0, DETECTED_BYTES)
    if head[4:8] == b"ftyp":
        return _sniff_iso_media(source)
    name = detect(head)
    if name is None:
        raise _unsupported(_describe(head))
    return _sniff_tiff(source, head) if name == "tiff" else name


def _sniff_tiff(source: BinaryIO, head: bytes) -> str:
    if head[8:10] == b"CR" or is_camera_raw(source):
        raise _unsupported(_CAMERA_RAW)
    samples = read_samples(source)
    if samples.compression not in _TIFF_COMPRESSIONS:
        raise _unsupported(f"TIFF with compression {samples.compression}")
    kind = unsupported_kind(samples)
    if kind is not None:
        raise _unsupported(f"TIFF with {kind}")
    return "tiff"


def _sniff_iso_media(source: BinaryIO) -> str:
    brands = set(read_brands(source))
    if brands & (AVIF_BRANDS | HEIC_BRANDS | HEIF_BRANDS):
        # Brands declare what the file may contain; the codec of the primary image selects the decoder.
        codec = read_codec(source)
        if codec == AV1_ITEM and not brands & HEIC_BRANDS:
            return "avif"
        if codec == HEVC_ITEM and not brands & AVIF_BRANDS:
            return "heic"
        raise _unsupported(f"HEIF with codec {codec.decode('ascii', 'replace')!r}")
    raise _unsupported(_CAMERA_RAW if b"crx " in brands else "MP4 or QuickTime")


def _describe(head: bytes) -> str | None:
    for magic, name in _UNSUPPORTED.items():
        if head.startswith(magic):
            return name
    if head[:4] == b"RIFF":
        return "AVI or WAV"
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if text.startswith(b"<svg") or (text.startswith((b"<?xml", b"<!doctype svg")) and b"<svg" in text):
        return "SVG"
    return "HTML" if text.startswith((b"<!doctype html", b"<html")) else None


def _unsupported(name: str | None) -> PhotoSkyError:
    found = f"Unsupported format: {name}" if name else "Unsupported format"
    return PhotoSkyError(Code.UNSUPPORTED_FORMAT, f"{found}. Upload a JPEG, PNG, WebP, GIF, TIFF, AVIF or HEIC file.")
