"""Every alarm rings for what it is there for, keeps still for what it is not, and has its section in the runbook."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

import pytest

from diagrams.synthesis import Synthesized, Template
from infrastructure.packaging import ROOT
from photosky.metrics import NAMESPACE
from tests.alarms import Alarm, Samples
from tests.infrastructure.metrics import exists

RUNBOOK: Final = ROOT / "docs" / "runbook.md"

Fed = Mapping[str, Samples]
"""The samples of an alarm's metrics, by their ids, period by period."""

QUIET: Final[Fed] = {}


def constant(value: float, samples: int, periods: int = 3) -> Samples:
    """So many equal samples in each of some periods."""
    return [[value] * samples] * periods


def share(part: Sequence[int], whole: Sequence[int]) -> Fed:
    """So many requests or executions of a kind, and of all, by period; where there are none, nothing is told."""
    return {
        "part": [[1.0] * count for count in part],
        "whole": [[1.0] * count for count in whole],
    }


SHARES: Final[list[Fed]] = [share([1], [3]), share([1], [1]), share([0, 1], [9, 0]), share([5], [1_000])]
NO_SHARES: Final[list[Fed]] = [
    QUIET,
    share([0], [3]),
    {"part": [[1], [0]], "whole": [[1], [1]]},
    share([1, 0, 0, 0], [3, 3, 3, 3]),
    share([4], [1_000]),
]

RINGS: Final[Mapping[str, Sequence[Fed]]] = {
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
    "FunctionThrottles": [{"m2": [[1], [0], [3]]}, {"m0": [[1], []], "m7": [[], [1]]}],
    "TableThrottles": [{"m1": [[1], [2]]}, {"m6": [[1], [], [1]]}],
    "StuckRecords": [{"value": [[0], [400], [900]]}],
    "SweepsMissing": [{"value": [[0], [], [], [], [], []]}, {"value": [[]]}],
    "ReconcileFaults": [{"value": [[1]]}],
    "ReportedPhotos": [{"value": [[1]]}, {"value": [[3], [], [1]]}],
    "DeadLetters": [{"value": [[0, 1, 0]]}],
}
"""What makes each alarm ring, in the last of the periods."""

KEEPS_STILL: Final[Mapping[str, Sequence[Fed]]] = {
    "ApiFaults": NO_SHARES,
    "ApiCrashes": [QUIET, {"value": [[0, 0, 0]]}],
    "ApiLatency": [
        QUIET,
        # One slow request of 20 is not their p95, 19 slow ones are too few, and one slow period is none at all.
        {"listing_n": [[9] * 19 + [9_000]] * 3, "listing_p95": [[9] * 19 + [9_000]] * 3},
        {"listing_n": constant(9_000, 19), "listing_p95": constant(9_000, 19)},
        {"listing_n": [[9] * 30, [9_000] * 30, [9] * 30], "listing_p95": [[9] * 30, [9_000] * 30, [9] * 30]},
    ],
    "ApiThrottles": [QUIET, share([9, 9, 9], [100, 100, 100]), share([0, 50, 0], [100, 100, 100])],
    "IngestFaults": NO_SHARES,
    "IngestTimeouts": NO_SHARES,
    "IngestLatency": [
        QUIET,
        {"ended": constant(9_999, 10), "p95": constant(9_999, 10)},
        {"ended": constant(20_000, 9), "p95": constant(20_000, 9)},
    ],
    "RejectedUploads": [
        QUIET,
        {"rejected": constant(1, 9), "ready": constant(1, 11)},
        {"rejected": constant(1, 19)},
        {"rejected": constant(1, 99, periods=2), "ready": [[], [], [1]]},
    ],
    "FunctionThrottles": [QUIET, {"m2": [[0], [5], [0]]}],
    "TableThrottles": [QUIET, {"m1": [[], [5], []]}],
    "StuckRecords": [QUIET, {"value": [[0], [0], [899]]}],
    "SweepsMissing": [{"value": constant(0, 1)}, {"value": [[0], [0], [], [0]]}, {"value": [[0], [], [], [0]]}],
    "ReconcileFaults": [QUIET, {"value": [[0], [0]]}],
    "ReportedPhotos": [QUIET],
    "DeadLetters": [QUIET, {"value": [[0], [0]]}],
}
"""What each alarm has to bear."""


@pytest.fixture(scope="module")
def alarms(prod: Template) -> Mapping[str, Alarm]:
    """Prod's alarms, by name."""
    return _alarms(prod)


def _alarms(template: Template) -> dict[str, Alarm]:
    return {found.name: Alarm.of(template, found) for found in template.all("AWS::CloudWatch::Alarm")}


