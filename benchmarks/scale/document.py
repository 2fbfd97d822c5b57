"""`docs/scale.md`, every figure of it computed; `python -m benchmarks.scale` writes it, and a test holds it."""

from collections.abc import Iterable, Sequence
from itertools import takewhile
from textwrap import fill
from typing import Final

from benchmarks.scale import cost, durations, measured, quotas, scenarios, simulation, usage
from benchmarks.scale.cost import Line
from benchmarks.scale.deployed import Deployed
from benchmarks.scale.results import Row, Table
from infrastructure import prices
from infrastructure.storage import UPLOAD_VERSION_DAYS
from photosky.errors import RETRY_AFTER_SECONDS

MILLION: Final = 1_000_000

LITTLE: Final = 0.01
"""The share of photos whose loss is called little."""

ABOUT: Final = {
    "as deployed": "`prod` of `cdk.json` in an account with AWS's defaults",
    "throttle opened": "both throttle knobs at their most, which is the account's quota",
    "quotas raised": f"and API Gateway's and Express's quotas {scenarios.RAISED} times, Lambda's concurrency "
    f"{scenarios.RAISED**2} times as high; how fast a function starts environments cannot be raised",
    "and kept warm": f"and {scenarios.WARM:,} environments of each function standing ready",
}


def render(deployed: Deployed, table: Table) -> str:
    """The page, as Markdown."""
    blocks = [
        "# Cost and scale",
        "Every figure here is computed by `benchmarks/scale/` (`make simulate`, about a minute) from what was "
        "measured, what the synthesized `prod` template says, and the prices and quotas below; a test fails when it is "
        "stale. What is assumed stands [at the end](#measured-and-assumed).",
        _in_short(deployed, table),
        *_costs(deployed),
        *_prices(),
        *_quotas(deployed),
        *_bursts(table),
        *_assumptions(deployed),
    ]
    return "\n\n".join(map(_wrapped, blocks)) + "\n"


def _in_short(deployed: Deployed, table: Table) -> str:
    taken = {name: _taken(rows) for name, rows in table.items()}
    ingest, month = MILLION * cost.total(cost.photo(deployed)), MILLION * cost.storage_month(0)[0].dollars
    return (
        f"In short: a million photos cost ${ingest:.0f} to ingest and ${month:.0f} a month to keep. A burst that comes "
        f"when nothing is warm loses at most {LITTLE:.0%} up to {taken['as deployed']:,.0f} photos a second as prod is "
        f"deployed, as many as {taken['throttle opened']:,.0f} with the throttle opened, "
        f"{taken['quotas raised']:,.0f} with quotas raised too, and {taken['and kept warm']:,.0f} where environments "
        "stand ready."
    )


def _taken(rows: Sequence[Row]) -> float:
    """The highest of the rates up to which little is lost."""
    return max(row.rate for row in takewhile(lambda row: row.lost_share <= LITTLE, rows))


def _costs(deployed: Deployed) -> list[str]:
    photo, month, listing = cost.photo(deployed), cost.storage_month(UPLOAD_VERSION_DAYS), cost.listing(deployed)
    shown, viewed = listing[:-1], listing[-1]
    call = durations.S3_CALL_SECONDS
    waiting = deployed.steps["Previews"].memory_mib / 1024 * usage.PREVIEWS.s3_calls * 0.01
    return [
        "## A million photos",
        "From `POST /photos` to ready, previews made; without the free tier, first starts and reading them later.",
        _lines(photo, MILLION, "$ a million"),
        f"Waiting for S3 is much of Lambda's part: each 10 ms less than the {1000 * call:.0f} ms that a call is taken "
        f"to last save ${MILLION * prices.LAMBDA_GB_SECOND.of(waiting):.2f} in Previews.",
        "Beside that, keeping them:",
        _lines(month, MILLION, "$ a million", total=False),
        "Sign-in is paid by the person, not by the photo: "
        f"${prices.COGNITO_USER_MONTH.dollars:g} for each who signs in within a month, above the free ones.",
        "## A thousand listings",
        f"Pages of {usage.PAGE_PHOTOS} photos.",
        _lines(shown, 1000, "$ a thousand"),
        f"A browser that has none of the page's thumbs yet adds ${1000 * viewed.dollars:.3f} a thousand pages "
        f"({viewed.what}); later ones come from its cache, as their URLs stay the same for half of `url_ttl_seconds` "
        "where the same sandbox signs them.",
    ]


