"""XMP: the properties of a packet (ISO 16684-1), read with bounds and without entities."""

import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Final
from xml.parsers import expat

from photosky.imaging.headers.reading import MAX_METADATA_BYTES

MAX_DEPTH: Final = 64
MAX_VALUES: Final = 64
"""Of one property."""
MAX_VALUE_CHARS: Final = 20_000

_RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_XML: Final = "http://www.w3.org/XML/1998/namespace"
_NAMESPACES: Final[Mapping[str, str]] = {
    "aux": "http://ns.adobe.com/exif/1.0/aux/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "exif": "http://ns.adobe.com/exif/1.0/",
    "exifEX": "http://cipa.jp/exif/1.0/",
    "GCamera": "http://ns.google.com/photos/1.0/camera/",
    "hdrgm": "http://ns.adobe.com/hdr-gain-map/1.0/",
    "HDRGainMap": "http://ns.apple.com/HDRGainMap/1.0/",
    "Item": "http://ns.google.com/photos/1.0/container/item/",
    "photoshop": "http://ns.adobe.com/photoshop/1.0/",
    "tiff": "http://ns.adobe.com/tiff/1.0/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
}
_PROPERTIES: Final = (
    *("dc:title", "dc:description", "dc:subject", "xmp:Rating", "xmp:CreateDate", "photoshop:DateCreated"),
    *("exif:DateTimeOriginal", "exif:DateTimeDigitized", "exif:ExposureTime", "exif:FNumber", "exif:FocalLength"),
    *("exif:ISOSpeedRatings", "exifEX:PhotographicSensitivity", "exifEX:LensModel", "aux:Lens"),
    *("exif:GPSLatitude", "exif:GPSLatitudeRef", "exif:GPSLongitude", "exif:GPSLongitudeRef"),
    *("exif:GPSAltitude", "exif:GPSAltitudeRef", "exif:GPSStatus", "exif:GPSTimeStamp"),
    *("tiff:Make", "tiff:Model", "GCamera:MotionPhoto", "GCamera:MicroVideo"),
    *("hdrgm:Version", "HDRGainMap:HDRGainMapVersion"),
)
_STRUCTURED: Final = ("Item:Semantic",)
"""Fields of structures, read at any depth."""


def _expanded(name: str) -> str:
    """A qualified name in the form of expat: namespace and local name, separated by a space."""
    prefix, _, local = name.partition(":")
    return f"{_NAMESPACES[prefix]} {local}"


_TOP: Final = {_expanded(name): name for name in _PROPERTIES}
_DEEP: Final = {_expanded(name): name for name in _STRUCTURED}
_ROOT, _DESCRIPTION, _ITEM, _VALUE = (f"{_RDF} {name}" for name in ("RDF", "Description", "li", "value"))
_LANGUAGE: Final = f"{_XML} lang"

_ENCODINGS: Final = (
    (b"\xff\xfe\0\0", "utf-32-le"),
    (b"\0\0\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
    (b"<\0\0\0", "utf-32-le"),
    (b"\0\0\0<", "utf-32-be"),
    (b"<\0", "utf-16-le"),
    (b"\0<", "utf-16-be"),
)
_DECLARATION: Final = re.compile(r"<\?xml\s[^>]{0,200}\?>")
_ILLEGAL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")  # XML 1.0, section 2.2


class _RefusedError(Exception):
    """Ends the reading of a packet with a document type or with too many levels."""


def read_xmp(packet: bytes) -> Mapping[str, tuple[str, ...]]:
    """The values of the known properties, by names such as `dc:title`; of an alternative, the default is the first.

    Never raises. A packet that is not well-formed is read up to the error. A document type, which could define
    entities, ends the reading before the first property.
    """
    if not packet or len(packet) > MAX_METADATA_BYTES:
        return {}
    reader = _Reader()
    parser = expat.ParserCreate("utf-8", " ")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = reader.refuse
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.append
    with suppress(expat.ExpatError, _RefusedError):
        parser.Parse(_decode(packet).encode(), True)
    return {name: tuple(values) for name, values in reader.values.items()}


def _decode(packet: bytes) -> str:
    """The packet's text, in which characters that XML forbids are spaces. Its own declaration is not used."""
    encoding = next((encoding for start, encoding in _ENCODINGS if packet.startswith(start)), "utf-8")
    text = packet.decode(encoding, "replace").strip("\ufeff\0 \t\r\n")
    return _ILLEGAL.sub(" ", _DECLARATION.sub("", text, count=1)).lstrip()


class _Reader:
    """Handlers of expat's events. A property is read in three forms: attribute, element, and array of elements."""

    def __init__(self) -> None:
        self.values: dict[str, list[str]] = {}
        self._path: list[str] = []
        self._name: str | None = None
        self._level = 0
        self._text = ""
        self._is_default = False

    def refuse(self, *_declaration: object) -> None:
        raise _RefusedError

    def start(self, element: str, attributes: Mapping[str, str]) -> None:
        if len(self._path) >= MAX_DEPTH:
            raise _RefusedError
        names = _DEEP
        if self._path[-2:] == [_ROOT, _DESCRIPTION]:
            names = _TOP
        elif self._path[-1:] == [_ROOT] and element == _DESCRIPTION:
            self._add_all(_TOP, attributes)
        if self._name is None and element in names:
            self._name, self._level = names[element], len(self._path)
        self._add_all(_DEEP, attributes)
        self._is_default = attributes.get(_LANGUAGE) == "x-default"
        self._text = ""
        self._path.append(element)

    def end(self, element: str) -> None:
        self._path.pop()
        is_end = self._name is not None and len(self._path) == self._level
        if self._name is not None and (is_end or element in (_ITEM, _VALUE)):
            self._add(self._name, self._text)
        if is_end:
            self._name = None
        self._text = ""

    def append(self, text: str) -> None:
        if self._name is not None and len(self._text) < MAX_VALUE_CHARS:
            self._text += text

    def _add_all(self, names: Mapping[str, str], attributes: Mapping[str, str]) -> None:
        for attribute, value in attributes.items():
            if attribute in names:
                self._add(names[attribute], value)

    def _add(self, name: str, text: str) -> None:
        value, values = text.strip()[:MAX_VALUE_CHARS], self.values.setdefault(name, [])
        if value and len(values) < MAX_VALUES:
            values.insert(0 if self._is_default else len(values), value)
