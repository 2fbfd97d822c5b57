"""`make reconcile` on the running stack, after lost executions, interrupted deletions and unneeded objects."""

import subprocess
import sys
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from local.commands.reconcile import reconcile
from local.connection import Connection
from local.toolchain import ROOT
from photosky.errors import Code
from photosky.store.attributes import INDEX_ATTRIBUTES
from tests.local.client import OBJECTS_OF_A_SMALL_PHOTO, Client
from tests.local.test_errors import problem_of
from tests.local.test_faults import Change, changed_workflow, wait_before
from tests.pictures import encoded

Aws = Callable[[str], Any]


def time_out_before(step: str) -> Change:
    """Time out each execution before a step, so that none of its records is settled."""

    def change(definition: dict[str, Any]) -> None:
        wait_before(step, 30)(definition)
        definition["TimeoutSeconds"] = 3

    return change


def expire_leases(aws: Aws, outputs: dict[str, str]) -> None:
    """Expire the leases of all records."""
    dynamodb, table = aws("dynamodb"), outputs["PhotosTableName"]
    for page in dynamodb.get_paginator("scan").paginate(TableName=table):
        for item in page["Items"]:
            if "lease_until" in item:
                dynamodb.update_item(
                    TableName=table,
                    Key={name: item[name] for name in ("owner_id", "photo_id")},
                    UpdateExpression="SET lease_until = :past",
                    ExpressionAttributeValues={":past": {"N": "1"}},
                )


@pytest.fixture
def clean(aws: Aws, outputs: dict[str, str], connection: Connection, state: Path) -> None:
    """Reconcile what other tests left."""
    expire_leases(aws, outputs)
    reconcile(connection, state, print, is_confirmed=True)


def _begun_deletion(item: Mapping[str, Any]) -> dict[str, Any]:
    """The item of a photo whose deletion began: its owner's use does not count it any more."""
    return {name: value for name, value in item.items() if name != "counted_bytes"} | {"status": {"S": "deleting"}}


def test_one_reconcile_repairs_every_inconsistency(
    clean: None,  # noqa: ARG001 - reconciles before the test
    demo: Client,
    aws: Aws,
    outputs: dict[str, str],
    connection: Connection,
    state: Path,
    objects: Callable[[str], list[str]],
    record: Callable[[str], dict[str, Any] | None],
) -> None:
    dynamodb, s3 = aws("dynamodb"), aws("s3")
    table, bucket = outputs["PhotosTableName"], outputs["MediaBucketName"]
    lost = set()
    for seed, step in ((35, "Persist"), (32, "Process")):
        with changed_workflow(aws, outputs, time_out_before(step)):
            photo_id, response = demo.send(encoded("jpeg", seed=seed))
        problem_of(response, Code.INGEST_TIMED_OUT)
        lost.add(photo_id)
    incomplete, kept, deleting = (demo.send(encoded("jpeg", seed=seed))[0] for seed in (31, 33, 34))
    items = record(incomplete), record(deleting)
    assert all(items)
    listed = {*INDEX_ATTRIBUTES, "counted_as"}
    without_last_write, item = (
        {name: value for name, value in found.items() if name not in listed} for found in items if found
    )
    processing = {"status": {"S": "processing"}, "lease_until": {"N": "5"}}
    dynamodb.put_item(TableName=table, Item=without_last_write | processing)
    owner_id = item["owner_id"]["S"]
    dynamodb.put_item(TableName=table, Item=_begun_deletion(item))
    unneeded = [str(uuid.uuid4()) for _ in range(3)]
    for photo_id in unneeded:
        s3.put_object(Bucket=bucket, Key=f"originals/{owner_id}/{photo_id}", Body=b"x")
        dynamodb.put_item(TableName=table, Item=item | processing | {"photo_id": {"S": f"{photo_id[:-1]}0"}})
    expire_leases(aws, outputs)

    found = reconcile(connection, state, print, is_confirmed=True)

    # The added records refer to the objects of `deleting` and have none themselves.
    assert {
        name: found.counts[name]
        for name in ("ingested", "finished", "failed", "deleted", "reported", "waiting", "faults")
    } == {
        "ingested": 2,
        "finished": 1,
        "failed": len({photo_id[:-1] for photo_id in unneeded}),
        "deleted": 1,
        "reported": 0,
        "waiting": 0,
        "faults": 0,
    }
    photo = demo.read(incomplete)
    assert (photo["status"], photo["width"]) == ("ready", demo.read(kept)["width"])
    assert demo.http.get(photo["previews"]["small"]["url"]).status_code == 200
    assert [demo.read(photo_id)["status"] for photo_id in lost] == ["ready", "ready"]
    assert demo.call("GET", f"/photos/{deleting}").status_code == 404
    removed = {deleting, *unneeded}
    assert [key for key in objects("") if key.split("/")[2] in removed] == []
    assert [len(objects(photo_id)) for photo_id in (kept, incomplete, *lost)] == [OBJECTS_OF_A_SMALL_PHOTO] * 4
    expire_leases(aws, outputs)
    assert reconcile(connection, state, print).lines() == ["Nothing to reconcile."]


