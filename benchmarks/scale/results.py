"""Results of the simulation in `results.json`, with the parameters that they were computed from."""

import dataclasses
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

from benchmarks.scale import scenarios, simulation
from benchmarks.scale.deployed import Deployment
from benchmarks.scale.simulation import Limits, Result
from photosky.errors import RETRY_AFTER_SECONDS

PATH: Final = Path(__file__).resolve().parent / "results.json"


@dataclass(frozen=True)
class Row:
    """One burst. Latencies in seconds; failures as shares of all photos, by reason."""

    rate: float
    photos: int
    p50: float | None
    p99: float | None
    failures: Mapping[str, float]
    main_limit: str
    """The limit that throttled most calls; empty if none did."""
    peak_environments: int

    @classmethod
    def from_result(cls, result: Result) -> Self:
        """Round a result to the precision that so many photos allow."""
        p50, p99 = (result.percentile(share) for share in (0.5, 0.99))
        return cls(
            rate=result.rate,
            photos=result.photos,
            p50=p50 and round(p50, 2),
            p99=p99 and round(p99, 2),
            failures={reason: round(count / result.photos, 4) for reason, count in sorted(result.failures.items())},
            main_limit=max(result.throttles, key=lambda limit: result.throttles[limit], default=""),
            peak_environments=result.peak_environments,
        )

    @property
    def failed_share(self) -> float:
        """Share of photos that are not ready, for any reason."""
        return sum(self.failures.values())


Results = Mapping[str, Sequence[Row]]
"""By scenario."""


def parameters(deployment: Deployment) -> dict[str, Any]:
    """Everything that the results depend on, as JSON."""
    return {
        "timing": dataclasses.asdict(scenarios.timing(deployment)),
        "limits": {name: dataclasses.asdict(limits) for name, limits in scenarios.limits(deployment).items()},
        "rates": list(scenarios.RATES),
        "client": [simulation.CLIENT_ATTEMPTS, simulation.UPLOAD_SECONDS, RETRY_AFTER_SECONDS],
        "burst": [simulation.BURST_SECONDS, simulation.MIN_PHOTOS],
        "seed": simulation.SEED,
    }


def run(deployment: Deployment, limits: Limits, rate: float) -> Row:
    """Simulate one burst."""
    return Row.from_result(simulation.simulate(limits, scenarios.timing(deployment), rate))


def write(deployment: Deployment, results: Results) -> None:
    """Write results and parameters."""
    rows = {name: [dataclasses.asdict(row) for row in results[name]] for name in results}
    document = {"parameters": parameters(deployment), "rows": rows}
    PATH.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def read() -> tuple[dict[str, Any], Results]:
    """Read the parameters and the results."""
    document = json.loads(PATH.read_text(encoding="utf-8"))
    return document["parameters"], {name: [Row(**row) for row in rows] for name, rows in document["rows"].items()}
