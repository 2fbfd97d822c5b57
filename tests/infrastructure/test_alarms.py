"""Each alarm goes into ALARM at its condition only, and has a section in the runbook."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import pytest

from diagrams.synthesis import Synthesized, Template
from infrastructure.packaging import ROOT
from photosky.metrics import NAMESPACE
from tests.alarms import Alarm, Samples
from tests.infrastructure.metrics import exists

if TYPE_CHECKING:
    from infrastructure.alarms import Alarm as Row

RUNBOOK: Final = ROOT / "docs" / "runbook.md"

SECTIONS: Final = re.findall(r"^### (\w+)$", RUNBOOK.read_text(), flags=re.MULTILINE)
"""The alarms with a section in the runbook, in their order."""

Series = Mapping[str, Samples]
"""The samples of an alarm's metrics, by metric id and period."""

NO_DATA: Final[Series] = {}


def constant(value: float, samples: int, periods: int = 3) -> Samples:
    """Return equal samples in each period."""
    return [[value] * samples] * periods


def share(part: Sequence[int], whole: Sequence[int]) -> Series:
    """Return counts of some and of all requests or executions, by period; a count of 0 is missing data."""
    return {
        "part": [[1.0] * count for count in part],
        "whole": [[1.0] * count for count in whole],
    }


SHARES: Final[list[Series]] = [share([1], [3]), share([1], [1]), share([0, 1], [9, 0]), share([5], [1_000])]
SMALL_SHARES: Final[list[Series]] = [
    NO_DATA,
    share([0], [3]),
    {"part": [[1], [0]], "whole": [[1], [1]]},
    share([1, 0, 0, 0], [3, 3, 3, 3]),
    share([4], [1_000]),
]


def errors(percent: float, requests: int, periods: int = 1) -> Series:
    """Return an error rate of CloudFront in each period, and its requests."""
    return {"rate": [[percent]] * periods, "requests": [[float(requests)]] * periods}


IN_ALARM: Final[Mapping[str, Sequence[Series]]] = {
    "ApiFaults": SHARES,
    "ApiCrashes": [{"value": [[0, 0, 1]]}],
    "ApiLatency": [
        {"listing_n": constant(2_500, 20), "listing_p95": constant(2_500, 20)},
        {"editing_n": [[3_000] * 30, [9] * 30, [2_000] * 30], "editing_p95": [[3_000] * 30, [9] * 30, [2_000] * 30]},
    ],
    "ApiThrottles": [share([10, 0, 10], [100, 100, 100]), share([500, 500], [10_000, 10_000])],
    "IngestFaults": SHARES,
    "IngestTimeouts": SHARES,
    "IngestLatency": [{"ended": constant(10_000, 10), "p95": constant(10_000, 10)}],
    "RejectedUploads": [{"rejected": constant(1, 10), "ready": constant(1, 10)}, {"rejected": constant(1, 20)}],
    "FunctionThrottles": [{"m2": [[1], [0], [3]]}, {"m0": [[1], []], "m1": [[], [1]]}],
    "StepThrottles": [{"m2": [[1], [0], [3]]}, {"m0": [[1], []], "m6": [[], [1]]}],
    "ReadThrottles": [{"m1": [[1], [2]]}, {"m6": [[1], [], [1]]}],
    "WriteThrottles": [{"m0": [[1], [2]]}, {"m8": [[1], [], [1]]}],
    "StuckRecords": [{"value": [[0], [400], [900]]}],
    "SweepsMissing": [{"value": [[0], [], [], [], [], []]}, {"value": [[]]}],
    "ReconcileFaults": [{"value": [[1]]}],
    "ReportedPhotos": [{"value": [[1]]}, {"value": [[3], [], [1]]}],
    "StoppedAudits": [{"value": [[1]]}, {"value": [[], [1]]}],
    "DeadLetters": [{"value": [[0, 1, 0]]}],
    "EventFaults": [{"m0": [[1], [], [2]]}, {"m1": [[1], [1]]}, {"m2": [[1], []], "m0": [[], [1]]}],
    "EventDelay": [{"value": [[300], [1], [2, 900]]}],
    "EventsMissing": [{"ready": constant(1, 1)}, {"ready": constant(1, 9, periods=4), "batches": [[1], [], [], []]}],
    "EventDeadLetters": [{"value": [[0, 1, 0]]}],
    "EdgeFaults": [errors(0.5, 200), errors(0.5, 9_000), errors(50, 2)],
    "EdgeRefusals": [errors(20, 200, periods=3), errors(100, 40, periods=2)],
}
"""Series with which each alarm is in ALARM after the last period."""

