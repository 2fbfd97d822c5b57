"""The target: whatever the bytes, a picture is rendered or refused with a code of the catalogue, within its memory."""

import io
from dataclasses import replace
from pathlib import Path
from typing import Final

from photosky.errors import CATALOGUE, PhotoSkyError
from photosky.imaging.headers.reading import Layout
from photosky.imaging.inspection import inspect
from photosky.imaging.limits import DEFAULT_LIMITS, Limits, predict_decode_bytes
from photosky.imaging.presets import Preset
from photosky.imaging.rendering import render

PRESETS: Final = (Preset("thumb", 32, 32, fit="cover", effort=0), Preset("large", 200, 200, effort=0))
LIMITS: Final[Limits] = replace(
    DEFAULT_LIMITS, max_pixels=dict.fromkeys(DEFAULT_LIMITS.max_pixels, 4000000), max_frames=100
)
"""As in production, but for pictures that take milliseconds."""


_STATUS: Final = Path("/proc/self/status")


class Finding(Exception):
    """What must not happen."""


def outcome(data: bytes) -> str:
    """The format of the rendered picture, or the code that it was refused with; any other exception is a finding."""
    try:
        return render(data, PRESETS, LIMITS).format
    except PhotoSkyError as error:
        if error.code not in CATALOGUE:
            raise Finding(f"{error.code} is not in the catalogue") from error
        return error.code


def check(data: bytes) -> str:
    """`outcome`, which must also stay within the memory that was predicted from the header."""
    before, most = _resident_bytes(), _peak_bytes()
    result = outcome(data)
    after = _peak_bytes()
    if after > most and after - before > _predicted(data):
        raise Finding(f"{after - before} bytes were used, and {_predicted(data)} were predicted")
    return result


def _predicted(data: bytes) -> int:
    try:
        return inspect(io.BytesIO(data), len(data), LIMITS, PRESETS).full_decode_bytes
    except PhotoSkyError:
        return predict_decode_bytes(Layout(1, 1), len(data), PRESETS, threads=1)


def _resident_bytes() -> int:
    return _status("VmRSS")


def _peak_bytes() -> int:
    # Not getrusage's, which starts from the peak of the process that started this one.
    return _status("VmHWM")


def _status(name: str) -> int:
    """A size from proc(5); 0 on a system without it."""
    if not _STATUS.exists():
        return 0
    line = next(line for line in _STATUS.read_text().splitlines() if line.startswith(name))
    return int(line.split()[1]) * 1024
