"""Fill a temporary local stack with photos and load it with users, or measure the listings of a large collection.

Exit status 1 for an unexpected response, for memory that grows, if no request is throttled while the throttle is low,
or, with --listing, for pages of the large collection that are slower than those of the small one.
"""

import argparse
import signal
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any, Final, Self

import gevent
from locust.env import Environment
from locust.runners import LocalRunner

from benchmarks.load import growth, listing, memory, report
from benchmarks.load.stack import Stack, temporary_stack
from benchmarks.load.users import LoadUser, retry_suffix
from local.progress import Progress
from photosky.errors import CATALOGUE, Code

MAX_MINUTES: Final = 45
"""Of warm-up and load together; an ID token is valid for an hour."""

MAX_USERS: Final = 200
SAMPLE_SECONDS: Final = 3
SPAWN_PER_SECOND: Final = 2
STOP_SECONDS: Final = 60

THROTTLE_RATE: Final = 1
"""Requests per second and route at the end, fewer than the users send."""
THROTTLE_BURST: Final = 2
THROTTLED_SUFFIX: Final = retry_suffix(CATALOGUE[Code.TOO_MANY_REQUESTS].status, Code.TOO_MANY_REQUESTS)


@dataclass(frozen=True)
class Plan:
    """Size of a load test."""

    users: int
    load_seconds: float
    warm_up_seconds: float
    throttled_seconds: float = 60
    checks_memory: bool = True
    photos: growth.Plan = field(default_factory=growth.Plan)

    @classmethod
    def from_options(cls, options: argparse.Namespace) -> Self:
        """`--quick` overrides the other options."""
        if options.quick:
            few = growth.Plan(first=40, ingests=100, large=2)
            return cls(2, load_seconds=30, warm_up_seconds=0, throttled_seconds=20, checks_memory=False, photos=few)
        return cls(options.users, options.minutes * 60, options.warm_up * 60)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a load test; the exit status."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if not (options.minutes > 0 and options.warm_up >= 0 and options.minutes + options.warm_up <= MAX_MINUTES):
        parser.error(f"--minutes and --warm-up together are at most {MAX_MINUTES} minutes")
    if options.photos < listing.SMALL:
        parser.error(f"--photos is at least {listing.SMALL}")
    progress = Progress()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("terminated"))  # Stops the stack, too.
    with ExitStack() as resources:
        with progress.step("stack"):
            stack = resources.enter_context(temporary_stack())
        if options.listing:
            return listing.run(stack, options.photos, progress)
        plan = Plan.from_options(options)
        problems = growth.run(stack, plan.photos, progress)
        if not options.growth:
            problems += run(stack, plan, progress)
        for problem in problems:
            progress.say(problem)
        return 1 if problems else 0


def run(stack: Stack, plan: Plan, progress: Progress) -> list[str]:
    """Load the stack, at the end with a low throttle; the problems."""
    with progress.step(f"{plan.users} users"):
        LoadUser.tokens = iter([stack.sign_in(number) for number in range(plan.users)])
    stack.warm_up_functions()
    environment = Environment(user_classes=[LoadUser], host=stack.connection.api_url, stop_timeout=STOP_SECONDS)
    runner = environment.create_local_runner()
    samples = _load(environment, runner, plan, progress)
    problems = _report_requests(environment, progress)
    if plan.checks_memory:
        problems += _report_memory(samples, plan.warm_up_seconds, progress)
    environment.stats.reset_all()
    return problems + _load_throttled(environment, runner, stack, plan, progress)


def _load(environment: Environment, runner: LocalRunner, plan: Plan, progress: Progress) -> list[memory.Sample]:
    """Start the users and take samples of memory; the users go on."""
    samples: list[memory.Sample] = []
    total_seconds = plan.warm_up_seconds + plan.load_seconds
    with progress.step(f"{total_seconds / 60:g} minutes of load") as show:
        runner.start(plan.users, spawn_rate=SPAWN_PER_SECOND)
        for tick in range(int(total_seconds / SAMPLE_SECONDS)):
            gevent.sleep(SAMPLE_SECONDS)
            sample = memory.measure((tick + 1) * SAMPLE_SECONDS)
            samples.append(sample)
            total = environment.stats.total
            show(
                f"{total.num_requests} requests, {total.num_failures} errors; server {sample.server_mib:.0f} MiB, "
                f"{len(sample.worker_mib)} workers {sum(sample.worker_mib.values()):.0f} MiB"
            )
    return samples


def _load_throttled(
    environment: Environment, runner: LocalRunner, stack: Stack, plan: Plan, progress: Progress
) -> list[str]:
    """Go on with a low throttle, then stop the users; the problems."""
    with (
        progress.step(f"{plan.throttled_seconds:g} seconds at {THROTTLE_RATE} request per second and route"),
        stack.throttled(THROTTLE_RATE, THROTTLE_BURST),
    ):
        gevent.sleep(plan.throttled_seconds)
    runner.quit()
    problems = _report_requests(environment, progress)
    problems += [f"{raised['count']} x {raised['msg']}" for raised in runner.exceptions.values()]
    if not any(str(entry.name).endswith(THROTTLED_SUFFIX) for entry in environment.stats.entries.values()):
        problems.append(f"no request was throttled at {THROTTLE_RATE} request per second and route")
    return problems


def _report_requests(environment: Environment, progress: Progress) -> list[str]:
    """Print the requests since the last reset; the errors."""
    entries = sorted(environment.stats.entries.values(), key=lambda entry: str(entry.name))
    progress.table(report.routes_table(_route(entry) for entry in [*entries, environment.stats.total]))
    progress.say("")
    return [f"{error.occurrences} x {error.name}: {error.error}" for error in environment.stats.errors.values()]


def _report_memory(samples: Sequence[memory.Sample], warm_up_seconds: float, progress: Progress) -> list[str]:
    """Print the trends of memory; the problems."""
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
    parser.add_argument("--minutes", type=float, default=10, help="of load after the warm-up (10)")
    parser.add_argument(
        "--warm-up",
        type=float,
        default=10,
        metavar="MINUTES",
        help="before memory is measured (10: the emulator keeps tokens of DynamoDB transactions as long, in memory)",
    )
    parser.add_argument(
        "--quick", action="store_true", help="2 users for under a minute, memory not checked; a smoke test"
    )
    parser.add_argument(
        "--growth", action="store_true", help="only the memory of 5,000 photos and 50 large uploads, without users"
    )
    parser.add_argument("--listing", action="store_true", help="measure the listings of a large collection instead")
    parser.add_argument("--photos", type=int, default=10_000, help="of the large collection (10,000)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
