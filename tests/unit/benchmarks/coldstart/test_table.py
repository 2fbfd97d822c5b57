"""The table of cold starts: medians of the rounds, and ratios of the same round."""

from benchmarks.coldstart.__main__ import HERE, _table
from benchmarks.coldstart.ingest import API, PERSIST, PREVIEWS, PROMOTE, VALIDATE, Start

MODULES = (VALIDATE, PREVIEWS, PERSIST, API)


def rounds(*cpu_seconds: float) -> list[dict[str, Start]]:
    """Rounds in which each function took so much CPU, twice the time, and half of it for its init phase."""
    return [dict.fromkeys(MODULES, Start(cpu, 2 * cpu, cpu / 2, 500)) for cpu in cpu_seconds]


def rows(table: str) -> list[str]:
    """The rows of the table below its header."""
    return [line for line in table.splitlines() if line.startswith("| `")]


def test_figures_are_medians_of_the_rounds() -> None:
    expected = [f"| `{module}` | 150 | 300 | 600 | 500 |" for module in MODULES]
    assert rows(_table({HERE: rounds(0.1, 0.3, 0.9)}, None)) == expected


def test_function_that_a_commit_lacks_has_no_ratio() -> None:
    here = [{PROMOTE: Start(0.2, 0.4, 0.1, 400), **starts} for starts in rounds(0.2)]
    found = rows(_table({"abc": rounds(0.4), HERE: here}, "abc"))
    assert [row for row in found if PROMOTE in row] == [f"| `{PROMOTE}` of {HERE} | 100 | 200 | 400 | 400 |  |  |"]


def test_ratios_are_those_of_the_same_round() -> None:
    table = _table({"abc": rounds(0.4, 0.4, 2.0), HERE: rounds(0.2, 0.3, 0.5)}, "abc")
    assert rows(table)[:2] == [
        f"| `{VALIDATE}` of abc | 200 | 400 | 800 | 500 |  |  |",
        f"| `{VALIDATE}` of {HERE} | 150 | 300 | 600 | 500 | 0.50 | 0.50 |",
    ]
