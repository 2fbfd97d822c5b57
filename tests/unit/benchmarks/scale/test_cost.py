"""Costs are what is asked for, times the list prices."""

import pytest

from benchmarks.scale import cost, durations
from benchmarks.scale.deployed import API, NO_RETRY, Deployed, Step
from infrastructure import prices

DEPLOYED = Deployed(
    steps={
        name: Step(memory_mib, timeout_seconds=10, retry=NO_RETRY)
        for name, memory_mib in {"Validate": 1024, "Previews": 1769, "Persist": 1024, "Fail": 1024, API: 512}.items()
    },
    machine_seconds=27,
    throttle_rate=500,
    throttle_burst=1000,
)


def test_every_price_is_listed_once_with_where_it_was_found() -> None:
    named = {value for value in vars(prices).values() if isinstance(value, prices.Price)}
    assert set(prices.PRICES) == named
    assert len(prices.PRICES) == len({(price.service, price.unit) for price in prices.PRICES})
    assert all(price.seen and price.dollars > 0 for price in prices.PRICES)


def test_a_price_is_for_as_many_units_as_it_says() -> None:
    assert prices.S3_WRITE.each == pytest.approx(0.000005)
    assert prices.LAMBDA_GB_SECOND.of(1) == pytest.approx(0.0000133334)


def test_pictures_shares_are_the_whole() -> None:
    assert sum(share for share, _ in durations.PICTURES.values()) == pytest.approx(1)


def test_a_function_has_the_share_of_a_processor_that_its_memory_is() -> None:
    assert [durations.share(memory_mib) for memory_mib in (1024, 1769, 3008)] == [1024 / 1769, 1, 1]


def test_a_photos_requests_cost_what_their_services_list() -> None:
    lines = {line.service: line.dollars * 1_000_000 for line in cost.photo(DEPLOYED)}
    assert {name: round(lines[name], 4) for name in ("API Gateway", "S3 requests", "DynamoDB", "X-Ray")} == {
        "API Gateway": 2 * 3.5,
        "S3 requests": 6 * 5 + 3 * 0.4,
        "DynamoDB": 11 * 0.625 + 2.5 * 0.125,
        "X-Ray": 2 * 0.05 * 5,
    }


def test_lambda_costs_its_invocations_and_what_each_lasts_at_its_memory() -> None:
    works = durations.works(DEPLOYED)
    gb_seconds = sum(
        share * works[picture][name].seconds * DEPLOYED.steps[name].memory_mib / 1024
        for picture, (share, _) in durations.PICTURES.items()
        for name in ("Validate", "Previews", "Persist", API)
    )
    (line,) = (line for line in cost.photo(DEPLOYED) if line.service == "Lambda")
    assert line.dollars == pytest.approx(4 * 0.0000002 + gb_seconds * 0.0000133334, rel=0.002)


def test_a_removed_uploads_version_costs_as_long_as_it_is_kept() -> None:
    once = [cost.storage_month(days)[1].dollars for days in (30, 1)]
    assert once[0] == pytest.approx(30 * once[1])


def test_the_whole_is_the_sum_of_its_lines() -> None:
    lines = cost.listing(DEPLOYED)
    assert cost.total(lines) == pytest.approx(sum(line.dollars for line in lines))
