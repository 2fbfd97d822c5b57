"""The pictures of a smoke test: one small picture per format, and one that is damaged."""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import pillow_heif
from PIL import ExifTags, Image

from photosky.imaging.media_types import CONTENT_TYPES
from photosky.location import Location

TAKEN_AT: Final = "2024-05-17T10:11:12+02:00"
CAMERA: Final = "PhotoSky Smoke"
LOCATION: Final = Location(latitude=54.905, longitude=8.315, altitude_m=12.0)
ISO: Final = 50

_LARGE: Final = (1400, 1050)
"""Larger than the presets `thumb`, `small` and `medium`, and smaller than `large`."""

_SMALL: Final = (320, 240)
_TURNED: Final = 6
"""Shown turned by 90 degrees clockwise (TIFF 6.0, section 8, "Orientation")."""


@dataclass(frozen=True)
class Picture:
    """A file, and what the API should show of it."""

    format: str
    data: bytes
    width: int
    height: int
    expected: Mapping[str, Any]
    """Fields of the photo, except the location."""
    location: Location | None = None

    @property
    def filename(self) -> str:
        """The name of the file."""
        return f"smoke.{self.format}"


def picture(format_: str) -> Picture:
    """Draw the picture of a format. The JPEG is a photograph with EXIF; the others have pixels only."""
    if format_ == "jpeg":
        return _photograph()
    image = _drawn(_SMALL, seed=list(CONTENT_TYPES).index(format_))
    return Picture(format_, _encoded(image, format_), *_SMALL, expected={"taken_at": None, "camera": None})


def damaged() -> bytes:
    """Return the first half of a JPEG."""
    data = _encoded(_drawn(_SMALL, seed=0), "jpeg")
    return data[: len(data) // 2]


def _photograph() -> Picture:
    exif = Image.Exif()
    exif[ExifTags.Base.Make], exif[ExifTags.Base.Model] = CAMERA.split()
    exif[ExifTags.Base.Orientation] = _TURNED
    exif.get_ifd(ExifTags.IFD.Exif).update(
        {
            ExifTags.Base.DateTimeOriginal: TAKEN_AT[:19].replace("-", ":").replace("T", " "),
            ExifTags.Base.OffsetTimeOriginal: TAKEN_AT[19:],
            ExifTags.Base.ISOSpeedRatings: ISO,
        }
    )
    exif.get_ifd(ExifTags.IFD.GPSInfo).update(
        {
            ExifTags.GPS.GPSLatitudeRef: "N",
            ExifTags.GPS.GPSLatitude: (54.0, 54.0, 18.0),
            ExifTags.GPS.GPSLongitudeRef: "E",
            ExifTags.GPS.GPSLongitude: (8.0, 18.0, 54.0),
            ExifTags.GPS.GPSAltitudeRef: b"\0",
            ExifTags.GPS.GPSAltitude: LOCATION.altitude_m,
        }
    )
    expected = {"taken_at": TAKEN_AT, "taken_at_source": "exif", "camera": CAMERA}
    data = _encoded(_drawn(_LARGE, seed=0), "jpeg", exif=exif.tobytes())
    return Picture("jpeg", data, _LARGE[1], _LARGE[0], expected, LOCATION)


def _drawn(size: tuple[int, int], seed: int) -> Image.Image:
    ramp = Image.linear_gradient("L")
    turns = (Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_180, Image.Transpose.FLIP_TOP_BOTTOM)
    bands = [ramp.transpose(turn).resize(size).point(lambda level: (level + 20 * seed) % 256) for turn in turns]
    return Image.merge("RGB", bands)


def _encoded(image: Image.Image, format_: str, **options: Any) -> bytes:
    output = io.BytesIO()
    if format_ == "heic":
        pillow_heif.from_pillow(image).save(output, quality=60)
    else:
        image.save(output, format_.upper(), **options)
    return output.getvalue()
