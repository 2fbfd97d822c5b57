"""Measure what the library's requests cost with up to 100,000 photos, and write `results.md`."""

import argparse
import gc
import os
import sys
from pathlib import Path
from typing import Final

from benchmarks.library import limits, report
from benchmarks.library.client import function_variables
from benchmarks.library.measuring import libraries, measure

RESULTS: Final = Path(__file__).resolve().parent / "results.md"

_SIZES: Final = (10, limits.BASE, 10_000, 100_000)
_QUICK_SIZES: Final = (10, limits.BASE)


def main() -> int:
    """Measure, print the tables, and write them unless the run is quick; 1 if a limit is exceeded."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.library", description=__doc__)
    parser.add_argument("--rounds", type=int, default=15, help="of each measurement; the minimum counts (15)")
    parser.add_argument("--quick", action="store_true", help="up to 1,000 photos, results not written")
    options = parser.parse_args()
    _become_function()
    _show("collections")
    found = libraries(_QUICK_SIZES if options.quick else _SIZES)
    # Otherwise garbage collections would visit all entries of the tables, which a function does not have.
    gc.collect()
    gc.freeze()
    costs = measure(found, options.rounds, _show)
    text = report.render(costs, options.rounds)
    print(text)
    if not options.quick:
        RESULTS.write_text(text, encoding="utf-8")
    return 0 if all(verdict.is_kept for verdict in limits.verdicts(costs)) else 1


def _become_function() -> None:
    """Replace this machine's AWS settings, such as a profile, by the function's environment."""
    for name in [name for name in os.environ if name.startswith(("AWS_", "PHOTOSKY_", "POWERTOOLS_"))]:
        del os.environ[name]
    os.environ.update(function_variables(), AWS_CONFIG_FILE=os.devnull, AWS_SHARED_CREDENTIALS_FILE=os.devnull)


def _show(name: str) -> None:
    print(f"{name} ...", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
