"""The listing of many photos, page by page."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.load.listing import ATTEMPTS, fill, walk
from benchmarks.load.stack import Stack
from local.connection import Connection
from photosky.errors import Code
from photosky.store.changes import Position
from photosky.store.cursors import seal
from tests.local.client import Client, signed_in
from tests.local.stack import DeployedStack
from tests.local.test_errors import problem_of


def test_pages_are_in_order_in_both_directions(state: Path, connection: Connection) -> None:
    stack = Stack.open(state, connection)
    username = stack.create_user(0)
    with signed_in(connection, username, connection.password) as client:
        oldest_first = fill(stack, username, client, 30)
        for order, expected in (("asc", oldest_first), ("desc", oldest_first[::-1])):
            assert [len(times) for times in walk(client, client, 12, order, expected)] == [ATTEMPTS] * 3
        newest = expected[0]
        assert client.call("DELETE", f"/photos/{newest}").status_code == 204
        assert len(walk(client, client, 12, "desc", expected[1:])[0]) == ATTEMPTS
        for photo_id in expected[1:]:  # An audit would report copies without objects.
            assert client.call("DELETE", f"/photos/{photo_id}", params={"permanent": "true"}).status_code == 204


def test_expired_cursor_of_changes_is_gone(demo: Client, aws: Callable[[str], Any], outputs: dict[str, str]) -> None:
    stack = DeployedStack(demo, aws, outputs)
    position = Position(since=0, until=0, after="").to_text()
    cursor = seal(stack.table.cursor_key, stack.owner_id, "changes", position)
    detail = problem_of(demo.call("GET", "/changes", params={"cursor": cursor}), Code.CURSOR_EXPIRED)
    assert detail.startswith("Deletions after this cursor are forgotten.")
