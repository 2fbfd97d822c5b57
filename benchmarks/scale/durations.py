"""How long the parts of a photo's way take: CPU as measured, what AWS adds as its pages or others' measurements say.

The measured CPU is of an x86 machine; a Lambda vCPU on arm64 is taken to be as fast. Lambda gives a function the share
of a vCPU that its memory is of 1,769 MiB (developer guide, "Configure Lambda function memory"); more than one is not
counted on, though the previews use a second for a part of their work.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Final

from benchmarks.scale import measured, usage
from benchmarks.scale.deployed import API, Deployed
from benchmarks.scale.usage import Use

MIB_PER_VCPU: Final = 1769

PICTURES: Final = {
    "JPEG 12 MP": (0.55, 4_000_000),
    "HEIC 12 MP": (0.25, 2_000_000),
    "JPEG 24 MP": (0.10, 9_000_000),
    "PNG 12 MP": (0.05, 18_000_000),
    "WebP 12 MP": (0.05, 3_000_000),
}
"""What people upload, an assumption: each kind's share, and the bytes of such a file."""

S3_CALL_SECONDS: Final = 0.1
"""To the first byte (S3 user guide, "Performance design patterns": roughly 100 to 200 ms)."""

S3_BYTES_PER_SECOND: Final = 85_000_000
"""Of one connection (the same page: 85 to 90 MB/s)."""

DYNAMODB_CALL_SECONDS: Final = 0.008
""""Single-digit millisecond" (DynamoDB developer guide, "What is Amazon DynamoDB?")."""

CALL_SPREAD: Final = 0.4
"""Sigma of the lognormal that a call's time is drawn from: one in a hundred takes 2.5 times the median. Assumed."""

ENVIRONMENT_SECONDS: Final = 0.25
"""A cold start before the handler is imported: the environment, the asset, the interpreter. Assumed."""

OVERHEAD_SECONDS: Final = 0.02
"""Of an execution, from API Gateway's authorizer to its first state and back. Assumed."""

MODULES: Final = {
    API: "api.handler",
    "Validate": "tasks.validate",
    "Previews": "tasks.previews",
    "Persist": "tasks.persist",
    "Reject": "tasks.reject",
    "Fail": "tasks.fail",
}
"""Each function's handler, as `benchmarks/previews/results.md` names it."""

FAIL: Final = Use(s3_deletes=1, dynamodb_calls=2, cpu_seconds=usage.PERSIST.cpu_seconds)

USES: Final = {
    API: usage.CREATE,
    "Validate": usage.VALIDATE,
    "Previews": usage.PREVIEWS,
    "Persist": usage.PERSIST,
    "Fail": FAIL,
}


@dataclass(frozen=True)
class Work:
    """One function's invocation: CPU on its share of a vCPU and what it waits for, in seconds."""

    cpu_seconds: float
    s3_calls: int = 0
    dynamodb_calls: int = 0
    transfer_seconds: float = 0

    @property
    def seconds(self) -> float:
        """At the median of every call."""
        waiting = self.s3_calls * S3_CALL_SECONDS + self.dynamodb_calls * DYNAMODB_CALL_SECONDS
        return self.cpu_seconds + waiting + self.transfer_seconds

    def drawn(self, random: Random) -> float:
        """With the time of each call drawn."""
        seconds = self.cpu_seconds + self.transfer_seconds
        for _ in range(self.s3_calls):
            seconds += S3_CALL_SECONDS * random.lognormvariate(0, CALL_SPREAD)
        for _ in range(self.dynamodb_calls):
            seconds += DYNAMODB_CALL_SECONDS * random.lognormvariate(0, CALL_SPREAD)
        return seconds


def share(memory_mib: int) -> float:
    """Of a vCPU that one thread can use."""
    return min(1, memory_mib / MIB_PER_VCPU)


def starts(deployed: Deployed) -> Mapping[str, float]:
    """Each function's cold start, in seconds: its environment, and its imports on its share of a vCPU."""
    return {
        name: ENVIRONMENT_SECONDS + measured.import_cpu_seconds(MODULES[name]) / share(step.memory_mib)
        for name, step in deployed.steps.items()
        if name in USES
    }


def works(deployed: Deployed) -> Mapping[str, Mapping[str, Work]]:
    """Each function's warm invocation, by the picture that it is for."""
    return {
        picture: {name: _work(deployed, name, picture) for name in deployed.steps if name in USES}
        for picture in PICTURES
    }


def _work(deployed: Deployed, name: str, picture: str) -> Work:
    asked = USES[name]
    cpu = asked.cpu_seconds + (measured.render_cpu_seconds(picture) if name == "Previews" else 0)
    size_bytes = PICTURES[picture][1] + measured.previews_bytes(picture) if name == "Previews" else 0
    return Work(
        cpu_seconds=cpu / share(deployed.steps[name].memory_mib),
        s3_calls=asked.s3_calls,
        dynamodb_calls=asked.dynamodb_calls,
        transfer_seconds=size_bytes / S3_BYTES_PER_SECOND,
    )
