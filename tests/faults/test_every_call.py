"""One plain journey, with every fault at every AWS call that any of its requests makes."""

from dataclasses import replace

import pytest

from photosky.store.leases import LEASE_SECONDS
from tests.faults.conftest import PRESETS
from tests.faults.plan import EVERY_FAULT, Fault, Kind
from tests.faults.simulation import Action, Create, Delete, Edit, List, Read, Reprocess, StartIngest, Upload, World

JOURNEY: list[Action] = [
    Create(0),
    Upload(0, 0),
    StartIngest(0),
    List(2, "desc"),
    Edit(0, "moon", guarded=True),
    Read(0),
    Delete(0),
]
CALLS = {Create(0): 2, StartIngest(0): 12, List(2, "desc"): 1, JOURNEY[4]: 2, Read(0): 1, Delete(0): 3}
"""How many AWS calls a request makes where nothing goes wrong. Held to what is counted, so that none is left out."""


REPROCESS_CALLS = 7
"""Plan's scan; the read, the hold, the original, two previews, and the write that shows them."""

FATAL = [fault for fault in EVERY_FAULT if fault not in (Fault(Kind.REFUSED), Fault(Kind.UNREACHABLE))]
"""All but the two that one more try makes good without a trace."""


def travel(world: World, faulty: Action, plan: dict[int, Fault], *, lands_at_once: bool) -> int:
    """The whole journey, each request repeated until its answer is final; how many calls the faulty one made at first.

    What is late lands before the next request, or in the end.
    """
    calls = 0
    for action in JOURNEY:
        if action != faulty:
            assert world.do(action).status in (200, 201, 204)
            continue
        before = world.wire.calls
        reply = world.do(action, plan)
        calls = world.wire.calls - before
        if not reply.final:
            reply = world.retry(action)
            world.unanswered.clear()
        assert reply.status in (200, 201, 204), f"{action} is answered {reply} in the end"
        if lands_at_once:
            world.land()
    return calls


@pytest.mark.parametrize("faulty", CALLS, ids=lambda action: type(action).__name__)
def test_whatever_call_fails_everything_holds_in_the_end(world: World, faulty: Action) -> None:
    world.begin()
    assert travel(world, faulty, {}, lands_at_once=False) == CALLS[faulty]
    broken: list[str] = []
    for index in range(CALLS[faulty]):
        for fault in FATAL:
            for lands_at_once in (False, True) if fault.kind in (Kind.LATE, Kind.STALLED) else (False,):
                world.begin()
                try:
                    travel(world, faulty, {index: fault}, lands_at_once=lands_at_once)
                    world.end()
                except AssertionError as error:
                    broken.append(f"call {index}: {fault}, {lands_at_once=}: {str(error).splitlines()[0]}")
    assert broken == []
    assert world.wire.injected.total() > 0


def reprocess(world: World, plan: dict[int, Fault], *, lands_at_once: bool) -> int:
    """A photo, other presets, and a reprocess that is started until nothing is left; its calls at first."""
    for action in JOURNEY[:3]:
        assert world.do(action).status in (200, 201, 204)
    world.change_presets((PRESETS[0], replace(PRESETS[1], width=4, height=4), replace(PRESETS[1], name="new")))
    before = world.wire.calls
    reply = world.do(Reprocess(), plan)
    calls = world.wire.calls - before
    if lands_at_once:
        world.land()
    if not reply.final:
        reply = world.retry(Reprocess())
        world.unanswered.clear()
    assert world.do(Reprocess()).document["counts"] == {"ready": 1, "outdated": 0}
    return calls


def test_whatever_call_of_a_reprocess_fails_photos_are_shown_whole_and_everything_holds_in_the_end(
    world: World,
) -> None:
    world.begin()
    assert reprocess(world, {}, lands_at_once=False) == REPROCESS_CALLS
    broken: list[str] = []
    for index in range(REPROCESS_CALLS):
        for fault in FATAL:
            for lands_at_once in (False, True) if fault.kind in (Kind.LATE, Kind.STALLED) else (False,):
                world.begin()
                try:
                    reprocess(world, {index: fault}, lands_at_once=lands_at_once)
                    world.end()
                except AssertionError as error:
                    broken.append(f"call {index}: {fault}, {lands_at_once=}: {str(error).splitlines()[0]}")
    assert broken == []


@pytest.mark.parametrize("late", [Kind.LATE, Kind.STALLED])
def test_a_broken_ingest_that_comes_late_touches_nothing_that_another_made(world: World, late: Kind) -> None:
    """Whatever step breaks, what Fail does then lands when the photo is ready, of other bytes."""
    broken: list[str] = []
    for breaks in range(CALLS[StartIngest(0)]):
        for after in (1, 2):
            world.begin()
            world.do(Create())
            world.do(Upload(0, 0))
            world.do(StartIngest(0), {breaks: Fault(Kind.CRASHED), breaks + after: Fault(late, attempts=3)})
            world.clock.tick(LEASE_SECONDS + 1)
            world.do(Upload(0, 1))
            world.retry(StartIngest(0))
            world.land()
            try:
                world.end()
            except AssertionError as error:
                broken.append(f"calls {breaks}, {breaks + after}: {str(error).splitlines()[0]}")
    assert broken == []
