"""The end of a journey: clients retry, time passes, and the invariants are checked.

Leases expire, the scheduled reconcile runs, and the table's TTL and the bucket's lifecycle apply.
"""

from typing import Final

from photosky.photo import Status
from photosky.store import keys
from photosky.store.leases import LEASE_SECONDS
from tasks.reconcile import INGEST_AFTER_SECONDS
from tests.faults.actions import StartIngest, Upload, run_reconcile
from tests.faults.invariants import check_deletable, check_state
from tests.faults.simulation import Action, Response, Simulation
from tests.faults.uploads import UPLOADS

MAX_ATTEMPTS: Final = 5


def end_journey(simulation: Simulation) -> None:
    """Settle all requests, and check the invariants."""
    settle(simulation)
    check_state(simulation)
    check_deletable(simulation)
    simulation.journeys += 1


def settle(simulation: Simulation) -> None:
    """Finish background work, retry all requests to a final response, and let the scheduled repairs run."""
    simulation.finish_background()
    for action in simulation.unanswered:
        retry(simulation, action)
    simulation.unanswered.clear()
    simulation.checkpoint("settled requests")
    # Reconcile sweeps expired leases; one day later, its audit finds what has no lease.
    simulation.clock.tick(LEASE_SECONDS + 1)
    run_reconcile(simulation)
    simulation.checkpoint("swept leases")
    ingest_uploads_of_closed_tabs(simulation)
    simulation.pass_time()
    run_reconcile(simulation, audit=True)


def ingest_uploads_of_closed_tabs(simulation: Simulation) -> None:
    """Let the scheduled reconcile ingest what no client asked for, and check that it did."""
    simulation.clock.tick(INGEST_AFTER_SECONDS)
    uploads = {key for key in simulation.memory.objects() if key.startswith(keys.UPLOADS_PREFIX)}
    waiting = {
        photo.photo_id
        for photo in simulation.memory.photos()
        if photo.status in (Status.AWAITING_UPLOAD, Status.FAILED)
        and keys.upload_key(photo.owner_id, photo.photo_id) in uploads
    }
    run_reconcile(simulation)
    ended = {photo.photo_id for photo in simulation.memory.photos() if photo.status in (Status.READY, Status.REJECTED)}
    assert waiting <= ended, "an upload of a closed tab was not ingested"


def retry(simulation: Simulation, action: Action) -> Response:
    """Retry a request until its response is final; before an ingest, repeat the last upload."""
    for _ in range(MAX_ATTEMPTS):
        if isinstance(action, StartIngest) and (photo := simulation.photo(action.photo)) and photo.uploads:
            simulation.perform(Upload(action.photo, UPLOADS.index(photo.uploads[-1])))
        response = simulation.perform(action)
        if response.is_final:
            return response
        simulation.clock.tick(LEASE_SECONDS + 1)
        run_reconcile(simulation)
    raise AssertionError(f"{action} has no final response after {MAX_ATTEMPTS} attempts: {response}")
