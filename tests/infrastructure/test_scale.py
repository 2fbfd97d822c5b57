"""`docs/scale.md` and its picture are what the template, the benchmark, the prices and the quotas say today."""

import json

import pytest

from benchmarks.scale import cost, deployed, quotas, results, scenarios
from benchmarks.scale.__main__ import pages
from benchmarks.scale.deployed import API, NO_RETRY, Retry, Step
from diagrams.synthesis import Synthesized, Template
from infrastructure.packaging import ROOT
from workflows.ingest import MAX_DELAY_SECONDS, STEP_SECONDS, TIMEOUT_SECONDS
from workflows.retries import INTERVAL_SECONDS


def test_what_is_deployed_is_read_from_the_template(stack: Synthesized) -> None:
    found, environment = deployed.read(stack.template), stack.environment
    retry = Retry(attempts=1, interval_seconds=INTERVAL_SECONDS, backoff=2, max_delay_seconds=MAX_DELAY_SECONDS)
    memories = dict.fromkeys(STEP_SECONDS, 1024) | {"Previews": environment.imaging_memory_mib}
    steps = {name: Step(memories[name], seconds, retry) for name, seconds in STEP_SECONDS.items()}
    assert found.steps == {**steps, API: Step(environment.api_memory_mib, 10, NO_RETRY)}
    assert (found.machine_seconds, found.throttle_rate, found.throttle_burst) == (
        TIMEOUT_SECONDS,
        environment.throttle_rate_per_second,
        environment.throttle_burst,
    )


def test_the_recorded_bursts_were_made_from_todays_parameters(prod: Template) -> None:
    parameters, rows = results.read()
    assert parameters == json.loads(json.dumps(results.parameters(deployed.read(prod)))), (
        "benchmarks/scale/results.json is stale; `make simulate` writes it anew."
    )
    assert {name: [row.rate for row in rows[name]] for name in rows} == {
        name: list(scenarios.RATES) for name in scenarios.limits(deployed.read(prod))
    }


def test_a_burst_that_is_run_again_is_the_recorded_one(prod: Template) -> None:
    _, rows = results.read()
    found = deployed.read(prod)
    for name, limits in scenarios.limits(found).items():
        again = [results.run(found, limits, rate) for rate in (30, 300)]
        assert again == [row for row in rows[name] if row.rate in (30, 300)]


def test_the_pages_are_what_is_computed_today(prod: Template) -> None:
    _, rows = results.read()
    stale = [
        path.name for path, text in pages(deployed.read(prod), rows).items() if path.read_text(encoding="utf-8") != text
    ]
    assert stale == [], "`make simulate` writes them anew."


def test_the_readme_says_what_is_computed(prod: Template) -> None:
    found = deployed.read(prod)
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    throttle = next(quota for quota in quotas.table(found) if quota.name.startswith("API throttle"))
    assert f"(${1_000_000 * cost.total(cost.photo(found)):.0f} at list" in readme
    assert f"(prod's own throttle at {throttle.bites_at:.0f})" in readme


def test_quotas_stand_in_the_order_in_which_they_bite(prod: Template) -> None:
    table = quotas.table(deployed.read(prod))
    rates = [quota.bites_at for quota in table]
    assert rates == sorted(rates)
    throttle = next(quota for quota in table if quota.name.startswith("API throttle"))
    assert throttle.bites_at == pytest.approx(250)
