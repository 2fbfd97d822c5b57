"""`make erase`: remove one owner's photos, in all versions, and the user.

The user is signed out and disabled first. Then records and objects are removed, again and again, until a pass finds
nothing. An interrupted run is resumed by starting it again. The report has numbers and no names.
"""

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from local.commands import options
from local.connection import Connection
from local.deployed import Deployed
from local.emulator import forgetting
from local.errors import CommandError
from local.library import Library
from photosky.photo import Photo, Status
from photosky.settings import Settings
from photosky.store.index_keys import tag_partition
from photosky.store.items import to_record
from photosky.store.leases import LEASE_SECONDS, is_lease_available
from photosky.store.table import ConditionFailedError

TOKEN_SECONDS: Final = 3600
"""The validity of an ID token (`infrastructure/identity.py`). API Gateway accepts it until then, also after a sign-out
(Cognito developer guide, "Ending user sessions with token revocation")."""


def main(arguments: Sequence[str]) -> int:
    """Erase an owner, after a confirmation."""
    parser = options.parser("erase", __doc__)
    parser.add_argument("--env", help="an environment on AWS; default: the running stack")
    parser.add_argument(
        "--owner", required=True, help="the user's name, or the `sub` of one that does not exist any more"
    )
    parser.add_argument("--yes", action="store_true", help="do not ask for a confirmation")
    given = parser.parse_args(arguments)
    if given.env:
        deployed = Deployed.environment(given.env)
    else:
        deployed = Deployed.here(Connection.read(given.state), given.state)
    library = Library.of(deployed)
    owner_id = library.owner_id(given.owner)
    if not given.yes:
        confirm(owner_id, sum(1 for _ in library.records(owner_id)), given.env or "the local stack")
    has_user = library.user(given.owner) is not None
    removed = erase(library, given.owner, owner_id)
    if not given.env:
        (given.state / "import.jsonl").unlink(missing_ok=True)  # It has names of files.
        forgetting.ask(given.state)
    print("\n".join(report(removed, owner_id, open_until(deployed) if has_user else None)))
    return 0


def confirm(owner_id: str, photos: int, environment: str, ask: Callable[[str], str] = input) -> None:
    """Ask for the owner's `sub`. Raises CommandError for any other answer, and without a terminal."""
    try:
        answer = ask(
            f"This removes {photos} photos and the user {owner_id} from {environment} for good.\nType the id: "
        )
    except EOFError:
        raise CommandError("Nothing was removed. Without a terminal, use ARGS=--yes.") from None
    if answer.strip() != owner_id:
        raise CommandError("Nothing was removed.")


def erase(
    library: Library, name: str, owner_id: str, wait: Callable[[float], object] = time.sleep
) -> Mapping[str, int]:
    """Remove everything of an owner, and return the numbers of what was removed. Raises CommandError."""
    user = library.user(name)
    if user is not None:
        library.cognito.admin_disable_user(UserPoolId=library.pool, Username=user["Username"])
        library.cognito.admin_user_global_sign_out(UserPoolId=library.pool, Username=user["Username"])
    removed: Counter[str] = Counter()
    while True:
        found, is_in_use = _pass(library, owner_id)
        removed += found
        if not found:
            break
        if is_in_use:
            wait(LEASE_SECONDS)  # Then no execution of these photos can write any more.
    if user is not None:
        library.cognito.admin_delete_user(UserPoolId=library.pool, Username=user["Username"])
        removed["users"] += 1
    return removed


def open_until(deployed: Deployed) -> float:
    """The time (Unix seconds) until which tokens and upload forms that were issued before can be valid."""
    function = deployed.clients.client("lambda").get_function_configuration(
        FunctionName=deployed.outputs["ReconcileFunctionName"]
    )
    settings = Settings.from_environment(function["Environment"]["Variables"])
    # A form that is requested with the last token; its validity begins up to half of it before the request.
    return time.time() + TOKEN_SECONDS + settings.url_ttl_seconds


def report(removed: Mapping[str, int], owner_id: str, until: float | None) -> Sequence[str]:
    """The lines to print."""
    names = ("photos", "items", "versions", "positions", "users")
    lines = [f"Removed: {', '.join(f'{removed.get(name, 0)} {name}' for name in names)}."]
    lines.append("Listed again: the table and the bucket have nothing of this owner.")
    if until is not None:
        time_text = datetime.fromtimestamp(until, UTC).strftime("%Y-%m-%d %H:%M UTC")
        lines.append(f"Tokens and forms that were issued before are valid until {time_text} at the latest.")
        lines.append(f"Run this again after it, to remove what they may have added: OWNER={owner_id}")
    return lines


def _pass(library: Library, owner_id: str) -> tuple[Counter[str], bool]:
    """Remove what is found, and count it; and whether an execution may still be working on one of the photos."""
    found: Counter[str] = Counter()
    tags: set[str] = set()
    is_in_use = False
    for item in library.records(owner_id):
        record = to_record(item)
        tags |= {str(tag) for tag in item.get("tags", ())}
        is_in_use |= record.status is Status.PROCESSING and not is_lease_available(record.lease_until, time.time())
        found["photos"] += 1
        if record.photo:
            _withdraw(library, record.photo)
    partitions = [*(tag_partition(owner_id, tag) for tag in sorted(tags)), library.counters(owner_id), owner_id]
    found["items"] = sum(map(library.delete_items, partitions))
    for versions in library.versions(owner_id):
        library.delete_versions(versions)
        found["versions"] += len(versions)
    found["positions"] = _forget_positions(library, owner_id)
    return +found, is_in_use


def _withdraw(library: Library, photo: Photo) -> None:
    """Begin the deletion of a photo, which removes it from all listings and ends its executions."""
    seen: Photo | None = photo
    while seen is not None and seen.status is not Status.DELETING:
        try:
            seen = library.table.begin_delete(seen, in_any_status=True)
        except ConditionFailedError as lost:
            seen = lost.photo


def _forget_positions(library: Library, owner_id: str) -> int:
    """Let Reconcile begin again if its position is a photo of this owner, and return how many positions were."""
    table = library.table
    version, upgrade = table.upgrade_state()
    audit: Any = table.audit_state().get("position", ())
    is_in_upgrade, is_in_audit = (_mentions(position, owner_id) for position in (upgrade or (), audit))
    if is_in_upgrade:
        table.store_upgrade_state(version, None)
    if is_in_audit:
        table.store_audit_state({"position": []})
    return is_in_upgrade + is_in_audit


def _mentions(position: Sequence[Any], owner_id: str) -> bool:
    return any(owner_id in str(part) for part in position)
