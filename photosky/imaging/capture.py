"""Capture metadata: what EXIF, XMP, IPTC and the texts of a PNG state, each value from the first source that has it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from photosky.details import UNKNOWN_SETTINGS, CaptureSettings, Embedded, TakenAtSource
from photosky.imaging.exif import read_exif
from photosky.imaging.headers.jpeg_metadata import iptc_of_resources
from photosky.imaging.headers.reading import MAX_METADATA_BYTES, Metadata
from photosky.imaging.iptc import read_iptc
from photosky.imaging.statements import Statement, of_iptc, of_xmp
from photosky.imaging.times import parse_time
from photosky.imaging.xmp import read_xmp
from photosky.location import Location

_CREATION_TIME: Final = "Creation Time"  # PNG, third edition, section 11.3.3.2
# ImageMagick's texts for metadata that PNG has no chunk for, or had none: a name, the size in bytes, the bytes in hex.
_RAW_EXIF: Final = ("Raw profile type exif", "Raw profile type APP1")
_RAW_XMP: Final = ("Raw profile type xmp",)
_RAW_IPTC: Final = ("Raw profile type iptc",)
_RAW_PROFILE: Final = re.compile(r"\s*[\w ]{1,32}\n\s*(\d{1,8})\n([0-9a-f\s]*)", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Capture:
    """Capture metadata; a field is None if its value is missing or invalid in every source.

    Attributes:
        taken_at: ISO 8601 in the camera's local time, with the UTC offset if it is known.
        taken_at_source: Where `taken_at` is from.
        camera: Make and model.
        location: Location of the camera.
        settings: How the camera took the picture.
        embedded: Texts and rating by an editor.
    """

    taken_at: str | None = None
    taken_at_source: TakenAtSource | None = None
    camera: str | None = None
    location: Location | None = None
    settings: CaptureSettings = UNKNOWN_SETTINGS
    embedded: Embedded | None = None


def read_capture(metadata: Metadata) -> Capture:
    """Read the embedded metadata of a file. Never raises; invalid values are omitted."""
    texts = metadata.texts
    exif = read_exif(metadata.exif or _raw_profile(texts, _RAW_EXIF))
    xmp = of_xmp(read_xmp(metadata.xmp or _raw_profile(texts, _RAW_XMP)))
    iptc = of_iptc(read_iptc(metadata.iptc or _raw_iptc(texts)))
    taken_at, source = next(_times(exif, xmp, iptc, texts), (None, None))
    sources = (exif, xmp, iptc)
    embedded = Embedded(
        title=_first(sources, "title"),
        description=_first(sources, "description"),
        keywords=_first(sources, "keywords") or (),
        rating=_first(sources, "rating"),
    )
    return Capture(
        taken_at=taken_at,
        taken_at_source=source,
        camera=_first(sources, "camera"),
        location=_first(sources, "location"),
        settings=CaptureSettings(
            lens=_first(sources, "lens"),
            exposure_seconds=_first(sources, "exposure_seconds"),
            f_number=_first(sources, "f_number"),
            iso=_first(sources, "iso"),
            focal_length_mm=_first(sources, "focal_length_mm"),
        ),
        embedded=None if embedded == Embedded() else embedded,
    )


def _times(
    exif: Statement, xmp: Statement, iptc: Statement, texts: Mapping[str, str]
) -> Iterator[tuple[str, TakenAtSource]]:
    """The times of the picture and their sources, the most reliable first."""
    candidates: tuple[tuple[str | None, TakenAtSource], ...] = (
        (exif.taken_at, "exif"),
        (xmp.taken_at, "xmp"),
        (iptc.taken_at, "iptc"),
        (parse_time(texts.get(_CREATION_TIME, "")), "png"),
        (exif.gps_time or xmp.gps_time, "gps"),
    )
    return ((taken_at, source) for taken_at, source in candidates if taken_at)


def _first(sources: Sequence[Statement], name: str) -> Any:
    return next(filter(None, (getattr(source, name) for source in sources)), None)


def _raw_iptc(texts: Mapping[str, str]) -> bytes:
    """The IPTC block in a text of ImageMagick, which has it among Photoshop's image resources."""
    profile = _raw_profile(texts, _RAW_IPTC)
    return iptc_of_resources(profile) or profile


def _raw_profile(texts: Mapping[str, str], keywords: Sequence[str]) -> bytes:
    """The bytes in a text of ImageMagick; empty if there is none or if it is cut."""
    text = next((texts[keyword] for keyword in keywords if keyword in texts), "")
    found = _RAW_PROFILE.match(text)
    if found is None:
        return b""
    digits = "".join(found[2].split())
    size = int(found[1])
    return bytes.fromhex(digits[: 2 * size]) if 0 < size <= min(len(digits) // 2, MAX_METADATA_BYTES) else b""
