"""The emulator's port and its root credentials."""

import socket
from pathlib import Path

import pytest

from local.emulator.server import EmulatorError, _listen, root_credentials


@pytest.mark.usefixtures("socket_enabled")
def test_port_in_use_is_replaced_by_a_free_one() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with _listen(port) as listener:
            assert listener.getsockname()[1] not in (0, port)


@pytest.mark.usefixtures("socket_enabled")
def test_forbidden_port_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    def deny(_self: socket.socket, _address: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(socket.socket, "bind", deny)
    with pytest.raises(EmulatorError, match=r"Port 80 of 127.0.0.1 cannot be used: Permission denied. .*PORT="):
        _listen(80)


def test_root_key_is_created_once_and_is_private(tmp_path: Path) -> None:
    path = tmp_path / "root.json"
    first = root_credentials(path)
    assert root_credentials(path) == first
    assert root_credentials(tmp_path / "other.json") != first
    assert path.stat().st_mode & 0o777 == 0o600
