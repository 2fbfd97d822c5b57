"""Something breaks on the running stack, and what it then logs and counts makes the deployed alarms ring.

The emulator turns no log line into a metric and evaluates no expression: lines, executions, answers and the queue are
read from it, and `tests/alarms.py` does the rest by CloudWatch's rules. What no fault here brings about in time, such
as latencies and throttles, is driven by series in `tests/infrastructure/test_alarms.py`.
"""

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any, Final

import pytest

from diagrams.synthesis import Template
from local.deploy import STACK
from tests.alarms import Alarm, Key, Samples, published
from tests.infrastructure.test_alarms import RUNBOOK
from tests.local.client import Client
from tests.local.test_faults import changed, wait_before
from tests.local.test_permissions import PICTURE, World
from tests.pictures import encoded

STEPS: Final = ("Validate", "Previews", "Persist", "Reject", "Fail")


class Watch:
    """What the running stack told since a moment."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._since = int(time.time() * 1000)
        template = json.loads(_text(world.aws("cloudformation").get_template(StackName=STACK)["TemplateBody"]))
        self._template = Template(template)
        self._executions = {found["executionArn"] for found in self._ended()}

    def alarm(self, name: str) -> Alarm:
        """One of the alarms as it is deployed."""
        found = self._template.all("AWS::CloudWatch::Alarm")
        (alarm,) = (
            Alarm.from_resource(self._template, one)
            for one in found
            if one.properties["AlarmName"] == f"{STACK}-{name}"
        )
        return alarm

    def group(self, function: str) -> str:
        """The name of a function's log group."""
        return self._world.physical(f"{function}LoggingLogs")

    def lines(self, *functions: str) -> list[str]:
        """What functions logged."""
        logs = self._world.aws("logs")
        return [
            event["message"].strip()
            for function in functions
            for event in logs.filter_log_events(logGroupName=self.group(function), startTime=self._since)["events"]
        ]

    def published(self, *functions: str) -> dict[Key, Samples]:
        """What functions published; the emulator may show an invocation's last lines only with the next one's."""
        lines = [line for line in self.lines(*functions) if '"_aws"' in line]
        return published(line for line in lines if json.loads(line)["_aws"]["Timestamp"] >= self._since)

    def awaited(self, alarm: Alarm, act: Callable[[], object], *functions: str) -> dict[str, Samples]:
        """What an alarm's metrics were told once all of them were, by something that is done until then."""
        for _ in range(5):
            act()
            fed = alarm.select(self.published(*functions))
            if set(fed) == set(alarm.metrics):
                return fed
        raise AssertionError(f"{alarm.name} is not told of {set(alarm.metrics) - set(fed)}")

    def asked(self, query: str, *functions: str) -> list[dict[str, str]]:
        """What Logs Insights finds by a query in functions' groups."""
        logs = self._world.aws("logs")
        started = logs.start_query(
            logGroupNames=[self.group(function) for function in functions],
            startTime=self._since // 1000,
            endTime=int(time.time()) + 60,
            queryString=query,
        )
        rows = logs.get_query_results(queryId=started["queryId"])["results"]
        return [{cell["field"]: cell["value"] for cell in row} for row in rows]

    def ends(self) -> list[str]:
        """How executions ended."""
        return [found["status"] for found in self._ended() if found["executionArn"] not in self._executions]

    def _ended(self) -> list[dict[str, Any]]:
        machine = self._world.outputs["StateMachineArn"]
        found: list[dict[str, Any]] = self._world.aws("stepfunctions").list_executions(stateMachineArn=machine)[
            "executions"
        ]
        return found


def _text(body: object) -> str:
    return body if isinstance(body, str) else json.dumps(body)


def told(alarm: Alarm, counts: Mapping[str, int]) -> dict[str, Samples]:
    """What a service would publish of these events in one period, by the names of the alarm's metrics."""
    return {
        name: [[1.0] * counts[watched.key[1]]] for name, watched in alarm.metrics.items() if counts.get(watched.key[1])
    }


@pytest.fixture(scope="module")
def world(demo: Client, aws: Callable[[str], Any], outputs: dict[str, str]) -> World:
    """The running stack, on behalf of the demo user."""
    return World(demo, cache(aws), outputs)


@pytest.fixture
def watch(world: World) -> Watch:
    """From now on."""
    return Watch(world)


def step_of(step: str, outcome: str) -> frozenset[tuple[str, str]]:
    """The dimensions of what a step publishes with an outcome."""
    return frozenset({("environment", "local"), ("step", step), ("outcome", outcome)})


def first_query() -> str:
    """The runbook's query that finds most causes."""
    (query,) = re.findall(r"^```\n(fields @timestamp.*?)^```", RUNBOOK.read_text(), flags=re.MULTILINE | re.DOTALL)
    return str(query)


