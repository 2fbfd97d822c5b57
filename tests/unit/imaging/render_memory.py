"""Measure the memory of renders: `python -m tests.unit.imaging.render_memory`.

For each line `PATH THREADS EDGE LIMIT` of the standard input, one line of JSON: the bytes that the render used, and the
header's predictions. It makes the default previews of at most EDGE pixels within the memory of the prediction LIMIT.
Each render runs in a fork of this process, which has imported everything and rendered nothing. The memory that the
imports freed is returned to the system first, because a render that reused it would seem to use less.
"""

import gc
import io
import json
import os
import sys
from pathlib import Path

import pillow_heif  # noqa: F401 - its import must precede the measurement
from PIL import Image

from photosky.heap import trim
from photosky.imaging.inspection import inspect
from photosky.imaging.limits import DEFAULT_LIMITS
from photosky.imaging.presets import DEFAULT_PRESETS
from photosky.imaging.rendering import render


def _measure(source: Path, threads: int, max_edge: int, limit: str) -> str:
    presets = [preset for preset in DEFAULT_PRESETS if max(preset.width, preset.height) <= max_edge]
    before = _status("VmRSS")
    data = source.read_bytes()
    header = inspect(io.BytesIO(data), len(data), DEFAULT_LIMITS, presets, threads)
    render(data, presets, DEFAULT_LIMITS._replace(memory_bytes=getattr(header, limit)), threads=threads)
    return json.dumps(
        {
            "used": _status("VmHWM") - before,
            "decode_bytes": header.decode_bytes,
            "full_decode_bytes": header.full_decode_bytes,
        }
    )


def _status(name: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(name)).split()[1]) * 1024


def main() -> None:
    """Answer one line after another."""
    Image.init()
    gc.collect()
    trim()
    for line in sys.stdin:
        source, threads, max_edge, limit = line.rsplit(maxsplit=3)
        child = os.fork()
        if child == 0:
            print(_measure(Path(source), int(threads), int(max_edge), limit), flush=True)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if status:
            raise RuntimeError(f"The render of {source} ended with the status {status}")


if __name__ == "__main__":
    main()
