"""Presets change with photos in place: what is counted, made and kept, and what listings show meanwhile."""

import io
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, Self

from PIL import Image

from local.commands.reconcile import reconcile
from local.commands.reprocess import Report, reprocess
from local.connection import Connection
from local.deployed import Deployed
from local.progress import Progress
from photosky.imaging.presets import DEFAULT_PRESETS, Preset
from tests.local.client import Client, signed_up
from tests.local.operator import operator_with
from tests.pictures import encoded

Aws = Callable[[str], Any]

PHOTOS: Final = 4
CHANGED: Final = (
    DEFAULT_PRESETS[0],
    replace(DEFAULT_PRESETS[1], width=320, height=320),
    DEFAULT_PRESETS[2],
    Preset("banner", 400, 100, fit="cover", format="jpeg"),
)
"""`small` is another, `large` is gone, `banner` is new; `thumb` and `medium` are what they were."""
BEFORE: Final = frozenset(preset.name for preset in DEFAULT_PRESETS)
AFTER: Final = frozenset(preset.name for preset in CHANGED)


@contextmanager
def presets(aws: Aws, outputs: Mapping[str, str], wanted: tuple[Preset, ...]) -> Iterator[None]:
    """The stack as if it had been deployed with other presets, for a moment."""
    functions = aws("lambda")
    pages = aws("cloudformation").get_paginator("list_stack_resources").paginate(StackName="PhotoSky-local")
    names = [
        resource["PhysicalResourceId"]
        for page in pages
        for resource in page["StackResourceSummaries"]
        if resource["ResourceType"] == "AWS::Lambda::Function"
    ]
    assert outputs["ReconcileFunctionName"] in names
    before = {
        name: functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"] for name in names
    }
    told = {"PHOTOSKY_PRESETS": json.dumps([preset.to_mapping() for preset in wanted])}
    try:
        for name in names:
            functions.update_function_configuration(FunctionName=name, Environment={"Variables": before[name] | told})
        yield
    finally:
        for name in names:
            functions.update_function_configuration(FunctionName=name, Environment={"Variables": before[name]})


class Watch:
    """A listing asked for again and again, and every preview that it shows fetched."""

    def __init__(self, user: Client) -> None:
        self._user = user
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self.looks = 0
        self.broken: list[str] = []

    def _look(self) -> None:
        while not self._over.is_set():
            listed = self._user.call("GET", "/photos").json()["photos"]
            self.broken += [f"{len(listed)} photos"] if len(listed) != PHOTOS else []
            for photo in listed:
                names = frozenset(photo["previews"])
                self.broken += [] if names in (BEFORE, AFTER) else [f"{photo['photo_id']}: {sorted(names)}"]
                self.broken += broken(self._user, photo)
            self.looks += 1

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_raised: object) -> None:
        self._over.set()
        self._thread.join()


def broken(user: Client, photo: Mapping[str, Any]) -> list[str]:
    """What is wrong with the previews that a photo shows."""
    found = []
    for name, preview in photo["previews"].items():
        answer = user.http.get(preview["url"])
        if answer.status_code != 200:
            found.append(f"{name}: {answer.status_code}")
            continue
        size = Image.open(io.BytesIO(answer.content)).size
        if size != (preview["width"], preview["height"]) or len(answer.content) != preview["size_bytes"]:
            found.append(f"{name}: {size}, {len(answer.content)} bytes")
    return found


def listing(user: Client) -> dict[str, dict[str, Any]]:
    """A user's photos as a listing shows them, by id."""
    return {photo["photo_id"]: photo for photo in user.call("GET", "/photos").json()["photos"]}


def sizes(photo: Mapping[str, Any]) -> dict[str, tuple[int, int]]:
    return {name: (preview["width"], preview["height"]) for name, preview in photo["previews"].items()}


def without_query(photo: Mapping[str, Any], name: str) -> str:
    """Where a preview lies, whoever signed its URL."""
    return str(photo["previews"][name]["url"].partition("?")[0])


