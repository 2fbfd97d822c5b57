"""What a picture says about itself: the camera's settings, its own properties, and texts that an editor embedded."""

import math
import re
from typing import Final, Literal, NamedTuple, get_args

MAX_TITLE_CHARACTERS: Final = 200
MAX_DESCRIPTION_CHARACTERS: Final = 5000
MAX_TAGS: Final = 50
MAX_TAG_CHARACTERS: Final = 50
MAX_NAME_CHARACTERS: Final = 128
"""Of a camera and of a lens."""

CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
CONTROL_EXCEPT_WHITESPACE: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
SURROGATE: Final = re.compile(r"[\ud800-\udfff]")

TakenAtSource = Literal["exif", "xmp", "iptc", "png", "gps"]
ColourSpace = Literal["srgb", "display-p3", "adobe-rgb", "hdr", "other"]


class CaptureSettings(NamedTuple):
    """How the camera took the picture; a value is None if it is unknown.

    Attributes:
        lens: Model of the lens.
        f_number: Focal length divided by the aperture's diameter.
        iso: ISO sensitivity.
        focal_length_mm: The actual focal length, not its 35 mm equivalent.
    """

    lens: str | None = None
    exposure_seconds: float | None = None
    f_number: float | None = None
    iso: int | None = None
    focal_length_mm: float | None = None

    def is_valid(self) -> bool:
        """Whether the numbers are positive and finite, and the text is within its bounds."""
        numbers = (self.exposure_seconds, self.f_number, self.iso, self.focal_length_mm)
        return _is_text(self.lens, MAX_NAME_CHARACTERS, CONTROL) and all(
            number is None or (math.isfinite(number) and number > 0) for number in numbers
        )


class ImageProperties(NamedTuple):
    """Properties of the stored picture; all are None for photos of versions that did not read them.

    Attributes:
        orientation: As stored, 1 to 8 as in EXIF (CIPA DC-008, section 4.6.5); 1 if the file has none. Previews, width
            and height are upright already.
        colour_space: Of the pixels; `srgb` also for RGB and grey without a profile, as browsers show them.
        frame_count: 1 for a still image.
        has_gain_map: Whether the file has a gain map for HDR displays, which previews do not use.
        is_motion_photo: Whether the file has a short video besides the picture.
    """

    orientation: int | None = None
    colour_space: ColourSpace | None = None
    frame_count: int | None = None
    has_gain_map: bool | None = None
    is_motion_photo: bool | None = None

    def is_valid(self) -> bool:
        """Whether the values are within their ranges."""
        return (
            self.orientation in (None, *range(1, 9))
            and self.colour_space in (None, *get_args(ColourSpace))
            and (self.frame_count is None or self.frame_count >= 1)
        )


class Embedded(NamedTuple):
    """Texts and rating that an editor embedded: a suggestion for the owner's own fields, with their bounds.

    Attributes:
        rating: 1 to 5 stars, or -1 for a rejected picture (XMP, part 1, section 8.4).
    """

    title: str | None = None
    description: str | None = None
    keywords: tuple[str, ...] = ()
    rating: int | None = None

    def is_valid(self) -> bool:
        """Whether the texts are within the bounds of the owner's fields, and the rating within its range."""
        return (
            _is_text(self.title, MAX_TITLE_CHARACTERS, CONTROL)
            and _is_text(self.description, MAX_DESCRIPTION_CHARACTERS, CONTROL_EXCEPT_WHITESPACE)
            and len(self.keywords) <= MAX_TAGS
            and all(_is_text(keyword, MAX_TAG_CHARACTERS, CONTROL) for keyword in self.keywords)
            and self.rating in (None, -1, 1, 2, 3, 4, 5)
        )


UNKNOWN_SETTINGS: Final = CaptureSettings()
UNKNOWN_PROPERTIES: Final = ImageProperties()


def is_object(part: object) -> bool:
    """Whether a part of a photo, or its type, is a NamedTuple: an object in JSON and in an item, not a list."""
    return hasattr(part, "_asdict")


def _is_text(text: str | None, max_chars: int, forbidden: re.Pattern[str]) -> bool:
    if text is None:
        return True
    return 1 <= len(text) <= max_chars and not forbidden.search(text) and not SURROGATE.search(text)
