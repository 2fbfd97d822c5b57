"""Fixtures of the steps' tests: the state machine, and a check that logs contain nothing private."""

import hashlib
from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest
from PIL import Image

from tests.pictures import encoded
from tests.state_machine import Ingest
from tests.storage import FILENAME, Storage, Template
from tests.tasks.reconcile_runs import Workflow


def exif() -> Image.Exif:
    """The EXIF data of a camera that knows its place."""
    written = Image.Exif()
    written[0x010F], written[0x0110] = "Example", "One"
    details, place = written.get_ifd(0x8769), written.get_ifd(0x8825)
    details[0x9003], details[0x9011] = "2026:09:20 18:30:00", "+02:00"
    place |= {1: "N", 2: (47.0, 22.0, 36.0), 3: "E", 4: (8.0, 32.0, 24.0), 5: b"\0", 6: 408.0}
    return written


JPEG: Final = encoded("jpeg", 6, exif=exif(), size=(300, 400))
"""A rotated photograph, taken at 47.376667, 8.54, 408 m above sea level."""

SHA256: Final = hashlib.sha256(JPEG).hexdigest()

PRIVATE: Final = (FILENAME, "Sommer", "incoming/", "originals/", "previews/", "47.3", "8.54", "X-Amz-Signature")
"""Parts of the filename, of keys, of the location and of a signed URL."""


@pytest.fixture
def ingest(storage: Storage, template: Template) -> Ingest:  # noqa: ARG001 - an ingest needs its bucket and table
    """The state machine, on moto."""
    return Ingest(template)


@pytest.fixture
def workflow(storage: Storage, ingest: Ingest, monkeypatch: pytest.MonkeyPatch) -> Workflow:
    """The ingest workflow, as Reconcile runs it."""
    workflow = Workflow(ingest, storage)
    monkeypatch.setattr("tasks.reconcile.ingest", workflow)
    return workflow


@pytest.fixture
def one_shard(monkeypatch: pytest.MonkeyPatch) -> None:
    """One shard of unsettled records instead of 16, so that a sweep has 2 calls instead of 32.

    The tests of `test_reconcile_sweep.py` have all shards.
    """
    for module in ("photosky.store.leases", "tasks.reconcile"):
        monkeypatch.setattr(f"{module}.UNSETTLED_SHARDS", 1)


@pytest.fixture(autouse=True)
def _logs_contain_nothing_private(log_lines: Callable[[], list[dict[str, Any]]]) -> Iterator[None]:
    """Assert after each test that its log contains no filename, key, location or URL."""
    yield
    # A duration may contain the digits of the location by chance.
    lines = str([{name: value for name, value in line.items() if name != "Duration"} for line in log_lines()])
    assert [text for text in PRIVATE if text in lines] == []
