"""`python -m benchmarks.scale` simulates the bursts, prints them, and writes `docs/scale.md` and its picture."""

import tempfile
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table as Grid

from benchmarks.scale import chart, deployed, document, results, scenarios
from benchmarks.scale.deployed import Deployed
from benchmarks.scale.results import Row, Table
from diagrams.synthesis import synthesize
from infrastructure.packaging import ROOT

DOCS: Final = ROOT / "docs"


def main() -> None:
    """Simulate, print, write."""
    with tempfile.TemporaryDirectory() as folder:
        prod = deployed.read(synthesize("prod", Path(folder)).template)
    table = {name: _scenario(prod, name) for name in scenarios.limits(prod)}
    results.write(prod, table)
    for path, text in pages(prod, table).items():
        path.write_text(text, encoding="utf-8")


def pages(prod: Deployed, table: Table) -> dict[Path, str]:
    """What is written into `docs/`."""
    return {DOCS / "scale.md": document.render(prod, table), DOCS / "scale.svg": chart.draw(table)}


def _scenario(prod: Deployed, name: str) -> list[Row]:
    console = Console()
    grid = Grid(title=name, title_justify="left")
    for column in ("photos/s", "p50 s", "p99 s", "lost", "refused most by", "busiest"):
        grid.add_column(column, justify="left" if column.startswith("refused") else "right")
    rows = []
    with console.status(f"{name} ..."):
        for rate in scenarios.RATES:
            row = results.run(prod, scenarios.limits(prod)[name], rate)
            rows.append(row)
            grid.add_row(
                f"{row.rate:,.0f}",
                *("-" if value is None else f"{value:.2f}" for value in (row.p50, row.p99)),
                f"{row.lost_share:.1%}",
                row.limit,
                f"{row.busiest:,}",
            )
    console.print(grid)
    return rows


if __name__ == "__main__":
    main()
