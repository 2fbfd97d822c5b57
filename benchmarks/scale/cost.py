"""Cost of a photo and of a listing at list prices, service by service."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from benchmarks.scale import durations, measured, usage
from benchmarks.scale.deployed import API, Deployment
from benchmarks.scale.durations import UPLOAD_MIX, Invocation
from benchmarks.scale.usage import Usage
from infrastructure import prices
from workflows.steps import REGULAR, STAGES

API_REQUESTS: Final = 2
"""Per photo: create and ingest. The upload goes to S3."""

PLATFORM_LOG_BYTES: Final = 450
PLATFORM_LOG_EVENTS: Final = 3
"""Of one invocation, written by Lambda: START, END, and REPORT with the trace. Assumed."""

ACCESS_LOG_BYTES: Final = 380
"""Of one request, in the format of `api/rest_api.py`. Assumed."""

STATE_LOG_EVENTS: Final = {"Task": 6, "Choice": 2, "Parallel": 4}
STATE_LOG_BYTES: Final = 420
"""Events of one state that Step Functions logs at level ALL, without execution data, and bytes of one. Assumed."""

EXECUTION_LOG_EVENTS: Final = 4
"""Of an execution besides its tasks and choices: start, success, and the final state's two. Assumed."""

LOG_EVENT_BYTES: Final = 26
"""Overhead of every event (CloudWatch price page, Logs)."""

GB: Final = 1_000_000_000

EVENT_GB_SECONDS: Final = (0.02 + durations.S3_CALL_SECONDS) * 512 / 1024
"""Of the function Events for one photo: 20 ms, assumed, and the removal of the upload. Larger batches take less."""

THUMB_BYTES: Final = 6_500
"""Of one `thumb` preview of the 12-megapixel JPEG of `make bench`, measured on 2026-11-24."""


@dataclass(frozen=True)
class CostItem:
    """Cost of one service for one photo or listing, in US dollars, and the quantity that is billed."""

    service: str
    quantity: str
    dollars: float


def photo(deployment: Deployment) -> list[CostItem]:
    """Cost of one photo from `POST /photos` to ready: a mean over the mix of uploads, warm, without storage."""
    used = [*usage.PHOTO, usage.UPLOAD]
    s3_writes, s3_reads = sum(one.s3_writes for one in used), sum(one.s3_reads for one in used)
    write_units = sum(units for one in used for units in one.write_units.values())
    read_units = sum(one.read_units for one in used)
    log_bytes = _log_bytes(usage.PHOTO, API_REQUESTS) + _state_log_bytes()
    out_bytes = usage.CREATED_BYTES + usage.INGESTED_BYTES
    return [
        _api_requests(API_REQUESTS),
        _functions(deployment),
        _execution(deployment),
        CostItem(
            "S3 requests",
            f"{s3_writes} writes, {s3_reads} reads",
            prices.S3_WRITE.of(s3_writes) + prices.S3_READ.of(s3_reads),
        ),
        CostItem(
            "DynamoDB",
            f"{write_units} write units, {read_units:g} read units",
            prices.DYNAMODB_WRITE.of(write_units) + prices.DYNAMODB_READ.of(read_units),
        ),
        _event(),
        _logs(log_bytes),
        _traces(deployment, API_REQUESTS),
        _data_out(out_bytes),
    ]


def storage_month(deployment: Deployment) -> list[CostItem]:
    """Storage of one photo for a month, and of the version that its deleted upload leaves behind."""
    original = durations.mean({picture: kind.size_bytes for picture, kind in UPLOAD_MIX.items()})
    previews = durations.mean({picture: measured.previews_bytes(picture) for picture in UPLOAD_MIX})
    stored, days = original + previews, deployment.upload_version_days
    return [
        CostItem("S3 storage, per month", f"{stored / 1e6:.1f} MB", prices.S3_GB_MONTH.of(stored / GB)),
        CostItem(
            "S3 storage, once",
            f"{original / 1e6:.1f} MB for {days:g} days: the version of the deleted upload",
            prices.S3_GB_MONTH.of(original / GB * days / 30),
        ),
    ]


def listing(deployment: Deployment) -> list[CostItem]:
    """Cost of one page of `usage.PAGE_PHOTOS` photos."""
    memory_mib = deployment.functions[API].memory_mib
    used = usage.LIST
    cpu_seconds = used.cpu_seconds / durations.vcpu_share(memory_mib)
    gb_seconds = _gb_seconds(Invocation(cpu_seconds, dynamodb_calls=used.dynamodb_calls), memory_mib)
    return [
        _api_requests(1),
        CostItem(
            "Lambda",
            f"1 invocation, {gb_seconds:.3f} GB-s",
            prices.LAMBDA_REQUEST.each + prices.LAMBDA_GB_SECOND.of(gb_seconds),
        ),
        CostItem("DynamoDB", f"{used.read_units:g} read units", prices.DYNAMODB_READ.of(used.read_units)),
        _logs(_log_bytes([used], 1)),
        _traces(deployment, 1),
        _data_out(usage.PAGE_BYTES),
    ]


