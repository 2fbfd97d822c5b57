"""The world that journeys go through: moto behind the faulty wire, tiny previews, and no log."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from logging import getLogger

import pytest

from photosky.aws import session
from photosky.imaging.presets import DEFAULT_PRESETS
from photosky.telemetry import logger
from tests.clock import Clock
from tests.faults.memory import make_moto_quick
from tests.faults.turns import acting
from tests.faults.wire import Wire, make_botocore_patient
from tests.faults.world import World
from tests.storage import Storage, Template

PRESETS = tuple(replace(preset, width=8, height=8, effort=0) for preset in DEFAULT_PRESETS[:2])
"""Two, so that an ingest can break between them."""


@pytest.fixture
def world(
    storage: Storage,
    template: Template,
    clock: Clock,
    configure: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[World]:
    """The world, empty."""
    configure(presets=PRESETS)
    make_moto_quick(monkeypatch)
    make_botocore_patient(monkeypatch, clock)
    # Every sandbox has its own resolver, which keeps the event that it answers.
    monkeypatch.setattr("api.handler.app", lambda: acting().local["app"])
    # Ten thousand journeys' log is nobody's reading, and writing it a tenth of their time.
    monkeypatch.setattr("photosky.steps.count", lambda *_names, **_dimensions: None)
    monkeypatch.setattr(logger, "_logger", getLogger("nobody's"))
    yield World(storage, template, Wire(session(), clock), clock)
