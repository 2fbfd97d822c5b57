"""A clock that stands still until a test moves it."""

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

NOW = 1_790_000_100
"""2026-09-21T14:15:00Z: 900 s into the half-hour window in which a URL of one hour is signed."""

NOW_TEXT = "2026-09-21T14:15:00.000Z"


class Clock:
    """Unix seconds, as `time.time` gives them."""

    def __init__(self) -> None:
        self.now = float(NOW)

    def __call__(self) -> float:
        return self.now

    def tick(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds

    def freeze_botocore(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Make botocore sign, and date its POST policies, by this clock."""

        def current(remove_tzinfo: bool = True) -> datetime:
            moment = datetime.fromtimestamp(self.now, UTC)
            return moment.replace(tzinfo=None) if remove_tzinfo else moment

        for module in ("botocore.auth", "botocore.signers"):
            monkeypatch.setattr(f"{module}.get_current_datetime", current)

    def freeze_moto(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Make moto's S3 date objects by this clock."""
        monkeypatch.setattr("moto.s3.models.utcnow", lambda: datetime.fromtimestamp(self.now, UTC).replace(tzinfo=None))

    def freeze(self, monkeypatch: pytest.MonkeyPatch, module: str) -> None:
        """Make a module that calls `time.time()` go by this clock."""
        monkeypatch.setattr(f"{module}.time", SimpleNamespace(time=self))
