"""The world that journeys go through: moto behind the faulty wire, tiny previews, and no log; and what it survived."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from logging import getLogger
from typing import Final

import pytest
from aws_lambda_powertools.event_handler import APIGatewayRestResolver

from photosky.aws import session
from photosky.imaging.presets import DEFAULT_PRESETS, Preset
from photosky.settings import settings
from photosky.telemetry import logger
from tests.clock import Clock
from tests.faults.turns import acting
from tests.faults.wire import Wire, make_botocore_patient
from tests.faults.world import World
from tests.storage import Storage, Template

PRESETS: Final = tuple(replace(preset, width=8, height=8, effort=0) for preset in DEFAULT_PRESETS[:2])
"""Two, so that an ingest can break between them."""

_survived: Final[Counter[str]] = Counter()


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
    make_botocore_patient(monkeypatch, clock)
    monkeypatch.setattr("api.handler.app", _sandboxs_app)
    for module in ("photosky.store.leases", "tasks.reconcile"):
        monkeypatch.setattr(f"{module}.UNSETTLED_SHARDS", 1)
    # Ten thousand journeys' log is nobody's reading, and writing it a tenth of their time.
    monkeypatch.setattr("tasks.reconcile.measure", lambda *_values, **_about: None)
    monkeypatch.setattr("photosky.steps.measure", lambda *_values, **_about: None)
    monkeypatch.setattr(logger, "_logger", getLogger("nobody's"))

    def deploy(presets: tuple[Preset, ...]) -> None:
        """Other presets; the clients stay, because the wire is theirs."""
        for name, value in replace(settings(), presets=presets).to_environment().items():
            monkeypatch.setenv(name, value)
        settings.cache_clear()

    world = World(storage, template, Wire(session(), clock), clock, deploy)
    yield world
    world.begin()
    _survived.update({"journeys": world.journeys, "calls": world.wire.calls})
    _survived.update({str(kind): times for kind, times in world.wire.injected.items()})


def _sandboxs_app() -> APIGatewayRestResolver:
    """The resolver keeps the event that it answers, so every function that runs has one of its own."""
    actor = acting()
    assert actor is not None
    resolver: APIGatewayRestResolver = actor.local["app"]
    return resolver


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what was survived, or met up to the journey that broke."""
    if _survived:
        told = _survived.copy()
        journeys, calls = told.pop("journeys"), told.pop("calls")
        kinds = ", ".join(f"{kind} {times}" for kind, times in sorted(told.items()))
        terminalreporter.write_line(
            f"{journeys} journeys of {calls} AWS calls survived {told.total()} faults: {kinds}."
        )
