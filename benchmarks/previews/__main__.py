"""Measure the previews, the encoders, the cold starts and the signing of URLs, and write `results.md`."""

import argparse
import os
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from benchmarks.coldstart import __main__ as coldstart
from benchmarks.previews import comparison, encoders, functions, graphics, imports, signing
from benchmarks.previews.comparison import show

RESULTS: Final = Path(__file__).resolve().parent / "results.md"
_QUICK_ROUNDS: Final = 1


def main() -> int:
    """Measure, print the tables, and write them unless the run is quick."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.previews", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="of each measurement; the minimum counts (3)")
    parser.add_argument("--quick", action="store_true", help="three pictures, one round, results not written")
    options = parser.parse_args()
    rounds = _QUICK_ROUNDS if options.quick else options.rounds
    tables, rows = comparison.section(rounds, quick=options.quick)
    sections = [*_header(), tables]
    for name, section in {
        "one function or several": lambda: functions.section(rows, rounds),
        "graphics": graphics.section,
        "encoders": encoders.section,
        "imports": imports.section,
        "cold starts": coldstart.section,
        "signing": signing.section,
    }.items():
        show(name)
        sections.append(section())
    text = "\n\n".join(sections) + "\n"
    print(text)
    if not options.quick:
        RESULTS.write_text(text, encoding="utf-8")
    return 0


def _header() -> list[str]:
    machine = f"{platform.machine()} {platform.system()} with {os.cpu_count()} cores"
    return [
        "# Results of `make bench`",
        f"Measured on {datetime.now(UTC):%Y-%m-%d}, {machine}, Python {platform.python_version()}.",
        "One thread unless stated otherwise; each measurement of previews runs in a process of its own. CPU is user "
        "time. CPU and wall time are the minimum of the rounds. Peak memory is above that of a bare interpreter. SSIM "
        "is against one resize of the whole picture in floating point. libvips and sharp are the packages of PyPI and "
        "npm, which cannot decode HEIC.",
    ]


if __name__ == "__main__":
    sys.exit(main())
