"""Fixtures of the imaging tests."""

import pytest

from photosky.imaging import decoding


@pytest.fixture
def no_decoder(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail the test if a file reaches a decoder."""

    def fail(*_: object, **__: object) -> None:
        raise AssertionError("a decoder was called")

    monkeypatch.setattr(decoding, "_open", fail)
