"""The fuzz target: any file is rendered or rejected with a catalogue code, within its predicted memory."""

import io
from pathlib import Path
from typing import Final

from photosky.errors import CATALOGUE, PhotoSkyError
from photosky.imaging.headers.reading import Layout
from photosky.imaging.inspection import inspect
from photosky.imaging.limits import DEFAULT_LIMITS, Limits, predict_decode_bytes
from photosky.imaging.presets import Preset
from photosky.imaging.rendering import render

PRESETS: Final = (Preset("thumb", 32, 32, fit="cover", effort=0), Preset("large", 200, 200, effort=0))
LIMITS: Final[Limits] = DEFAULT_LIMITS._replace(
    max_pixels=dict.fromkeys(DEFAULT_LIMITS.max_pixels, 4000000), max_frames=100
)
"""The limits in production, lowered so that a file takes milliseconds."""

_STATUS: Final = Path("/proc/self/status")


class Finding(Exception):
    """Raised when a file violates the specification of the imaging core."""


def outcome(data: bytes) -> str:
    """The format of the rendered file, or the code of its rejection; any other exception is a finding."""
    try:
        return render(data, PRESETS, LIMITS).format
    except PhotoSkyError as error:
        if error.code not in CATALOGUE:
            raise Finding(f"{error.code} is not in the catalogue") from error
        return error.code


def check(data: bytes) -> str:
    """Return `outcome`, and raise `Finding` if it used more memory than predicted from the header."""
    resident_before, peak_before = _resident_bytes(), _peak_bytes()
    result = outcome(data)
    peak = _peak_bytes()
    if peak > peak_before and peak - resident_before > _predicted_bytes(data):
        raise Finding(f"{peak - resident_before} bytes were used, but {_predicted_bytes(data)} were predicted")
    return result


def _predicted_bytes(data: bytes) -> int:
    try:
        return inspect(io.BytesIO(data), len(data), LIMITS, PRESETS).full_decode_bytes
    except PhotoSkyError:
        return predict_decode_bytes(Layout(1, 1), len(data), PRESETS, threads=1)


def _resident_bytes() -> int:
    return _status("VmRSS")


def _peak_bytes() -> int:
    # Not from getrusage, whose peak includes that of the parent process.
    return _status("VmHWM")


def _status(name: str) -> int:
    """A size in bytes from proc(5); 0 on systems without it."""
    if not _STATUS.exists():
        return 0
    line = next(line for line in _STATUS.read_text().splitlines() if line.startswith(name))
    return int(line.split()[1]) * 1024
