"""2,000 mutated files of all formats are rendered or rejected; `make fuzz` checks more."""

from itertools import islice

import pytest

from photosky.errors import Code
from photosky.imaging.media_types import CONTENT_TYPES
from tests.fuzz.seeds import mutations, seeds
from tests.fuzz.target import check, outcome

REJECTIONS = {Code.CORRUPT_IMAGE, Code.UNSUPPORTED_FORMAT, Code.TOO_MANY_PIXELS, Code.TOO_MANY_FRAMES}


def test_seeds_cover_all_formats_and_are_valid() -> None:
    outcomes = {name: check(data) for name, data in seeds().items()}
    assert outcomes == {name: name.split("-")[0] for name in outcomes}
    assert set(outcomes.values()) == set(CONTENT_TYPES)


@pytest.mark.slow
def test_mutated_files_are_handled_within_predicted_memory() -> None:
    files = list(seeds().values())
    outcomes = {check(data) for data in islice(mutations(files, seed=3), 2000)}
    assert outcomes <= {*CONTENT_TYPES, *REJECTIONS}


def test_empty_file_is_corrupt() -> None:
    assert outcome(b"") == Code.CORRUPT_IMAGE