def test_presets_change_with_photos_in_place(
    connection: Connection,
    state: Path,
    aws: Aws,
    outputs: dict[str, str],
    objects: Callable[[str], list[str]],
) -> None:
    stack, progress = Deployed.here(connection, state), Progress(io.StringIO())

    def run(*, dry_run: bool = False) -> Report:
        return reprocess(stack, progress, dry_run=dry_run)

    # What other tests left without an original stays as it is, and is told each time.
    left = run().faults
    with signed_up(connection, aws("cognito-idp"), "reprocess@photosky.test") as user:
        for seed in range(PHOTOS):
            user.send(encoded("jpeg", seed=60 + seed, size=(1500, 900)))
        before = listing(user)
        first, torn = sorted(before)[:2]
        etag = user.call("GET", f"/photos/{first}").headers["ETag"]
        kept = {name: without_query(before[first], name) for name in ("thumb", "medium")}
        (original,) = (key for key in objects(torn) if key.startswith("originals/"))
        data = aws("s3").get_object(Bucket=outputs["MediaBucketName"], Key=original)["Body"].read()
        with presets(aws, outputs, CHANGED):
            stored = objects("")
            counted = run(dry_run=True)
            assert {name: counted.missing[name] for name in counted.missing} == dict.fromkeys(
                ("small", "banner"), counted.counts["outdated"]
            )
            assert counted.unneeded == {"large": counted.counts["outdated"]}
            assert objects("") == stored, "a dry run writes nothing"

            # An original that is gone leaves its photo as it is, and the rest goes on.
            aws("s3").delete_object(Bucket=outputs["MediaBucketName"], Key=original)
            with Watch(user) as watch:
                done = run()
            assert (watch.broken, watch.looks > 0) == ([], True)
            assert {"photo_id": torn, "outcome": "damaged", "code": "UploadMissing"} in done.reports
            assert without_query(listing(user)[torn], "small") == without_query(before[torn], "small")

            # Again, with the original back: what is left is done, and nothing else.
            aws("s3").put_object(Bucket=outputs["MediaBucketName"], Key=original, Body=data)
            others = {key for photo in before if photo != torn for key in objects(photo)}
            assert run().counts["renewed"] == 1
            assert {key for photo in before if photo != torn for key in objects(photo)} == others
            assert run().counts["outdated"] == left

            after = listing(user)
            assert [sizes(photo) for photo in after.values()] == [
                {"thumb": (256, 256), "small": (320, 192), "medium": (1280, 768), "banner": (400, 100)}
            ] * PHOTOS
            assert [broken(user, photo) for photo in after.values()] == [[]] * PHOTOS
            assert {name: without_query(after[first], name) for name in kept} == kept
            assert user.call("GET", f"/photos/{first}").headers["ETag"] == etag

            # The listing of before still shows its pictures, and goes on to, whatever is swept, until its URLs end.
            reconcile(connection, state, lambda _line: None)
            assert [broken(user, photo) for photo in before.values()] == [[]] * PHOTOS
            assert len(objects(first)) == 1 + 4 + 2
            end_retirements(aws, outputs)
            found = reconcile(connection, state, lambda _line: None)
            assert found.counts["swept"] >= PHOTOS
            assert {photo_id: len(objects(photo_id)) for photo_id in before} == dict.fromkeys(before, 1 + 4)
            assert [broken(user, photo) for photo in after.values()] == [[]] * PHOTOS
            for photo_id in before:
                assert user.call("DELETE", f"/photos/{photo_id}").status_code == 204
            assert [key for photo_id in before for key in objects(photo_id)] == []
    run()
    end_retirements(aws, outputs)
    reconcile(connection, state, lambda _line: None)


def test_two_at_once_leave_every_photo_right_and_so_does_whoever_has_the_permissions_of_the_readme(
    connection: Connection,
    state: Path,
    aws: Aws,
    outputs: dict[str, str],
    objects: Callable[[str], list[str]],
    tmp_path: Path,
) -> None:
    stack, states = Deployed.here(connection, state), aws("stepfunctions")
    progress = Progress(io.StringIO())
    left = reprocess(stack, progress).faults
    with signed_up(connection, aws("cognito-idp"), "at-once@photosky.test") as user:
        for seed in range(PHOTOS):
            user.send(encoded("jpeg", seed=80 + seed, size=(1500, 900)))
        before = listing(user)
        with presets(aws, outputs, CHANGED):
            # Other tests' photos are renewed as well.
            outdated = reprocess(stack, progress, dry_run=True).counts["outdated"] - left
            machine = outputs["ReprocessStateMachineArn"]
            both = [states.start_execution(stateMachineArn=machine)["executionArn"] for _ in range(2)]
            with Watch(user) as watch:
                reports = [ended(states, execution) for execution in both]
            assert (watch.broken, watch.looks > 0) == ([], True)
            total = sum((Counter(report.counts) for report in reports), Counter())
            # What the other had in hand is busy to it, current when it comes to it, or, just between, renewed again.
            assert (total["renewed"] >= outdated, total["broken"]) == (True, 0)
            assert total["renewed"] + total["busy"] + total["current"] == total["outdated"] - 2 * left
            after = listing(user)
            assert [sizes(photo) for photo in after.values()] == [
                {"thumb": (256, 256), "small": (320, 192), "medium": (1280, 768), "banner": (400, 100)}
            ] * PHOTOS
            assert [broken(user, photo) for photo in [*after.values(), *before.values()]] == [[]] * 2 * PHOTOS
            assert {photo_id: len(objects(photo_id)) for photo_id in before} == dict.fromkeys(before, 1 + 4 + 2)

        # Back to what they were, by somebody in a terminal.
        with operator_with(aws, connection.endpoint_url, tmp_path, "both", "reprocess") as operator:
            counted = operator.run("reprocess", "--env", "local", "--dry-run")
            expected = reprocess(stack, progress, dry_run=True).lines(dry_run=True)
            assert (counted.stdout.splitlines(), counted.stderr) == (expected, "")
            done = operator.run("reprocess", "--env", "local")
        assert f"{outdated} renewed" in done.stdout.splitlines()
        assert (done.returncode, done.stderr) == (1 if left else 0, "")
        assert [sizes(photo) for photo in listing(user).values()] == [sizes(photo) for photo in before.values()]
        for photo_id in before:
            assert user.call("DELETE", f"/photos/{photo_id}").status_code == 204
    end_retirements(aws, outputs)
    reconcile(connection, state, lambda _line: None)


def ended(states: Any, execution: str) -> Report:
    """The report of an execution, once it has one."""
    while (found := states.describe_execution(executionArn=execution))["status"] == "RUNNING":
        time.sleep(0.05)
    return Report(**json.loads(found["output"] if found["status"] == "SUCCEEDED" else found["cause"]))


def end_retirements(aws: Aws, outputs: Mapping[str, str]) -> None:
    """Let the time pass for which old previews are kept."""
    dynamodb, table = aws("dynamodb"), outputs["PhotosTableName"]
    for page in dynamodb.get_paginator("scan").paginate(TableName=table):
        for item in page["Items"]:
            if "retired_until" in item:
                assert item["lease_until"] == item["retired_until"]
                dynamodb.update_item(
                    TableName=table,
                    Key={name: item[name] for name in ("owner_id", "photo_id")},
                    UpdateExpression="SET lease_until = :past, retired_until = :past",
                    ExpressionAttributeValues={":past": {"N": "1"}},
                )
