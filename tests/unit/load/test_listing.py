"""Pages are judged by parts of the listing, beside a small collection's page of the same moment."""

from tests.load.listing import Part, parts, problems


def test_a_listing_is_cut_into_five_parts() -> None:
    large = [float(page) for page in range(1, 12)]
    same = [1.0] * 11
    found = [(part.first_page, part.last_page, part.page_ms) for part in parts(50, "desc", large, same, same)]
    assert found == [
        (1, 2, [1, 2]),
        (3, 4, [3, 4]),
        (5, 6, [5, 6]),
        (7, 8, [7, 8]),
        (9, 11, [9, 10, 11]),
    ]


def test_fewer_pages_than_parts_are_parts_each() -> None:
    found = [(part.first_page, part.last_page) for part in parts(100, "asc", [1, 2], [1, 1], [1, 1])]
    assert found == [(1, 1), (2, 2)]


def test_pages_of_the_same_cost_are_no_problem_for_one_slow_answer() -> None:
    pages = [20.0] * 14 + [200.0]
    assert list(problems(parts(50, "desc", pages, pages, [18.0] * 15))) == []


def test_pages_that_are_slower_than_the_small_collections_are_told() -> None:
    assert list(problems([Part(50, "asc", 1, 7, [60, 60, 60], [50, 60, 70], [20, 20, 20])])) == [
        "limit 50, asc, pages 1 to 7: 3.00 times the small collection's"
    ]


def test_a_page_of_more_photos_may_cost_more_but_not_more_than_the_first_such_page() -> None:
    first, last = Part(100, "asc", 1, 7, [60], [20], [20]), Part(100, "asc", 8, 9, [90], [20], [20])
    assert list(problems([first, last])) == ["limit 100, asc, pages 8 to 9: 1.50 times the first pages"]
