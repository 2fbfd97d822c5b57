"""XMP is read in all forms of RDF, with bounds, and without entities."""

import random

import pytest

from photosky.imaging.headers.reading import MAX_METADATA_BYTES
from photosky.imaging.xmp import MAX_DEPTH, MAX_VALUE_CHARS, MAX_VALUES, read_xmp
from tests.embedded import xmp_packet


@pytest.mark.parametrize(
    ("body", "properties"),
    [
        ('<rdf:Description rdf:about="" xmp:Rating="4"/>', {"xmp:Rating": ("4",)}),
        ("<rdf:Description><xmp:Rating> 4 </xmp:Rating></rdf:Description>", {"xmp:Rating": ("4",)}),
        (
            "<rdf:Description xmp:Rating='4'/><rdf:Description><dc:title>A</dc:title></rdf:Description>",
            {"xmp:Rating": ("4",), "dc:title": ("A",)},
        ),
        (
            "<rdf:Description><dc:subject><rdf:Bag><rdf:li>a</rdf:li><rdf:li>b &amp; c</rdf:li></rdf:Bag></dc:subject>"
            "</rdf:Description>",
            {"dc:subject": ("a", "b & c")},
        ),
        (
            "<rdf:Description><dc:title><rdf:Alt><rdf:li xml:lang='de'>Mond</rdf:li>"
            "<rdf:li xml:lang='x-default'>Moon</rdf:li></rdf:Alt></dc:title></rdf:Description>",
            {"dc:title": ("Moon", "Mond")},
        ),
        (
            "<rdf:Description><dc:title rdf:parseType='Resource'><rdf:value>A</rdf:value></dc:title></rdf:Description>",
            {"dc:title": ("A",)},
        ),
        (
            "<rdf:Description><dc:description><![CDATA[1 < 2]]>\n3</dc:description></rdf:Description>",
            {"dc:description": ("1 < 2\n3",)},
        ),
        ("<rdf:Description xmpMM:History='x'><dc:format>image/jpeg</dc:format></rdf:Description>", {}),
        ("", {}),
    ],
)
def test_properties_are_read_in_every_form(body: str, properties: dict[str, tuple[str, ...]]) -> None:
    assert read_xmp(xmp_packet(body)) == properties


def test_properties_of_structures_are_not_the_pictures() -> None:
    body = (
        "<rdf:Description><xmpMM:DerivedFrom><rdf:Description dc:title='Other'><xmp:Rating>1</xmp:Rating>"
        "</rdf:Description></xmpMM:DerivedFrom></rdf:Description>"
    )
    assert read_xmp(xmp_packet(body)) == {}


@pytest.mark.parametrize(
    "item",
    [
        "<Container:Item Item:Semantic='GainMap' Item:Mime='image/jpeg'/>",
        "<Container:Item rdf:parseType='Resource'><Item:Semantic>GainMap</Item:Semantic></Container:Item>",
    ],
)
def test_items_of_a_container_are_read(item: str) -> None:
    body = (
        "<rdf:Description><Container:Directory><rdf:Seq><rdf:li rdf:parseType='Resource'>"
        f"{item}</rdf:li></rdf:Seq></Container:Directory></rdf:Description>"
    )
    assert read_xmp(xmp_packet(body)) == {"Item:Semantic": ("GainMap",)}


RATED = '<rdf:Description xmp:Rating="4"><dc:title>Zürich</dc:title></rdf:Description>'
READ = {"xmp:Rating": ("4",), "dc:title": ("Zürich",)}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be"])
def test_packets_in_every_encoding_are_read(encoding: str) -> None:
    assert read_xmp(xmp_packet(RATED).decode().encode(encoding)) == READ


def test_padding_and_declarations_are_skipped() -> None:
    packet = xmp_packet(RATED)
    assert read_xmp(b"\n\0 " + packet + b" " * 4096 + b"\0") == READ
    assert read_xmp(b'<?xml version="1.0" encoding="latin-1"?>' + packet) == READ
    start = packet.index(b"<x:xmpmeta")
    bare = packet[packet.index(b"<rdf:RDF") : packet.index(b"</x:xmpmeta")]
    assert read_xmp(packet[start:]) == read_xmp(bare) == READ


def test_characters_that_xml_forbids_are_spaces() -> None:
    assert read_xmp(xmp_packet("<rdf:Description dc:title='a\0b\x07c'/>")) == {"dc:title": ("a b c",)}
    assert read_xmp(xmp_packet("<rdf:Description dc:title='a'/>").replace(b"'a'", b"'a\xff'")) == {
        "dc:title": ("a\ufffd",)
    }


def test_damaged_packet_is_read_up_to_the_damage() -> None:
    packet = xmp_packet(RATED)
    assert read_xmp(packet[: packet.index(b"</rdf:Description")]) == READ
    assert read_xmp(packet[: packet.index(b"</dc:title")]) == {"xmp:Rating": ("4",)}
    assert read_xmp(packet[: packet.index(b"<rdf:Desc")]) == {}


@pytest.mark.parametrize(
    "doctype",
    [
        '<!DOCTYPE x [<!ENTITY a "b">]>',
        '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;"><!ENTITY c "&b;&b;&b;">]>',
        '<!DOCTYPE x SYSTEM "http://127.0.0.1/x.dtd">',
        '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
    ],
)
def test_document_type_is_refused(doctype: str) -> None:
    packet = xmp_packet("<rdf:Description><dc:title>&a;</dc:title></rdf:Description>")
    assert read_xmp(doctype.encode() + packet) == {}


def test_depth_number_and_size_are_bounded() -> None:
    deep = "<dc:title>" * MAX_DEPTH + "a" + "</dc:title>" * MAX_DEPTH
    assert read_xmp(xmp_packet(f"<rdf:Description xmp:Rating='4'>{deep}</rdf:Description>")) == {"xmp:Rating": ("4",)}
    items = "".join(f"<rdf:li>{number}</rdf:li>" for number in range(MAX_VALUES + 10))
    many = f"<rdf:Description><dc:subject><rdf:Bag>{items}</rdf:Bag></dc:subject></rdf:Description>"
    assert read_xmp(xmp_packet(many)) == {"dc:subject": tuple(str(number) for number in range(MAX_VALUES))}
    long = xmp_packet(f"<rdf:Description><dc:title>{'a' * 500_000}</dc:title></rdf:Description>")
    assert read_xmp(long) == {"dc:title": ("a" * MAX_VALUE_CHARS,)}
    assert read_xmp(xmp_packet(RATED) + b" " * MAX_METADATA_BYTES) == {}


def test_mutated_packets_do_not_raise() -> None:
    original, source = xmp_packet(RATED), random.Random(11)
    for _ in range(2000):
        packet = bytearray(original)
        for _ in range(source.randint(1, 6)):
            packet[source.randrange(len(packet))] = source.choice((0, 0x3C, 0x26, 0x22, 0xFF, source.randrange(256)))
        assert set(read_xmp(bytes(packet))) <= set(READ)


@pytest.mark.parametrize("packet", [b"", b"\0", b"<", b"\xff\xfe", b"\xff\xfe<", b"not XML", b"<a/>", b"&" * 1000])
def test_other_bytes_have_no_properties(packet: bytes) -> None:
    assert read_xmp(packet) == {}
