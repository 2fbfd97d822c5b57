"""The page `docs/scale.md`; every figure in it is computed. A test compares it with the file."""

from collections.abc import Sequence
from typing import Final

from api.routes import INTEGRATION_TIMEOUT_SECONDS
from benchmarks.scale import cost, durations, markdown, measured, quotas, scenarios, simulation, usage
from benchmarks.scale.cost import CostItem
from benchmarks.scale.deployed import Deployment
from benchmarks.scale.figures import THOUSAND, main_figures
from benchmarks.scale.results import Results, Row
from infrastructure import prices
from photosky.errors import RETRY_AFTER_SECONDS

MILLION: Final = 1_000_000

SIGN_INS_PER_SECOND: Final = 120
"""Of a Cognito user pool (developer guide, "Quotas"; not verified)."""


def render(deployment: Deployment, results: Results) -> str:
    """Render the page as Markdown."""
    return markdown.page(
        [
            "# Cost and scale",
            *_summary(deployment, results),
            *_method(deployment),
            *_photo_cost(deployment),
            *_listing_cost(deployment),
            *_prices(),
            *_quotas(deployment),
            *_bursts(deployment, results),
            *_assumptions(deployment),
        ]
    )


def _summary(deployment: Deployment, results: Results) -> list[str]:
    rows = [[description, figure] for description, figure in main_figures(deployment, results).items()]
    return [
        markdown.table(["figure", "value"], rows),
        "List prices, without the free tier. None of these figures was measured on AWS.",
    ]


def _method(deployment: Deployment) -> list[str]:
    return [
        "## How these figures are produced",
        "`make simulate` (about a minute) writes this page, its chart and `benchmarks/scale/results.json`. A test "
        "fails if they are out of date. The figures combine:",
        markdown.table(
            ["input", "source"],
            [
                [
                    "CPU of previews and imports",
                    f"`make bench` on {measured.date()}, {measured.machine()} (`benchmarks/previews/results.md`)",
                ],
                ["CPU of the steps without rendering", "`pytest -n0 tests/tasks/measure_steps.py`, same machine"],
                [
                    "AWS calls, request units, log lines and response sizes of a photo and of a listing",
                    "`tests/tasks/test_usage.py` counts them on moto, with the settings of `prod` and a session token "
                    f"of {usage.SESSION_TOKEN_CHARACTERS:,} characters",
                ],
                [
                    "memory, timeouts, retries, throttles, sampling of traces",
                    f"the synthesized template and the knobs of `{deployment.environment}`",
                ],
                ["prices and quotas", "AWS's pages and others, see [prices](#prices) and [quotas](#quotas)"],
                ["latency of AWS services, mix of uploads", "[assumptions](#assumptions)"],
            ],
        ),
    ]


def _photo_cost(deployment: Deployment) -> list[str]:
    previews = usage.STEPS["Previews"]
    waited = previews.s3_calls - previews.overlapped_s3_calls
    ten_ms = deployment.functions["Previews"].memory_mib / 1024 * waited * 0.01
    return [
        "## Cost of a million photos",
        "From `POST /photos` to ready, with previews. Cold starts and later requests are not included.",
        _cost_table(cost.photo(deployment), "per photo", MILLION),
        "Much of Lambda's duration is waiting for S3, most of it in Previews. With 10 ms less per call than the "
        f"assumed {1000 * durations.S3_CALL_SECONDS:.0f} ms, Previews would cost "
        f"${MILLION * prices.LAMBDA_GB_SECOND.of(ten_ms):.2f} less per million photos.",
        "Storage is in addition:",
        _cost_table(cost.storage_month(deployment), "per photo", MILLION, has_total=False),
        "Not included: storage of records, backups and logs, custom metrics, alarms and the dashboard. Cognito bills "
        "per user, not per photo: "
        f"${prices.COGNITO_USER_MONTH.dollars:g} for each user who signs in within a month, above the free tier.",
    ]


