"""One measurement in its own process: `python -m benchmarks.previews.job CONTENDER`, with a job as JSON on stdin.

Prints `user_seconds`, `wall_seconds` and `peak_bytes` as JSON and writes the previews to the job's `out`.
"""

import json
import resource
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.previews.contenders import IN_PYTHON
from benchmarks.previews.memory import peak_bytes
from photosky.imaging.presets import Preset


def measure(contender: str, job: dict[str, Any]) -> dict[str, float]:
    """Run one contender on one file; a tiny file first loads libraries and codecs, which is not measured."""
    make = IN_PYTHON[contender]
    presets = [Preset.from_mapping(preset) for preset in job["presets"]]
    make(Path(job["warm_up"]).read_bytes(), presets)
    user, wall = resource.getrusage(resource.RUSAGE_SELF).ru_utime, time.perf_counter()
    previews = make(Path(job["source"]).read_bytes(), presets)
    result = {
        "user_seconds": resource.getrusage(resource.RUSAGE_SELF).ru_utime - user,
        "wall_seconds": time.perf_counter() - wall,
        "peak_bytes": peak_bytes(),
    }
    for preset, preview in zip(presets, previews, strict=True):
        Path(job["out"], f"{preset.name}.{preset.extension}").write_bytes(preview)
    return result


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1], json.load(sys.stdin))))
