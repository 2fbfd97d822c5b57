"""The import of one original waits for another execution of its photo, for a bounded time."""

from collections.abc import Iterable, Iterator
from types import SimpleNamespace
from typing import Any, Final, cast

import pytest
from botocore.exceptions import ClientError

from photosky import originals
from photosky.errors import RETRY_AFTER_SECONDS
from photosky.originals import IN_PROGRESS_SECONDS, Content, Importer, Original, Outcome
from photosky.photo import Photo
from photosky.settings import Settings
from photosky.store.leases import LEASE_SECONDS

READY: Final = {"outcome": "ready"}
IN_PROGRESS: Final = {"outcome": "declined", "code": "IngestInProgress", "detail": "Another one."}
SETTINGS: Final = Settings("photos", "media", ("https://a.example",), (), 100, 1, 60, "drop", 1, 30, 0, 0, "1.0.0")


def error(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "Rate exceeded."}}, "StartSyncExecution")


class Table:
    """A table that takes every new photo."""

    def __init__(self) -> None:
        self.created: list[Photo] = []

    def find_by_digest(self, _owner_id: str, _sha256: str) -> None:
        return None

    def create_once(self, photo: Photo, _key: object, _quota: object, *, instead_of: None) -> None:
        assert instead_of is None
        self.created.append(photo)


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The delays of an import, which take no time."""
    slept: list[float] = []
    clock = SimpleNamespace(time=lambda: 0.0, monotonic=lambda: sum(slept), sleep=slept.append)
    monkeypatch.setattr(originals, "time", clock)
    return slept


def outcome_with(results: Iterable[dict[str, Any] | ClientError]) -> tuple[Outcome, Photo]:
    """Import a file. The executions return or raise `results`, one each."""
    found: Iterator[dict[str, Any] | ClientError] = iter(results)

    def ingest(_owner_id: str, _photo_id: str) -> dict[str, Any]:
        result = next(found)
        if isinstance(result, ClientError):
            raise result
        return result

    table = Table()
    content = Content(1, "0" * 64, lambda _photo: None)
    outcome = Importer(cast(Any, table), SETTINGS, ingest, "owner").run(
        Original("a.jpg", "image/jpeg", 1, lambda: content)
    )
    (created,) = table.created
    return outcome, created


@pytest.mark.parametrize("held", [IN_PROGRESS, error("ThrottlingException")])
def test_import_waits_for_the_lease_of_a_lost_ingest(slept: list[float], held: dict[str, Any] | ClientError) -> None:
    outcome, photo = outcome_with([*[held] * (LEASE_SECONDS // RETRY_AFTER_SECONDS), READY])
    assert outcome == Outcome("a.jpg", "imported", photo.photo_id)
    assert sum(slept) == LEASE_SECONDS


def test_wait_for_another_ingest_is_bounded(slept: list[float]) -> None:
    outcome, photo = outcome_with([IN_PROGRESS] * 100)
    assert outcome == Outcome("a.jpg", "failed", photo.photo_id, "IngestInProgress", "Another one.")
    assert sum(slept) == IN_PROGRESS_SECONDS


def test_lasting_throttling_fails_the_file(slept: list[float]) -> None:
    outcome, _ = outcome_with([error("ThrottlingException")] * 100)
    assert (outcome.became, outcome.code) == ("failed", "ThrottlingException")
    assert sum(slept) == IN_PROGRESS_SECONDS


def test_other_errors_are_not_repeated(slept: list[float]) -> None:
    outcome, _ = outcome_with([error("AccessDeniedException")])
    assert (outcome.became, outcome.code, slept) == ("failed", "AccessDeniedException", [])


@pytest.mark.parametrize("result", [{"outcome": "failed", "code": "States.Timeout", "detail": None}])
def test_failed_execution_fails_the_file_and_keeps_its_photo(result: dict[str, Any]) -> None:
    outcome, photo = outcome_with([result])
    assert outcome == Outcome("a.jpg", "failed", photo.photo_id, "States.Timeout")
