"""Load test of a temporary stack: `python -m benchmarks.load --minutes 10 --users 20`, or `--listing`.

Exit status 1 for an unexpected answer, for memory that grows, for a throttle that nobody meets, or for pages that are
slower with many photos.
"""

import argparse
import signal
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any, Final

import gevent
from locust.env import Environment

from benchmarks.load import listing, memory, report
from benchmarks.load.stack import Stack, stack
from benchmarks.load.users import Person, waiting_row
from local.progress import Progress
from photosky.errors import CATALOGUE, Code

MAX_MINUTES: Final = 45
"""With the warm-up less than the hour that an ID token lasts."""

MAX_USERS: Final = 200
SAMPLE_SECONDS: Final = 3
SPAWN_PER_SECOND: Final = 2
STOP_SECONDS: Final = 60

THROTTLED_SECONDS: Final = 60
THROTTLED_RATE: Final = 1
"""Requests a second that each route takes at the end: less than the people ask for, so that they meet 429."""
THROTTLED_BURST: Final = 2
THROTTLED_ROW: Final = waiting_row(CATALOGUE[Code.TOO_MANY_REQUESTS].status, Code.TOO_MANY_REQUESTS)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a load; its exit code."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if not (options.minutes > 0 and options.warm_up >= 0 and options.minutes + options.warm_up <= MAX_MINUTES):
        parser.error(f"minutes and warm-up together are at most {MAX_MINUTES}")
    if options.photos < listing.SMALL:
        parser.error(f"photos are at least {listing.SMALL}")
    progress = Progress()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("terminated"))  # So that the stack ends, too.
    with ExitStack() as until_done:
        with progress.step("stack"):
            live = until_done.enter_context(stack())
        if options.listing:
            return listing.run(live, options.photos, progress)
        return run(live, options.users, options.minutes * 60, options.warm_up * 60, progress)


def run(live: Stack, users: int, seconds: float, warm_up_seconds: float, progress: Progress) -> int:
    """Let so many people work, at last under a throttle; 0 when all answers were to expect and memory stayed flat."""
    with progress.step(f"{users} users"):
        Person.tokens = iter([live.sign_in(number) for number in range(users)])
    live.wake_rarely_used()
    environment = Environment(user_classes=[Person], host=live.connection.api_url, stop_timeout=STOP_SECONDS)
    runner = environment.create_local_runner()
    samples: list[memory.Sample] = []
    with progress.step(f"{(warm_up_seconds + seconds) / 60:g} minutes of load") as show:
        runner.start(users, spawn_rate=SPAWN_PER_SECOND)
        for tick in range(int((warm_up_seconds + seconds) / SAMPLE_SECONDS)):
            gevent.sleep(SAMPLE_SECONDS)
            samples.append(memory.measure((tick + 1) * SAMPLE_SECONDS))
            total = environment.stats.total
            show(
                f"{total.num_requests} requests, {total.num_failures} errors; server {samples[-1].server_mib:.0f} MiB, "
                f"{len(samples[-1].worker_mib)} workers {sum(samples[-1].worker_mib.values()):.0f} MiB"
            )
    problems = [*_told(environment, progress), *_memory_told(samples, warm_up_seconds, progress)]
    environment.stats.reset_all()
    with (
        progress.step(f"{THROTTLED_SECONDS} seconds of {THROTTLED_RATE} requests a second and route"),
        live.throttled(THROTTLED_RATE, THROTTLED_BURST),
    ):
        gevent.sleep(THROTTLED_SECONDS)
    runner.quit()
    problems += _told(environment, progress)
    problems += [f"{raised['count']} x {raised['msg']}" for raised in runner.exceptions.values()]
    if not any(str(entry.name).endswith(THROTTLED_ROW) for entry in environment.stats.entries.values()):
        problems.append(f"no route was throttled at {THROTTLED_RATE} requests a second")
    for problem in problems:
        progress.say(problem)
    return 1 if problems else 0


def _told(environment: Environment, progress: Progress) -> list[str]:
    """Print the requests so far; the errors among them."""
    entries = sorted(environment.stats.entries.values(), key=lambda entry: str(entry.name))
    progress.table(report.routes_table(_route(entry) for entry in [*entries, environment.stats.total]))
    progress.say("")
    return [f"{error.occurrences} x {error.name}: {error.error}" for error in environment.stats.errors.values()]


def _memory_told(samples: Sequence[memory.Sample], warm_up_seconds: float, progress: Progress) -> list[str]:
    """Print how memory went; what grew."""
    trends = memory.trends(samples, warm_up_seconds)
    progress.table(report.memory_table(trends))
    progress.say("")
    return [f"the memory of the {name} grows" for name, trend in trends.items() if not trend.is_flat]


def _route(entry: Any) -> report.Route:
    percentiles = {percent: float(entry.get_response_time_percentile(percent / 100)) for percent in report.PERCENTILES}
    return report.Route(entry.name, entry.num_requests, entry.num_failures, percentiles, entry.max_response_time)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.load", description=__doc__)
    parser.add_argument("--users", type=int, default=20, choices=range(1, MAX_USERS + 1), metavar="N")
    parser.add_argument("--minutes", type=float, default=10, help="of load that counts for memory (10)")
    parser.add_argument(
        "--warm-up",
        type=float,
        default=10,
        metavar="MINUTES",
        help="before them (10: as long as DynamoDB remembers a transaction's token, here in memory)",
    )
    parser.add_argument(
        "--listing", action="store_true", help="measure pages of a large and a small collection instead"
    )
    parser.add_argument("--photos", type=int, default=10_000, help="of the large collection (10,000)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
