"""The price of a photo and of a listing, service by service, from what they ask for and how long that takes."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from benchmarks.scale import durations, measured, usage
from benchmarks.scale.deployed import API, Deployed
from benchmarks.scale.durations import Work
from benchmarks.scale.simulation import STEPS
from benchmarks.scale.usage import Use
from infrastructure import prices

API_REQUESTS: Final = 2
"""Of a photo: it is created and ingested. The upload goes past the API."""

TRACED: Final = 0.05
"""Of all requests, behind the first of each second (X-Ray's default sampling rule)."""

PLATFORM_LOG_BYTES: Final = 450
PLATFORM_LOG_EVENTS: Final = 3
"""What Lambda itself writes of an invocation: START, END and REPORT with the trace. Assumed."""

ACCESS_LOG_BYTES: Final = 380
"""Of one request (the format is in `api/rest_api.py`). Assumed."""

STATE_LOG_EVENTS: Final = {"Task": 6, "Choice": 2}
STATE_LOG_BYTES: Final = 420
"""Step Functions' events of a state at level ALL without data, and one's bytes. Assumed."""

LOG_EVENT_BYTES: Final = 26
"""CloudWatch adds so much to every event (Logs price page)."""

GB: Final = 1_000_000_000

THUMB_BYTES: Final = 6_500
"""One `thumb` preview of the benchmark's JPEG of 12 megapixels, measured on 2026-11-24."""


@dataclass(frozen=True)
class Line:
    """What one service takes for one photo or listing: dollars, and for what."""

    service: str
    what: str
    dollars: float


def photo(deployed: Deployed) -> list[Line]:
    """One photo from its creation to ready, of the mix of `durations.PICTURES`; no first steps, no storage."""
    works = durations.works(deployed)
    functions = [*STEPS, API]
    gb_seconds = _mean(
        {
            picture: sum(_gb_seconds(deployed, name, works[picture][name]) for name in functions)
            for picture in durations.PICTURES
        }
    )
    asked = [*usage.PHOTO, usage.UPLOAD]
    writes, reads = (sum(getattr(one, kind) for one in asked) for kind in ("s3_writes", "s3_reads"))
    write_units = sum(units for one in asked for units in one.write_units.values())
    read_units = sum(one.read_units for one in asked)
    log_bytes = _log_bytes(usage.PHOTO, API_REQUESTS) + _state_log_bytes()
    billed = _mean({picture: _billed_seconds(work) for picture, work in works.items()})
    return [
        Line("API Gateway", f"{API_REQUESTS} requests", prices.API_REQUEST.of(API_REQUESTS)),
        Line(
            "Lambda",
            f"{len(functions)} invocations, {gb_seconds:.2f} GB-s",
            prices.LAMBDA_REQUEST.of(len(functions)) + prices.LAMBDA_GB_SECOND.of(gb_seconds),
        ),
        Line(
            "Step Functions",
            f"1 Express execution, {billed:.1f} s of {prices.EXPRESS_MEMORY_MB} MB",
            prices.EXPRESS_REQUEST.each + prices.EXPRESS_GB_SECOND.of(billed * prices.EXPRESS_MEMORY_MB / 1024),
        ),
        Line("S3 requests", f"{writes} writes, {reads} reads", prices.S3_WRITE.of(writes) + prices.S3_READ.of(reads)),
        Line(
            "DynamoDB",
            f"{write_units} write units, {read_units:g} read units",
            prices.DYNAMODB_WRITE.of(write_units) + prices.DYNAMODB_READ.of(read_units),
        ),
        Line("CloudWatch Logs", f"{log_bytes / 1000:.1f} kB", prices.LOGS_GB.of(log_bytes / GB)),
        Line("X-Ray", f"{TRACED:.0%} of {API_REQUESTS} requests", prices.XRAY_TRACE.of(TRACED * API_REQUESTS)),
    ]


def storage_month(retained_days: float) -> list[Line]:
    """A photo's month in store; where versions are kept, its upload lies there once more for `retained_days`."""
    original = _mean({picture: size_bytes for picture, (_, size_bytes) in durations.PICTURES.items()})
    previews = _mean({picture: measured.previews_bytes(picture) for picture in durations.PICTURES})
    kept = original + previews
    return [
        Line("S3 storage, a month", f"{kept / 1e6:.1f} MB", prices.S3_GB_MONTH.of(kept / GB)),
        Line(
            "S3 storage, once",
            f"{original / 1e6:.1f} MB of the removed upload's version for {retained_days:g} days",
            prices.S3_GB_MONTH.of(original / GB * retained_days / 30),
        ),
    ]


def listing(deployed: Deployed) -> list[Line]:
    """One page of `usage.PAGE_PHOTOS` photos; then what a browser adds that has none of their thumbs yet."""
    memory = deployed.steps[API].memory_mib
    asked = usage.LIST
    work = Work(asked.cpu_seconds / durations.share(memory), dynamodb_calls=asked.dynamodb_calls)
    gb_seconds = _gb_seconds(deployed, API, work)
    log_bytes = _log_bytes([asked], 1)
    thumbs = usage.PAGE_PHOTOS * THUMB_BYTES
    return [
        Line("API Gateway", "1 request", prices.API_REQUEST.each),
        Line(
            "Lambda",
            f"1 invocation, {gb_seconds:.3f} GB-s",
            prices.LAMBDA_REQUEST.each + prices.LAMBDA_GB_SECOND.of(gb_seconds),
        ),
        Line("DynamoDB", f"{asked.read_units:g} read units", prices.DYNAMODB_READ.of(asked.read_units)),
        Line("CloudWatch Logs", f"{log_bytes / 1000:.1f} kB", prices.LOGS_GB.of(log_bytes / GB)),
        Line("X-Ray", f"{TRACED:.0%} of a request", prices.XRAY_TRACE.of(TRACED)),
        Line("Data out", f"{usage.PAGE_BYTES / 1000:.0f} kB of JSON", prices.INTERNET_GB.of(usage.PAGE_BYTES / GB)),
        Line(
            "Thumbs, if none is cached",
            f"{usage.PAGE_PHOTOS} reads, {thumbs / 1000:.0f} kB out",
            prices.S3_READ.of(usage.PAGE_PHOTOS) + prices.INTERNET_GB.of(thumbs / GB),
        ),
    ]


def total(lines: Iterable[Line]) -> float:
    """Dollars."""
    return sum(line.dollars for line in lines)


def ingest_seconds(works: Mapping[str, Work]) -> float:
    """A warm execution of one picture, at the median of every call."""
    return durations.OVERHEAD_SECONDS + sum(works[name].seconds for name in STEPS)


def _billed_seconds(works: Mapping[str, Work]) -> float:
    step = prices.EXPRESS_DURATION_STEP_SECONDS
    return math.ceil(ingest_seconds(works) / step) * step


def _gb_seconds(deployed: Deployed, name: str, work: Work) -> float:
    step = prices.LAMBDA_DURATION_STEP_SECONDS
    return math.ceil(work.seconds / step) * step * deployed.steps[name].memory_mib / 1024


def _log_bytes(asked: Iterable[Use], requests: int) -> float:
    written = [
        one.log_bytes + PLATFORM_LOG_BYTES + LOG_EVENT_BYTES * (one.log_events + PLATFORM_LOG_EVENTS) for one in asked
    ]
    return sum(written) + requests * (ACCESS_LOG_BYTES + LOG_EVENT_BYTES)


def _state_log_bytes() -> float:
    """Of an execution that goes well: three tasks, the two choices between, its start, its end and its last state."""
    events = len(STEPS) * STATE_LOG_EVENTS["Task"] + (len(STEPS) - 1) * STATE_LOG_EVENTS["Choice"] + 4
    return events * (STATE_LOG_BYTES + LOG_EVENT_BYTES)


def _mean(by_picture: Mapping[str, float]) -> float:
    return sum(durations.PICTURES[picture][0] * value for picture, value in by_picture.items())
