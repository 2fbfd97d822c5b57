"""A cost above its limit is reported."""

from dataclasses import replace

from benchmarks.library.cases import CASES
from benchmarks.library.client import Cost
from benchmarks.library.limits import BASE, Verdict, verdicts

PAGE, CHANGES, TIMELINE = "`GET /photos`, first page", "`GET /changes`, nothing new", "`GET /timeline?unit=day`"
LARGE = 100_000
KEPT = {case.name: dict.fromkeys((BASE, LARGE), Cost(100, 100, 25, 0, 0.05)) for case in CASES}


def broken(name: str, **changes: float) -> list[Verdict]:
    """The limits that a case does not keep if it costs this with 100,000 photos."""
    cost = replace(KEPT[name][LARGE], **changes)  # type: ignore[arg-type]
    return [v for v in verdicts({**KEPT, name: {**KEPT[name], LARGE: cost}}) if not v.is_kept]


def test_costs_that_do_not_grow_are_kept() -> None:
    assert [verdict.worst for verdict in verdicts(KEPT)] == [1, 25, 0.05, 0, 1, 0.98, 1]


def test_small_collections_are_not_compared() -> None:
    assert len(verdicts({name: {BASE: by_size[BASE]} for name, by_size in KEPT.items()})) == 4


def test_each_limit_can_be_broken() -> None:
    where = f"{PAGE}, 100,000 photos"
    growth = [Verdict("items read per photo of a page, compared with 1,000 photos", 1.51, 1.2, where)]
    assert broken(PAGE, items_read=151) == [Verdict("items read per photo of a page", 1.51, 1.5, where), *growth]
    assert [(v.limit.partition(",")[0], v.worst) for v in broken(PAGE, read_units=50, cpu_seconds=0.1)] == [
        ("read units per photo of a page", 1.98),
        ("CPU per photo of a page", 2),
    ]
    assert [v.worst for v in broken(TIMELINE, read_units=100.5, cpu_seconds=0.301)] == [100.5, 0.301]
    assert [v.limit for v in broken(CHANGES, items_read=101)] == ["items read beyond the reported changes"]


def test_an_empty_page_has_no_cost_per_photo() -> None:
    assert broken(CHANGES, items_read=0, shown=0) == []
