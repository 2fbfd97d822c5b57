"""Imports of a folder and of an S3 prefix into the running stack, and repeated imports."""

import hashlib
import io
import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from local.commands.importer import Stack, run
from local.commands.imports import import_from
from local.commands.reconcile import reconcile
from local.commands.sources import File
from local.connection import Connection
from local.deployed import Deployed
from local.errors import CommandError
from local.progress import Progress
from photosky.originals import Became
from photosky.photo import Photo, Rejection, Status
from photosky.store import keys
from photosky.store.media import MediaBucket
from tests.local.client import Client, signed_up
from tests.local.operator import operator_with
from tests.local.test_reconcile import expire_leases
from tests.pictures import encoded, wrong_bytes

Aws = Callable[[str], Any]

OWNER = "importer@photosky.test"
GOOD = {"2025/a.jpg": encoded("jpeg", seed=71), "2026/b.png": encoded("png", seed=72)}
FILES = {
    **GOOD,
    "2026/again.jpg": GOOD["2025/a.jpg"],
    "letter.jpg": wrong_bytes(),
    "half.jpg": encoded("jpeg", seed=73)[:300],
    ".hidden/c.jpg": encoded("jpeg", seed=74),
}


IMPORT_BUCKET = "photosky-import"
"""The source bucket of the environment `local`."""

KILLED_OWNER = "killed@photosky.test"


@pytest.fixture
def user(connection: Connection, aws: Aws) -> Iterator[Client]:
    """A user without photos."""
    with signed_up(connection, aws("cognito-idp"), OWNER) as client:
        yield client


@pytest.fixture
def killed_user(connection: Connection, aws: Aws) -> Iterator[Client]:
    """A user without photos, whose imports are killed."""
    with signed_up(connection, aws("cognito-idp"), KILLED_OWNER) as client:
        yield client


def test_folder_and_prefix_are_imported_once_despite_invalid_files(
    user: Client, connection: Connection, state: Path, aws: Aws, tmp_path: Path, outputs: dict[str, str]
) -> None:
    folder = tmp_path / "pictures"
    for name, data in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    output = io.StringIO()

    def import_all(source: str, owner: str = OWNER) -> tuple[dict[Became, int], dict[str, tuple[str, str | None]]]:
        report = tmp_path / "report.jsonl"
        counts = import_from(Deployed.here(connection, state), source, owner, report, Progress(output))
        lines = [json.loads(line) for line in report.read_text().splitlines()]
        return dict(counts), {line["name"]: (line["became"], line.get("code")) for line in lines}

    counts, became = import_all(str(folder))
    assert counts == {"imported": 2, "duplicate": 1, "rejected": 2}
    same = {became.pop("2025/a.jpg"), became.pop("2026/again.jpg")}
    assert same == {("imported", None), ("duplicate", None)}
    assert became == {
        "2026/b.png": ("imported", None),
        "letter.jpg": ("rejected", "UnsupportedFormat"),
        "half.jpg": ("rejected", "CorruptImage"),
    }
    assert "letter.jpg: UnsupportedFormat: " in output.getvalue()
    photos = user.call("GET", "/photos").json()["photos"]
    assert len(photos) == 2
    for photo in photos:
        assert user.call("GET", f"/photos/{photo['photo_id']}/original").status_code == 200
        assert user.http.get(photo["previews"]["small"]["url"]).status_code == 200

    # A repeated import uploads only the new file.
    (folder / "2026" / "new.jpg").write_bytes(encoded("jpeg", seed=75))
    assert import_all(str(folder))[0] == {"duplicate": 3, "imported": 1, "rejected": 2}
    items = aws("dynamodb").scan(TableName=outputs["PhotosTableName"])["Items"]
    owner_id = next(item["owner_id"]["S"] for item in items if item["photo_id"]["S"] == photos[0]["photo_id"])
    statuses = [item["status"]["S"] for item in items if item["owner_id"]["S"] == owner_id and "status" in item]
    assert statuses == ["ready"] * 3, "a rejected file leaves no record"

    s3 = aws("s3")
    s3.create_bucket(Bucket="photosky-old-pictures")
    for name, data in FILES.items():
        s3.put_object(Bucket="photosky-old-pictures", Key=f"archive/{name}", Body=data)
    s3.put_object(Bucket="photosky-old-pictures", Key="archive/c.gif", Body=encoded("gif", seed=76))
    s3.put_object(Bucket="photosky-old-pictures", Key="elsewhere/d.jpg", Body=encoded("jpeg", seed=77))
    assert import_all("s3://photosky-old-pictures/archive/")[0] == {"duplicate": 3, "imported": 1, "rejected": 2}

    for source, owner, message in (
        ("s3://no-such-bucket/x", OWNER, "There is no bucket 'no-such-bucket'."),
        (str(tmp_path / "nowhere"), OWNER, f"{tmp_path / 'nowhere'} is not a folder."),
        (str(folder), "unknown@photosky.test", "There is no user 'unknown@photosky.test'."),
    ):
        with pytest.raises(CommandError) as refused:
            import_all(source, owner)
        assert str(refused.value) == message


