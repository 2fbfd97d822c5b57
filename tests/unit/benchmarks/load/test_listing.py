"""Pages are compared section by section with requests that were measured at the same time."""

import io

from rich.console import Console

from benchmarks.load.listing import Latencies, Section, problems, sections_table, split

SAME = Latencies(page=40, first=40, few=20, small=20)


def test_a_listing_is_split_into_five_sections() -> None:
    pages = [[SAME._replace(page=page)] * 2 for page in range(1, 12)]
    found = [
        (section.first_page, section.last_page, [latencies.page for latencies in section.latencies])
        for section in split(50, "desc", pages)
    ]
    assert found == [
        (1, 2, [1, 1, 2, 2]),
        (3, 4, [3, 3, 4, 4]),
        (5, 6, [5, 5, 6, 6]),
        (7, 8, [7, 7, 8, 8]),
        (9, 11, [9, 9, 10, 10, 11, 11]),
    ]


def test_a_short_listing_has_one_section_per_page() -> None:
    found = [(section.first_page, section.last_page) for section in split(100, "asc", [[SAME], [SAME]])]
    assert found == [(1, 1), (2, 2)]


def test_single_slow_responses_are_no_problem() -> None:
    slow = SAME._replace(page=400, few=200)
    assert list(problems([Section(50, "desc", 1, 2, [slow, SAME, slow])])) == []


def test_pages_slower_than_the_small_collection_are_reported() -> None:
    slow = [Latencies(60, 60, few, 20) for few in (60, 70, 80)]
    assert list(problems([Section(50, "asc", 1, 3, slow)])) == [
        "limit 50, asc, pages 1 to 3: 3.00 times the small collection's latency"
    ]


def test_pages_slower_than_the_first_page_are_reported() -> None:
    first, last = Section(100, "asc", 1, 2, [SAME] * 2), Section(100, "asc", 3, 4, [SAME._replace(page=60)] * 2)
    assert list(problems([first, last])) == ["limit 100, asc, pages 3 to 4: 1.50 times the first page's latency"]


def test_load_that_slows_all_requests_is_no_problem() -> None:
    idle, busy = (
        Section(50, "asc", 1, 2, [SAME] * 2),
        Section(50, "asc", 3, 4, [Latencies(*(3 * ms for ms in SAME))] * 2),
    )
    assert list(problems([idle, busy])) == []


def test_the_table_shows_latencies_and_ratios() -> None:
    output = io.StringIO()
    Console(file=output, width=200).print(sections_table([Section(100, "asc", 3, 4, [SAME._replace(page=50)] * 2)]))
    _, row = output.getvalue().splitlines()
    assert " ".join(row.split()) == "100 asc 3-4 50 50 40 40 20 20 20 20 1.25 1.00"
