"""Capture metadata is taken from the first source that has it: EXIF, XMP, IPTC, the texts of a PNG, GPS."""

import io
import struct
from typing import Any

import pytest

from photosky.details import CaptureSettings, Embedded
from photosky.imaging.capture import Capture, read_capture
from photosky.imaging.headers.reading import Metadata
from photosky.imaging.metadata import read_metadata
from photosky.location import Location
from tests.embedded import MAKE, ORIGINAL, exif, iptc_block, xmp_packet, xmp_properties
from tests.pictures import encoded

ALL_TIMES = Metadata(
    exif=exif(details={ORIGINAL: "2001:01:01 00:00:00"}, gps={7: (5.0, 0.0, 0.0), 29: "2005:05:05"}),
    xmp=xmp_properties(exif_DateTimeOriginal="2002-02-02T00:00:00"),
    iptc=iptc_block((2, 55, b"20030303"), (2, 60, b"000000")),
    texts={"Creation Time": "4 Apr 2004 00:00:00 GMT"},
)
GPS_ONLY = exif(gps={7: (5.0, 0.0, 0.0), 29: "2005:05:05"})


@pytest.mark.parametrize(
    ("without", "taken_at", "source"),
    [
        ({}, "2001-01-01T00:00:00", "exif"),
        ({"exif": GPS_ONLY}, "2002-02-02T00:00:00", "xmp"),
        ({"exif": GPS_ONLY, "xmp": b""}, "2003-03-03T00:00:00", "iptc"),
        ({"exif": GPS_ONLY, "xmp": b"", "iptc": b""}, "2004-04-04T00:00:00Z", "png"),
        ({"exif": GPS_ONLY, "xmp": b"", "iptc": b"", "texts": {}}, "2005-05-05T05:00:00Z", "gps"),
        ({"exif": b"", "xmp": b"", "iptc": b"", "texts": {}}, None, None),
    ],
)
def test_time_is_from_the_first_source_that_has_one(
    without: dict[str, Any], taken_at: str | None, source: str | None
) -> None:
    capture = read_capture(ALL_TIMES._replace(**without))
    assert (capture.taken_at, capture.taken_at_source) == (taken_at, source)


@pytest.mark.parametrize(
    ("properties", "taken_at"),
    [
        (
            {
                "exif_DateTimeOriginal": "2016-01-28T12:21:20.50+01:00",
                "photoshop_DateCreated": "2015-01-01",
                "xmp_CreateDate": "2021-01-01",
            },
            "2016-01-28T12:21:20+01:00",
        ),
        ({"photoshop_DateCreated": "2015-01-01T07:30", "xmp_CreateDate": "2021-01-01"}, "2015-01-01T07:30:00"),
        ({"exif_DateTimeOriginal": "0000:00:00 00:00:00", "xmp_CreateDate": "2021-01-01"}, "2021-01-01T00:00:00"),
        ({"exif_DateTimeDigitized": "2014-01-01T00:00:01Z", "xmp_CreateDate": "2021-01-01"}, "2014-01-01T00:00:01Z"),
        ({"xmp_ModifyDate": "2021-01-01", "photoshop_DateCreated": "2015"}, None),
    ],
)
def test_time_of_the_original_counts_first_in_xmp(properties: dict[str, str], taken_at: str | None) -> None:
    assert read_capture(Metadata(xmp=xmp_properties(**properties))).taken_at == taken_at


@pytest.mark.parametrize(
    ("data_sets", "taken_at"),
    [
        (((2, 55, b"20070218"), (2, 60, b"101112+0100")), "2007-02-18T10:11:12+01:00"),
        (((2, 55, b"20070218"), (2, 60, b"101112")), "2007-02-18T10:11:12"),
        (((2, 55, b"20070218"), (2, 60, b"101112-0330")), "2007-02-18T10:11:12-03:30"),
        (((2, 55, b"20070218"),), "2007-02-18T00:00:00"),
        (((2, 55, b"2007-02-18"), (2, 60, b"10:11:12")), "2007-02-18T10:11:12"),
        (((2, 62, b"20080101"), (2, 63, b"101112+0000")), "2008-01-01T10:11:12+00:00"),
        (((2, 55, b"00000000"), (2, 60, b"101112")), None),
        (((2, 60, b"101112"),), None),
    ],
)
def test_time_of_iptc_is_date_and_time(data_sets: tuple[tuple[int, int, bytes], ...], taken_at: str | None) -> None:
    assert read_capture(Metadata(iptc=iptc_block(*data_sets))).taken_at == taken_at