def _listing_cost(deployment: Deployment) -> list[str]:
    thumbs = cost.thumbs()
    return [
        "## Cost of a thousand listings",
        f"Pages of {usage.PAGE_PHOTOS} photos. Presigned URLs, each with the session token, are most of a page.",
        _cost_table(cost.listing(deployment), "per page", THOUSAND),
        f"A browser without cached thumbs adds ${THOUSAND * thumbs.dollars:.3f} per thousand pages "
        f"({thumbs.quantity}). Later pages use its cache: URLs signed by the same sandbox stay the "
        "same for half of `url_ttl_seconds`.",
        "With `delivery: cloudfront`, the same thumbs cost at most:",
        _cost_table(cost.edge_thumbs(), "per page", THOUSAND),
        f"Each signing key costs ${prices.KMS_KEY_MONTH.dollars:g} per month. Pages have fewer bytes, since URLs have "
        "no session token, and a browser fetches each thumb once in half of `url_ttl_seconds`, whichever sandbox "
        "answers.",
        "`make bench-library` measures the units and the CPU of listings, timeline, changes and edits with up to "
        "100,000 photos: a page of photos costs the same with 1,000 and with 100,000. See "
        "[its results](../benchmarks/library/results.md).",
    ]


def _prices() -> list[str]:
    return [
        "## Prices",
        f"`infrastructure/prices.py`: list prices of {prices.REGION}, on demand, first tier, reviewed on "
        f"{prices.AS_OF}. They were not read from the live price list; the last column names the source.",
        markdown.table(
            ["service", "unit", "price", "source"],
            [
                [price.service, price.unit, f"${price.dollars:g} {_price_unit(price.per)}", price.seen]
                for price in prices.PRICES
            ],
        ),
    ]


def _quotas(deployment: Deployment) -> list[str]:
    pages = quotas.PARTITION_READ_UNITS / usage.LIST.read_units
    return [
        "## Quotas",
        "Sorted by the steady rate of photos that uses up each quota, with warm functions. A default is per second; "
        "for Lambda it is the number of concurrent environments, and a photo takes that many seconds of them.",
        markdown.table(
            ["quota", "default", "per photo", "photos per second", "how to raise it", "source"],
            [
                [
                    limit.quota.name,
                    f"{limit.quota.limit:,.0f}",
                    f"{limit.per_photo:.3g}",
                    _rate(limit.photos_per_second),
                    limit.quota.remedy,
                    limit.quota.source,
                ]
                for limit in quotas.limits(deployment)
            ],
        ),
        f"Listings of one owner read one partition of `ready`, at most {quotas.PARTITION_READ_UNITS:,} units per "
        f"second: {pages:,.0f} pages of {usage.PAGE_PHOTOS}. An ingest times out after "
        f"{deployment.machine_timeout_seconds:g} s in the state machine and after {INTEGRATION_TIMEOUT_SECONDS} s in "
        f"API Gateway. Cognito limits sign-ins to {SIGN_INS_PER_SECOND} per second (not verified); a token lasts "
        "an hour, so sign-ins are rare.",
    ]


def _bursts(deployment: Deployment, results: Results) -> list[str]:
    retry = deployment.functions["Previews"].retry
    columns = ["photos per second", "p50, s", "p99, s", *simulation.REASONS, "main limit", "peak environments"]
    blocks = [
        "## Bursts",
        "![Latency and failed photos by photos per second](scale.svg)",
        f"Photos arrive at random for {simulation.BURST_SECONDS} s, at low rates until there are "
        f"{simulation.MIN_PHOTOS:,}. No function is warm at the start. A client that gets 429 waits as `Retry-After` "
        f"says ({RETRY_AFTER_SECONDS} s, and up to half more). After {simulation.CLIENT_ATTEMPTS} attempts it gives "
        f"up: *throttled*. *Step failed* means that Lambda throttled a step and its retry, of which there is "
        f"{retry.attempts}, after at most {retry.max_delay(0):g} s. Latency is the time from the first "
        "`POST …/ingest` to its final response, waits included.",
    ]
    for name, rows in results.items():
        blocks += [
            f"**{_capitalized(name)}**: {scenarios.DESCRIPTIONS[name]}.",
            markdown.table(columns, [_burst(row) for row in rows]),
        ]
    return [
        *blocks,
        "*Main limit* is what throttled most calls, *peak environments* the highest number of environments in use at "
        "one time. The simulation has no limits of DynamoDB and S3; see [quotas](#quotas).",
    ]


