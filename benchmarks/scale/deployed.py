"""The deployed values that the model needs, read from the template and its environment."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from diagrams import reading
from diagrams.synthesis import Resource, Synthesized
from infrastructure.environment import Environment

API: Final = "Api"
THROTTLED: Final = "Lambda.TooManyRequestsException"

DEFAULT_TRACED_SHARE: Final = 0.05
"""Of requests beyond the first of each second (X-Ray developer guide, "Configuring sampling rules", default rule)."""


@dataclass(frozen=True)
class Retry:
    """Retries of a throttled step. Full jitter: each delay is uniform between 0 and `max_delay`."""

    attempts: int
    interval_seconds: float
    backoff: float
    max_delay_seconds: float

    def max_delay(self, attempt: int) -> float:
        """Longest delay, in seconds, before retry number `attempt`, counted from 0."""
        return min(self.interval_seconds * self.backoff**attempt, self.max_delay_seconds)


NO_RETRY: Final = Retry(0, 0, 1, 0)


@dataclass(frozen=True)
class FunctionSettings:
    """A function's memory, and the timeout and retries of the state that invokes it. The photos API has no retries."""

    memory_mib: int
    timeout_seconds: float
    retry: Retry


@dataclass(frozen=True)
class Deployment:
    """One environment as deployed; functions by the name of their state, the photos API as `API`."""

    environment: str
    functions: Mapping[str, FunctionSettings]
    machine_timeout_seconds: float
    throttle_rate_per_second: float
    throttle_burst: float
    traced_share: float
    """Of API requests, beyond the first of each second."""
    upload_version_days: float
    """How long the bucket keeps the version of an upload that has been deleted; 0 without versioning."""


def read(synthesized: Synthesized) -> Deployment:
    """Read one environment. Raises ValueError if its template has more than one stage."""
    template, environment = synthesized.template, synthesized.environment
    states = reading.states_of(template.definition)
    functions = {
        name: FunctionSettings(_memory_mib(function), states[name]["TimeoutSeconds"], _retry(states[name]))
        for name, function in reading.functions(template).items()
    }
    api = next(route.target for route in reading.routes(template) if route.target.type == "AWS::Lambda::Function")
    functions[API] = FunctionSettings(_memory_mib(api), api.properties["Timeout"], NO_RETRY)
    stage = template.one("AWS::ApiGateway::Stage")
    (throttle,) = (s for s in stage.properties["MethodSettings"] if "ThrottlingRateLimit" in s)
    return Deployment(
        environment=environment.name,
        functions=functions,
        machine_timeout_seconds=template.definition["TimeoutSeconds"],
        throttle_rate_per_second=throttle["ThrottlingRateLimit"],
        throttle_burst=throttle["ThrottlingBurstLimit"],
        traced_share=traced_share(environment),
        upload_version_days=_upload_version_days(template.one("AWS::S3::Bucket")),
    )


def traced_share(environment: Environment) -> float:
    """Share of API requests that X-Ray records, beyond the first of each second."""
    if not environment.tracing:
        return 0
    percent = environment.trace_sampling_percent
    return DEFAULT_TRACED_SHARE if percent is None else percent / 100


def _upload_version_days(bucket: Resource) -> int:
    rules = {rule["Id"]: rule for rule in bucket.properties["LifecycleConfiguration"]["Rules"] if "Id" in rule}
    days: int = rules["expire-uploads"].get("NoncurrentVersionExpiration", {"NoncurrentDays": 0})["NoncurrentDays"]
    return days


def _memory_mib(function: Resource) -> int:
    memory_mib: int = function.properties["MemorySize"]
    return memory_mib


def _retry(state: Mapping[str, object]) -> Retry:
    """First retrier of the state that matches a throttled invocation."""
    retriers: list[dict[str, object]] = state.get("Retry", [])  # type: ignore[assignment]
    for retrier in retriers:
        if THROTTLED in retrier["ErrorEquals"]:  # type: ignore[operator]
            if retrier.get("JitterStrategy") != "FULL":
                raise ValueError("The simulation supports retries with full jitter only.")
            attempts, interval, backoff, max_delay = (
                float(retrier[name])  # type: ignore[arg-type]
                for name in ("MaxAttempts", "IntervalSeconds", "BackoffRate", "MaxDelaySeconds")
            )
            return Retry(int(attempts), interval, backoff, max_delay)
    return NO_RETRY
