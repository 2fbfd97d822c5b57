"""A clock that only tests advance."""

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

NOW = 1_790_000_100
"""2026-09-21T14:15:00Z, 900 s after the start of a half-hour signing window of URLs that are valid for one hour."""

NOW_TEXT = "2026-09-21T14:15:00.000Z"


class Clock:
    """A replacement of `time.time`: Unix time in seconds."""

    def __init__(self) -> None:
        self.now = float(NOW)

    def __call__(self) -> float:
        return self.now

    def tick(self, seconds: float) -> None:
        """Advance the clock."""
        self.now += seconds

    def freeze_botocore(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Use this clock for botocore's signatures and POST policies."""

        def current(remove_tzinfo: bool = True) -> datetime:
            moment = datetime.fromtimestamp(self.now, UTC)
            return moment.replace(tzinfo=None) if remove_tzinfo else moment

        for module in ("botocore.auth", "botocore.signers"):
            monkeypatch.setattr(f"{module}.get_current_datetime", current)

    def freeze_moto(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Use this clock for `LastModified` of objects in moto."""
        monkeypatch.setattr("moto.s3.models.utcnow", lambda: datetime.fromtimestamp(self.now, UTC).replace(tzinfo=None))

    def freeze(self, monkeypatch: pytest.MonkeyPatch, module: str) -> None:
        """Use this clock in a module that calls `time.time()`."""
        monkeypatch.setattr(f"{module}.time", SimpleNamespace(time=self))
