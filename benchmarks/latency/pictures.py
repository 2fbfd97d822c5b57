"""The measured pictures: generated, seeded, and the same for all stacks."""

import io
from functools import cache
from typing import Final

from benchmarks.previews.pictures import PICTURES, make, photograph

INGESTED: Final = "JPEG 12 MP"
LISTED_SEED: Final = 1600
"""The width of the pictures in the listing, which seeds their content."""


@cache
def ingested() -> bytes:
    """Return the 12-megapixel JPEG of `benchmarks/previews`."""
    (picture,) = [one for one in PICTURES if one.name == INGESTED]
    make(picture)
    return picture.path.read_bytes()


@cache
def listed() -> bytes:
    """Return a JPEG of 2 megapixels, large enough for three previews."""
    output = io.BytesIO()
    photograph(LISTED_SEED, 1200).save(output, "JPEG", quality=88)
    return output.getvalue()
