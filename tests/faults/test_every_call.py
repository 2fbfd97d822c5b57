"""One journey, repeated with every fault at every AWS call of each of its requests."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Final

import pytest

from photosky.photo import Status
from photosky.store.leases import LEASE_SECONDS
from tasks.reconcile import INGEST_AFTER_SECONDS
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
    Reprocess,
    Restore,
    StartIngest,
    Trash,
    Upload,
    run_reconcile,
)
from tests.faults.conftest import PRESETS
from tests.faults.plan import ALL_FAULTS, Fault, FaultKind, Plan
from tests.faults.recovery import end_journey, retry
from tests.faults.simulation import Action, Simulation, Start
from tests.faults.states import KnownStates, RestIsKnownError

JOURNEY: Final[list[Action]] = [
    Create(0),
    Upload(0, 0),
    StartIngest(0),
    PassOn(),
    List(2, "desc"),
    Edit(0, "moon", is_conditional=True),
    Mark(0, (("tags", ("Moon", "sea")), ("favorite", True), ("taken_at", "2020-01-02"))),
    Read(0),
    Follow(2),
    Trash(0),
    Restore(0),
    Delete(0),
]
CALLS: Final = {
    Create(0): 2,
    StartIngest(0): 10,
    PassOn(): 1,
    List(2, "desc"): 1,
    JOURNEY[5]: 3,
    JOURNEY[6]: 2,
    Read(0): 1,
    Follow(2): 1,
    Trash(0): 3,
    Restore(0): 2,
    Delete(0): 4,
}
"""AWS calls of each request without faults. The test checks the numbers, so that no call is omitted."""

REPROCESS_CALLS: Final = 7
"""Plan's scan; the read, the hold, the original, two previews, and the update of the record."""

CLOSED_TAB_CALLS: Final = 16
"""Reconcile's query, listing, read and request, the calls of the execution, the query of the trash, and the read of the
upgrade's state."""

LOST_INGEST_CALLS: Final = 22
"""Reconcile's calls up to the release of the photo, its request, the execution's calls, the listing of uploads, the
query of the trash, and the read of the upgrade's state."""

FAULT_SECONDS: Final = 17
"""The time that each fault takes: that of three attempts without a response, and of the delays between them.

If it depended on the kind, journeys with different faults would differ in their times only, and all run to their end.
`test_journeys.py` has faults of all durations.
"""

SUCCEEDED: Final = (200, 201, 204)
DEFERRED: Final = (FaultKind.DELAYED, FaultKind.STALLED)

FAULTS: Final = [
    fault for fault in ALL_FAULTS if fault not in (Fault(FaultKind.THROTTLED), Fault(FaultKind.UNREACHABLE))
]
"""All faults except two that botocore's retry repairs without a trace."""


def perform_all(simulation: Simulation, actions: list[Action]) -> None:
    """Send requests without faults."""
    for action in actions:
        assert simulation.perform(action).status in SUCCEEDED


def run_journey(simulation: Simulation, plan: Plan, *, faulty: Action, is_background_first: bool) -> int:
    """Run the journey from the faulty request, retrying it to a final response; return the request's AWS calls.

    Background work finishes before the next request, or else at the end of the journey.
    """
    calls_before = simulation.injector.calls
    response = simulation.perform(faulty, plan)
    calls = simulation.injector.calls - calls_before
    simulation.checkpoint(f"response {response.status}, final: {response.is_final}")
    if not response.is_final:
        response = retry(simulation, faulty)
        simulation.unanswered.clear()
    assert response.status in SUCCEEDED, f"the final response to {faulty} is {response}"
    if is_background_first:
        simulation.finish_background()
    simulation.checkpoint("final response")
    perform_all(simulation, JOURNEY[JOURNEY.index(faulty) + 1 :])
    return calls


def run_reprocess(simulation: Simulation, plan: Plan, *, is_background_first: bool) -> int:
    """Change the presets, and reprocess until no photo is outdated; return the first AWS calls."""
    simulation.change_presets((PRESETS[0], replace(PRESETS[1], width=4, height=4), replace(PRESETS[1], name="new")))
    calls_before = simulation.injector.calls
    response = simulation.perform(Reprocess(), plan)
    calls = simulation.injector.calls - calls_before
    if is_background_first:
        simulation.finish_background()
    simulation.checkpoint(f"response {response.status}, final: {response.is_final}")
    if not response.is_final:
        retry(simulation, Reprocess())
        simulation.unanswered.clear()
    assert simulation.perform(Reprocess()).document["counts"] == {"ready": 1, "outdated": 0}
    return calls


