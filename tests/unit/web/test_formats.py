"""The page detects the same formats as the API, by the same bytes."""

import re

from local.page import SOURCE
from photosky.imaging.formats import BRANDS, SIGNATURES
from photosky.imaging.media_types import CONTENT_TYPES

PAGE = (SOURCE / "gallery" / "formats.js").read_text()


def test_signatures_are_those_of_the_api() -> None:
    listed = re.findall(r'\[(\d+), "([0-9a-f]+)", "([a-z/]+)"\]', PAGE)
    assert listed == [(str(offset), magic.hex(), CONTENT_TYPES[name]) for offset, magic, name in SIGNATURES]


def test_brands_are_those_of_the_api() -> None:
    listed = re.findall(r'^  (\w{4}): "([a-z/]+)",$', PAGE, re.MULTILINE)
    assert listed == [(brand.decode(), CONTENT_TYPES[name]) for brand, name in BRANDS.items()]
