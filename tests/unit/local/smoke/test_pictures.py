"""The pictures of a smoke test are of the formats that they claim, and small."""

import io

import pytest
from PIL import Image

from local.smoke import pictures
from photosky.imaging.formats import sniff
from photosky.imaging.media_types import CONTENT_TYPES


@pytest.mark.parametrize("format_", CONTENT_TYPES)
def test_picture_has_its_format_and_is_small(format_: str) -> None:
    picture = pictures.picture(format_)
    assert sniff(io.BytesIO(picture.data)) == format_
    assert len(picture.data) < 500_000


def test_pictures_differ() -> None:
    assert len({pictures.picture(format_).data for format_ in CONTENT_TYPES}) == len(CONTENT_TYPES)


def test_damaged_picture_cannot_be_decoded() -> None:
    with Image.open(io.BytesIO(pictures.damaged())) as image, pytest.raises(OSError, match="truncated"):
        image.load()