def _prices() -> list[str]:
    rows = [
        f"| {price.service} | {price.unit} | ${price.dollars:g} for {_count(price.per)} | {price.seen} |"
        for price in prices.PRICES
    ]
    return [
        "## Prices",
        f"`infrastructure/prices.py`: list prices of {prices.REGION}, on demand, of the first tier, looked over on "
        f"{prices.AS_OF}. None was read on the live price list: the last column says where each was found.",
        _table(["service", "unit", "price", "found"], rows),
    ]


def _quotas(deployed: Deployed) -> list[str]:
    rows = [
        f"| {q.name} | {q.default:,.0f} | {q.per_photo:.3g} | {_rate(q.bites_at)} | {q.knob} | {q.source} |"
        for q in quotas.table(deployed)
    ]
    pages = quotas.PARTITION_READ_UNITS / usage.LIST.read_units
    return [
        "## Where quotas bite",
        "By the steady rate of photos at which each is used up, with every function warm. A default is a second's, but "
        "for Lambda, where it is environments at once and a photo takes that many seconds of them.",
        _table(["quota", "default", "a photo takes", "photos a second", "what moves it", "source"], rows),
        f"One owner's listing reads at most {quotas.PARTITION_READ_UNITS:,} units a second of one partition of `ready`:"
        f" {pages:,.0f} pages of {usage.PAGE_PHOTOS}. API Gateway gives an integration 29 s and the state machine "
        f"takes {deployed.machine_seconds:g} at most. Cognito limits sign-ins (120 a second, as known, November 2026), "
        "which an hour's token makes rare. EventBridge runs two rules, whatever the load.",
    ]


def _bursts(table: Table) -> list[str]:
    parts = [
        "## Bursts",
        "![Latency and loss by photos a second](scale.svg)",
        f"Photos arrive at random for {simulation.BURST_SECONDS} s (at low rates for as long as "
        f"{simulation.LEAST_PHOTOS:,} take), and nothing is warm when they do. A client that is told 429 waits as "
        f"`Retry-After` says ({RETRY_AFTER_SECONDS} s, and up to half more) and gives up at its "
        f"{simulation.CLIENT_TRIES}th try: *throttled*. A *fault* is a step that Lambda refused twice: the state "
        "machine's one retry comes within a second. Latency is from the first `POST …/ingest` to its answer, waits "
        "included.",
    ]
    for name, rows in table.items():
        parts += [
            f"**{name}**: {ABOUT[name]}.",
            _table(
                [
                    "photos a second",
                    "p50, s",
                    "p99, s",
                    "throttled",
                    "fault",
                    "out of time",
                    "refused most by",
                    "busiest",
                ],
                [_burst(row) for row in rows],
            ),
        ]
    return [
        *parts,
        "*Busiest* is how many environments worked at once. The simulation knows no DynamoDB and no S3 limit: see the "
        "table above. It also takes everybody's photos to come at once; a person's own come one after the other.",
    ]


def _burst(row: Row) -> str:
    lost = [f"{100 * row.lost.get(why, 0):.1f} %" for why in ("throttled", "fault", "out of time")]
    seconds = ["none" if value is None else f"{value:.2f}" for value in (row.p50, row.p99)]
    return f"| {row.rate:,.0f} | {' | '.join([*seconds, *lost])} | {row.limit or 'nothing'} | {row.busiest:,} |"


