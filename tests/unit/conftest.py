"""Unit tests do not use the network: a test that opens a socket fails."""

import pytest


@pytest.fixture(autouse=True)
def _no_network(socket_disabled: None) -> None:
    """Apply pytest-socket's `socket_disabled` to every test."""
