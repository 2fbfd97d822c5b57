"""The emulator's process: its port, its saved state and its folder's lock."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from local.emulator.lock import Taken
from local.emulator.server import Emulator
from tests.local.emulator.conftest import Served, serve


def wait_until(done: Callable[[], bool], seconds: float = 20) -> None:
    """Wait until a write is saved, much longer than that takes on a busy machine."""
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, f"not saved within {seconds} s"
        time.sleep(0.05)


def listening_addresses(pid: int) -> set[str]:
    """Return the addresses on which a process listens, in the hexadecimal form of /proc/net/tcp."""
    sockets = {link.readlink().name for link in Path(f"/proc/{pid}/fd").iterdir() if link.is_symlink()}
    addresses = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and f"socket:[{fields[9]}]" in sockets:
                addresses.add(fields[1].partition(":")[0])
    return addresses


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="needs /proc/net/tcp of Linux")
def test_emulator_listens_on_one_loopback_port_only(served: Served) -> None:
    assert listening_addresses(served.process.pid) == {"0100007F"}


def test_saved_state_survives_a_kill(tmp_path: Path) -> None:
    with serve(tmp_path) as served:
        served.target.client("s3").create_bucket(Bucket="kept")
        served.target.client("s3").put_object(Bucket="kept", Key="a", Body=b"a")
        pool = served.target.client("cognito-idp").create_user_pool(PoolName="kept")["UserPool"]["Id"]
        served.target.client("cognito-idp").admin_create_user(UserPoolId=pool, Username="u", MessageAction="SUPPRESS")
        saved = tmp_path / "state" / "cognito.json"
        wait_until(lambda: saved.exists() and '"u"' in saved.read_text())
        served.process.kill()
        served.process.wait()
    with serve(tmp_path) as again:
        assert again.target.client("s3").get_object(Bucket="kept", Key="a")["Body"].read() == b"a"
        users = again.target.client("cognito-idp").list_users(UserPoolId=pool)["Users"]
        assert [user["Username"] for user in users] == ["u"]


def test_folder_is_locked_by_one_emulator(served: Served, tmp_path: Path) -> None:
    with serve(tmp_path), pytest.raises(Taken, match="Another stack is running"):
        Emulator(tmp_path).take()
    assert served.process.poll() is None
