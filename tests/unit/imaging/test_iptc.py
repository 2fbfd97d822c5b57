"""IPTC is read with its declared or likely encoding, and up to any damage."""

import random
import struct

import pytest

from photosky.imaging.iptc import CAPTION, DATE_CREATED, KEYWORD, MAX_DATA_SETS, MAX_VALUES, TITLE, read_iptc
from tests.embedded import iptc_block

UTF8 = (1, 90, b"\x1b%G")


def test_known_data_sets_are_read() -> None:
    block = iptc_block((2, 0, b"\0\x02"), (2, 5, b"Moon"), (2, 25, b"a"), (2, 25, b"b"), (2, 55, b"20070218"))
    assert read_iptc(block) == {TITLE: ("Moon",), KEYWORD: ("a", "b"), DATE_CREATED: ("20070218",)}


@pytest.mark.parametrize(
    ("block", "caption"),
    [
        (iptc_block(UTF8, (2, 120, "Zürich".encode())), "Zürich"),
        (iptc_block((2, 120, "Zürich".encode())), "Zürich"),
        (iptc_block((2, 120, "Zürich “a” €".encode("cp1252"))), "Zürich “a” €"),
        (iptc_block(UTF8, (2, 120, b"Z\xfcrich")), "Z\ufffdrich"),
    ],
)
def test_texts_are_decoded(block: bytes, caption: str) -> None:
    assert read_iptc(block) == {CAPTION: (caption,)}


def test_extended_size_is_read() -> None:
    extended = struct.pack(">BBBHL", 0x1C, 2, 120, 0x8004, 5) + b"large"
    assert read_iptc(extended + iptc_block((2, 5, b"Moon"))) == {CAPTION: ("large",), TITLE: ("Moon",)}
    assert read_iptc(struct.pack(">BBBHL", 0x1C, 2, 120, 0xFFFF, 5) + b"large") == {}


@pytest.mark.parametrize("block", [b"", b"\x1c", b"\x1c\x02\x05", b"\x1d\x02\x05\0\x01a", bytes(100), b"\xff" * 100])
def test_other_bytes_have_no_data_sets(block: bytes) -> None:
    assert read_iptc(block) == {}


def test_damaged_block_is_read_up_to_the_damage() -> None:
    block = iptc_block((2, 5, b"Moon")) + b"?" + iptc_block((2, 120, b"Night"))
    assert read_iptc(block) == {TITLE: ("Moon",)}
    assert read_iptc(iptc_block((2, 5, b"Moon"))[:-2]) == {TITLE: ("Mo",)}


def test_number_and_size_are_bounded() -> None:
    block = iptc_block(*[(2, 25, b"%d" % number) for number in range(MAX_VALUES + 10)])
    assert read_iptc(block) == {KEYWORD: tuple(str(number) for number in range(MAX_VALUES))}
    others = iptc_block(*[(2, 200, b"")] * MAX_DATA_SETS)
    assert read_iptc(others + iptc_block((2, 5, b"Moon"))) == {}
    assert read_iptc(iptc_block((2, 120, b"c" * 30_000))) == {CAPTION: ("c" * 20_000,)}


def test_mutated_blocks_do_not_raise() -> None:
    original, source = iptc_block(UTF8, (2, 5, b"Moon"), (2, 120, b"Night"), (2, 55, b"20070218")), random.Random(2)
    for _ in range(2000):
        block = bytearray(original)
        for _ in range(source.randint(1, 6)):
            block[source.randrange(len(block))] = source.randrange(256)
        assert len(repr(read_iptc(bytes(block)))) < 1000
