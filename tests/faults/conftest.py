"""The fixture `simulation`: moto behind the fault injector, small previews and no logs; and a summary of the faults."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, Final

import pytest

from photosky.aws import session
from photosky.imaging.presets import DEFAULT_PRESETS, Preset
from photosky.ingests import INGEST_VARIABLE
from photosky.settings import settings
from photosky.store.cursors import KEY_BYTES
from photosky.telemetry import logger
from tests.clock import Clock
from tests.faults.injection import FaultInjector, disable_botocore_delays
from tests.faults.simulation import Simulation
from tests.faults.threads import ActorPool
from tests.storage import Storage, Template

PRESETS: Final = tuple(replace(preset, width=8, height=8, effort=0) for preset in DEFAULT_PRESETS[:2])
"""Two presets, so that an ingest can fail between them."""

_totals: Final[Counter[str]] = Counter()


@pytest.fixture
def simulation(
    storage: Storage,
    template: Template,
    clock: Clock,
    configure: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Simulation]:
    """A simulation without photos."""
    configure(presets=PRESETS)
    monkeypatch.setenv(INGEST_VARIABLE, "arn:aws:states:us-east-1:123456789012:stateMachine:Ingest")
    monkeypatch.setattr("photosky.concurrently.ThreadPoolExecutor", ActorPool)
    for module in ("photosky.store.leases", "tasks.reconcile"):
        monkeypatch.setattr(f"{module}.UNSETTLED_SHARDS", 1)
    # Read once per execution environment, so that it would make a call in the first journey only.
    monkeypatch.setattr("photosky.store.listings.Listings.cursor_key", bytes(KEY_BYTES))
    # Without logs and metrics, which take a tenth of the time of a journey.
    monkeypatch.setattr("tasks.reconcile.measure", lambda *_values, **_about: None)
    monkeypatch.setattr("photosky.steps.measure", lambda *_values, **_about: None)
    monkeypatch.setattr("tasks.events.measure", lambda *_values, **_about: None)
    monkeypatch.setattr(logger, "disabled", True)

    def deploy(presets: tuple[Preset, ...]) -> None:
        """Change the presets, but keep the AWS clients, because the fault injector is registered with them."""
        for name, value in settings()._replace(presets=presets).to_environment().items():
            monkeypatch.setenv(name, value)
        settings.cache_clear()

    injector = FaultInjector(session(), clock)
    disable_botocore_delays(monkeypatch, injector, clock)
    simulation = Simulation(storage, template, injector, clock, deploy)
    monkeypatch.setattr("api.operations.new_photo_id", simulation.new_photo_id)
    yield simulation
    simulation.begin()
    _totals.update({"journeys": simulation.journeys, "skipped": simulation.skipped, "calls": simulation.injector.calls})
    _totals.update({str(kind): count for kind, count in simulation.injector.injected.items()})


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Send a worker's totals to pytest's main process."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["fault_totals"] = dict(_totals)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Add the totals of a worker that has finished."""
    _totals.update(getattr(node, "workeroutput", {}).get("fault_totals", {}))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the number of journeys, AWS calls and faults."""
    if _totals:
        faults = _totals.copy()
        journeys, skipped, calls = (faults.pop(name) for name in ("journeys", "skipped", "calls"))
        kinds = ", ".join(f"{kind} {count}" for kind, count in sorted(faults.items()))
        terminalreporter.write_line(
            f"{journeys} journeys with {calls} AWS calls and {faults.total()} faults: {kinds}. "
            f"{skipped} of them ended early, in a state from which the rest had run before."
        )
