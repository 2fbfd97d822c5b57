"""The simulated scenarios: prod as deployed, then with one limit after another raised."""

from collections.abc import Mapping
from typing import Any, Final

from benchmarks.scale import durations, quotas
from benchmarks.scale.deployed import Deployment
from benchmarks.scale.simulation import Limits, Timing

RATES: Final = (1, 3, 10, 30, 100, 300, 1000, 3000, 10_000)
"""Photos per second."""

RAISE_FACTOR: Final = 10
"""Assumed factor of a raised quota."""

PROVISIONED: Final = 15_000
"""Environments per function with provisioned concurrency, in the last scenario."""

DESCRIPTIONS: Final = {
    "as deployed": "`prod` of `cdk.json`, in an account with AWS's default quotas",
    "throttle raised": "in addition, both throttle knobs are at their maximum, which is the account's quota",
    "quotas raised": f"in addition, the quotas of API Gateway and Step Functions are {RAISE_FACTOR} times as high and "
    f"Lambda's concurrency {RAISE_FACTOR**2} times; the rate at which a function starts environments cannot be raised",
    "provisioned concurrency": f"in addition, each function has {PROVISIONED:,} warm environments",
}
"""By name of the scenario."""


def timing(deployment: Deployment) -> Timing:
    """Durations, timeouts and retries of a deployment."""
    return Timing(
        invocations=durations.invocations(deployment),
        shares={picture: kind.share for picture, kind in durations.UPLOAD_MIX.items()},
        cold_starts=durations.cold_start_seconds(deployment),
        timeouts={name: function.timeout_seconds for name, function in deployment.functions.items()},
        retries={name: function.retry for name, function in deployment.functions.items()},
        machine_timeout_seconds=deployment.machine_timeout_seconds,
    )


def limits(deployment: Deployment) -> Mapping[str, Limits]:
    """Limits of each scenario; each changes the one before."""
    as_deployed: dict[str, Any] = {
        "api_rate": deployment.throttle_rate_per_second,
        "api_burst": deployment.throttle_burst,
        "express_rate": quotas.EXPRESS_STARTS_PER_SECOND,
        "express_burst": quotas.EXPRESS_STARTS_BURST,
        "concurrency": quotas.LAMBDA_CONCURRENCY,
        "scaling_rate": quotas.LAMBDA_SCALING_PER_SECOND,
        "scaling_burst": quotas.LAMBDA_SCALING_BURST,
    }
    throttle_raised = as_deployed | {"api_rate": quotas.API_REQUESTS_PER_SECOND, "api_burst": quotas.API_BURST}
    quotas_raised = throttle_raised | {
        "api_rate": quotas.API_REQUESTS_PER_SECOND * RAISE_FACTOR,
        "api_burst": quotas.API_BURST * RAISE_FACTOR,
        "express_rate": quotas.EXPRESS_STARTS_PER_SECOND * RAISE_FACTOR,
        "express_burst": quotas.EXPRESS_STARTS_BURST * RAISE_FACTOR,
        "concurrency": quotas.LAMBDA_CONCURRENCY * RAISE_FACTOR**2,
    }
    provisioned = quotas_raised | {"provisioned": PROVISIONED}
    settings = (as_deployed, throttle_raised, quotas_raised, provisioned)
    return {name: Limits(**setting) for name, setting in zip(DESCRIPTIONS, settings, strict=True)}