OK: Final[Mapping[str, Sequence[Series]]] = {
    "ApiFaults": SMALL_SHARES,
    "ApiCrashes": [NO_DATA, {"value": [[0, 0, 0]]}],
    "ApiLatency": [
        NO_DATA,
        # One slow request of 20 is not the p95, 19 requests are too few, and so is one slow period.
        {"listing_n": [[9] * 19 + [9_000]] * 3, "listing_p95": [[9] * 19 + [9_000]] * 3},
        {"listing_n": constant(9_000, 19), "listing_p95": constant(9_000, 19)},
        {"listing_n": [[9] * 30, [9_000] * 30, [9] * 30], "listing_p95": [[9] * 30, [9_000] * 30, [9] * 30]},
    ],
    "ApiThrottles": [NO_DATA, share([9, 9, 9], [100, 100, 100]), share([0, 50, 0], [100, 100, 100])],
    "IngestFaults": SMALL_SHARES,
    "IngestTimeouts": SMALL_SHARES,
    "IngestLatency": [
        NO_DATA,
        {"ended": constant(9_999, 10), "p95": constant(9_999, 10)},
        {"ended": constant(20_000, 9), "p95": constant(20_000, 9)},
    ],
    "RejectedUploads": [
        NO_DATA,
        {"rejected": constant(1, 9), "ready": constant(1, 11)},
        {"rejected": constant(1, 19)},
        {"rejected": constant(1, 99, periods=2), "ready": [[], [], [1]]},
    ],
    "FunctionThrottles": [NO_DATA, {"m2": [[0], [5], [0]]}],
    "StepThrottles": [NO_DATA, {"m2": [[0], [5], [0]]}],
    "ReadThrottles": [NO_DATA, {"m1": [[], [5], []]}],
    "WriteThrottles": [NO_DATA, {"m1": [[], [5], []]}],
    "StuckRecords": [NO_DATA, {"value": [[0], [0], [899]]}],
    "SweepsMissing": [{"value": constant(0, 1)}, {"value": [[0], [0], [], [0]]}, {"value": [[0], [], [], [0]]}],
    "ReconcileFaults": [NO_DATA, {"value": [[0], [0]]}],
    "ReportedPhotos": [NO_DATA],
    "StoppedAudits": [NO_DATA],
    "DeadLetters": [NO_DATA, {"value": [[0], [0]]}],
    "EventFaults": [NO_DATA, {"m0": [[], [5], []]}],
    "EventDelay": [NO_DATA, {"value": [[299], [299], [299]]}, {"value": [[1], [900], [1]]}],
    "EventsMissing": [NO_DATA, {"ready": constant(1, 5), "batches": constant(1, 1)}, {"ready": [[1], [1], []]}],
    "EventDeadLetters": [NO_DATA, {"value": [[0], [0]]}],
    "EdgeFaults": [NO_DATA, errors(0.4, 9_000), errors(40, 2)],
    "EdgeRefusals": [NO_DATA, errors(19, 9_000, periods=3), errors(100, 39, periods=3), errors(100, 9_000)],
}
"""Series with which each alarm is OK after the last period."""


@pytest.fixture(scope="module")
def rows() -> "Mapping[str, Row]":
    """The rows of all alarms, by name."""
    from infrastructure.alarms import ALARMS, EDGE_ALARMS  # Here and not above: it imports the CDK.

    return {row.name: row for row in (*ALARMS, *EDGE_ALARMS)}


@pytest.fixture(scope="module")
def of_edge() -> set[str]:
    """The names of the alarms of a distribution."""
    from infrastructure.alarms import EDGE_ALARMS  # As above.

    return {row.name for row in EDGE_ALARMS}


@pytest.fixture(scope="module")
def alarms(prod: Template, edge: Template) -> Mapping[str, Alarm]:
    """The alarms of `prod`, and those of a distribution, by name."""
    return _alarms(edge) | _alarms(prod)


def _alarms(template: Template) -> dict[str, Alarm]:
    return {found.name: Alarm.from_resource(template, found) for found in template.all("AWS::CloudWatch::Alarm")}


@pytest.mark.parametrize(("name", "series"), [(name, series) for name, found in IN_ALARM.items() for series in found])
def test_an_alarm_is_in_alarm(alarms: Mapping[str, Alarm], name: str, series: Series) -> None:
    assert set(series) <= set(alarms[name].metrics)
    assert alarms[name].is_in_alarm(series)


@pytest.mark.parametrize(("name", "series"), [(name, series) for name, found in OK.items() for series in found])
def test_an_alarm_is_ok(alarms: Mapping[str, Alarm], name: str, series: Series) -> None:
    assert set(series) <= set(alarms[name].metrics)
    assert not alarms[name].is_in_alarm(series)


def test_every_alarm_is_tested(stack_template: Template, edge: Template, of_edge: set[str]) -> None:
    assert set(_alarms(edge)) == set(IN_ALARM) == set(OK)
    assert set(_alarms(stack_template)) == set(OK) - of_edge


def test_alarms_of_a_distribution_exist_where_its_metrics_are(edge: Template, of_edge: set[str]) -> None:
    conditions = {found.name: found.document.get("Condition") for found in edge.all("AWS::CloudWatch::Alarm")}
    (name,) = {condition for condition in conditions.values() if condition}
    assert {alarm for alarm, condition in conditions.items() if condition == name} == of_edge
    assert edge.document["Conditions"][name] == {"Fn::Equals": [{"Ref": "AWS::Region"}, "us-east-1"]}


