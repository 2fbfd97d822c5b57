"""The local stack keeps its data when its process is killed."""

import os
import signal
from pathlib import Path

from local.commands.run import started
from tests.local.client import fetch, signed_in
from tests.local.snapshot import copy_deployed
from tests.pictures import encoded


def test_killed_stack_restarts_with_its_photos_and_users(tmp_path: Path) -> None:
    copy_deployed(tmp_path)
    with started(tmp_path, arguments=["--cold"]) as (first, process):
        with signed_in(first, first.username, first.password) as user:
            photo_id, response = user.send(encoded("jpeg", seed=21))
        assert response.status_code == 200
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    with (
        started(tmp_path, arguments=["--cold"]) as (second, _),
        signed_in(second, second.username, second.password) as again,
    ):
        assert (second.username, second.password) == (first.username, first.password)
        assert second.user_pool_id == first.user_pool_id
        photo = again.read(photo_id)
        assert photo["status"] == "ready"
        assert fetch(photo["previews"]["small"]["url"]).status_code == 200
        _, response = again.send(encoded("jpeg", seed=22))
        assert response.status_code == 200
        assert "nothing changed" in (tmp_path / "run.log").read_text()


def test_removed_password_is_replaced_by_one_that_signs_in(tmp_path: Path) -> None:
    copy_deployed(tmp_path)
    earlier = (tmp_path / "password").read_text()
    (tmp_path / "password").unlink()
    with started(tmp_path, arguments=["--cold"]) as (live, _), signed_in(live, live.username, live.password) as user:
        assert live.password != earlier
        assert user.call("GET", "/photos").status_code == 200
