"""The simulation's results as they are kept in the tree, and what they were made from."""

import dataclasses
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

from benchmarks.scale import scenarios, simulation
from benchmarks.scale.deployed import Deployed
from benchmarks.scale.simulation import Limits, Result
from photosky.errors import RETRY_AFTER_SECONDS

PATH: Final = Path(__file__).resolve().parent / "results.json"


@dataclass(frozen=True)
class Row:
    """One burst: latencies in seconds, losses as shares of all photos, and what refused most often."""

    rate: float
    photos: int
    p50: float | None
    p99: float | None
    lost: Mapping[str, float]
    limit: str
    busiest: int

    @classmethod
    def of(cls, result: Result) -> Self:
        """Rounded to what can be told from so many photos."""
        p50, p99 = (result.percentile(share) for share in (0.5, 0.99))
        return cls(
            rate=result.rate,
            photos=result.arrived,
            p50=p50 and round(p50, 2),
            p99=p99 and round(p99, 2),
            lost={why: round(count / result.arrived, 4) for why, count in sorted(result.lost.items())},
            limit=max(result.refused, key=lambda what: result.refused[what], default=""),
            busiest=result.busiest,
        )

    @property
    def lost_share(self) -> float:
        """Of all photos, for whatever reason."""
        return sum(self.lost.values())


Table = Mapping[str, Sequence[Row]]
"""By scenario."""


def parameters(deployed: Deployed) -> dict[str, Any]:
    """Everything that the results depend on, as JSON has it."""
    timing = scenarios.timing(deployed)
    return {
        "timing": dataclasses.asdict(timing),
        "limits": {name: dataclasses.asdict(limits) for name, limits in scenarios.limits(deployed).items()},
        "rates": list(scenarios.RATES),
        "client": [simulation.CLIENT_TRIES, simulation.UPLOAD_SECONDS, RETRY_AFTER_SECONDS],
        "burst": [simulation.BURST_SECONDS, simulation.LEAST_PHOTOS],
        "seed": simulation.SEED,
    }


def run(deployed: Deployed, limits: Limits, rate: float) -> Row:
    """One burst."""
    return Row.of(simulation.simulate(limits, scenarios.timing(deployed), rate))


def write(deployed: Deployed, table: Table) -> None:
    """Keep results beside what they were made from."""
    rows = {name: [dataclasses.asdict(row) for row in table[name]] for name in table}
    document = {"parameters": parameters(deployed), "rows": rows}
    PATH.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def read() -> tuple[dict[str, Any], Table]:
    """The parameters and the results that are kept."""
    document = json.loads(PATH.read_text(encoding="utf-8"))
    return document["parameters"], {name: [Row(**row) for row in rows] for name, rows in document["rows"].items()}