def thumbs() -> CostItem:
    """Cost of the thumbs of one page, for a browser that has none of them cached."""
    size_bytes = usage.PAGE_PHOTOS * THUMB_BYTES
    return CostItem(
        "Thumbs",
        f"{usage.PAGE_PHOTOS} reads, {size_bytes / 1000:.0f} kB out",
        prices.S3_READ.of(usage.PAGE_PHOTOS) + prices.INTERNET_GB.of(size_bytes / GB),
    )


def edge_thumbs() -> list[CostItem]:
    """Cost of the same thumbs through CloudFront, which takes nothing for the bytes from S3."""
    size_bytes = usage.PAGE_PHOTOS * THUMB_BYTES
    return [
        CostItem(
            "CloudFront",
            f"{usage.PAGE_PHOTOS} requests, {size_bytes / 1000:.0f} kB out",
            prices.CLOUDFRONT_REQUEST.of(usage.PAGE_PHOTOS) + prices.CLOUDFRONT_GB.of(size_bytes / GB),
        ),
        CostItem(
            "S3 requests",
            f"{usage.PAGE_PHOTOS} reads, if the edge has none of them",
            prices.S3_READ.of(usage.PAGE_PHOTOS),
        ),
        CostItem("KMS", "1 signature, if the sandbox has none of the owner", prices.KMS_SIGNATURE.each),
    ]


def total(items: Iterable[CostItem]) -> float:
    """Sum in US dollars."""
    return sum(item.dollars for item in items)


def _api_requests(count: int) -> CostItem:
    return CostItem("API Gateway", f"{count} request{'s' * (count > 1)}", prices.API_REQUEST.of(count))


def _functions(deployment: Deployment) -> CostItem:
    names = [*REGULAR, API]
    gb_seconds = durations.mean(
        {
            picture: sum(_gb_seconds(warm[name], deployment.functions[name].memory_mib) for name in names)
            for picture, warm in durations.invocations(deployment).items()
        }
    )
    return CostItem(
        "Lambda",
        f"{len(names)} invocations, {gb_seconds:.2f} GB-s",
        prices.LAMBDA_REQUEST.of(len(names)) + prices.LAMBDA_GB_SECOND.of(gb_seconds),
    )


def _execution(deployment: Deployment) -> CostItem:
    step = prices.EXPRESS_DURATION_STEP_SECONDS
    billed_seconds = durations.mean(
        {
            picture: math.ceil(durations.ingest_seconds(warm) / step) * step
            for picture, warm in durations.invocations(deployment).items()
        }
    )
    return CostItem(
        "Step Functions",
        f"1 Express execution, {billed_seconds:.1f} s of {prices.EXPRESS_MEMORY_MB} MB",
        prices.EXPRESS_REQUEST.each + prices.EXPRESS_GB_SECOND.of(billed_seconds * prices.EXPRESS_MEMORY_MB / 1024),
    )


def _event() -> CostItem:
    """The event of a photo that becomes ready. The filters of the pipe drop its other changes at no cost."""
    return CostItem(
        "Events",
        f"1 pipe request, 1 invocation, {EVENT_GB_SECONDS:g} GB-s, 1 event",
        prices.PIPE_REQUEST.each
        + prices.LAMBDA_REQUEST.each
        + prices.LAMBDA_GB_SECOND.of(EVENT_GB_SECONDS)
        + prices.BUS_EVENT.each,
    )


def _logs(size_bytes: float) -> CostItem:
    return CostItem("CloudWatch Logs", f"{size_bytes / 1000:.1f} kB", prices.LOGS_GB.of(size_bytes / GB))


def _traces(deployment: Deployment, requests: int) -> CostItem:
    share = deployment.traced_share
    return CostItem(
        "X-Ray",
        f"{share:.0%} of {requests} request{'s' * (requests > 1)}",
        prices.XRAY_TRACE.of(share * requests),
    )


def _data_out(size_bytes: float) -> CostItem:
    return CostItem("Data out", f"{size_bytes / 1000:.0f} kB of JSON", prices.INTERNET_GB.of(size_bytes / GB))


def _gb_seconds(invocation: Invocation, memory_mib: int) -> float:
    step = prices.LAMBDA_DURATION_STEP_SECONDS
    return math.ceil(invocation.seconds / step) * step * memory_mib / 1024


def _log_bytes(used: Iterable[Usage], requests: int) -> float:
    functions = sum(
        one.log_bytes + PLATFORM_LOG_BYTES + LOG_EVENT_BYTES * (one.log_events + PLATFORM_LOG_EVENTS) for one in used
    )
    return functions + requests * (ACCESS_LOG_BYTES + LOG_EVENT_BYTES)


def _state_log_bytes() -> float:
    """Of an execution that succeeds: its tasks, the choice after each stage but the last, and the events of its own."""
    counts = {"Task": len(REGULAR), "Choice": len(STAGES) - 1, "Parallel": sum(len(stage) > 1 for stage in STAGES)}
    events = sum(count * STATE_LOG_EVENTS[kind] for kind, count in counts.items()) + EXECUTION_LOG_EVENTS
    return events * (STATE_LOG_BYTES + LOG_EVENT_BYTES)
