"""Pages are judged by parts of the listing, beside what was asked for at the same moment."""

import io

from rich.console import Console

from benchmarks.load.listing import Part, Times, parts, parts_table, problems

SAME = Times(page=40, first=40, few=20, small=20)


def test_a_listing_is_cut_into_five_parts() -> None:
    pages = [[SAME._replace(page=page)] * 2 for page in range(1, 12)]
    found = [
        (part.first_page, part.last_page, [times.page for times in part.times]) for part in parts(50, "desc", pages)
    ]
    assert found == [
        (1, 2, [1, 1, 2, 2]),
        (3, 4, [3, 3, 4, 4]),
        (5, 6, [5, 5, 6, 6]),
        (7, 8, [7, 7, 8, 8]),
        (9, 11, [9, 9, 10, 10, 11, 11]),
    ]


def test_fewer_pages_than_parts_are_parts_each() -> None:
    found = [(part.first_page, part.last_page) for part in parts(100, "asc", [[SAME], [SAME]])]
    assert found == [(1, 1), (2, 2)]


def test_pages_of_the_same_cost_are_no_problem_for_slow_answers_among_them() -> None:
    slow = SAME._replace(page=400, few=200)
    assert list(problems([Part(50, "desc", 1, 2, [slow, SAME, slow])])) == []


def test_pages_that_are_slower_than_the_small_collections_are_told() -> None:
    slow = [Times(60, 60, few, 20) for few in (60, 70, 80)]
    assert list(problems([Part(50, "asc", 1, 3, slow)])) == [
        "limit 50, asc, pages 1 to 3: 3.00 times the small collection's"
    ]


def test_a_page_of_more_photos_may_cost_more_but_not_more_than_the_first_such_page() -> None:
    first, last = Part(100, "asc", 1, 2, [SAME] * 2), Part(100, "asc", 3, 4, [SAME._replace(page=60)] * 2)
    assert list(problems([first, last])) == ["limit 100, asc, pages 3 to 4: 1.50 times the first page"]


def test_a_busy_moment_that_slows_all_alike_is_no_problem() -> None:
    calm, busy = Part(50, "asc", 1, 2, [SAME] * 2), Part(50, "asc", 3, 4, [Times(*(3 * ms for ms in SAME))] * 2)
    assert list(problems([calm, busy])) == []


def test_parts_are_told_with_their_ratios() -> None:
    output = io.StringIO()
    Console(file=output, width=200).print(parts_table([Part(100, "asc", 3, 4, [SAME._replace(page=50)] * 2)]))
    _, row = output.getvalue().splitlines()
    assert " ".join(row.split()) == "100 asc 3-4 50 50 40 40 20 20 20 20 1.25 1.00"