def _assumptions(deployed: Deployed) -> list[str]:
    works, starts = durations.works(deployed), durations.starts(deployed)
    pictures = [
        f"| {name} | {share:.0%} | {size_bytes / MILLION:g} MB | {measured.render_cpu_seconds(name):.2f} "
        f"| {works[name]['Previews'].seconds:.2f} | {cost.ingest_seconds(works[name]):.2f} |"
        for name, (share, size_bytes) in durations.PICTURES.items()
    ]
    functions = [
        f"| {name} | {deployed.steps[name].memory_mib} | {durations.share(deployed.steps[name].memory_mib):.2f} "
        f"| {1000 * durations.USES[name].cpu_seconds:.0f} | {durations.USES[name].s3_calls} "
        f"| {durations.USES[name].dynamodb_calls} | {starts[name]:.2f} |"
        for name in starts
    ]
    return [
        "## Measured and assumed",
        "Measured: CPU of the previews and of each function's imports (`benchmarks/previews/results.md`), CPU of the "
        "steps without them (`tests/tasks/measure_steps.py`), and the calls, units and log lines that a photo takes (a "
        "test counts them on moto). From the template: memory, timeouts, retries and throttles. From AWS's pages: "
        "prices and quotas.",
        f"Assumed: a vCPU of Lambda on arm64 is as fast as one of the x86 machine that measured; no function gets more "
        f"than one, though the previews use a second; {durations.MIB_PER_VCPU} MiB are one. A call of S3 takes "
        f"{1000 * durations.S3_CALL_SECONDS:.0f} ms in the median (its guide says 100 to 200) and "
        f"{durations.S3_BYTES_PER_SECOND / MILLION:.0f} MB/s, one of DynamoDB "
        f"{1000 * durations.DYNAMODB_CALL_SECONDS:.0f} ms; each is drawn from a lognormal of which one in a hundred is "
        f"2.5 times that. A cold start takes {1000 * durations.ENVIRONMENT_SECONDS:.0f} ms before its imports, which "
        f"run at the function's own share of a vCPU; an execution {1000 * durations.OVERHEAD_SECONDS:.0f} ms beside "
        f"its steps. Of logs, Lambda writes {cost.PLATFORM_LOG_BYTES} bytes itself for each invocation, API Gateway "
        f"{cost.ACCESS_LOG_BYTES} for each request and Step Functions {cost.STATE_LOG_BYTES} for each event; X-Ray "
        f"records {cost.TRACED:.0%} of requests, its default. A photo's upload takes {simulation.UPLOAD_SECONDS:g} s. "
        "None of it has run on AWS.",
        _table(["function", "MiB", "vCPU", "CPU, ms", "S3 calls", "DynamoDB calls", "cold start, s"], functions),
        "People are taken to upload these:",
        _table(["picture", "share", "file", "previews, CPU s", "Previews, s", "warm ingest, s"], pictures),
    ]


def _lines(lines: Sequence[Line], times: int, heading: str, *, total: bool = True) -> str:
    rows = [f"| {line.service} | {line.what} | {times * line.dollars:.{_digits(times)}f} |" for line in lines]
    if total:
        rows.append(f"| **together** | | **{times * cost.total(lines):.{_digits(times)}f}** |")
    return _table(["service", "for each", heading], rows)


def _digits(times: int) -> int:
    return 2 if times == MILLION else 4


def _wrapped(block: str) -> str:
    """Prose in lines as long as the README's; a table's rows, a heading and a picture stand as they are."""
    is_prose = not block.startswith(("|", "#", "!"))
    return fill(block, 120, break_long_words=False, break_on_hyphens=False) if is_prose else block


def _table(columns: Sequence[str], rows: Iterable[str]) -> str:
    return "\n".join([f"| {' | '.join(columns)} |", "|---" * len(columns) + "|", *rows])


def _count(number: int) -> str:
    return {1: "one", MILLION: "a million"}.get(number, f"{number:,}")


def _rate(photos: float) -> str:
    return f"{photos:,.0f}" if photos >= 10 else f"{photos:.1f}"
