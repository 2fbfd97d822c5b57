"""Metadata of a PNG, from the chunks before and after its image data (PNG, third edition, section 11.3)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO, Final

from photosky.imaging.headers.exif import PREFIX
from photosky.imaging.headers.png import all_chunks, read_intact
from photosky.imaging.headers.reading import (
    MAX_METADATA_BYTES,
    MAX_PROFILE_BYTES,
    MAX_TEXTS,
    HeaderError,
    Metadata,
    inflate,
    read_up_to,
)

_XMP_KEYWORD: Final = "XML:com.adobe.xmp"
_DEFLATE: Final = 0


@dataclass
class _Found:
    exif: bytes = b""
    profile: bytes = b""
    texts: dict[str, str] = field(default_factory=dict)
    remaining: int = MAX_METADATA_BYTES


def read_metadata(source: BinaryIO) -> Metadata:
    """Read EXIF, XMP, ICC profile and texts; chunks that are cut or damaged are omitted.

    A chunk with a wrong checksum is omitted as in libpng, except a profile, which has a checksum of its own.
    """
    found = _Found()
    try:
        for name, offset, size in all_chunks(source):
            reader = _READERS.get(name)
            if reader is None or size > MAX_PROFILE_BYTES:
                continue
            # A profile has a checksum of its own, zlib's Adler-32.
            is_checked = name != b"iCCP"
            body = read_intact(source, name, offset, size) if is_checked else read_up_to(source, offset, size)
            reader(found, body)
    except HeaderError:
        pass
    xmp = found.texts.pop(_XMP_KEYWORD, "")
    return Metadata(exif=found.exif, xmp=xmp.encode(), icc_profile=found.profile, texts=found.texts)


def _read_exif(found: _Found, body: bytes) -> None:
    if not found.exif and len(body) <= MAX_METADATA_BYTES:
        found.exif = body.removeprefix(PREFIX)


def _read_profile(found: _Found, body: bytes) -> None:
    _, _, packed = body.partition(b"\0")
    if not found.profile and packed[:1] == bytes((_DEFLATE,)):
        found.profile = inflate(packed[1:], MAX_PROFILE_BYTES)


def _read_text(found: _Found, body: bytes) -> None:
    keyword, _, text = body.partition(b"\0")
    _add_text(found, keyword, text, "latin-1")


def _read_packed_text(found: _Found, body: bytes) -> None:
    keyword, _, packed = body.partition(b"\0")
    if packed[:1] == bytes((_DEFLATE,)):
        _add_text(found, keyword, inflate(packed[1:], found.remaining), "latin-1")


def _read_international_text(found: _Found, body: bytes) -> None:
    keyword, _, rest = body.partition(b"\0")
    is_packed, method = rest[:1], rest[1:2]
    _language, _, translated = rest[2:].partition(b"\0")
    _keyword, _, text = translated.partition(b"\0")
    if is_packed == b"\1":
        text = inflate(text, found.remaining) if method == bytes((_DEFLATE,)) else b""
    _add_text(found, keyword, text, "utf-8")


def _add_text(found: _Found, keyword: bytes, text: bytes, encoding: str) -> None:
    """Add a text; of a repeated keyword, the first text counts."""
    name = keyword.decode("latin-1")
    if text and name not in found.texts and len(found.texts) < MAX_TEXTS and len(text) <= found.remaining:
        found.texts[name] = text.decode(encoding, "replace")
        found.remaining -= len(text)


_READERS: Final[Mapping[bytes, Callable[[_Found, bytes], None]]] = {
    b"eXIf": _read_exif,
    b"iCCP": _read_profile,
    b"tEXt": _read_text,
    b"zTXt": _read_packed_text,
    b"iTXt": _read_international_text,
}