def test_command_prints_what_it_repaired(
    clean: None,  # noqa: ARG001 - reconciles before the test
    state: Path,
    aws: Aws,
    outputs: dict[str, str],
) -> None:
    key = f"previews/no-owner/{uuid.uuid4()}/thumb-00000000.webp"
    aws("s3").put_object(Bucket=outputs["MediaBucketName"], Key=key, Body=b"x")
    command = [sys.executable, "-m", "local", "reconcile", "--state", str(state)]
    runs = [
        subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603 - the project's own command
        for _ in range(2)
    ]
    assert [(run.returncode, run.stdout, run.stderr) for run in runs] == [
        (0, "1 cleared of objects and marks that nothing refers to\n", ""),
        (0, "Nothing to reconcile.\n", ""),
    ]


def test_command_keeps_a_lost_records_objects_until_confirmed(
    clean: None,  # noqa: ARG001 - reconciles before the test
    demo: Client,
    state: Path,
    aws: Aws,
    outputs: dict[str, str],
    objects: Callable[[str], list[str]],
    record: Callable[[str], dict[str, Any] | None],
) -> None:
    photo_id, _ = demo.send(encoded("jpeg", seed=35))
    assert len(objects(photo_id)) == OBJECTS_OF_A_SMALL_PHOTO
    item = record(photo_id)
    assert item is not None
    key = {name: item[name] for name in ("owner_id", "photo_id")}
    aws("dynamodb").delete_item(TableName=outputs["PhotosTableName"], Key=key)
    command = [sys.executable, "-m", "local", "reconcile", "--state", str(state)]

    def run(*options: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([*command, *options], cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603 - the project's own command

    stopped = run()
    assert (stopped.returncode, stopped.stderr) == (1, "")
    assert stopped.stdout == (
        "The audit stopped and changed nothing. 1 recent originals lack their records: the table is older than the "
        "bucket. Confirm the removal with `make reconcile ARGS=--confirm`, unless the table was restored.\n"
    )
    assert len(objects(photo_id)) == OBJECTS_OF_A_SMALL_PHOTO
    confirmed = run("--confirm")
    lines = ["2 cleared of objects and marks that nothing refers to", "2 counters corrected"]
    assert (confirmed.returncode, confirmed.stdout.splitlines(), confirmed.stderr) == (0, lines, "")
    assert objects(photo_id) == []


def test_upload_of_a_closed_client_is_ingested_at_once(
    clean: None,  # noqa: ARG001 - reconciles before the test
    demo: Client,
    connection: Connection,
    state: Path,
) -> None:
    arriving = demo.create(encoded("jpeg", seed=36))["photo"]["photo_id"]
    uploads = [encoded("jpeg", seed=37), b"no picture"]
    photos = []
    for data in uploads:
        created = demo.create(data)
        assert demo.upload(created["upload"], data).status_code == 204
        photos.append(created["photo"]["photo_id"])
    found = reconcile(connection, state, print)
    assert found.lines() == ["2 ingested: the upload was complete, but its ingest was lost or never requested"]
    assert [demo.read(photo_id)["status"] for photo_id in (*photos, arriving)] == [
        "ready",
        "rejected",
        "awaiting_upload",
    ]