@pytest.mark.parametrize(
    ("gps", "taken_at"),
    [
        ({7: (10.0, 36.0, 13.5), 29: "2020:02:13"}, "2020-02-13T10:36:13Z"),
        ({7: (10.0, 36.0, 13.0)}, None),
        ({29: "2020:02:13"}, None),
        ({7: (99.0, 36.0, 13.0), 29: "2020:02:13"}, None),
    ],
)
def test_time_of_gps_needs_date_and_time(gps: dict[int, Any], taken_at: str | None) -> None:
    assert read_capture(Metadata(exif=exif(gps=gps))).taken_at == taken_at


@pytest.mark.parametrize("keyword", ["Raw profile type exif", "Raw profile type APP1"])
@pytest.mark.parametrize("prefix", [b"", b"Exif\0\0"])
def test_exif_in_a_text_of_a_png_is_read(keyword: str, prefix: bytes) -> None:
    block = prefix + exif(details={ORIGINAL: "2024:07:14 18:03:59"}).removeprefix(b"Exif\0\0")
    digits = block.hex()
    rows = "\n".join(digits[start : start + 72] for start in range(0, len(digits), 72))
    text = f"\nexif\n{len(block):8}\n{rows}\n"
    expected = Capture(taken_at="2024-07-14T18:03:59", taken_at_source="exif")
    assert read_capture(Metadata(texts={keyword: text})) == expected
    chunk = Metadata(exif=exif({MAKE: "A"}), texts={keyword: text})
    assert read_capture(chunk) == Capture(camera="A"), "the eXIf chunk counts first"


@pytest.mark.parametrize(
    "text", ["", "exif", "\nexif\n4\nzz", "\nexif\n99\n00", "\nexif\n99999999\n00", "\nexif\n2\n0"]
)
def test_damaged_texts_of_a_png_are_omitted(text: str) -> None:
    assert read_capture(Metadata(texts={"Raw profile type exif": text, "Creation Time": text})) == Capture()


def raw_text(name: str, data: bytes) -> dict[str, str]:
    """A text of ImageMagick with metadata in hex."""
    return {f"Raw profile type {name}": f"\n{name}\n{len(data):8}\n{data.hex()}\n"}


def test_xmp_and_iptc_in_texts_of_a_png_are_read() -> None:
    block = iptc_block((2, 5, b"Moon"))
    resources = b"8BIM" + struct.pack(">HHL", 0x0404, 0, len(block)) + block
    for data in (block, resources):
        assert read_capture(Metadata(texts=raw_text("iptc", data))) == Capture(embedded=Embedded(title="Moon"))
    texts = raw_text("xmp", xmp_properties(xmp_Rating="5"))
    assert read_capture(Metadata(texts=texts)) == Capture(embedded=Embedded(rating=5))


@pytest.mark.parametrize("ending", [b"", b"\0", b"\0;"])
def test_xmp_of_a_gif_is_read(ending: bytes) -> None:
    packet, trailer = xmp_properties(xmp_Rating="5"), b"\x01" + bytes(range(255, -1, -1))
    gif = encoded("gif", size=(8, 6))
    extended = gif[:-1] + b"!\xff\x0bXMP DataXMP" + packet + trailer + ending
    assert read_metadata(io.BytesIO(extended), "gif") == Metadata(xmp=packet)
    assert read_metadata(io.BytesIO(extended[: -len(trailer + ending)]), "gif") == Metadata()
    assert read_metadata(io.BytesIO(gif), "gif") == Metadata()