def test_prefix_is_imported_by_the_state_machine_as_through_this_machine(
    connection: Connection, state: Path, aws: Aws, tmp_path: Path
) -> None:
    s3, report = aws("s3"), tmp_path / "report.jsonl"
    s3.create_bucket(Bucket=IMPORT_BUCKET)
    for name, data in {**FILES, "c": encoded("gif", seed=76), "notes.txt": b"x", "2026/": b""}.items():
        s3.put_object(Bucket=IMPORT_BUCKET, Key=f"archive/{name}", Body=data)
    s3.put_object(Bucket=IMPORT_BUCKET, Key="elsewhere/d.jpg", Body=encoded("jpeg", seed=77))
    deployed, output = Deployed.here(connection, state), io.StringIO()

    def import_all(owner: str, *, is_here: bool = False) -> list[tuple[str, str, str | None, str | None]]:
        source = f"s3://{IMPORT_BUCKET}/archive/"
        counts = import_from(deployed, source, owner, report, Progress(output), is_here=is_here)
        lines = [json.loads(line) for line in report.read_text().splitlines()]
        assert counts == Counter(line["became"] for line in lines)
        return sorted((line["name"], line["became"], line.get("code"), line.get("detail")) for line in lines)

    with (
        signed_up(connection, aws("cognito-idp"), "prefix@photosky.test") as user,
        signed_up(connection, aws("cognito-idp"), "here@photosky.test"),
    ):
        first = import_all("prefix@photosky.test")
        photos = user.call("GET", "/photos").json()["photos"]
        names = sorted(photo["filename"] for photo in photos)
        assert names in (["a.jpg", "b.png", "c"], ["again.jpg", "b.png", "c"])
        shown = output.getvalue()
        assert "Importing s3://photosky-import/archive/ (9 of 9 files)" in shown
        assert "Skipped 1 file that is not a picture: 1 .txt." in shown
        assert "letter.jpg: UnsupportedFormat: " in shown
        second = import_all("prefix@photosky.test")
        assert user.call("GET", "/photos").json()["photos"] == photos
        here = import_all("here@photosky.test", is_here=True)
    # Of two files with the same bytes, either one is the first.
    same = {"2025/a.jpg", "2026/again.jpg"}
    assert [line for line in first if line[0] not in same] == [line for line in here if line[0] not in same]
    for lines in (first, here):
        assert sorted(became for name, became, *_ in lines if name in same) == ["duplicate", "imported"]
    assert second == [(name, "duplicate" if became == "imported" else became, *about) for name, became, *about in first]


class KilledStates:
    """A Step Functions client whose process is killed at its first call."""

    def start_sync_execution(self, **_parameters: Any) -> None:
        raise KeyboardInterrupt


