"""Reprocess after a change of the presets: its counts, the renewed previews, and listings during the run."""

import io
import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from local.commands.reconcile import Findings, reconcile
from local.commands.reprocess import Report, reprocess
from local.connection import Connection
from local.deployed import Deployed
from local.progress import Progress
from tests.local.client import Client, signed_up
from tests.local.operator import operator_with
from tests.local.preset_changes import (
    CHANGED,
    CHANGED_SIZES,
    PHOTO_COUNT,
    SIZES,
    ListingMonitor,
    broken_previews,
    deployed_presets,
    expire_retirements,
    listing,
    sizes,
    unsigned_url,
    upload_photos,
)

Aws = Callable[[str], Any]
Objects = Callable[[str], list[str]]
Run = Callable[..., Report]
Sweep = Callable[[], Findings]


@pytest.fixture
def run(connection: Connection, state: Path) -> Run:
    """A function that runs Reprocess as `make reprocess` does: `run(dry_run=True)`."""
    stack, progress = Deployed.here(connection, state), Progress(io.StringIO())

    def start(*, dry_run: bool = False) -> Report:
        return reprocess(stack, progress, dry_run=dry_run)

    return start


@pytest.fixture
def sweep(connection: Connection, state: Path) -> Sweep:
    """A function that runs Reconcile."""
    return lambda: reconcile(connection, state, lambda _line: None)


@pytest.fixture(autouse=True)
def cleanup(aws: Aws, outputs: dict[str, str], run: Run, sweep: Sweep) -> Iterator[None]:
    """Renew all photos with the original presets and remove their retired previews."""
    yield
    run()
    expire_retirements(aws, outputs)
    sweep()


def test_previews_are_renewed_after_a_preset_change(
    connection: Connection, aws: Aws, outputs: dict[str, str], objects: Objects, run: Run, sweep: Sweep
) -> None:
    # Photos of other tests without an original stay outdated and are reported by each run.
    damaged_before = run().faults
    with signed_up(connection, aws("cognito-idp"), "reprocess@photosky.test") as user:
        before = upload_photos(user, first_seed=60)
        first, damaged = sorted(before)[:2]
        version = version_of(user, first)
        with deployed_presets(aws, outputs, CHANGED):
            assert_dry_run_only_counts(run, objects)
            with missing_original(aws, outputs, objects, damaged):
                assert_other_photos_are_renewed(user, run, before, damaged)
            renewed = {key for photo in before if photo != damaged for key in objects(photo)}
            assert run().counts["renewed"] == 1
            assert {key for photo in before if photo != damaged for key in objects(photo)} == renewed
            assert run().counts["outdated"] == damaged_before

            after = listing(user)
            assert [sizes(photo) for photo in after.values()] == [CHANGED_SIZES] * PHOTO_COUNT
            assert broken_previews(user, *after.values()) == []
            for name in ("thumb", "medium"):
                assert unsigned_url(after[first], name) == unsigned_url(before[first], name)
            assert version_of(user, first) == version

            # Previews of the first listing are available until its URLs expire.
            sweep()
            assert broken_previews(user, *before.values()) == []
            assert len(objects(first)) == 1 + 4 + 2
            expire_retirements(aws, outputs)
            assert sweep().counts["swept"] >= PHOTO_COUNT
            assert {photo_id: len(objects(photo_id)) for photo_id in before} == dict.fromkeys(before, 1 + 4)
            assert broken_previews(user, *after.values()) == []
            delete_photos(user, before)
            assert [key for photo_id in before for key in objects(photo_id)] == []


def test_concurrent_reprocess_runs_are_safe(
    connection: Connection, aws: Aws, outputs: dict[str, str], objects: Objects, run: Run
) -> None:
    states = aws("stepfunctions")
    damaged_before = run().faults
    with signed_up(connection, aws("cognito-idp"), "concurrent@photosky.test") as user:
        before = upload_photos(user, first_seed=80)
        with deployed_presets(aws, outputs, CHANGED):
            # Photos of other tests are outdated as well.
            outdated = run(dry_run=True).counts["outdated"] - damaged_before
            machine = outputs["ReprocessStateMachineArn"]
            executions = [states.start_execution(stateMachineArn=machine)["executionArn"] for _ in range(2)]
            with ListingMonitor(user) as monitor:
                reports = [await_report(states, execution) for execution in executions]
            assert (monitor.broken, monitor.listing_count > 0) == ([], True)
            total = sum((Counter(report.counts) for report in reports), Counter())
            # A photo of the other run is busy during its renewal and current after it. A second renewal is possible
            # if the other run completes between the check and the claim.
            assert (total["renewed"] >= outdated, total["broken"]) == (True, 0)
            assert total["renewed"] + total["busy"] + total["current"] == total["outdated"] - 2 * damaged_before
            after = listing(user)
            assert [sizes(photo) for photo in after.values()] == [CHANGED_SIZES] * PHOTO_COUNT
            assert broken_previews(user, *after.values(), *before.values()) == []
            assert {photo_id: len(objects(photo_id)) for photo_id in before} == dict.fromkeys(before, 1 + 4 + 2)
        delete_photos(user, before)


