"""A few thousand damaged files of every format are shown or refused; `make fuzz` tries as many as there is time for."""

from itertools import islice

from photosky.errors import Code
from photosky.imaging.formats import CONTENT_TYPES
from tests.fuzz.seeds import mutations, seeds
from tests.fuzz.target import check, outcome

REFUSALS = {Code.CORRUPT_IMAGE, Code.UNSUPPORTED_FORMAT, Code.TOO_MANY_PIXELS, Code.TOO_MANY_FRAMES}


def test_every_seed_is_a_picture() -> None:
    shown = {name: check(data) for name, data in seeds().items()}
    assert shown == {name: name.split("-")[0] for name in shown}
    assert set(shown.values()) == set(CONTENT_TYPES)


def test_three_thousand_damaged_files_are_shown_or_refused_within_their_memory() -> None:
    files = list(seeds().values())
    outcomes = {check(data) for data in islice(mutations(files, seed=3), 3000)}
    assert outcomes <= {*CONTENT_TYPES, *REFUSALS}
    assert outcome(b"") == Code.CORRUPT_IMAGE