def test_a_permission_that_is_taken_away_rings_and_the_runbooks_query_names_it(world: World, watch: Watch) -> None:
    with world.without(world.physical("PreviewsRole"), "s3:PutObject"):
        _, response = world.user.send(PICTURE)
    assert response.status_code == 500
    assert watch.ends() == ["FAILED"]
    world.user.send(PICTURE)
    for name, counts in (
        ("IngestFaults", {"ExecutionsStarted": 1, "ExecutionsFailed": 1}),
        ("ApiFaults", {"Count": 3, "5XXError": 1}),
    ):
        alarm = watch.alarm(name)
        assert alarm.is_in_alarm(told(alarm, counts))

    (found,) = watch.asked(first_query(), *STEPS)
    line = json.loads(found["@message"])
    assert (line["step"], line["fault"], line["operation"]) == ("previews", "AccessDenied", "PutObject")
    assert line["execution"] == response.json()["request_id"]
    fault: Key = ("PhotoSky", "Steps", step_of("previews", "fault"))
    assert watch.published("Previews")[fault] == [[1.0]]


def test_an_ingest_out_of_time_rings(
    world: World, watch: Watch, aws: Callable[[str], Any], outputs: dict[str, str]
) -> None:
    def hurry(definition: dict[str, Any]) -> None:
        wait_before("Previews", 30)(definition)
        definition["TimeoutSeconds"] = 1

    with changed(aws, outputs, hurry):
        world.user.send(encoded("jpeg", seed=71))
    assert watch.ends() == ["TIMED_OUT"]
    alarm = watch.alarm("IngestTimeouts")
    assert alarm.is_in_alarm(told(alarm, {"ExecutionsStarted": 1, "ExecutionsTimedOut": 1}))


def test_rejected_uploads_are_counted_by_their_reason_and_ring_in_numbers(world: World, watch: Watch) -> None:
    def send() -> None:
        world.user.send(b"%PDF-1.7 is no picture")
        world.user.send(PICTURE)

    alarm = watch.alarm("RejectedUploads")
    fed = watch.awaited(alarm, send, *STEPS)
    refusal: Key = ("PhotoSky", "Refusals", frozenset({("environment", "local"), ("code", "UnsupportedFormat")}))
    assert watch.published("Reject")[refusal] == fed["rejected"]
    assert not alarm.is_in_alarm(fed)
    assert alarm.is_in_alarm({name: [[1.0] * 10] * 3 for name in fed})


@pytest.fixture
def unreadable(world: World) -> Iterator[str]:
    """A record that makes no sense, and whose lease ended half an hour ago."""
    key = {"owner_id": {"S": "nobody"}, "photo_id": {"S": "unreadable"}}
    dynamodb, table = world.aws("dynamodb"), world.outputs["PhotosTableName"]
    overdue = {"lease_until": {"N": str(int(time.time()) - 1800)}, "unsettled_shard": {"N": "3"}}
    dynamodb.put_item(TableName=table, Item=key | overdue)
    yield "unreadable"
    dynamodb.delete_item(TableName=table, Key=key)


def test_a_record_that_sweeps_cannot_settle_rings(world: World, watch: Watch, unreadable: str) -> None:
    for name in ("StuckRecords", "ReportedPhotos"):
        alarm = watch.alarm(name)
        assert alarm.is_in_alarm(watch.awaited(alarm, lambda: world.invoke("Reconcile", {"audit": False}), "Reconcile"))
    sweeps = watch.alarm("SweepsMissing")
    assert not sweeps.is_in_alarm(sweeps.select(watch.published("Reconcile")))
    reported = [json.loads(line) for line in watch.lines("Reconcile") if "A person has to look" in line]
    assert {line["photo_id"] for line in reported} == {unreadable}


def test_a_sweep_that_breaks_is_missed_and_leaves_a_letter_that_says_why(world: World, watch: Watch) -> None:
    sqs, queue = world.aws("sqs"), world.physical("RepairDeadLetters")
    sqs.purge_queue(QueueUrl=queue)
    with world.without(world.physical("ReconcileRole"), "dynamodb:Query"):
        world.aws("lambda").invoke(
            FunctionName=world.physical("Reconcile"), InvocationType="Event", Payload=json.dumps({"audit": False})
        )
        (letter,) = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=20)["Messages"]
    said = json.loads(letter["Body"])
    assert said["requestPayload"] == {"audit": False}
    assert "(AccessDeniedException) when calling the Query operation" in said["responsePayload"]["errorMessage"]
    missing = watch.alarm("SweepsMissing")
    assert missing.select(watch.published("Reconcile")) == {}
    assert missing.is_in_alarm({"value": [[]]})
    for name, metric in (("DeadLetters", "ApproximateNumberOfMessagesVisible"), ("ReconcileFaults", "Errors")):
        assert watch.alarm(name).is_in_alarm(told(watch.alarm(name), {metric: 1}))
    sqs.purge_queue(QueueUrl=queue)


def test_the_stack_is_deployed_with_every_alarm_and_the_dashboard(world: World) -> None:
    alarms = world.aws("cloudwatch").describe_alarms(AlarmNamePrefix=f"{STACK}-")["MetricAlarms"]
    assert {alarm["AlarmName"] for alarm in alarms} >= {f"{STACK}-IngestFaults", f"{STACK}-StuckRecords"}
    assert all(alarm["AlarmDescription"].count("docs/runbook.md#") == 1 for alarm in alarms)
    page = world.aws("cloudwatch").get_dashboard(DashboardName=STACK)["DashboardBody"]
    assert json.loads(page)["widgets"]
