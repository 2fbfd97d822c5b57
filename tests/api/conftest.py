"""Every test of the API has its bucket and its table, and an ear for what must not be told."""

from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest

from tests.conftest import SESSION_TOKEN
from tests.storage import FILENAME, OWNER, Storage

PRIVATE: Final = (FILENAME, "Sommer", "incoming/", "originals/", "previews/", "47.37", "X-Amz-Signature", "of.a.token")


@pytest.fixture(autouse=True)
def _nothing_private_is_told(
    storage: Storage,  # noqa: ARG001 - the API needs its bucket and its table
    told: Callable[[], list[dict[str, Any]]],
) -> Iterator[None]:
    """Whatever a test asks for, the API's log holds no filename, key, place, URL, token or owner."""
    yield
    lines = str(told())
    assert [text for text in (*PRIVATE, OWNER, SESSION_TOKEN) if text in lines] == []
