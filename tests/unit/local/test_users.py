"""The password of the demo user."""

from pathlib import Path

from local import users


def test_password_is_created_once_and_is_private(tmp_path: Path) -> None:
    path = tmp_path / "password"
    first = users.password(path)
    assert users.password(path) == first
    assert path.stat().st_mode & 0o777 == 0o600
