"""Embedded metadata for tests: EXIF blocks, XMP packets, IPTC blocks, and JPEG files with application segments."""

import struct
from typing import Any

from PIL import Image

MAKE, MODEL, EXIF_IFD, GPS_IFD = 0x010F, 0x0110, 0x8769, 0x8825
ORIGINAL, ORIGINAL_OFFSET, DIGITIZED, DIGITIZED_OFFSET = 0x9003, 0x9011, 0x9004, 0x9012

_NAMESPACES = {
    "Container": "http://ns.google.com/photos/1.0/container/",
    "GCamera": "http://ns.google.com/photos/1.0/camera/",
    "Item": "http://ns.google.com/photos/1.0/container/item/",
    "aux": "http://ns.adobe.com/exif/1.0/aux/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "exif": "http://ns.adobe.com/exif/1.0/",
    "exifEX": "http://cipa.jp/exif/1.0/",
    "hdrgm": "http://ns.adobe.com/hdr-gain-map/1.0/",
    "photoshop": "http://ns.adobe.com/photoshop/1.0/",
    "tiff": "http://ns.adobe.com/tiff/1.0/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "xmpMM": "http://ns.adobe.com/xap/1.0/mm/",
}


def exif(main: dict[int, Any] | None = None, details: dict[int, Any] | None = None, gps: Any = None) -> bytes:
    """An EXIF block with values by tag in its first, EXIF and GPS directory."""
    block = Image.Exif()
    for tag, value in (main or {}).items():
        block[tag] = value
    block.get_ifd(EXIF_IFD).update(details or {})
    block.get_ifd(GPS_IFD).update(gps or {})
    return block.tobytes()


def xmp_packet(body: str) -> bytes:
    """An XMP packet with `rdf:Description` elements; the usual prefixes are declared."""
    namespaces = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in _NAMESPACES.items())
    return (
        '<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
        f'{namespaces}>{body}</rdf:RDF></x:xmpmeta>\n<?xpacket end="w"?>'
    ).encode()


def xmp_properties(**properties: str) -> bytes:
    """An XMP packet with properties as attributes, given as `exif_GPSLatitude="52,30.5N"`."""
    attributes = " ".join(f'{name.replace("_", ":", 1)}="{value}"' for name, value in properties.items())
    return xmp_packet(f"<rdf:Description {attributes}/>")


def iptc_block(*data_sets: tuple[int, int, bytes]) -> bytes:
    """IPTC data sets of record, number and value."""
    return b"".join(
        struct.pack(">BBBH", 0x1C, record, number, len(value)) + value for record, number, value in data_sets
    )


def jpeg_segment(marker: int, body: bytes) -> bytes:
    """A marker segment."""
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def with_segments(jpeg: bytes, *segments: bytes) -> bytes:
    """A JPEG with these segments directly behind its start."""
    return jpeg[:2] + b"".join(segments) + jpeg[2:]


def xmp_segment(packet: bytes) -> bytes:
    """The segment of an XMP packet in a JPEG."""
    return jpeg_segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + packet)


def iptc_segment(block: bytes) -> bytes:
    """The segment of Photoshop's image resources with IPTC in a JPEG."""
    resource = b"8BIM" + struct.pack(">HHL", 0x0404, 0, len(block)) + block + bytes(len(block) % 2)
    return jpeg_segment(0xED, b"Photoshop 3.0\0" + resource)
