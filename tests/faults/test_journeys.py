"""Random journeys of several clients with random fault plans."""

import math
import os
import sys
from typing import Final

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from photosky.store.leases import LEASE_SECONDS
from tests.faults.actions import (
    Create,
    Delete,
    Edit,
    Follow,
    List,
    Mark,
    PassOn,
    Read,
    Reconcile,
    Restore,
    StartIngest,
    Trash,
    Upload,
)
from tests.faults.plan import ALL_FAULTS, Plan
from tests.faults.recovery import end_journey
from tests.faults.simulation import DAY_SECONDS, Action, Simulation
from tests.faults.uploads import UPLOADS

JOURNEYS: Final = int(os.environ.get("JOURNEYS", "100"))

CHUNKS: Final = 2
"""The journeys are divided into as many tests, which the pytest workers share."""

SEED: Final = 0x70686F746F736B79
"""The seed of the first chunk's journeys, unless the environment variable `JOURNEYS` requests random ones."""

_photo = st.sampled_from([0, 0, 0, 1])
_upload_index = st.sampled_from([0, 1, 0, 1, 2])
_create = st.builds(Create, st.sampled_from([None, None, *range(len(UPLOADS))]))
_ingest = st.builds(StartIngest, _photo)
_upload = st.builds(Upload, _photo, _upload_index)
_edit = st.builds(Edit, _photo, st.sampled_from(["moon", "sun"]), st.booleans())
_mark = st.builds(
    Mark,
    _photo,
    st.sampled_from(
        [
            (("tags", ("Moon", "sea")), ("favorite", True)),
            (("tags", ("sea",)), ("taken_at", "2020-01-02T03:04:05")),
            (("tags", ()), ("favorite", False)),
            (("taken_at", "1999-12-31"), ("title", "old")),
            (("taken_at", None), ("tags", ("moon",))),
        ]
    ),
)
_list = st.builds(
    List,
    st.integers(1, 3),
    st.sampled_from(["asc", "desc"]),
    st.sampled_from(["ready", "ready", "trashed"]),
    st.sampled_from(["created_at", "taken_at", "taken_at"]),
    st.booleans(),
    st.sampled_from([None, "moon", "SEA"]),
)
_action: st.SearchStrategy[Action] = st.one_of(
    _ingest,
    _upload,
    _ingest,
    st.builds(Delete, _photo),
    _ingest,
    _edit,
    _upload,
    _list,
    _create,
    st.builds(Read, _photo),
    st.builds(Trash, _photo),
    st.builds(Restore, _photo),
    _mark,
    _mark,
    st.builds(Follow, st.integers(1, 3)),
    st.builds(Reconcile, st.booleans()),
    st.just(PassOn()),
)
_plan: st.SearchStrategy[Plan] = st.dictionaries(st.integers(0, 13), st.sampled_from(ALL_FAULTS), max_size=3)
_faulty = st.dictionaries(st.integers(0, 13), st.sampled_from(ALL_FAULTS), min_size=1, max_size=4)
_requests = st.lists(st.tuples(_action, st.one_of(_plan, _faulty)), min_size=2, max_size=3)
_schedule = st.lists(st.integers(0, 3), min_size=6, max_size=40)


class Journey(RuleBasedStateMachine):
    """A random journey."""

    def __init__(self, simulation: Simulation) -> None:
        super().__init__()
        self.simulation = simulation
        simulation.begin()
        simulation.order = (0,)

    @initialize(create=_create, upload=_upload_index)
    def begin(self, create: Create, upload: int) -> None:
        """Create a photo, and upload its bytes."""
        self.simulation.perform(create)
        self.simulation.perform(Upload(0, upload))

    # Hypothesis sorts rules and their arguments by name: another order would change the journeys.

    @rule(requests=_requests, schedule=_schedule)
    def concurrent_requests(self, requests: list[tuple[Action, Plan]], schedule: list[int]) -> None:
        """Send several requests concurrently."""
        self.simulation.order = tuple(schedule)
        self.simulation.perform_concurrently(requests, schedule)

    @rule(action=_action, plan=_faulty)
    def single_request(self, action: Action, plan: Plan) -> None:
        """Send one request with faults."""
        self.simulation.order = tuple(plan)
        self.simulation.perform(action, plan)

    @rule(
        seconds=st.sampled_from([1, LEASE_SECONDS + 1, 3600, DAY_SECONDS + 1]),
        turns=st.lists(st.integers(0, 3), max_size=10),
    )
    def wait(self, seconds: int, turns: list[int]) -> None:
        """Advance the clock, and run some background work."""
        if seconds > DAY_SECONDS:
            self.simulation.pass_time()
        self.simulation.clock.tick(seconds)
        self.simulation.run_background(turns)

    def teardown(self) -> None:
        """Check the invariants, unless the journey has already failed."""
        if sys.exc_info()[0] is None:
            end_journey(self.simulation)


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_invariants_hold_after_random_journeys(simulation: Simulation, chunk: int) -> None:
    def journey() -> Journey:
        return Journey(simulation)

    is_random = "JOURNEYS" in os.environ
    journeys = math.ceil(JOURNEYS / CHUNKS)
    run_state_machine_as_test(
        journey if is_random else seed(SEED + chunk)(journey),  # type: ignore[arg-type]
        _min_steps=3,
        settings=settings(
            max_examples=journeys,
            stateful_step_count=6,
            derandomize=not is_random,
            database=None,
            deadline=None,
            phases=(Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
            print_blob=False,
        ),
    )
    assert simulation.journeys >= journeys
    # Which kinds of faults a chunk has depends on its seed, and on the constants of all imported modules, among which
    # Hypothesis chooses. `test_every_call.py` has all kinds.
    assert simulation.injector.injected.total() >= journeys // 2
