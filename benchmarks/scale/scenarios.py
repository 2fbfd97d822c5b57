"""The bursts that are simulated: as prod is deployed, and with one knob or quota after the other out of the way."""

from collections.abc import Mapping
from typing import Final

from benchmarks.scale import durations, quotas
from benchmarks.scale.deployed import Deployed
from benchmarks.scale.simulation import Limits, Timing

RATES: Final = (1, 3, 10, 30, 100, 300, 1000, 3000, 10_000)
"""Photos a second."""

RAISED: Final = 10
"""By how much a raised quota is taken to be raised."""


def timing(deployed: Deployed) -> Timing:
    """From what is deployed and what was measured."""
    return Timing(
        works=durations.works(deployed),
        shares={picture: share for picture, (share, _) in durations.PICTURES.items()},
        starts=durations.starts(deployed),
        timeouts={name: step.timeout_seconds for name, step in deployed.steps.items()},
        retries={name: step.retry for name, step in deployed.steps.items()},
        machine_seconds=deployed.machine_seconds,
    )


def limits(deployed: Deployed) -> Mapping[str, Limits]:
    """By scenario."""
    quota = {
        "express_rate": quotas.EXPRESS_STARTS_PER_SECOND,
        "express_burst": quotas.EXPRESS_STARTS_BURST,
        "scaling_rate": quotas.LAMBDA_SCALING_PER_SECOND,
        "scaling_burst": quotas.LAMBDA_SCALING_BURST,
    }
    raised = {
        "api_rate": quotas.API_REQUESTS_PER_SECOND * RAISED,
        "api_burst": quotas.API_BURST * RAISED,
        "concurrency": quotas.LAMBDA_CONCURRENCY * RAISED * RAISED,
        "express_rate": quotas.EXPRESS_STARTS_PER_SECOND * RAISED,
        "express_burst": quotas.EXPRESS_STARTS_BURST * RAISED,
    }
    return {
        "as deployed": Limits(
            api_rate=deployed.throttle_rate,
            api_burst=deployed.throttle_burst,
            concurrency=quotas.LAMBDA_CONCURRENCY,
            **quota,
        ),
        "throttle opened": Limits(
            api_rate=quotas.API_REQUESTS_PER_SECOND,
            api_burst=quotas.API_BURST,
            concurrency=quotas.LAMBDA_CONCURRENCY,
            **quota,
        ),
        "quotas raised": Limits(**quota | raised),
        "and kept warm": Limits(**quota | raised, provisioned=WARM),
    }


WARM: Final = 15_000
"""Environments of each function that stand ready (provisioned concurrency) in the last scenario."""
