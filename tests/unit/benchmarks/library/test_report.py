"""The page of results has the limits and a table for each size."""

import re

from benchmarks.library import report
from benchmarks.library.__main__ import RESULTS
from benchmarks.library.cases import CASES
from benchmarks.library.client import Cost

COSTS = {case.name: {10: Cost(9, 9, 2.5, 0, 0.00651), 1000: Cost(303, 100, 26.5, 0, 0.4)} for case in CASES}


def test_the_page_has_limits_and_costs() -> None:
    lines = report.render(COSTS, 5).splitlines()
    assert (
        "| **fail** | items read per photo of a page | 1.5 | 3.03 | `GET /photos`, first page, 1,000 photos |" in lines
    )
    assert "| pass | read units of a timeline | 100 | 26.5 | `GET /timeline?unit=year`, 1,000 photos |" in lines
    assert "| `GET /photos`, first page | 9 | 9 | 2.5 | 0 | 6.5 |" in lines
    assert [line for line in lines if line.startswith("## ")] == ["## Limits", "## 10 photos", "## 1,000 photos"]


def test_the_stored_page_has_all_cases_and_keeps_all_limits() -> None:
    text = RESULTS.read_text(encoding="utf-8")
    assert re.findall(r"^## (.+)$", text, re.MULTILINE)[1:] == [
        *("10 photos", "1,000 photos", "10,000 photos", "100,000 photos"),
    ]
    assert all(text.count(f"| {case.name} |") == 4 for case in CASES)
    assert "**fail**" not in text
