"""An owner's rights on the local stack: the quota under twenty clients, the export, and the removal of every byte."""

import json
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

from local import __main__ as program
from local.commands.run import started
from local.deploy import Target
from local.emulator.server import Credentials
from tests.local.client import Client, signed_up
from tests.local.snapshot import copy_deployed
from tests.pictures import encoded

ERASED, OTHER = "erased@photosky.test", "other@photosky.test"
CLIENTS, ROOM = 20, 7


def test_quota_export_and_removal_of_one_of_two_owners(tmp_path: Path) -> None:
    state, exported = tmp_path / "state", tmp_path / "exported"
    copy_deployed(state)
    with started(state, arguments=["--cold"]) as (live, _):
        aws = Target(live.endpoint_url, Credentials(**json.loads((state / "root.json").read_text())))
        cognito = aws.client("cognito-idp")
        with signed_up(live, cognito, ERASED) as erased, signed_up(live, cognito, OTHER) as other:
            ids = fill(erased, seed=31, title="Whale near Sylt")
            others = fill(other, seed=32, title="Oak")
            set_quota(aws, photos=len(ids) + ROOM)
            with ThreadPoolExecutor(CLIENTS) as clients:
                responses = list(clients.map(lambda number: create(erased, number), range(CLIENTS)))
            assert Counter(response.status_code for response in responses) == {201: ROOM, 403: CLIENTS - ROOM}
            ids += [response.json()["photo"]["photo_id"] for response in responses if response.status_code == 201]
            used = erased.call("GET", "/me").json()
            assert used["photos"] == {"used": len(ids), "limit": len(ids)}
            command = ["--state", str(state), "--owner", ERASED]
            assert program.main(["export", *command, str(exported)]) == 0
            lines = [json.loads(line) for line in (exported / "photos.jsonl").read_text().splitlines()]
            assert {line["photo_id"] for line in lines} == set(ids)
            assert len(list((exported / "originals").iterdir())) == len([line for line in lines if line["file"]]) == 2
            (sub,) = subjects(cognito, live.user_pool_id, ERASED)
            assert found_bytes(state, [sub, ERASED, *ids])
            assert program.main(["erase", *command, "--yes"]) == 0
            assert erased.call("GET", "/me").json()["photos"]["used"] == 0
            assert [other.read(photo_id)["status"] for photo_id in others] == ["ready", "trashed"]
            assert program.main(["erase", "--state", str(state), "--owner", sub, "--yes"]) == 0
    assert found_bytes(state, [sub, ERASED, *ids, "Whale near Sylt", "whale.jpg"]) == []
    assert found_bytes(state, [*others, OTHER, "Oak"])


def fill(user: Client, *, seed: int, title: str) -> list[str]:
    """Give a user a ready photo and one in the trash, and return their ids."""
    ids = []
    for number in range(2):
        photo_id, response = user.send(
            encoded("jpeg", seed=seed + 100 * number), filename=f"{title.split()[0].lower()}.jpg"
        )
        assert response.status_code == 200
        edit = {"title": title, "tags": ["sea"], "favorite": True}
        assert user.call("PATCH", f"/photos/{photo_id}", json=edit).status_code == 200
        ids.append(photo_id)
    assert user.call("DELETE", f"/photos/{ids[1]}").status_code == 204
    return ids


def create(user: Client, number: int) -> Any:
    body = {"filename": f"{number}.jpg", "content_type": "image/jpeg", "size_bytes": 1000}
    return user.call("POST", "/photos", json=body, headers={"Idempotency-Key": f"key-{number}"})


def set_quota(aws: Target, *, photos: int) -> None:
    functions = aws.client("lambda")
    (name,) = [
        found["FunctionName"]
        for found in functions.list_functions()["Functions"]
        if "PhotosApi" in found["FunctionName"]
    ]
    variables = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    changed = {**variables, "PHOTOSKY_MAX_PHOTOS_PER_OWNER": str(photos)}
    functions.update_function_configuration(FunctionName=name, Environment={"Variables": changed})


def subjects(cognito: Any, pool: str, username: str) -> Iterable[str]:
    attributes = cognito.admin_get_user(UserPoolId=pool, Username=username)["UserAttributes"]
    return (about["Value"] for about in attributes if about["Name"] == "sub")


def found_bytes(state: Path, texts: Iterable[str]) -> list[tuple[str, str]]:
    """The files that have one of the texts in their name or content. The functions' code is no state."""
    files = {}
    for path in state.rglob("*"):
        if "code" not in path.relative_to(state).parts and path.is_file():
            with suppress(FileNotFoundError):  # The stack runs, and Events may just remove an upload.
                files[str(path.relative_to(state))] = path.read_bytes()
    return [(name, text) for name, data in files.items() for text in texts if text in name or text.encode() in data]
