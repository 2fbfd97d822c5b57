"""Simulate bursts of photos, print the results, and write `docs/scale.md` with its chart."""

import tempfile
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

from benchmarks.scale import chart, deployed, document, results, scenarios
from benchmarks.scale.deployed import Deployment
from benchmarks.scale.results import Results, Row
from diagrams.synthesis import synthesize
from infrastructure.packaging import ROOT

DOCS: Final = ROOT / "docs"


def main() -> None:
    """Simulate every scenario, then write results, page and chart."""
    with tempfile.TemporaryDirectory() as folder:
        prod = deployed.read(synthesize("prod", Path(folder)))
    simulated = {name: _simulate(prod, name) for name in scenarios.limits(prod)}
    results.write(prod, simulated)
    for path, text in pages(prod, simulated).items():
        path.write_text(text, encoding="utf-8")


def pages(deployment: Deployment, simulated: Results) -> dict[Path, str]:
    """Text of each file in `docs/`."""
    return {DOCS / "scale.md": document.render(deployment, simulated), DOCS / "scale.svg": chart.draw(simulated)}


def _simulate(deployment: Deployment, scenario: str) -> list[Row]:
    console = Console()
    table = Table(title=scenario, title_justify="left")
    for column in ("photos/s", "p50 s", "p99 s", "failed", "main limit", "environments"):
        table.add_column(column, justify="left" if column == "main limit" else "right")
    rows = []
    with console.status(f"{scenario} ..."):
        for rate in scenarios.RATES:
            row = results.run(deployment, scenarios.limits(deployment)[scenario], rate)
            rows.append(row)
            table.add_row(
                f"{row.rate:,.0f}",
                *("-" if seconds is None else f"{seconds:.2f}" for seconds in (row.p50, row.p99)),
                f"{row.failed_share:.1%}",
                row.main_limit,
                f"{row.peak_environments:,}",
            )
    console.print(table)
    return rows


if __name__ == "__main__":
    main()
