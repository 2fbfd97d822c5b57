"""A request with an `Idempotency-Key` creates one photo, whatever fault occurs at any of its AWS calls."""

from tests.faults.actions import Create
from tests.faults.plan import ALL_FAULTS, FaultKind
from tests.faults.recovery import end_journey, retry
from tests.faults.simulation import Simulation

REQUEST = Create(0, key="8e03978e-40d5-43dd-bc93-6894a57f9324")
CALLS = 3
"""The look-ups of the key and of the digest, and the transaction."""


def test_repeated_request_creates_one_photo_after_any_fault(simulation: Simulation) -> None:
    found: dict[str, list[tuple[int, int]]] = {}
    for call in range(CALLS):
        for fault in ALL_FAULTS:
            for is_background_first in (
                (False, True) if fault.kind in (FaultKind.DELAYED, FaultKind.STALLED) else (True,)
            ):
                simulation.begin()
                first = simulation.perform(REQUEST, {call: fault})
                if is_background_first:
                    simulation.finish_background()
                repeated = retry(simulation, REQUEST)
                simulation.unanswered.clear()
                simulation.finish_background()
                assert (first.status, repeated.status) in ((0, 201), (500, 201), (504, 201), (201, 201)), fault
                if first.status == 201:
                    assert first.document["photo"]["photo_id"] == repeated.document["photo"]["photo_id"]
                found.setdefault(str(fault), []).append((len(simulation.memory.photos()), len(simulation.photos)))
                end_journey(simulation)
    assert {fault: counts for fault, counts in found.items() if set(counts) != {(1, 1)}} == {}


def test_request_has_the_expected_calls(simulation: Simulation) -> None:
    before = simulation.injector.calls
    assert simulation.perform(REQUEST).status == 201
    assert simulation.injector.calls - before == CALLS
