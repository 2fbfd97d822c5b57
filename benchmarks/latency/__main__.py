"""Compare ingest, listing and page at AWS's latencies between this tree and an earlier commit, in one run.

Two stacks run on this machine: one of this tree as it is, one of the commit. The latencies of both are drawn from one
table (`local/emulator/latency`) with one seed, and their rounds take turns. The first run deploys both stacks and fills
them with photos, which takes minutes; they are kept below `.photosky/bench` until the sources change.
"""

import argparse
import os
import platform
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from benchmarks.latency import chart, pictures, report, stacks, tracing
from benchmarks.latency.measures import Measures, Traced, percentile
from benchmarks.latency.stacks import Stack
from benchmarks.latency.user import User
from benchmarks.trees import tree_of
from local.deployed import Deployed
from local.emulator.latency.table import PROFILES, SOURCES
from local.errors import CommandError
from local.progress import Progress
from local.toolchain import ROOT

BEFORE: Final = "4cce5a8c"
"""The last commit before the calls of an ingest were made concurrent."""

RESULTS: Final = Path(__file__).resolve().parent / "results.md"
CHART: Final = RESULTS.with_name("critical-path.svg")

_CACHE: Final = ROOT / ".photosky" / "bench" / "stacks"
_QUICK_ROUNDS: Final = 3
_PROFILE: Final = "aws"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print the tables, and write them unless the run is quick."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.latency", description=__doc__)
    parser.add_argument("--against", default=BEFORE, metavar="COMMIT", help=f"what to compare with ({BEFORE})")
    parser.add_argument("--rounds", type=_positive, default=20, help="measurements of each stack, in turns (20)")
    parser.add_argument("--seed", type=int, default=1, help="of the drawn latencies (1)")
    parser.add_argument("--quick", action="store_true", help=f"{_QUICK_ROUNDS} rounds; results are not written")
    parser.add_argument("--chart", type=Path, default=None, metavar="SVG", help=f"file of the picture ({CHART.name})")
    given = parser.parse_args(arguments)
    rounds = _QUICK_ROUNDS if given.quick else given.rounds
    try:
        before, after = _measure(tree_of(given.against), rounds, given.seed)
    except CommandError as error:
        print(error, file=sys.stderr)
        return 1
    text = "\n\n".join(_sections(before, after, given.against, rounds, given.seed)) + "\n"
    print(text)
    drawn = given.chart or (None if given.quick else CHART)
    if drawn is not None:
        ingests = [(f"Before ({given.against})", _typical(before)), ("After", _typical(after))]
        drawn.write_text(chart.draw(ingests), encoding="utf-8")
    if not given.quick:
        RESULTS.write_text(text, encoding="utf-8")
    return 0


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of rounds")
    return int(text)


def _measure(earlier: Path, rounds: int, seed: int) -> tuple[Measures, Measures]:
    """Run both stacks and let them take turns; returns the measurements before and after."""
    progress = Progress()
    states = {}
    for name, tree in (("before", earlier), ("after", ROOT)):
        with progress.step(f"stack {name}"):
            states[name] = stacks.prepared(tree, _CACHE)
    stacks.prune(_CACHE, states.values())
    before, after = Measures(), Measures()
    with (
        tempfile.TemporaryDirectory(prefix="photosky-latency-") as scratch,
        stacks.running(earlier, states["before"], Path(scratch, "before"), _PROFILE, seed) as old,
        stacks.running(ROOT, states["after"], Path(scratch, "after"), _PROFILE, seed) as new,
        progress.step("rounds") as show,
    ):
        for number in range(-1, rounds):
            pair = ((old, before), (new, after))
            for stack, measures in pair if number % 2 else pair[::-1]:
                # The first round loads what a function loads with its first request.
                _round(stack, measures if number >= 0 else Measures())
            show(f"{number + 1} of {rounds}")
    return before, after


def _round(stack: Stack, measures: Measures) -> None:
    with User.sign_in(stack.connection) as user:
        sending = user.send(pictures.ingested())
        measures.sendings.append(sending)
        measures.traces.append(tracing.traced(Deployed.here(stack.connection, stack.state), sending.trace))
        listing, _ = user.list()
        measures.listings.append(listing)
        measures.views.append(user.view())


def _typical(measures: Measures) -> Traced:
    """Return the trace of the ingest that took the median time."""
    times = [sending.ingest_seconds for sending in measures.sendings]
    return measures.traces[times.index(percentile(times, 50))]


def _sections(before: Measures, after: Measures, commit: str, rounds: int, seed: int) -> list[str]:
    load = os.getloadavg()[-1]
    machine = f"{platform.machine()} {platform.system()} with {os.cpu_count()} cores (load average {load:.0f})"
    return [
        "# Ingest, listing and page at AWS latencies",
        f"Measured on {datetime.now(UTC):%Y-%m-%d}, {machine}, Python {platform.python_version()}: {rounds} rounds of "
        f"this tree (after) and of commit {commit} (before) in turns, in one run, seed {seed}. All functions are warm. "
        "Pixels are processed on this machine, next to other work; calls take the latencies below. The client's "
        "network is not included.",
        report.comparison(before, after),
        f"![The critical path of an ingest before and after]({CHART.name})",
        "The picture has the ingest with the median time of each.",
        "## Latencies",
        "A lognormal distribution through both percentiles, and the time of the body. Lambda, Step Functions and API "
        "Gateway add theirs to the work; the other latencies are those of the whole call.",
        report.latencies(PROFILES[_PROFILE]),
        report.sources(SOURCES),
    ]


if __name__ == "__main__":
    sys.exit(main())
