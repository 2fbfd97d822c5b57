"""The emulator's port."""

import socket

import pytest

from local.emulator.server import EmulatorError, _listen

pytestmark = pytest.mark.usefixtures("socket_enabled")


def test_a_port_in_use_is_replaced_by_a_free_one() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with _listen(port) as listener:
            assert listener.getsockname()[1] not in (0, port)


def test_a_forbidden_port_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_self: socket.socket, _address: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(socket.socket, "bind", refuse)
    with pytest.raises(EmulatorError, match=r"Port 80 of 127.0.0.1 cannot be used: Permission denied. .*PORT="):
        _listen(80)
