"""The properties of a stored picture are those of its file, not of its previews."""

import io
import struct

import pytest
from PIL import Image, ImageCms

from photosky.details import ColourSpace, ImageProperties
from photosky.imaging.headers.mpf import further_images
from photosky.imaging.profiles import profile_space
from tests.embedded import jpeg_segment, with_segments, xmp_packet, xmp_properties, xmp_segment
from tests.heifs import HeifItem, auxc, coded_item, heif
from tests.pictures import ORIENTABLE_FORMATS, PictureFormat, animation, encoded, photograph, png_chunk
from tests.profiles import cmyk_profile, grey_profile, rgb_profile
from tests.unit.imaging.previews import SMALL, render_presets

PLAIN = ImageProperties(orientation=1, colour_space="srgb", frame_count=1, has_gain_map=False, is_motion_photo=False)
JPEG = encoded("jpeg", size=(64, 48))
VIDEO = b"\0\0\0\x18ftypmp42" + bytes(16)
HDRGM = xmp_segment(xmp_properties(hdrgm_Version="1.0"))
ISO_GAIN_MAP = jpeg_segment(0xE2, b"urn:iso:std:iso:ts:21496:-1\0" + bytes(4))


def properties(data: bytes) -> ImageProperties:
    return render_presets(data, SMALL).image


def with_further(primary: bytes, further: bytes, order: str = "<") -> bytes:
    """A JPEG with an MPF index and a second JPEG behind it."""
    index = {"<": b"II*\0", ">": b"MM\0*"}[order] + struct.pack(f"{order}L", 8)
    body = struct.pack(f"{order}HHHLLL", 1, 0xB002, 7, 32, 26, 0)
    size = len(primary) + 4 + 4 + len(index) + len(body) + 32
    # Offsets count from the index's own header, 10 bytes behind the start of the file.
    entries = struct.pack(f"{order}LLLHHLLLHH", 0x030000, size, 0, 0, 0, 0, len(further), size - 10, 0, 0)
    return with_segments(primary, jpeg_segment(0xE2, b"MPF\0" + index + body + entries)) + further


@pytest.mark.parametrize("picture_format", ["jpeg", "png", "webp", "gif", "tiff", "avif", "heic"])
def test_plain_picture_has_plain_properties(picture_format: PictureFormat) -> None:
    assert properties(encoded(picture_format, size=(64, 48))) == PLAIN


@pytest.mark.parametrize("picture_format", ORIENTABLE_FORMATS)
@pytest.mark.parametrize("orientation", [3, 6])
def test_orientation_is_as_stored(picture_format: PictureFormat, orientation: int) -> None:
    assert properties(encoded(picture_format, orientation, size=(64, 48))).orientation == orientation


def test_orientation_behind_the_pixels_of_a_png_is_read() -> None:
    exif = Image.Exif()
    exif[274] = 8
    data = encoded("png", size=(64, 48))
    end = data.index(b"IEND") - 4
    late = data[:end] + png_chunk(b"eXIf", exif.tobytes().removeprefix(b"Exif\0\0")) + data[end:]
    assert properties(late).orientation == 8


@pytest.mark.parametrize("picture_format", ["gif", "webp", "png"])
def test_frames_are_counted(picture_format: PictureFormat) -> None:
    data = animation(picture_format, 3, (64, 48))  # type: ignore[arg-type]
    assert properties(data).frame_count == 3


SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


@pytest.mark.parametrize(
    ("mode", "profile", "space"),
    [
        ("RGB", None, "srgb"),
        ("L", None, "srgb"),
        ("RGB", SRGB, "srgb"),
        ("RGB", rgb_profile("sRGB"), "srgb"),
        ("RGB", rgb_profile("Display P3"), "display-p3"),
        ("RGB", rgb_profile("Adobe RGB"), "adobe-rgb"),
        ("RGB", rgb_profile("ProPhoto"), "other"),
        ("L", grey_profile(), "other"),
        ("CMYK", None, "other"),
        ("CMYK", cmyk_profile(), "other"),
    ],
)
def test_colour_space_is_that_of_the_profile(mode: str, profile: bytes | None, space: ColourSpace) -> None:
    assert properties(encoded("jpeg", mode=mode, profile=profile, size=(64, 48))).colour_space == space


@pytest.mark.parametrize(
    ("cicp", "space"),
    [
        ((1, 13), "srgb"),
        ((12, 13), "display-p3"),
        ((9, 16), "hdr"),
        ((9, 18), "hdr"),
        ((9, 13), "other"),
    ],
)
def test_colour_space_is_that_of_the_code_points(cicp: tuple[int, int], space: ColourSpace) -> None:
    data = encoded("png", size=(64, 48), profile=rgb_profile("Adobe RGB"))
    assert properties(data[:33] + png_chunk(b"cICP", bytes((*cicp, 0, 1))) + data[33:]).colour_space == space