def test_reprocess_needs_only_the_documented_permissions(
    connection: Connection, aws: Aws, outputs: dict[str, str], run: Run, tmp_path: Path
) -> None:
    damaged_before = run().faults
    with signed_up(connection, aws("cognito-idp"), "permissions@photosky.test") as user:
        with deployed_presets(aws, outputs, CHANGED):
            (before,) = upload_photos(user, first_seed=90, count=1).values()
        assert sizes(before) == CHANGED_SIZES
        outdated = run(dry_run=True).counts["outdated"] - damaged_before
        assert outdated == 1
        with operator_with(aws, connection.endpoint_url, tmp_path, "all", "reprocess") as operator:
            counted = operator.run("reprocess", "--env", "local", "--dry-run")
            expected = run(dry_run=True).lines(dry_run=True)
            assert (counted.stdout.splitlines(), counted.stderr) == (expected, "")
            done = operator.run("reprocess", "--env", "local")
        assert f"{outdated} renewed" in done.stdout.splitlines()
        assert (done.returncode, done.stderr) == (1 if damaged_before else 0, "")
        after = listing(user)
        assert {photo_id: sizes(photo) for photo_id, photo in after.items()} == {before["photo_id"]: SIZES}
        delete_photos(user, after)


def version_of(user: Client, photo_id: str) -> str:
    """The first part of a photo's ETag."""
    return str(user.call("GET", f"/photos/{photo_id}").headers["ETag"]).partition("-")[0]


def assert_dry_run_only_counts(run: Run, objects: Objects) -> None:
    """Assert that a dry run counts missing and unneeded previews and writes no objects."""
    stored = objects("")
    counted = run(dry_run=True)
    outdated = counted.counts["outdated"]
    assert dict(counted.missing) == dict.fromkeys(("small", "banner"), outdated)
    assert counted.unneeded == {"large": outdated}
    assert objects("") == stored


@contextmanager
def missing_original(aws: Aws, outputs: Mapping[str, str], objects: Objects, photo_id: str) -> Iterator[None]:
    """Remove the original of a photo until the block ends."""
    s3, bucket = aws("s3"), outputs["MediaBucketName"]
    (key,) = (key for key in objects(photo_id) if key.startswith("originals/"))
    data = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    s3.delete_object(Bucket=bucket, Key=key)
    yield
    s3.put_object(Bucket=bucket, Key=key, Body=data)


def assert_other_photos_are_renewed(
    user: Client, run: Run, before: Mapping[str, Mapping[str, Any]], damaged: str
) -> None:
    """Assert that a run reports the damaged photo, leaves it unchanged and keeps all previews available."""
    with ListingMonitor(user) as monitor:
        done = run()
    assert (monitor.broken, monitor.listing_count > 0) == ([], True)
    assert {"photo_id": damaged, "outcome": "damaged", "code": "UploadMissing"} in done.reports
    assert unsigned_url(listing(user)[damaged], "small") == unsigned_url(before[damaged], "small")


def delete_photos(user: Client, photo_ids: Iterable[str]) -> None:
    """Delete photos of the user."""
    for photo_id in photo_ids:
        assert user.call("DELETE", f"/photos/{photo_id}", params={"permanent": "true"}).status_code == 204


def await_report(states: Any, execution: str) -> Report:
    """Wait for the end of an execution and return its report."""
    while (found := states.describe_execution(executionArn=execution))["status"] == "RUNNING":
        time.sleep(0.05)
    return Report(**json.loads(found["output"] if found["status"] == "SUCCEEDED" else found["cause"]))
