"""`make erase`: what is removed, in which order, and what the report says."""

from collections.abc import Iterator
from typing import Any

import pytest

from local.commands import erase
from local.errors import CommandError
from local.library import Library
from photosky.photo import Status
from photosky.store.leases import LEASE_SECONDS
from tests.clock import NOW, Clock
from tests.storage import Storage
from tests.unit.local.commands.owners import EMAIL, OTHER_EMAIL, fill, left, library_of, sign_up


@pytest.fixture
def library(storage: Storage, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Library]:
    """The library of the storage under test."""
    clock.freeze(monkeypatch, "local.commands.erase")
    with library_of(storage) as found:
        yield found


def fail(_seconds: float) -> None:
    raise AssertionError("no execution is running")


def test_one_owner_is_removed_and_no_other(storage: Storage, library: Library) -> None:
    owner_id, other_id = sign_up(library, EMAIL), sign_up(library, OTHER_EMAIL)
    fill(storage, owner_id)
    fill(storage, other_id)
    others = left(storage, library, other_id)
    removed = erase.erase(library, EMAIL, owner_id, fail)
    assert removed["photos"] == 3
    assert (removed["versions"], removed["users"]) == (7, 1)
    assert left(storage, library, owner_id) == []
    assert left(storage, library, other_id) == others
    assert library.user(EMAIL) is None
    assert library.user(OTHER_EMAIL) is not None


def test_second_run_names_the_sub_and_finds_nothing(storage: Storage, library: Library) -> None:
    owner_id = sign_up(library, EMAIL)
    fill(storage, owner_id)
    erase.erase(library, EMAIL, owner_id, fail)
    assert erase.erase(library, owner_id, library.owner_id(owner_id), fail) == {}
    with pytest.raises(CommandError, match=r"There is no user 'ada@photos\.example'"):
        library.owner_id(EMAIL)


def test_interrupted_run_is_resumed(storage: Storage, library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    owner_id = sign_up(library, EMAIL)
    fill(storage, owner_id)

    def interrupt(*_arguments: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Library, "delete_versions", interrupt)
        with pytest.raises(KeyboardInterrupt):
            erase.erase(library, EMAIL, owner_id, fail)
    user = library.user(EMAIL)
    assert user is not None
    assert (user["Enabled"], library.cognito.signed_out) == (False, [owner_id])
    assert left(storage, library, owner_id)
    erase.erase(library, EMAIL, owner_id, fail)
    assert left(storage, library, owner_id) == []
    assert library.user(EMAIL) is None


def test_running_ingest_is_waited_for(storage: Storage, library: Library) -> None:
    owner_id = sign_up(library, EMAIL)
    photo = storage.put_photo(owner_id=owner_id)
    storage.table.claim(owner_id, photo.photo_id, "an execution")
    waits = []

    def write_late(seconds: float) -> None:
        waits.append(seconds)
        storage.s3.put_object(Bucket=storage.bucket, Key=f"previews/{owner_id}/{photo.photo_id}/late", Body=b"late")

    assert storage.photo(photo).status is Status.PROCESSING
    erase.erase(library, EMAIL, owner_id, write_late)
    assert waits == [LEASE_SECONDS]
    assert left(storage, library, owner_id) == []


def test_positions_of_reconcile_are_forgotten(storage: Storage, library: Library) -> None:
    owner_id, other_id = sign_up(library, EMAIL), sign_up(library, OTHER_EMAIL)
    table = storage.table
    table.store_upgrade_state(2, (owner_id, "photo"))
    table.store_audit_state({"position": ["objects", f"originals/{owner_id}/photo/x"], "stored_at": NOW})
    erase.erase(library, OTHER_EMAIL, other_id, fail)
    assert table.upgrade_state() == (2, (owner_id, "photo"))
    removed = erase.erase(library, EMAIL, owner_id, fail)
    assert removed["positions"] == 2
    assert (table.upgrade_state(), table.audit_state()) == ((2, None), {"position": []})


@pytest.mark.parametrize(("answer", "is_confirmed"), [(" a ", True), ("", False), ("yes", False)])
def test_sub_confirms_the_removal(answer: str, is_confirmed: bool) -> None:
    asked = []

    def ask(text: str) -> str:
        asked.append(text)
        return answer

    if is_confirmed:
        erase.confirm("a", 3, "dev", ask)
    else:
        with pytest.raises(CommandError, match="Nothing was removed"):
            erase.confirm("a", 3, "dev", ask)
    assert asked == ["This removes 3 photos and the user a from dev for good.\nType the id: "]


def test_report_has_numbers_and_when_to_run_again() -> None:
    assert erase.report({"photos": 3, "items": 9, "versions": 6, "users": 1}, "a", NOW) == [
        "Removed: 3 photos, 9 items, 6 versions, 0 positions, 1 users.",
        "Listed again: the table and the bucket have nothing of this owner.",
        "Tokens and forms that were issued before are valid until 2026-09-21 14:15 UTC at the latest.",
        "Run this again after it, to remove what they may have added: OWNER=a",
    ]
    assert len(erase.report({}, "a", None)) == 2


def test_nothing_is_removed_without_a_terminal() -> None:
    def ask(_text: str) -> str:
        raise EOFError

    with pytest.raises(CommandError, match="use ARGS=--yes"):
        erase.confirm("a", 3, "dev", ask)
