"""IPTC: the data sets of an Information Interchange Model block (IPTC-NAA IIM 4.2, chapter 3)."""

from collections.abc import Iterator, Mapping
from typing import Final

from photosky.imaging.headers.reading import MAX_METADATA_BYTES
from photosky.imaging.texts import decode_text

TITLE, KEYWORD, DATE_CREATED, TIME_CREATED, CAPTION = (2, 5), (2, 25), (2, 55), (2, 60), (2, 120)
DIGITAL_DATE, DIGITAL_TIME = (2, 62), (2, 63)
MAX_VALUES: Final = 64
"""Of one data set."""
MAX_DATA_SETS: Final = 10_000
_MAX_VALUE_BYTES: Final = 20_000

_CODED_CHARACTER_SET: Final = (1, 90)
_UTF8: Final = b"\x1b%G"  # ISO 2022
_KNOWN: Final = frozenset(
    {TITLE, KEYWORD, DATE_CREATED, TIME_CREATED, CAPTION, DIGITAL_DATE, DIGITAL_TIME, _CODED_CHARACTER_SET}
)

DataSet = tuple[int, int]


def read_iptc(block: bytes) -> Mapping[DataSet, tuple[str, ...]]:
    """The texts of the known data sets, by record and number. Never raises; a damaged block is read up to the damage.

    The texts are in UTF-8 if the block declares it; otherwise UTF-8 is tried before Windows-1252.
    """
    found: dict[DataSet, list[bytes]] = {}
    for data_set, value in _data_sets(block[:MAX_METADATA_BYTES]):
        values = found.setdefault(data_set, [])
        if len(values) < MAX_VALUES:
            values.append(value[:_MAX_VALUE_BYTES])
    is_utf8 = _UTF8 in found.pop(_CODED_CHARACTER_SET, [])
    return {
        data_set: tuple(value.decode("utf-8", "replace") if is_utf8 else decode_text(value) for value in values)
        for data_set, values in found.items()
    }


def _data_sets(block: bytes) -> Iterator[tuple[DataSet, bytes]]:
    """The known data sets: tag marker, record, number, size and value (section 1.5)."""
    offset = 0
    for _ in range(MAX_DATA_SETS):
        if offset + 5 > len(block) or block[offset] != 0x1C:
            return
        data_set = block[offset + 1], block[offset + 2]
        size, start = int.from_bytes(block[offset + 3 : offset + 5]), offset + 5
        if size & 0x8000:  # an extended data set: the size of its size follows
            count = size & 0x7FFF
            if count > 4:
                return
            size, start = int.from_bytes(block[start : start + count]), start + count
        if data_set in _KNOWN:
            yield data_set, block[start : start + size]
        offset = start + size