@pytest.mark.parametrize(("name", "fed"), [(name, fed) for name, all_fed in RINGS.items() for fed in all_fed])
def test_an_alarm_rings(alarms: Mapping[str, Alarm], name: str, fed: Fed) -> None:
    assert set(fed) <= set(alarms[name].metrics)
    assert alarms[name].rings(fed)


@pytest.mark.parametrize(("name", "fed"), [(name, fed) for name, all_fed in KEEPS_STILL.items() for fed in all_fed])
def test_an_alarm_keeps_still(alarms: Mapping[str, Alarm], name: str, fed: Fed) -> None:
    assert set(fed) <= set(alarms[name].metrics)
    assert not alarms[name].rings(fed)


def test_every_alarm_is_driven(stack_template: Template) -> None:
    assert set(_alarms(stack_template)) == set(RINGS) == set(KEEPS_STILL)


def test_every_metric_of_every_alarm_drives_it(alarms: Mapping[str, Alarm]) -> None:
    for name in ("FunctionThrottles", "TableThrottles"):
        assert all(alarms[name].rings({metric: [[1], [1]]}) for metric in alarms[name].metrics)
    routes = {metric.rpartition("_")[0] for metric in alarms["ApiLatency"].metrics}
    for route in routes:
        assert alarms["ApiLatency"].rings({f"{route}_{read}": constant(2_000, 20) for read in ("n", "p95")})


def test_an_alarm_reads_ten_metrics_at_most_and_all_by_the_same_period(alarms: Mapping[str, Alarm]) -> None:
    """CloudWatch guide, "Alarm limits"; and series of different periods do not line up."""
    for alarm in alarms.values():
        assert len(alarm.metrics) <= 10
        assert {watched.period_seconds for watched in alarm.metrics.values()} == {300}


def test_every_alarm_reads_metrics_that_there_are(alarms: Mapping[str, Alarm]) -> None:
    for alarm in alarms.values():
        for watched in alarm.metrics.values():
            namespace, name, dimensions = watched.key
            assert exists(namespace, name, {key for key, _ in dimensions}), watched.key


def test_an_alarm_is_called_by_its_stack_and_reads_its_stacks_metrics(stack: Synthesized) -> None:
    for resource in stack.template.all("AWS::CloudWatch::Alarm"):
        assert resource.properties["AlarmName"] == f"{stack.stack_name}-{resource.name}"
        for watched in Alarm.of(stack.template, resource).metrics.values():
            values = dict(watched.key[2])
            if watched.key[0] == NAMESPACE:
                assert values["environment"] == stack.environment.name
            elif watched.key[0] == "AWS/ApiGateway":
                assert values["ApiName"] == f"PhotoSky {stack.environment.name}"
            else:
                assert any(value.startswith("${") for value in values.values())


def test_429_is_counted_from_the_access_log(stack: Synthesized) -> None:
    counting = stack.template.one("AWS::Logs::MetricFilter").properties
    stage = stack.template.one("AWS::ApiGateway::Stage").properties["AccessLogSetting"]
    assert stack.template.target(counting["LogGroupName"]) == stack.template.target(stage["DestinationArn"])
    assert counting["FilterPattern"] == '{ $.status = "429" }'
    assert f'"environment":"{stack.environment.name}"' in stage["Format"]
    assert '"status":"$context.status"' in stage["Format"]
    assert counting["MetricTransformations"] == [
        {
            "MetricName": "Throttled",
            "MetricNamespace": NAMESPACE,
            "MetricValue": "1",
            "Dimensions": [{"Key": "environment", "Value": "$.environment"}],
        }
    ]


def test_every_alarm_has_its_section_in_the_runbook_and_says_where(alarms: Mapping[str, Alarm]) -> None:
    sections = re.findall(r"^### (\w+)$", RUNBOOK.read_text(), flags=re.MULTILINE)
    assert sorted(sections) == sorted(alarms)
    for name, alarm in alarms.items():
        assert alarm.description.endswith(f" What to do: docs/runbook.md#{name.lower()}")


def test_the_runbook_says_how_many_metrics_are_paid_for(alarms: Mapping[str, Alarm]) -> None:
    read = sum(len(alarm.metrics) for alarm in alarms.values())
    assert f"{len(alarms)} alarms read {read} metrics" in RUNBOOK.read_text()


def test_every_section_says_what_an_alarm_means_where_to_look_and_what_to_do() -> None:
    for section in re.split(r"^### ", RUNBOOK.read_text(), flags=re.MULTILINE)[1:]:
        name = section.partition("\n")[0]
        leads = re.findall(r"^\*\*(\w[\w ]*)\.\*\* ", section, flags=re.MULTILINE)
        assert leads == ["Meaning", "First look", "Remedy"], name
