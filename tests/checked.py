"""Checks that depend on files only, such as a compiler's: equal files are checked once, as the cloud assemblies are."""

import hashlib
import time
from collections.abc import Callable, Iterable
from typing import Final

from tests.repository import ROOT

_CACHE: Final = ROOT / ".photosky" / "checked"
_KEPT_SECONDS: Final = 7 * 86_400


def check_once(name: str, inputs: Iterable[bytes | str], check: Callable[[], None]) -> None:
    """Run a check, unless it has passed with equal inputs. They have to be all that its result depends on."""
    digest = hashlib.sha256()
    for part in inputs:
        data = part.encode() if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8, "big") + data)
    passed = _CACHE / f"{name}-{digest.hexdigest()[:32]}"
    if not passed.exists():
        check()
        _CACHE.mkdir(parents=True, exist_ok=True)
        for path in _CACHE.iterdir():
            if path.stat().st_mtime < time.time() - _KEPT_SECONDS:
                path.unlink(missing_ok=True)
    passed.touch()
