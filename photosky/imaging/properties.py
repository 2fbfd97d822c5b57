"""Properties of a stored picture: orientation, colour space, frames, gain map and motion video."""

import io
import re
from collections.abc import Mapping
from typing import Final

from photosky.details import ColourSpace, ImageProperties
from photosky.imaging.headers import png
from photosky.imaging.headers.exif import exif_orientation
from photosky.imaging.headers.heif import metadata as heif_metadata
from photosky.imaging.headers.heif.boxes import has_box
from photosky.imaging.headers.heif.layout import read_cicp as read_heif_cicp
from photosky.imaging.headers.jpeg import segments
from photosky.imaging.headers.mpf import further_images
from photosky.imaging.headers.reading import HeaderError, Metadata, read_up_to
from photosky.imaging.inspection import Header
from photosky.imaging.profiles import profile_space
from photosky.imaging.xmp import read_xmp

_PROFILED_MODES: Final = ("L", "LA", "RGB", "RGBA")

# ITU-T H.273, tables 2 and 3.
_PRIMARIES: Final[Mapping[int, ColourSpace]] = {1: "srgb", 11: "display-p3", 12: "display-p3"}
_PQ, _HLG = 16, 18

_APP1, _APP2 = 0xE1, 0xE2
_GAIN_MAP_MARKS: Final = {
    _APP1: (b"http://ns.adobe.com/hdr-gain-map/1.0/", b"http://ns.apple.com/HDRGainMap/1.0/", b":aux:hdrgainmap"),
    _APP2: (b"urn:iso:std:iso:ts:21496:-1\0",),
}
"""By the segment's marker, what only a gain map has in it: XMP of Adobe and Apple, and ISO 21496-1, annex C."""
_FURTHER_HEADER_BYTES: Final = 128 * 1024

# Samsung writes the video behind the picture, after this name.
_SAMSUNG_VIDEO: Final = re.compile(rb"MotionPhoto_Data.{4}ftyp", re.DOTALL)
_MOTION_VIDEO_BOX: Final = b"mpvd"  # Android's motion photo format 1.0, for HEIC


def read_properties(data: bytes, header: Header, metadata: Metadata, mode: str) -> ImageProperties:
    """Read the properties of a picture that was decoded to a mode of Pillow. Never raises."""
    xmp = read_xmp(metadata.xmp)
    return ImageProperties(
        orientation=_orientation(header, metadata),
        colour_space=_colour_space(data, header.format, metadata.icc_profile, mode),
        frame_count=header.frame_count,
        has_gain_map=_has_gain_map(data, header.format, xmp),
        is_motion_photo=_is_motion_photo(data, header.format, xmp),
    )


def _orientation(header: Header, metadata: Metadata) -> int:
    # An eXIf chunk after the image data of a PNG is not in its header.
    return exif_orientation(metadata.exif) if header.format == "png" else header.orientation


def _colour_space(data: bytes, format_name: str, icc_profile: bytes, mode: str) -> ColourSpace:
    """The colour space that the preview is converted from, by the same precedence as in the decoder."""
    if mode not in _PROFILED_MODES:
        return "other"
    cicp = _cicp(data, format_name, has_profile=bool(icc_profile))
    if cicp is None:
        return profile_space(icc_profile) if icc_profile else "srgb"
    primaries, transfer = cicp
    return "hdr" if transfer in (_PQ, _HLG) else _PRIMARIES.get(primaries, "other")


def _cicp(data: bytes, format_name: str, *, has_profile: bool) -> tuple[int, int] | None:
    try:
        if format_name == "png":
            return png.read_cicp(io.BytesIO(data))
        if format_name in ("avif", "heic") and not has_profile:
            return read_heif_cicp(io.BytesIO(data))
    except HeaderError:
        pass
    return None


def _has_gain_map(data: bytes, format_name: str, xmp: Mapping[str, tuple[str, ...]]) -> bool:
    if {"hdrgm:Version", "HDRGainMap:HDRGainMapVersion"} & xmp.keys() or "GainMap" in xmp.get("Item:Semantic", ()):
        return True
    if format_name == "jpeg":
        images = (data[offset : offset + _FURTHER_HEADER_BYTES] for offset in further_images(io.BytesIO(data)))
        return _marks_gain_map(data, (_APP2,)) or any(_marks_gain_map(image, (_APP1, _APP2)) for image in images)
    return format_name in ("avif", "heic") and heif_metadata.has_gain_map(io.BytesIO(data))


def _marks_gain_map(image: bytes, markers: tuple[int, ...]) -> bool:
    """Whether a segment of a JPEG with one of these markers shows a gain map."""
    source = io.BytesIO(image)
    try:
        for segment in segments(source):
            if segment.marker in markers:
                body = read_up_to(source, segment.offset, segment.size)
                if any(mark in body for mark in _GAIN_MAP_MARKS[segment.marker]):
                    return True
    except HeaderError:
        pass
    return False


def _is_motion_photo(data: bytes, format_name: str, xmp: Mapping[str, tuple[str, ...]]) -> bool:
    if any(xmp.get(name, ("0",))[0] == "1" for name in ("GCamera:MotionPhoto", "GCamera:MicroVideo")):
        return True
    if format_name == "jpeg":
        return _SAMSUNG_VIDEO.search(data) is not None
    return format_name in ("avif", "heic") and has_box(io.BytesIO(data), _MOTION_VIDEO_BOX)
