"""Each quota is compared with what a photo takes of it."""

from benchmarks.scale.quotas import QUOTAS, Demand, Limit, Quota


def test_a_quota_is_used_up_at_its_limit_per_photo() -> None:
    assert Limit(Quota("S3 writes", 3500, "s3_writes", "guide", "none"), per_photo=7).photos_per_second == 500


def test_each_quota_limits_a_known_demand() -> None:
    assert set(Demand._fields) == {quota.demand for quota in QUOTAS}


def test_quotas_have_distinct_names_a_source_and_a_remedy() -> None:
    assert len({quota.name for quota in QUOTAS}) == len(QUOTAS)
    assert all(quota.source and quota.remedy and quota.limit > 0 for quota in QUOTAS)
