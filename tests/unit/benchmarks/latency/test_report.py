"""The tables of a comparison."""

from benchmarks.latency.report import comparison, latencies
from local.emulator.latency.table import AWS, OTHER, Row
from tests.unit.benchmarks.latency.ingests import CONCURRENT, SEQUENTIAL, measures


def test_comparison_has_percentiles_and_their_ratio() -> None:
    lines = comparison(measures(SEQUENTIAL, 1000, 1200, 3000), measures(CONCURRENT, 500, 600, 900)).splitlines()
    assert lines[:6] == [
        "|  | unit | before, p50 | p95 | after, p50 | p95 | after / before, p50 |",
        "| --- | --- | --- | --- | --- | --- | --- |",
        "| ingest of a 12 MP JPEG | ms | 1,200 | 3,000 | 600 | 900 | 0.50 |",
        "| its calls of S3 and DynamoDB | calls | 4 | 4 | 4 | 4 | 1.00 |",
        "| of these one after the other | calls | 4 | 4 | 2 | 2 | 0.50 |",
        "| time in calls, on the critical path | ms | 490 | 490 | 390 | 390 | 0.80 |",
    ]


def test_latencies_are_listed_with_their_sources() -> None:
    table = {("s3", "GetObject"): Row("s3", "GetObject", 27, 114, "a page", per_mib_ms=11.3), OTHER: AWS[OTHER]}
    assert latencies(table).splitlines()[2:] == [
        "| s3 GetObject | 27 | 114 | 11.3 | a page |",
        f"| any other | 20 | 100 |  | {AWS[OTHER].source} |",
    ]
