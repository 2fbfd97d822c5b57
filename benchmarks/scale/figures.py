"""The main figures: what the README and the summary of `docs/scale.md` state."""

from collections.abc import Sequence
from itertools import takewhile
from typing import Final

from benchmarks.scale import cost, quotas, usage
from benchmarks.scale.deployed import Deployment
from benchmarks.scale.results import Results, Row

THOUSAND: Final = 1000

MAX_FAILED_SHARE: Final = 0.01
"""Of the photos of a burst that counts as sustained."""


def main_figures(deployment: Deployment, results: Results) -> dict[str, str]:
    """Each figure with its unit, by its description."""
    photo, listing = cost.total(cost.photo(deployment)), cost.total(cost.listing(deployment))
    month = cost.storage_month(deployment)[0].dollars
    rates = {name: f"{sustained_rate(rows):,.0f}" for name, rows in results.items()}
    warm = results["provisioned concurrency"][0]
    throttle = quotas.Limit(quotas.api_throttle(deployment), cost.API_REQUESTS)
    return {
        "cost of 1,000 photos, from `POST /photos` to ready": f"${THOUSAND * photo:.2f}",
        "storage of 1,000 photos, per month": f"${THOUSAND * month:.2f}",
        f"cost of 1,000 listings of {usage.PAGE_PHOTOS} photos": f"${THOUSAND * listing:.3f}",
        "latency of a warm ingest, p50 / p99 (simulated)": f"{warm.p50:.1f} s / {warm.p99:.1f} s",
        f"steady rate at which the throttle of `{deployment.environment}` starts": (
            f"{throttle.photos_per_second:,.0f} photos/s"
        ),
        f"burst from a cold start of which at most {MAX_FAILED_SHARE:.0%} fails (simulated)": (
            f"{rates['as deployed']} photos/s as deployed, {rates['quotas raised']} with quotas raised, "
            f"{rates['provisioned concurrency']} with provisioned concurrency"
        ),
    }


def sustained_rate(rows: Sequence[Row]) -> float:
    """Highest simulated rate, in photos per second, up to which at most `MAX_FAILED_SHARE` of the photos fail."""
    return max(row.rate for row in takewhile(lambda row: row.failed_share <= MAX_FAILED_SHARE, rows))