def test_profile_with_hdr_code_points_is_hdr() -> None:
    profile = bytearray(rgb_profile("Display P3"))
    (count,) = struct.unpack_from(">L", profile, 128)
    (start,) = (profile.index(b"rTRC"),)
    profile[start : start + 12] = struct.pack(">4sLL", b"cicp", len(profile), 12)
    assert count > 3
    assert profile_space(bytes(profile) + b"cicp\0\0\0\0" + bytes((9, 16, 0, 1))) == "hdr"


@pytest.mark.parametrize("profile", [b"", b"\xff" * 200, rgb_profile("sRGB")[:140], rgb_profile("sRGB", 1.0)])
def test_damaged_and_linear_profiles_are_other(profile: bytes) -> None:
    assert profile_space(profile) == "other"


CONTAINER = xmp_packet(
    "<rdf:Description><Container:Directory><rdf:Seq><rdf:li rdf:parseType='Resource'>"
    "<Container:Item Item:Semantic='Primary'/></rdf:li><rdf:li rdf:parseType='Resource'>"
    "<Container:Item Item:Semantic='GainMap'/></rdf:li></rdf:Seq></Container:Directory></rdf:Description>"
)
APPLE = xmp_packet("<rdf:Description xmlns:h='http://ns.apple.com/HDRGainMap/1.0/' h:HDRGainMapVersion='65536'/>")


@pytest.mark.parametrize(
    ("data", "has_gain_map"),
    [
        (with_segments(JPEG, HDRGM), True),
        (with_segments(JPEG, xmp_segment(CONTAINER)), True),
        (with_segments(JPEG, ISO_GAIN_MAP), True),
        (with_further(JPEG, with_segments(JPEG, HDRGM)), True),
        (with_further(JPEG, with_segments(JPEG, HDRGM), ">"), True),
        (with_further(JPEG, with_segments(JPEG, ISO_GAIN_MAP)), True),
        (with_further(JPEG, with_segments(JPEG, xmp_segment(APPLE))), True),
        (with_further(JPEG, JPEG), False),
        (with_further(JPEG, b""), False),
        (JPEG + with_segments(JPEG, HDRGM), False),
    ],
)
def test_gain_map_of_a_jpeg_is_found(data: bytes, has_gain_map: bool) -> None:
    assert properties(data).has_gain_map is has_gain_map


@pytest.mark.parametrize(
    ("item", "has_gain_map"),
    [
        (
            HeifItem(b"", references=[(b"auxl", [1])], properties=[auxc(b"urn:com:apple:photo:2020:aux:hdrgainmap")]),
            True,
        ),
        (HeifItem(b"tmap", references=[(b"dimg", [1])]), True),
        (
            HeifItem(b"", references=[(b"auxl", [1])], properties=[auxc(b"urn:com:apple:photo:2018:aux:portrait")]),
            False,
        ),
    ],
)
@pytest.mark.parametrize("picture_format", ["heic", "avif"])
def test_gain_map_of_a_heif_is_found(picture_format: PictureFormat, item: HeifItem, has_gain_map: bool) -> None:
    source = encoded(picture_format, size=(64, 48))
    primary = coded_item(source)
    grey = coded_item(encoded(picture_format, mode="L", size=(64, 48)))
    further = HeifItem(item.kind or grey.kind, grey.data, [*grey.properties, *item.properties], item.references)
    assert properties(heif(source, {1: primary, 2: further})).has_gain_map is has_gain_map


@pytest.mark.parametrize("cut", [10, 14, 24, 40, 60])
def test_damaged_index_has_no_images(cut: int) -> None:
    data = with_further(JPEG, with_segments(JPEG, HDRGM))
    assert further_images(io.BytesIO(data[:cut])) == []
    assert properties(data[:6] + b"\xff" * (cut - 6) + data[cut:]).has_gain_map in (True, False)


@pytest.mark.parametrize(
    ("data", "is_motion_photo"),
    [
        (with_segments(JPEG, xmp_segment(xmp_properties(GCamera_MotionPhoto="1"))), True),
        (with_segments(JPEG, xmp_segment(xmp_properties(GCamera_MicroVideo="1"))), True),
        (with_segments(JPEG, xmp_segment(xmp_properties(GCamera_MotionPhoto="0"))), False),
        (JPEG + b"MotionPhoto_Data" + VIDEO, True),
        (JPEG + b"MotionPhoto_Data", False),
        (JPEG + VIDEO, False),
    ],
)
def test_motion_photo_is_found(data: bytes, is_motion_photo: bool) -> None:
    assert properties(data).is_motion_photo is is_motion_photo


@pytest.mark.parametrize("picture_format", ["heic", "avif"])
def test_video_box_of_a_heif_is_found(picture_format: PictureFormat) -> None:
    data = encoded(picture_format, size=(64, 48)) + struct.pack(">L4s", 8 + len(VIDEO), b"mpvd") + VIDEO
    assert properties(data) == ImageProperties(**{**PLAIN._asdict(), "is_motion_photo": True})


def test_views_of_a_multi_picture_jpeg_are_no_gain_map() -> None:
    output = io.BytesIO()
    photograph(64, 48).save(output, "MPO", save_all=True, append_images=[photograph(64, 48, 2)])
    assert len(further_images(io.BytesIO(output.getvalue()))) == 1
    assert properties(output.getvalue()) == PLAIN
