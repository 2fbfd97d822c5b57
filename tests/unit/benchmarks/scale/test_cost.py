"""Costs are usage times list prices."""

from dataclasses import replace

import pytest

from benchmarks.scale import cost, durations, usage
from benchmarks.scale.deployed import API, NO_RETRY, Deployment, FunctionSettings
from infrastructure import prices

DEPLOYMENT = Deployment(
    environment="prod",
    functions={
        name: FunctionSettings(memory_mib, timeout_seconds=10, retry=NO_RETRY)
        for name, memory_mib in {
            "Validate": 1024,
            "Previews": 1769,
            "Promote": 1024,
            "Persist": 1024,
            "Fail": 1024,
            API: 512,
        }.items()
    },
    machine_timeout_seconds=27,
    throttle_rate_per_second=500,
    throttle_burst=1000,
    traced_share=0.1,
    upload_version_days=7,
)


def test_each_price_is_listed_once_with_its_source() -> None:
    named = {value for value in vars(prices).values() if isinstance(value, prices.Price)}
    assert set(prices.PRICES) == named
    assert len(prices.PRICES) == len({(price.service, price.unit) for price in prices.PRICES})
    assert all(price.seen and price.dollars > 0 for price in prices.PRICES)


def test_a_price_applies_to_its_number_of_units() -> None:
    assert prices.S3_WRITE.each == pytest.approx(0.000005)
    assert prices.LAMBDA_GB_SECOND.of(1) == pytest.approx(0.0000133334)


def test_the_shares_of_the_upload_mix_add_up_to_one() -> None:
    assert sum(kind.share for kind in durations.UPLOAD_MIX.values()) == pytest.approx(1)


def test_a_functions_vcpu_share_follows_its_memory() -> None:
    assert [durations.vcpu_share(memory_mib) for memory_mib in (1024, 1769, 3008)] == [1024 / 1769, 1, 1]


def test_a_photos_requests_cost_their_list_prices() -> None:
    items = {item.service: item.dollars * 1_000_000 for item in cost.photo(DEPLOYMENT)}
    services = ("API Gateway", "S3 requests", "DynamoDB", "Events", "X-Ray", "Data out")
    assert {name: round(items[name], 4) for name in services} == {
        "API Gateway": 2 * 3.5,
        "S3 requests": 7 * 5 + 3 * 0.4,
        "DynamoDB": 22 * 0.625 + 1.5 * 0.125,
        "Events": round(0.4 + 0.2 + 0.06 * 13.3334 + 1, 4),
        "X-Ray": 2 * 0.1 * 5,
        "Data out": round((usage.CREATED_BYTES + usage.INGESTED_BYTES) / 1000 * 0.09, 4),
    }


def test_thumbs_through_cloudfront_cost_their_list_prices() -> None:
    items = {item.service: item.dollars * 1_000_000 for item in cost.edge_thumbs()}
    gigabytes = usage.PAGE_PHOTOS * cost.THUMB_BYTES / 1000
    assert items == {
        "CloudFront": pytest.approx(usage.PAGE_PHOTOS * 1 + gigabytes * 0.085),
        "S3 requests": pytest.approx(usage.PAGE_PHOTOS * 0.4),
        "KMS": pytest.approx(3),
    }


@pytest.mark.parametrize("share", [0, 0.05, 1])
def test_traces_are_billed_for_the_sampled_share(share: float) -> None:
    deployment = replace(DEPLOYMENT, traced_share=share)
    for items, requests in ((cost.photo(deployment), 2), (cost.listing(deployment), 1)):
        (item,) = (item for item in items if item.service == "X-Ray")
        assert item.dollars == pytest.approx(share * requests * 0.000005)
        assert item.quantity.startswith(f"{share:.0%} of {requests} request")


def test_lambda_costs_its_requests_and_gb_seconds() -> None:
    invocations = durations.invocations(DEPLOYMENT)
    gb_seconds = sum(
        kind.share * invocations[picture][name].seconds * DEPLOYMENT.functions[name].memory_mib / 1024
        for picture, kind in durations.UPLOAD_MIX.items()
        for name in ("Validate", "Previews", "Promote", "Persist", API)
    )
    (item,) = (item for item in cost.photo(DEPLOYMENT) if item.service == "Lambda")
    assert item.dollars == pytest.approx(5 * 0.0000002 + gb_seconds * 0.0000133334, rel=0.002)


def test_the_version_of_a_deleted_upload_costs_by_its_days() -> None:
    once = [cost.storage_month(replace(DEPLOYMENT, upload_version_days=days))[1].dollars for days in (30, 1, 0)]
    assert once[0] == pytest.approx(30 * once[1])
    assert once[2] == 0


def test_a_page_costs_the_bytes_that_it_sends() -> None:
    (item,) = (item for item in cost.listing(DEPLOYMENT) if item.service == "Data out")
    assert item.dollars == pytest.approx(usage.PAGE_BYTES * 0.09 / 1_000_000_000)


def test_the_total_is_the_sum_of_its_items() -> None:
    items = cost.listing(DEPLOYMENT)
    assert cost.total(items) == pytest.approx(sum(item.dollars for item in items))
