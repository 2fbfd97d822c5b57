"""Fixtures of the API tests: a bucket, a table, and a check that the log has no private data."""

from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest

from photosky.photo import Photo
from tests.api.photos import SHA256
from tests.conftest import SESSION_TOKEN
from tests.storage import FILENAME, OWNER, Storage

PRIVATE: Final = (FILENAME, "Sommer", "incoming/", "originals/", "previews/", "47.37", "X-Amz-Signature", "of.a.token")


@pytest.fixture(autouse=True)
def _nothing_private_is_logged(
    storage: Storage,  # noqa: ARG001 - the API needs a bucket and a table
    log_lines: Callable[[], list[dict[str, Any]]],
) -> Iterator[None]:
    """The API's log contains no filename, key, location, URL, token or owner."""
    yield
    lines = str(log_lines())
    assert [text for text in (*PRIVATE, OWNER, SESSION_TOKEN) if text in lines] == []


@pytest.fixture
def photo(storage: Storage) -> Photo:
    """A ready photo."""
    return storage.put_ready(SHA256)
