"""Durations of a photo's requests and steps: measured CPU, plus the latency of AWS calls from AWS's guides.

CPU was measured on x86-64; a vCPU of Lambda on arm64 is assumed to be as fast. Lambda gives a function one vCPU per
1,769 MiB (Lambda developer guide, "Configure Lambda function memory"). The model uses at most one, although Previews
uses a second for part of its work.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Final, NamedTuple

from benchmarks.scale import measured, usage
from benchmarks.scale.deployed import API, Deployment
from benchmarks.scale.usage import Usage
from workflows.steps import STAGES, STEPS, module_of

MIB_PER_VCPU: Final = 1769

S3_CALL_SECONDS: Final = 0.1
"""To the first byte (S3 user guide, "Performance design patterns": roughly 100 to 200 ms)."""

S3_BYTES_PER_SECOND: Final = 85_000_000
"""Of one connection (same page: 85 to 90 MB/s)."""

DYNAMODB_CALL_SECONDS: Final = 0.008
""""Single-digit millisecond" (DynamoDB developer guide, "What is Amazon DynamoDB?")."""

CALL_SIGMA: Final = 0.4
"""Of the lognormal distribution of a call's latency: the 99th percentile is 2.5 times the median. Assumed."""

ENVIRONMENT_START_SECONDS: Final = 0.25
"""Cold start before the handler's imports: sandbox, code download, interpreter. Assumed."""

EXECUTION_OVERHEAD_SECONDS: Final = 0.02
"""Of an execution besides its steps: authorizer, Step Functions, response. Assumed."""


class UploadKind(NamedTuple):
    """A kind of picture in the mix of uploads: its share of the uploads and its file size."""

    share: float
    size_bytes: int


UPLOAD_MIX: Final = {
    "JPEG 12 MP": UploadKind(0.55, 4_000_000),
    "HEIC 12 MP": UploadKind(0.25, 2_000_000),
    "JPEG 24 MP": UploadKind(0.10, 9_000_000),
    "PNG 12 MP": UploadKind(0.05, 18_000_000),
    "WebP 12 MP": UploadKind(0.05, 3_000_000),
}
"""Assumed, by the names of the pictures that `make bench` measures."""

MODULES: Final[Mapping[str, str]] = {API: "api.handler", **{name: module_of(name) for name in STEPS}}
"""Handler of each function, as named in `benchmarks/previews/results.md`."""

USAGE: Final[Mapping[str, Usage]] = {API: usage.CREATE, **usage.STEPS}
"""Of each function's invocation."""


@dataclass(frozen=True)
class Invocation:
    """One warm invocation: CPU time at the function's share of a vCPU, calls of AWS, and transfer time.

    The calls are those that are made one after the other; what overlaps with them takes no time of its own.
    """

    cpu_seconds: float
    s3_calls: int = 0
    dynamodb_calls: int = 0
    transfer_seconds: float = 0

    @property
    def seconds(self) -> float:
        """Duration if each call takes its median."""
        calls = self.s3_calls * S3_CALL_SECONDS + self.dynamodb_calls * DYNAMODB_CALL_SECONDS
        return self.cpu_seconds + calls + self.transfer_seconds

    def sample(self, random: Random) -> float:
        """Duration, in seconds, with the latency of each call drawn at random."""
        seconds = self.cpu_seconds + self.transfer_seconds
        for _ in range(self.s3_calls):
            seconds += S3_CALL_SECONDS * random.lognormvariate(0, CALL_SIGMA)
        for _ in range(self.dynamodb_calls):
            seconds += DYNAMODB_CALL_SECONDS * random.lognormvariate(0, CALL_SIGMA)
        return seconds


def vcpu_share(memory_mib: int) -> float:
    """Share of a vCPU that one thread can use."""
    return min(1, memory_mib / MIB_PER_VCPU)


def cold_start_seconds(deployment: Deployment) -> Mapping[str, float]:
    """Cold start of each function: its environment, and its imports at its share of a vCPU."""
    return {
        name: ENVIRONMENT_START_SECONDS + measured.import_cpu_seconds(MODULES[name]) / vcpu_share(function.memory_mib)
        for name, function in deployment.functions.items()
        if name in USAGE
    }


def invocations(deployment: Deployment) -> Mapping[str, Mapping[str, Invocation]]:
    """Warm invocation of each function, by kind of picture."""
    return {
        picture: {name: _invocation(deployment, name, picture) for name in deployment.functions if name in USAGE}
        for picture in UPLOAD_MIX
    }


def ingest_seconds(steps: Mapping[str, Invocation]) -> float:
    """Warm ingest of one kind of picture, if each call takes its median."""
    return EXECUTION_OVERHEAD_SECONDS + sum(max(steps[name].seconds for name in stage) for stage in STAGES)


def mean(by_picture: Mapping[str, float]) -> float:
    """Mean of a figure over the mix of uploads."""
    return sum(kind.share * by_picture[picture] for picture, kind in UPLOAD_MIX.items())


def _invocation(deployment: Deployment, name: str, picture: str) -> Invocation:
    used = USAGE[name]
    cpu_seconds, size_bytes = used.cpu_seconds, 0
    if name == "Previews":
        cpu_seconds += measured.render_cpu_seconds(picture)
        size_bytes = UPLOAD_MIX[picture].size_bytes + measured.previews_bytes(picture)
    return Invocation(
        cpu_seconds=cpu_seconds / vcpu_share(deployment.functions[name].memory_mib),
        s3_calls=used.s3_calls - used.overlapped_s3_calls,
        dynamodb_calls=used.dynamodb_calls - used.overlapped_dynamodb_calls,
        transfer_seconds=size_bytes / S3_BYTES_PER_SECOND,
    )