def test_xmp_completes_exif() -> None:
    packet = xmp_properties(
        tiff_Make="Example",
        tiff_Model="One",
        aux_Lens="Lens",
        exif_ExposureTime="1/250",
        exif_FNumber="56/10",
        exif_FocalLength="33",
        exifEX_PhotographicSensitivity="400",
        exif_GPSLatitude="52,30.5S",
        exif_GPSLongitude="13,24,0W",
        exif_GPSAltitude="125/10",
        exif_GPSAltitudeRef="1",
    )
    settings = CaptureSettings(lens="Lens", exposure_seconds=0.004, f_number=5.6, iso=400, focal_length_mm=33.0)
    location = Location(-52.508333, -13.4, -12.5)
    assert read_capture(Metadata(xmp=packet)) == Capture(camera="Example One", location=location, settings=settings)
    block = exif({MAKE: "Other"}, {0x8827: 100}, {1: "N", 2: (1.0, 0.0, 0.0), 3: "E", 4: (1.0, 0.0, 0.0)})
    assert read_capture(Metadata(exif=block, xmp=packet)) == Capture(
        camera="Other", location=Location(1.0, 1.0), settings=settings._replace(iso=100)
    )


@pytest.mark.parametrize(
    "properties",
    [
        {"exif_GPSLatitude": "52,30.5N"},
        {"exif_GPSLatitude": "0,0N", "exif_GPSLongitude": "0,0E"},
        {"exif_GPSLatitude": "95,0N", "exif_GPSLongitude": "1,0E"},
        {"exif_GPSLatitude": "52,30N", "exif_GPSLongitude": "13,24E", "exif_GPSStatus": "V"},
    ],
)
def test_invalid_places_of_xmp_are_omitted(properties: dict[str, str]) -> None:
    assert read_capture(Metadata(xmp=xmp_properties(**properties))) == Capture()


DESCRIBED = xmp_packet(
    "<rdf:Description xmp:Rating='4'><dc:title>A  title&#10;</dc:title><dc:description>One\r\nTwo</dc:description>"
    "<dc:subject><rdf:Bag><rdf:li>sea</rdf:li><rdf:li> </rdf:li><rdf:li>sea</rdf:li><rdf:li>a\tb</rdf:li></rdf:Bag>"
    "</dc:subject></rdf:Description>"
)


def test_texts_of_xmp_count_before_those_of_iptc() -> None:
    iptc = iptc_block((2, 5, b"Title"), (2, 120, b"Caption"), (2, 25, b"lake"), (2, 25, b"lake"))
    from_xmp = Embedded(title="A title", description="One\nTwo", keywords=("sea", "a b"), rating=4)
    assert read_capture(Metadata(xmp=DESCRIBED, iptc=iptc)) == Capture(embedded=from_xmp)
    from_iptc = Embedded(title="Title", description="Caption", keywords=("lake",))
    assert read_capture(Metadata(iptc=iptc)) == Capture(embedded=from_iptc)


def test_embedded_texts_have_the_bounds_of_the_owners() -> None:
    items = "".join(f"<rdf:li>{number}{'k' * 100}</rdf:li>" for number in range(60))
    packet = xmp_packet(
        f"<rdf:Description><dc:title>{'t' * 900}</dc:title><dc:description>{'d' * 9000}</dc:description>"
        f"<dc:subject><rdf:Bag>{items}</rdf:Bag></dc:subject></rdf:Description>"
    )
    embedded = read_capture(Metadata(xmp=packet)).embedded
    assert embedded == Embedded(
        title="t" * 200, description="d" * 5000, keywords=tuple(f"{n}{'k' * 100}"[:50] for n in range(50))
    )
    assert embedded.is_valid()


@pytest.mark.parametrize(
    ("rating", "read"), [("5", 5), ("1.0", 1), ("-1", -1), ("0", None), ("6", None), ("3.5", None), ("four", None)]
)
def test_rating_is_one_to_five_or_rejected(rating: str, read: int | None) -> None:
    embedded = read_capture(Metadata(xmp=xmp_properties(xmp_Rating=rating))).embedded
    assert embedded == (None if read is None else Embedded(rating=read))