def _burst(row: Row) -> list[str]:
    return [
        f"{row.rate:,.0f}",
        *("none" if seconds is None else f"{seconds:.2f}" for seconds in (row.p50, row.p99)),
        *(f"{100 * row.failures.get(reason, 0):.1f} %" for reason in simulation.REASONS),
        row.main_limit or "none",
        f"{row.peak_environments:,}",
    ]


def _assumptions(deployment: Deployment) -> list[str]:
    return [
        "## Assumptions",
        markdown.table(
            ["what", "assumed"],
            [
                ["vCPU of Lambda on arm64", "as fast as a core of the x86-64 machine that measured"],
                ["CPU of a function", f"one vCPU per {durations.MIB_PER_VCPU} MiB, at most one"],
                ["S3 call", f"{1000 * durations.S3_CALL_SECONDS:.0f} ms in the median; AWS says 100 to 200"],
                ["S3 transfer", f"{durations.S3_BYTES_PER_SECOND / MILLION:.0f} MB/s"],
                ["DynamoDB call", f"{1000 * durations.DYNAMODB_CALL_SECONDS:.0f} ms in the median"],
                ["distribution of a call's latency", "lognormal; the 99th percentile is 2.5 times the median"],
                [
                    "cold start before the imports",
                    f"{1000 * durations.ENVIRONMENT_START_SECONDS:.0f} ms; imports get the function's share of a vCPU",
                ],
                [
                    "execution besides its steps",
                    f"{1000 * durations.EXECUTION_OVERHEAD_SECONDS:.0f} ms",
                ],
                ["upload of a photo to S3", f"{simulation.UPLOAD_SECONDS:g} s"],
                [
                    "log bytes of AWS",
                    f"Lambda {cost.PLATFORM_LOG_BYTES} per invocation, API Gateway {cost.ACCESS_LOG_BYTES} per "
                    f"request, Step Functions {cost.STATE_LOG_BYTES} per event",
                ],
            ],
        ),
        "Functions, warm, without rendering:",
        _functions(deployment),
        "Mix of uploads:",
        _upload_mix(deployment),
    ]


def _functions(deployment: Deployment) -> str:
    return markdown.table(
        ["function", "MiB", "vCPU", "CPU, ms", "S3 calls", "DynamoDB calls", "cold start, s"],
        [
            [
                name,
                f"{deployment.functions[name].memory_mib}",
                f"{durations.vcpu_share(deployment.functions[name].memory_mib):.2f}",
                f"{1000 * durations.USAGE[name].cpu_seconds:.0f}",
                f"{durations.USAGE[name].s3_calls}",
                f"{durations.USAGE[name].dynamodb_calls}",
                f"{seconds:.2f}",
            ]
            for name, seconds in durations.cold_start_seconds(deployment).items()
        ],
    )


def _upload_mix(deployment: Deployment) -> str:
    invocations = durations.invocations(deployment)
    return markdown.table(
        ["picture", "share", "file", "CPU of previews, s", "Previews, s", "warm ingest, s"],
        [
            [
                name,
                f"{kind.share:.0%}",
                f"{kind.size_bytes / MILLION:g} MB",
                f"{measured.render_cpu_seconds(name):.2f}",
                f"{invocations[name]['Previews'].seconds:.2f}",
                f"{durations.ingest_seconds(invocations[name]):.2f}",
            ]
            for name, kind in durations.UPLOAD_MIX.items()
        ],
    )


def _cost_table(items: Sequence[CostItem], unit: str, times: int, *, has_total: bool = True) -> str:
    digits = 2 if times == MILLION else 4
    rows = [[item.service, item.quantity, f"{times * item.dollars:.{digits}f}"] for item in items]
    if has_total:
        rows.append(["**total**", "", f"**{times * cost.total(items):.{digits}f}**"])
    return markdown.table(["service", unit, f"$ per {_count(times)}"], rows)


def _price_unit(number: int) -> str:
    return "each" if number == 1 else f"per {_count(number)}"


def _count(number: int) -> str:
    return {THOUSAND: "thousand", MILLION: "million"}.get(number, f"{number:,}")


def _rate(photos: float) -> str:
    return f"{photos:,.0f}" if photos >= 10 else f"{photos:.1f}"


def _capitalized(text: str) -> str:
    return text[:1].upper() + text[1:]
