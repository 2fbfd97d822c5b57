"""A full disk: requests end in a clear error, nothing that was acknowledged is lost, and freed space lets it go on."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import httpx
import pytest

from local.commands.run import started
from tests.local.client import Client, fetch, signed_in
from tests.local.snapshot import copy_deployed
from tests.pictures import encoded

FREE_BYTES: Final = 60 * 1024 * 1024
FILLED_BYTES: Final = 50 * 1024 * 1024
MAX_PHOTOS: Final = 60
REASON: Final = "The local stack cannot write its state: No space left on device"


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A state folder with a deployed stack on a file system of its own, with 60 MiB left."""
    copy_deployed(tmp_path / "deployed")
    used = sum(path.lstat().st_size for path in (tmp_path / "deployed").rglob("*") if path.is_file())
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={used + FREE_BYTES}", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode != 0:  # noqa: S603 - fixed arguments
        pytest.skip("only a privileged user can mount a small file system")
    try:
        subprocess.run(["cp", "-a", f"{tmp_path / 'deployed'}/.", str(folder)], check=True)  # noqa: S603, S607
        # On the full disk, the line that reports it is lost as well if the log's last block has no room for it.
        (folder / "run.log").symlink_to(tmp_path / "run.log")
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)  # noqa: S603, S607


def test_full_disk_fails_requests_and_loses_nothing(small: Path) -> None:
    data = encoded("png", size=(700, 500), compress_level=0)
    ready: list[str] = []
    with started(small) as (first, process):
        filler = small / "filler"
        filler.write_bytes(bytes(FILLED_BYTES))
        port = int(first.endpoint_url.rpartition(":")[2])
        with signed_in(first, first.username, first.password) as user:
            failed = _fill(user, data, ready)
            if failed.status_code == 507:  # Of S3; the API's own response follows.
                assert REASON in failed.text
            else:
                assert (failed.status_code, failed.json()["code"]) == (500, "InternalError")
            assert ready
            _check(user, ready)
            filler.unlink()
            photo_id, response = user.send(data)
            assert response.status_code == 200
            ready.append(photo_id)
        output = (small / "run.log").read_text()
        reports = re.findall(f"{REASON}|The state can be written again.", output)
        assert reports  # A smaller write may succeed in between.
        assert reports == [REASON, "The state can be written again."] * (len(reports) // 2)
        process.kill()
        process.wait()
    with (
        started(small, port, arguments=["--cold"]) as (second, _),
        signed_in(second, second.username, second.password) as user,
    ):
        _check(user, ready)


def _fill(user: Client, data: bytes, ready: list[str]) -> httpx.Response:
    """Send photos, whose ids are added to `ready`, until a request fails; return its response."""
    for _ in range(MAX_PHOTOS):
        created = user.call("POST", "/photos", json=_body(data))
        if created.status_code != 201:
            return created
        form = created.json()["upload"]
        uploaded = user.upload(form, data)
        if uploaded.status_code != 204:
            return uploaded
        photo_id = created.json()["photo"]["photo_id"]
        ingested = user.ingest(photo_id)
        if ingested.status_code != 200:
            return ingested
        ready.append(photo_id)
    pytest.fail("the disk was never full")


def _body(data: bytes) -> dict[str, object]:
    return {"filename": "a.png", "content_type": "image/png", "size_bytes": len(data)}


def _check(user: Client, ready: list[str]) -> None:
    """Check that exactly these photos are listed as ready, with all of their previews."""
    listed = user.call("GET", "/photos", params={"limit": "100", "order": "asc"}).json()["photos"]
    assert [photo["photo_id"] for photo in listed] == ready
    for photo in listed:
        for preview in photo["previews"].values():
            assert len(fetch(preview["url"]).content) == preview["size_bytes"]
