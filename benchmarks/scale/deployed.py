"""What the synthesized template deploys: memories, timeouts, retries and throttles, read and never copied."""

from collections.abc import Mapping
from dataclasses import dataclass

from diagrams import reading
from diagrams.synthesis import Resource, Template


@dataclass(frozen=True)
class Retry:
    """How often a step that Lambda throttles is tried again; full jitter below `interval_seconds` and its multiples."""

    attempts: int
    interval_seconds: float
    backoff: float
    max_delay_seconds: float

    def longest_delay(self, attempt: int) -> float:
        """In seconds, before the retry with this number, from 0."""
        return min(self.interval_seconds * self.backoff**attempt, self.max_delay_seconds)


@dataclass(frozen=True)
class Step:
    """A function, and the state that calls it. The photos API has no state, so no retry."""

    memory_mib: int
    timeout_seconds: float
    retry: Retry


@dataclass(frozen=True)
class Deployed:
    """One environment as it is deployed; steps by their state's name, the photos API as `Api`."""

    steps: Mapping[str, Step]
    machine_seconds: float
    throttle_rate: float
    throttle_burst: float


NO_RETRY = Retry(0, 0, 1, 0)
API = "Api"
THROTTLED = "Lambda.TooManyRequestsException"


def read(template: Template) -> Deployed:
    """From the template of an environment. Raises ValueError where it has more than one stage or machine."""
    states = template.definition["States"]
    steps = {
        name: Step(_memory(function), states[name]["TimeoutSeconds"], _retry(states[name].get("Retry", [])))
        for name, function in reading.functions(template).items()
    }
    api = next(route.target for route in reading.routes(template) if route.target.type == "AWS::Lambda::Function")
    steps[API] = Step(_memory(api), api.properties["Timeout"], NO_RETRY)
    stage = template.one("AWS::ApiGateway::Stage")
    (throttle,) = (s for s in stage.properties["MethodSettings"] if "ThrottlingRateLimit" in s)
    return Deployed(
        steps=steps,
        machine_seconds=template.definition["TimeoutSeconds"],
        throttle_rate=throttle["ThrottlingRateLimit"],
        throttle_burst=throttle["ThrottlingBurstLimit"],
    )


def _memory(function: Resource) -> int:
    memory: int = function.properties["MemorySize"]
    return memory


def _retry(retriers: list[Mapping[str, object]]) -> Retry:
    """The first retrier that takes a throttled invocation."""
    for retrier in retriers:
        if THROTTLED in retrier["ErrorEquals"]:  # type: ignore[operator]
            if retrier.get("JitterStrategy") != "FULL":
                raise ValueError("only retries with full jitter are known here")
            attempts, interval, backoff, longest = (
                float(retrier[name])  # type: ignore[arg-type]
                for name in ("MaxAttempts", "IntervalSeconds", "BackoffRate", "MaxDelaySeconds")
            )
            return Retry(int(attempts), interval, backoff, longest)
    return NO_RETRY
