"""A mess on the running stack, made by executions that die and by hand, and what `make reconcile` leaves of it."""

import subprocess
import sys
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from local.commands.reconcile import reconcile
from local.connection import Connection
from local.toolchain import ROOT
from photosky.errors import Code
from tests.local.client import Client
from tests.local.test_errors import problem_of
from tests.local.test_faults import Change, changed, wait_before
from tests.pictures import encoded

Aws = Callable[[str], Any]


def die_before(step: str) -> Change:
    """Let every execution end without a word when it comes to a step."""

    def change(definition: dict[str, Any]) -> None:
        wait_before(step, 30)(definition)
        definition["TimeoutSeconds"] = 3

    return change


def end_leases(aws: Aws, outputs: dict[str, str]) -> None:
    """Let time pass for whatever somebody seems to be at work on."""
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
    """What other tests left is settled first."""
    end_leases(aws, outputs)
    reconcile(connection, state, print)


def test_a_mess_of_every_kind_is_gone_after_one_command(
    clean: None,  # noqa: ARG001 - first of all
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
    data = encoded("jpeg", seed=31)
    with changed(aws, outputs, die_before("Persist")):
        whole, response = demo.send(data)
        problem_of(response, Code.INGEST_TIMED_OUT)
    with changed(aws, outputs, die_before("Previews")):
        early, response = demo.send(encoded("jpeg", seed=32))
        problem_of(response, Code.INGEST_TIMED_OUT)
    kept, half_deleted = (demo.send(encoded("jpeg", seed=seed))[0] for seed in (33, 34))
    item = record(half_deleted)
    assert item is not None
    owner_id = item["owner_id"]["S"]
    dynamodb.put_item(TableName=table, Item=item | {"status": {"S": "deleting"}})
    strays = [str(uuid.uuid4()) for _ in range(150)]
    for stray in strays:
        s3.put_object(Bucket=bucket, Key=f"originals/{owner_id}/{stray}", Body=b"x")
        dynamodb.put_item(
            TableName=table,
            Item=item | {"photo_id": {"S": f"{stray[:-1]}0"}, "status": {"S": "processing"}, "lease_until": {"N": "5"}},
        )
    end_leases(aws, outputs)

    found = reconcile(connection, state, print)

    # The strays' records have a half-deleted photo's facts, and no objects of their own.
    assert {
        name: found.counts[name] for name in ("finished", "failed", "deleted", "reported", "waiting", "faults")
    } == {
        "finished": 1,
        "failed": 1 + len({stray[:-1] for stray in strays}),
        "deleted": 1,
        "reported": 0,
        "waiting": 0,
        "faults": 0,
    }
    photo = demo.read(whole)
    assert (photo["status"], photo["width"]) == ("ready", demo.read(kept)["width"])
    assert demo.http.get(photo["previews"]["small"]["url"]).status_code == 200
    photo = demo.read(early)
    assert (photo["status"], photo["rejection"]["code"]) == ("failed", "IngestTimedOut")
    assert demo.call("GET", f"/photos/{half_deleted}").status_code == 404
    gone = {early, half_deleted, *strays}
    assert [key for key in objects("") if key.split("/")[2] in gone] == []
    assert len(objects(kept)) == len(objects(whole)) == 5
    end_leases(aws, outputs)
    assert reconcile(connection, state, print).lines() == ["Nothing to reconcile."]


def test_the_command_says_what_it_found(
    clean: None,  # noqa: ARG001 - first of all
    state: Path,
    aws: Aws,
    outputs: dict[str, str],
) -> None:
    key = f"previews/nobody/{uuid.uuid4()}/thumb-00000000.webp"
    aws("s3").put_object(Bucket=outputs["MediaBucketName"], Key=key, Body=b"x")
    command = [sys.executable, "-m", "local", "reconcile", "--state", str(state)]
    runs = [
        subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603 - our own command
        for _ in range(2)
    ]
    assert [(run.returncode, run.stdout, run.stderr) for run in runs] == [
        (0, "1 cleared of objects and marks that nothing refers to\n", ""),
        (0, "Nothing to reconcile.\n", ""),
    ]
