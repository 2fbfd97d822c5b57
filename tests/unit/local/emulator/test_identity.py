"""The access key that has root permissions."""

import pytest

from local.emulator.patches import identity


@pytest.mark.parametrize(
    ("key", "is_root"), [("AKIAFOLDER", True), ("test", False), ("000000000000", False), ("", True)]
)
def test_only_the_folders_key_is_root(monkeypatch: pytest.MonkeyPatch, key: str, *, is_root: bool) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAFOLDER")
    assert identity.is_root(key) is is_root
