"""Random journeys of several clients under random fault plans."""

import os
import sys
from typing import Final

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from photosky.store.leases import LEASE_SECONDS
from tests.faults.plan import EVERY_FAULT, Kind, Plan
from tests.faults.simulation import (
    DAY,
    PICTURES,
    Action,
    Create,
    Delete,
    Edit,
    List,
    Read,
    Reconcile,
    StartIngest,
    Upload,
    World,
)

JOURNEYS: Final = int(os.environ.get("JOURNEYS", "200"))

_photo = st.sampled_from([0, 0, 0, 1])
_picture = st.sampled_from([0, 1, 0, 1, 2])
_create = st.builds(Create, st.sampled_from([None, None, *range(len(PICTURES))]))
_ingest = st.builds(StartIngest, _photo)
_upload = st.builds(Upload, _photo, _picture)
_edit = st.builds(Edit, _photo, st.sampled_from(["moon", "sun"]), st.booleans())
_list = st.builds(List, st.integers(1, 3), st.sampled_from(["asc", "desc"]))
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
    st.builds(Reconcile, st.booleans()),
)
_plan: st.SearchStrategy[Plan] = st.dictionaries(st.integers(0, 13), st.sampled_from(EVERY_FAULT), max_size=3)
_faulty = st.dictionaries(st.integers(0, 13), st.sampled_from(EVERY_FAULT), min_size=1, max_size=4)
_requests = st.lists(st.tuples(_action, st.one_of(_plan, _faulty)), min_size=2, max_size=3)
_schedule = st.lists(st.integers(0, 3), min_size=6, max_size=40)


class Journey(RuleBasedStateMachine):
    """One journey."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world = world
        world.begin()

    @initialize(create=_create, picture=_picture)
    def begin(self, create: Create, picture: int) -> None:
        """A photo, and its bytes."""
        self.world.do(create)
        self.world.do(Upload(0, picture))

    @rule(action=_action, plan=_faulty)
    def one(self, action: Action, plan: Plan) -> None:
        """One request."""
        self.world.do(action, plan)

    @rule(requests=_requests, schedule=_schedule)
    def at_once(self, requests: list[tuple[Action, Plan]], schedule: list[int]) -> None:
        """Several requests at once."""
        self.world.at_once(requests, schedule)

    @rule(
        seconds=st.sampled_from([1, LEASE_SECONDS + 1, 3600, DAY + 1]), turns=st.lists(st.integers(0, 3), max_size=10)
    )
    def wait(self, seconds: int, turns: list[int]) -> None:
        """Time passes, and what nobody waits for goes on for a while."""
        if seconds > DAY:
            self.world.pass_day()
        self.world.clock.tick(seconds)
        self.world.drift(turns)

    def teardown(self) -> None:
        """The end, unless the journey is broken already."""
        if sys.exc_info()[0] is None:
            self.world.end()


def test_whatever_fails_and_whoever_retries_everything_holds_in_the_end(world: World) -> None:
    run_state_machine_as_test(
        lambda: Journey(world),  # type: ignore[arg-type]
        _min_steps=3,
        settings=settings(
            max_examples=JOURNEYS,
            stateful_step_count=6,
            derandomize="JOURNEYS" not in os.environ,
            database=None,
            deadline=None,
            phases=(Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
            print_blob=False,
        ),
    )
    assert world.journeys >= JOURNEYS
    assert set(world.wire.injected) == set(Kind)