def execution_before(call: int) -> range:
    """The calls of an execution that ends before a call of Reconcile."""
    return range(call - CALLS[StartIngest(0)], call)


def possible_statuses(plan: Plan, calls: int) -> set[Status]:
    """The statuses of a photo whose ingest Reconcile ran in the last of these calls.

    The fault of a step fails the photo, as in any ingest. One of Reconcile's own calls, or a lost execution, does not.
    """
    is_own_call = not set(plan) & set(execution_before(calls))
    is_lost = any(fault.kind is FaultKind.KILLED for fault in plan.values())
    return {Status.READY} if is_own_call or is_lost else {Status.READY, Status.FAILED}


def repeating_an_ingest(execution_end: int) -> Callable[..., int]:
    """The run in which Reconcile ingests an upload; the calls of its execution end before the call of this number."""

    def run(simulation: Simulation, plan: Plan, *, is_background_first: bool) -> int:
        calls_before = simulation.injector.calls
        simulation.perform(Reconcile(), plan)
        calls = simulation.injector.calls - calls_before
        simulation.unanswered.clear()
        if is_background_first:
            simulation.finish_background()
        possible = possible_statuses(plan, execution_end)
        simulation.checkpoint(f"reconciled, then one of {sorted(possible)}")
        for _ in range(2):  # The lease of a lost execution has to expire before the photo can be settled.
            simulation.clock.tick(LEASE_SECONDS + 1)
            run_reconcile(simulation)
        (photo,) = simulation.memory.photos()
        assert photo.status in possible, f"the photo is {photo.status}"
        return calls

    return run


@contextmanager
def journey_from(simulation: Simulation, start: Start) -> Iterator[None]:
    """A journey that begins at a snapshot, and ends early in a state from which its rest has already run."""
    simulation.begin_at(start)
    try:
        yield
    except RestIsKnownError:
        simulation.journeys += 1
        simulation.skipped += 1


def failures(
    simulation: Simulation,
    calls: int,
    run: Callable[..., int],
    execution: range = range(0),
    *,
    is_skipping: bool = True,
) -> Iterator[str]:
    """Run a journey from here with each fault at each of its calls; describe those that violate an invariant.

    The first run has no fault; it checks the number of calls. At the calls of `execution`, which another test runs with
    each fault, it is only lost. Without `is_skipping`, all journeys run to their end.
    """
    start = simulation.snapshot()
    assert run(simulation, plan={}, is_background_first=False) == calls
    simulation.injector.seconds_of_faults = FAULT_SECONDS
    simulation.known = KnownStates(is_skipping=is_skipping)
    for index in range(calls):
        for fault in FAULTS if index not in execution else [Fault(FaultKind.KILLED)]:
            for is_background_first in (False, True) if fault.kind in DEFERRED else (False,):
                try:
                    with journey_from(simulation, start):
                        run(simulation, plan={index: fault}, is_background_first=is_background_first)
                        end_journey(simulation)
                except AssertionError as error:
                    yield f"call {index}: {fault}, {is_background_first=}: {str(error).splitlines()[0]}"
    assert simulation.known.ends >= 1


def test_invariants_hold_after_any_fault_if_threads_call_in_reverse(simulation: Simulation) -> None:
    perform_all(simulation, JOURNEY[:2])
    simulation.order = (-1,)
    faulty = StartIngest(0)
    assert list(failures(simulation, CALLS[faulty], partial(run_journey, faulty=faulty))) == []


@pytest.mark.parametrize("faulty", CALLS, ids=lambda action: type(action).__name__)
def test_invariants_hold_after_any_fault(simulation: Simulation, faulty: Action) -> None:
    perform_all(simulation, JOURNEY[: JOURNEY.index(faulty)])
    assert list(failures(simulation, CALLS[faulty], partial(run_journey, faulty=faulty))) == []
    assert simulation.injector.injected.total() > 0


@pytest.mark.parametrize("faulty", [Read(0), Delete(0)], ids=lambda action: type(action).__name__)
def test_equal_states_lead_to_equal_states(simulation: Simulation, faulty: Action) -> None:
    # This is why a journey may end early; `KnownStates` asserts it in these journeys, none of which do.
    perform_all(simulation, JOURNEY[: JOURNEY.index(faulty)])
    assert list(failures(simulation, CALLS[faulty], partial(run_journey, faulty=faulty), is_skipping=False)) == []
    assert simulation.known is not None
    assert simulation.known.ends == simulation.journeys