def test_each_metric_of_a_sum_causes_an_alarm(alarms: Mapping[str, Alarm]) -> None:
    for name in ("FunctionThrottles", "StepThrottles", "ReadThrottles", "WriteThrottles", "EventFaults"):
        assert all(alarms[name].is_in_alarm({metric: [[1], [1]]}) for metric in alarms[name].metrics)
    routes = {metric.rpartition("_")[0] for metric in alarms["ApiLatency"].metrics}
    for route in routes:
        assert alarms["ApiLatency"].is_in_alarm({f"{route}_{read}": constant(2_000, 20) for read in ("n", "p95")})


def test_an_alarm_reads_ten_metrics_of_one_period(alarms: Mapping[str, Alarm]) -> None:
    """CloudWatch guide, "Alarm limits"; series of different periods cannot be combined."""
    for alarm in alarms.values():
        assert len(alarm.metrics) <= 10
        assert {metric.period_seconds for metric in alarm.metrics.values()} == {300}


def test_alarms_read_existing_metrics(alarms: Mapping[str, Alarm]) -> None:
    for alarm in alarms.values():
        for metric in alarm.metrics.values():
            namespace, name, dimensions = metric.key
            assert exists(namespace, name, {key for key, _ in dimensions}), metric.key


def test_alarms_belong_to_their_stack(stack: Synthesized) -> None:
    for resource in stack.template.all("AWS::CloudWatch::Alarm"):
        assert resource.properties["AlarmName"] == f"{stack.stack_name}-{resource.name}"
        for metric in Alarm.from_resource(stack.template, resource).metrics.values():
            values = dict(metric.key[2])
            if metric.key[0] == NAMESPACE:
                assert values["environment"] == stack.environment.name
            elif metric.key[0] == "AWS/ApiGateway":
                assert values["ApiName"] == f"PhotoSky {stack.environment.name}"
            else:
                assert any(value.startswith("${") for value in values.values())


def test_throttled_requests_are_counted_from_the_access_log(stack: Synthesized) -> None:
    metric_filter = stack.template.one("AWS::Logs::MetricFilter").properties
    stage = stack.template.one("AWS::ApiGateway::Stage").properties["AccessLogSetting"]
    assert stack.template.target(metric_filter["LogGroupName"]) == stack.template.target(stage["DestinationArn"])
    assert metric_filter["FilterPattern"] == '{ $.status = "429" }'
    assert f'"environment":"{stack.environment.name}"' in stage["Format"]
    assert '"status":"$context.status"' in stage["Format"]
    assert metric_filter["MetricTransformations"] == [
        {
            "MetricName": "Throttled",
            "MetricNamespace": NAMESPACE,
            "MetricValue": "1",
            "Dimensions": [{"Key": "environment", "Value": "$.environment"}],
        }
    ]


def test_every_alarm_has_a_section_in_the_runbook(alarms: Mapping[str, Alarm], rows: "Mapping[str, Row]") -> None:
    assert list(rows) == SECTIONS
    assert sorted(SECTIONS) == sorted(alarms)


@pytest.mark.parametrize("name", SECTIONS)
def test_description_and_runbook_agree(alarms: Mapping[str, Alarm], rows: "Mapping[str, Row]", name: str) -> None:
    row = rows[name]
    text = " ".join(RUNBOOK.read_text().split())
    anchor = f"#{row.name.lower()}"
    assert alarms[row.name].description == (
        f"{row.meaning} Condition: {row.condition}. What to do: docs/runbook.md{anchor}"
    )
    assert f"| [{row.name}]({anchor}) | {row.condition} |" in text
    assert f"### {row.name} **Meaning.** {row.meaning} " in text


def test_conditions_are_written_in_words() -> None:
    # Here and not above: only the worker that runs this needs the CDK.
    from aws_cdk import aws_cloudwatch as cloudwatch

    from infrastructure.alarms import Alarm as Row

    row = Row("A", "It is slow.", lambda _: cloudwatch.MathExpression(expression="1"), 5, "ms")
    assert row.condition == "at least 5 ms within 5 minutes"
    some = replace(row, breaching_periods=2, evaluated_periods=3, comparison="below", missing_data="breaching")
    assert some.condition == "below 5 ms in 2 of 3 periods of 5 minutes; missing data breaches"


def test_the_runbook_counts_the_metrics(prod: Template, edge: Template, of_edge: set[str]) -> None:
    of_prod, of_distribution = _alarms(prod), {name: _alarms(edge)[name] for name in of_edge}
    texts = ("{} alarms read {} metrics", "{} alarms of CloudFront read {} metrics")
    for found, text in zip((of_prod, of_distribution), texts, strict=True):
        read = sum(len(alarm.metrics) for alarm in found.values())
        assert text.format(len(found), read) in RUNBOOK.read_text()


def test_every_section_has_meaning_first_look_and_remedy() -> None:
    for section in re.split(r"^### ", RUNBOOK.read_text(), flags=re.MULTILINE)[1:]:
        name = section.partition("\n")[0]
        leads = re.findall(r"^\*\*(\w[\w ]*)\.\*\* ", section, flags=re.MULTILINE)
        assert leads == ["Meaning", "First look", "Remedy"], name
