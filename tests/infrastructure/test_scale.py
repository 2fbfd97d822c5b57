"""`docs/scale.md` and its chart agree with the template, the environment, the benchmarks, the prices and the quotas."""

import json
import re
from collections.abc import Mapping
from dataclasses import replace

import pytest

from benchmarks.scale import cost, deployed, quotas, results, scenarios
from benchmarks.scale.__main__ import pages
from benchmarks.scale.deployed import API, NO_RETRY, Deployment, FunctionSettings, Retry
from diagrams.synthesis import Synthesized
from infrastructure.environment import Environment
from infrastructure.packaging import ROOT
from workflows.steps import MAX_DELAY_SECONDS, STEPS, TIMEOUT_SECONDS


@pytest.fixture(scope="session")
def deployment(stacks: Mapping[str, Synthesized]) -> Deployment:
    """What the model reads of prod."""
    return deployed.read(stacks["prod"])


@pytest.fixture(scope="session")
def prod_environment(stacks: Mapping[str, Synthesized]) -> Environment:
    """The knobs of the reference environment prod."""
    return stacks["prod"].environment


def test_the_model_reads_the_deployed_values(stack: Synthesized) -> None:
    from workflows.retries import INTERVAL_SECONDS  # Here and not above: it imports the CDK.

    found, environment = deployed.read(stack), stack.environment
    retry = Retry(attempts=1, interval_seconds=INTERVAL_SECONDS, backoff=2, max_delay_seconds=MAX_DELAY_SECONDS)
    memories = dict.fromkeys(STEPS, 1024) | {"Previews": environment.imaging_memory_mib}
    steps = {name: FunctionSettings(memories[name], step.timeout_seconds, retry) for name, step in STEPS.items()}
    assert found.functions == {**steps, API: FunctionSettings(environment.api_memory_mib, 10, NO_RETRY)}
    assert (found.machine_timeout_seconds, found.throttle_rate_per_second, found.throttle_burst) == (
        TIMEOUT_SECONDS,
        environment.throttle_rate_per_second,
        environment.throttle_burst,
    )


def test_traces_are_priced_at_the_deployed_sampling_rate(stack: Synthesized) -> None:
    found = deployed.read(stack)
    rates = [rule.properties["SamplingRule"]["FixedRate"] for rule in stack.template.all("AWS::XRay::SamplingRule")]
    assert [found.traced_share] == (rates or [deployed.DEFAULT_TRACED_SHARE])


def test_traces_of_prod_are_priced_at_its_sampling_percent(
    deployment: Deployment, prod_environment: Environment
) -> None:
    percent = prod_environment.trace_sampling_percent
    assert percent is not None
    (item,) = (item for item in cost.photo(deployment) if item.service == "X-Ray")
    assert item.quantity == f"{percent}% of 2 requests"
    assert item.dollars == pytest.approx(2 * percent / 100 * 0.000005)


def test_without_tracing_no_traces_are_priced(prod_environment: Environment) -> None:
    assert deployed.traced_share(replace(prod_environment, tracing=False)) == 0
    assert deployed.traced_share(replace(prod_environment, trace_sampling_percent=None)) == 0.05


def test_the_log_of_executions_is_priced_as_prod_writes_it(prod_environment: Environment) -> None:
    assert not prod_environment.log_execution_data  # `cost.STATE_LOG_BYTES` is without data.


def test_versions_of_uploads_are_priced_if_the_bucket_keeps_them(stack: Synthesized) -> None:
    found = deployed.read(stack)
    bucket = stack.template.one("AWS::S3::Bucket").properties
    is_versioned = bucket.get("VersioningConfiguration", {}).get("Status") == "Enabled"
    days = [
        rule["NoncurrentVersionExpiration"]["NoncurrentDays"]
        for rule in bucket["LifecycleConfiguration"]["Rules"]
        if rule.get("Prefix") == "incoming/" and "NoncurrentVersionExpiration" in rule
    ]
    assert [found.upload_version_days] == (days if is_versioned else [0])


def test_the_results_were_computed_from_the_current_parameters(deployment: Deployment) -> None:
    parameters, rows = results.read()
    assert parameters == json.loads(json.dumps(results.parameters(deployment))), (
        "benchmarks/scale/results.json is out of date; run `make simulate`."
    )
    assert {name: [row.rate for row in rows[name]] for name in rows} == {
        name: list(scenarios.RATES) for name in scenarios.limits(deployment)
    }


def test_repeated_bursts_give_the_stored_results(deployment: Deployment) -> None:
    _, rows = results.read()
    for name, limits in scenarios.limits(deployment).items():
        again = [results.run(deployment, limits, rate) for rate in (30, 300)]
        assert again == [row for row in rows[name] if row.rate in (30, 300)]


def test_the_documents_are_up_to_date(deployment: Deployment) -> None:
    _, rows = results.read()
    stale = [path.name for path, text in pages(deployment, rows).items() if path.read_text(encoding="utf-8") != text]
    assert stale == [], "Run `make simulate`."


def test_readme_states_the_computed_figures() -> None:
    """The rows of README's table that name docs/scale.md stand there with the same value."""
    readme, scale = ((ROOT / page).read_text(encoding="utf-8") for page in ("README.md", "docs/scale.md"))
    figures = re.findall(r"^(\| .* \| .* \|) \[docs/scale.md\]", readme, flags=re.MULTILINE)
    assert len(figures) == 4
    assert [figure for figure in figures if f"\n{figure}\n" not in scale] == []


def test_quotas_are_sorted_by_the_rate_that_uses_them_up(deployment: Deployment) -> None:
    limits = quotas.limits(deployment)
    rates = [limit.photos_per_second for limit in limits]
    assert rates == sorted(rates)
    throttle = next(limit for limit in limits if limit.quota.name == "API throttle, prod")
    assert throttle.photos_per_second == pytest.approx(250)
    assert len(limits) == len(quotas.QUOTAS) + 1