def test_invariants_hold_after_any_fault_in_reprocess(simulation: Simulation) -> None:
    perform_all(simulation, JOURNEY[:3])
    assert list(failures(simulation, REPROCESS_CALLS, run_reprocess)) == []


def test_closed_tab_is_ingested_after_any_fault_in_reconcile(simulation: Simulation) -> None:
    perform_all(simulation, JOURNEY[:2])
    simulation.clock.tick(INGEST_AFTER_SECONDS)
    last = CLOSED_TAB_CALLS - 2
    run, execution = repeating_an_ingest(last), execution_before(last)
    assert list(failures(simulation, CLOSED_TAB_CALLS, run, execution)) == []


def test_lost_ingest_is_repeated_after_any_fault_in_reconcile(simulation: Simulation) -> None:
    perform_all(simulation, JOURNEY[:2])
    simulation.perform(StartIngest(0), {2: Fault(FaultKind.KILLED)})  # After Validate's calls.
    simulation.unanswered.clear()
    simulation.clock.tick(LEASE_SECONDS + 1)
    last = LOST_INGEST_CALLS - 3  # It lists the uploads.
    run, execution = repeating_an_ingest(last), execution_before(last)
    assert list(failures(simulation, LOST_INGEST_CALLS, run, execution)) == []


def test_upload_survives_the_loss_of_its_ingest_at_any_call(simulation: Simulation) -> None:
    statuses = []
    perform_all(simulation, JOURNEY[:2])
    start = simulation.snapshot()
    simulation.known = KnownStates()
    for killed in range(CALLS[StartIngest(0)]):
        with journey_from(simulation, start):
            simulation.perform(StartIngest(0), {killed: Fault(FaultKind.KILLED)})
            simulation.unanswered.clear()
            simulation.clock.tick(LEASE_SECONDS + 1)
            run_reconcile(simulation)
            statuses += [photo.status for photo in simulation.memory.photos()]
            end_journey(simulation)
    assert simulation.known.ends > 1
    assert statuses == [Status.READY] * CALLS[StartIngest(0)]


@pytest.mark.parametrize("kind", DEFERRED)
def test_late_fail_step_does_not_affect_a_new_ingest(simulation: Simulation, kind: FaultKind) -> None:
    # The call that Fail makes is executed after the photo is ready with the bytes of another upload.
    found: list[str] = []
    perform_all(simulation, [Create(), Upload(0, 0)])
    start = simulation.snapshot()
    simulation.known = KnownStates()
    for crashed in range(CALLS[StartIngest(0)]):
        for distance in (1, 2):
            plan = {crashed: Fault(FaultKind.CRASHED), crashed + distance: Fault(kind, attempts=3)}
            with journey_from(simulation, start):
                simulation.perform(StartIngest(0), plan)
                simulation.clock.tick(LEASE_SECONDS + 1)
                simulation.perform(Upload(0, 1))
                retry(simulation, StartIngest(0))
                simulation.finish_background()
                try:
                    end_journey(simulation)
                except AssertionError as error:
                    found.append(f"calls {crashed}, {crashed + distance}: {str(error).splitlines()[0]}")
    assert found == []
    assert simulation.known.ends > 1


@pytest.mark.parametrize("attempts", [1, 3])
def test_late_write_does_not_undo_a_restore(simulation: Simulation, attempts: int) -> None:
    perform_all(simulation, JOURNEY[:3])
    if not simulation.perform(Trash(0), {2: Fault(FaultKind.DELAYED, attempts)}).is_final:
        retry(simulation, Trash(0))
        simulation.unanswered.clear()
    perform_all(simulation, [Restore(0)])
    simulation.finish_background()
    assert simulation.photos[0].is_restored
    end_journey(simulation)


@pytest.mark.parametrize("attempts", [1, 3])
def test_late_restore_does_not_undo_a_deletion(simulation: Simulation, attempts: int) -> None:
    perform_all(simulation, [*JOURNEY[:3], Trash(0)])
    if not simulation.perform(Restore(0), {1: Fault(FaultKind.DELAYED, attempts)}).is_final:
        retry(simulation, Restore(0))
        simulation.unanswered.clear()
    perform_all(simulation, [Trash(0)])
    simulation.finish_background()
    assert [photo.status for photo in simulation.memory.photos()] == [Status.TRASHED]
    end_journey(simulation)
