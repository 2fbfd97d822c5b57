"""The unit tests are pure: whatever reaches for the network fails."""

import pytest


@pytest.fixture(autouse=True)
def _no_network(socket_disabled: None) -> None:
    """Sockets stay closed."""
