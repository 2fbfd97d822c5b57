"""`make bench`: what PhotoSky's work costs, beside other ways of doing it, measured in one run."""

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from benchmarks.previews import comparison, encoders, functions, imports, signing

RESULTS: Final = Path(__file__).resolve().parent / "results.md"
_QUICK_ROUNDS: Final = 1


def main() -> int:
    """Measure, print the tables, and write them to `results.md`."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.previews", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="of which the least disturbed counts (3)")
    parser.add_argument("--quick", action="store_true", help="three pictures, one round; the results are not written")
    options = parser.parse_args()
    rounds = _QUICK_ROUNDS if options.quick else options.rounds
    tables, rows = comparison.section(rounds, quick=options.quick)
    sections = [
        "# What `make bench` measured",
        f"On {datetime.now(UTC):%Y-%m-%d}, one thread each unless it says otherwise, every measurement of previews in "
        "a process of its own. CPU is user time and wall the least of the rounds, peak is above a bare interpreter, "
        "SSIM is against one resize in floats of the whole picture. libvips and sharp are what PyPI and npm ship, "
        "which can't decode HEIC.",
        tables,
    ]
    for name, section in {
        "one function or several": lambda: functions.section(rows, rounds),
        "encoders": encoders.section,
        "imports": imports.section,
        "signing": signing.section,
    }.items():
        comparison.say(name)
        sections.append(section())
    text = "\n\n".join(sections) + "\n"
    print(text)
    if not options.quick:
        RESULTS.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
