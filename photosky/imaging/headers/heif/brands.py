"""Brands of an ISO base media file: the `ftyp` box (ISO/IEC 14496-12, section 4.3)."""

from collections.abc import Iterable
from typing import BinaryIO, Final

from photosky.imaging.headers.reading import read_up_to

AVIF_BRANDS: Final = frozenset({b"avif", b"avis"})
HEIC_BRANDS: Final = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"})
HEIF_BRANDS: Final = frozenset({b"mif1", b"msf1"})
SEQUENCE_BRANDS: Final = frozenset({b"avis", b"msf1", b"hevc", b"hevx", b"hevm", b"hevs"})

MAX_FTYP_BYTES: Final = 1024


def read_brands(source: BinaryIO) -> tuple[bytes, ...]:
    """The major brand, then the compatible brands; empty if the file does not start with an `ftyp` box."""
    head = read_up_to(source, 0, MAX_FTYP_BYTES)
    if head[4:8] != b"ftyp" or len(head) < 12:
        return ()
    body = head[8 : int.from_bytes(head[:4])]
    return (body[:4], *(body[start : start + 4] for start in range(8, len(body) - 3, 4)))


def is_avif(brands: Iterable[bytes]) -> bool:
    """Whether the brands declare an AVIF file; any other HEIF file is read as HEIC."""
    return not AVIF_BRANDS.isdisjoint(brands)
