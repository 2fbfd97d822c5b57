"""The connection file of the running stack."""

import json
from pathlib import Path

from infrastructure.version import VERSION
from local.connection import Connection
from tests.local.client import fetch


def test_connection_file_has_the_urls_and_credentials(connection: Connection, state: Path) -> None:
    saved = json.loads((state / "local.json").read_text())
    assert sorted(saved) == [
        "api_url",
        "client_id",
        "endpoint_url",
        "page_url",
        "password",
        "region",
        "user_pool_id",
        "username",
    ]
    assert fetch(f"{saved['api_url']}/health").json() == {"status": "ok", "version": VERSION}
    assert (state / "local.json").stat().st_mode & 0o777 == 0o600
    assert connection.endpoint_url.startswith("http://127.0.0.1:")
