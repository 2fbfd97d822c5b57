"""The emulator's process: its port and its folder's lock."""

from pathlib import Path

import pytest

from local.emulator.lock import Taken
from local.emulator.server import Emulator
from tests.local.emulator.conftest import Served, serve


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


def test_folder_is_locked_by_one_emulator(served: Served, tmp_path: Path) -> None:
    with serve(tmp_path), pytest.raises(Taken, match="Another stack is running"):
        Emulator(tmp_path).take()
    assert served.process.poll() is None