def test_repeated_import_continues_what_a_killed_one_uploaded(
    killed_user: Client,
    connection: Connection,
    state: Path,
    aws: Aws,
    objects: Callable[[str], list[str]],
    tmp_path: Path,
) -> None:
    stack = Stack.of(Deployed.here(connection, state))
    owner_id = stack.owner_id(KILLED_OWNER)
    folder = tmp_path / "pictures"
    folder.mkdir()
    files = {f"{name}.jpg": encoded("jpeg", seed=seed) for seed, name in enumerate("abcd", start=80)}
    for name, data in files.items():
        (folder / name).write_bytes(data)

    def uploaded() -> list[Photo]:
        uploads = MediaBucket(stack.s3, stack.settings.bucket_name).walk(f"{keys.UPLOADS_PREFIX}{owner_id}/")
        photos = [stack.table.get(owner_id, upload.key.rpartition("/")[2]) for upload in uploads]
        return [photo for photo in photos if photo]

    for name in ("a.jpg", "b.jpg", "c.jpg"):
        read = partial(files.__getitem__, name)
        with pytest.raises(KeyboardInterrupt):
            list(run(replace(stack, states=KilledStates()), owner_id, iter([File(name, len(read()), read, read)])))
    _, lost, failed = uploaded()
    stack.table.claim(owner_id, lost.photo_id, "killed")
    stack.table.claim(owner_id, failed.photo_id, "killed")
    stack.table.refuse(owner_id, failed.photo_id, "killed", Status.FAILED, Rejection("InternalError", "It broke."))
    expire_leases(aws, {"PhotosTableName": stack.settings.table_name})

    deployed, output = Deployed.here(connection, state), Progress(io.StringIO())
    counts = import_from(deployed, str(folder), KILLED_OWNER, tmp_path / "report.jsonl", output)
    assert dict(counts) == {"imported": 4}
    reconcile(connection, state, print, is_confirmed=True)
    photos = killed_user.call("GET", "/photos").json()["photos"]
    digests = sorted(hashlib.sha256(data).hexdigest() for data in files.values())
    assert sorted(photo["sha256"] for photo in photos) == digests
    assert {lost.photo_id, failed.photo_id} < {photo["photo_id"] for photo in photos}
    for photo in photos:
        objects(photo["photo_id"])  # Until Events has removed the upload.
    assert uploaded() == []


def test_import_needs_only_the_documented_permissions(connection: Connection, aws: Aws, tmp_path: Path) -> None:
    s3 = aws("s3")
    s3.create_bucket(Bucket="photosky-operator-pictures")
    pictures = {"a.jpg": encoded("jpeg", seed=78, size=(64, 48)), "letter.jpg": wrong_bytes()}
    for name, data in pictures.items():
        s3.put_object(Bucket="photosky-operator-pictures", Key=f"2026/{name}", Body=data)
    rows = ("all", "import", "a source in S3")
    with (
        signed_up(connection, aws("cognito-idp"), "environment@photosky.test") as user,
        operator_with(aws, connection.endpoint_url, tmp_path, *rows) as operator,
    ):
        source = ("import", "--env", "local", "s3://photosky-operator-pictures/2026")
        done = operator.run(*source, "--owner", "environment@photosky.test")
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.splitlines()[-2:] == ["1 imported, 1 rejected", "Report: import.jsonl"]
        lines = [json.loads(line) for line in (tmp_path / "import.jsonl").read_text().splitlines()]
        (photo,) = user.call("GET", "/photos").json()["photos"]
        assert {line["name"]: line.get("photo_id", line.get("code")) for line in lines} == {
            "a.jpg": photo["photo_id"],
            "letter.jpg": "UnsupportedFormat",
        }
        assert user.call("DELETE", f"/photos/{photo['photo_id']}?permanent=true").status_code == 204
        unowned = operator.run(*source)
        folder = tmp_path / "pictures"
        folder.mkdir()
        for name, data in pictures.items():
            (folder / name).write_bytes(data)
        with operator_with(aws, connection.endpoint_url, tmp_path, *rows[:2]) as local_operator:
            local = ("import", "--env", "local", str(folder), "--owner", "environment@photosky.test")
            done = local_operator.run(*local)
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.splitlines()[-2] == "1 imported, 1 rejected"
        # Within AWS, the operator needs no permission on objects and records.
        s3.create_bucket(Bucket=IMPORT_BUCKET)
        for name, data in pictures.items():
            s3.put_object(Bucket=IMPORT_BUCKET, Key=f"operator/{name}", Body=data)
        with operator_with(aws, connection.endpoint_url, tmp_path, "all", "import within AWS") as starter:
            within = ("import", "--env", "local", f"s3://{IMPORT_BUCKET}/operator/")
            done = starter.run(*within, "--owner", "environment@photosky.test")
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.splitlines()[-2] == "1 already there, 1 rejected"
    message = "Name the user in local who will own the photos: OWNER=user@example.com.\n"
    assert (unowned.returncode, unowned.stderr) == (1, message)
