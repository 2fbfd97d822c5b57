"""Faults on the running stack put the deployed alarms into ALARM.

The emulator neither extracts metrics from log lines nor evaluates alarms. The tests read log lines, executions,
responses and the queue from it, and `tests/alarms.py` applies CloudWatch's rules to them. Faults that cannot be caused
here, such as latency and throttling, are covered by `tests/infrastructure/test_alarms.py` with series of samples.
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
from tests.local.stack import PICTURE, DeployedStack
from tests.local.test_faults import changed_workflow, wait_before
from tests.pictures import encoded

STEPS: Final = ("Validate", "Previews", "Promote", "Persist", "Reject", "Fail")


class Monitor:
    """Logs, metrics and executions of the running stack since the monitor was created."""

    def __init__(self, stack: DeployedStack) -> None:
        self._stack = stack
        self._since = int(time.time() * 1000)
        template = json.loads(_text(stack.aws("cloudformation").get_template(StackName=STACK)["TemplateBody"]))
        self._template = Template(template)
        self._executions = {found["executionArn"] for found in self._list_executions()}

    def alarm(self, name: str) -> Alarm:
        """A deployed alarm."""
        found = self._template.all("AWS::CloudWatch::Alarm")
        (alarm,) = (
            Alarm.from_resource(self._template, item)
            for item in found
            if item.properties["AlarmName"] == f"{STACK}-{name}"
        )
        return alarm

    def group(self, function: str) -> str:
        """The name of a function's log group."""
        return self._stack.physical_id(f"{function}LoggingLogs")

    def lines(self, *functions: str) -> list[str]:
        """The log lines of functions."""
        logs = self._stack.aws("logs")
        return [
            event["message"].strip()
            for function in functions
            for event in logs.filter_log_events(logGroupName=self.group(function), startTime=self._since)["events"]
        ]

    def published(self, *functions: str) -> dict[Key, Samples]:
        """The metrics of functions. The emulator may show the last lines of an invocation only after the next one."""
        lines = [line for line in self.lines(*functions) if '"_aws"' in line]
        return published(line for line in lines if json.loads(line)["_aws"]["Timestamp"] >= self._since)

    def await_samples(self, alarm: Alarm, act: Callable[[], object], *functions: str) -> dict[str, Samples]:
        """Repeat an action until each metric of the alarm has samples, and return them."""
        for _ in range(5):
            act()
            samples = alarm.select(self.published(*functions))
            if set(samples) == set(alarm.metrics):
                return samples
        raise AssertionError(f"{alarm.name} has no samples of {set(alarm.metrics) - set(samples)}")

    def query_logs(self, query: str, *functions: str) -> list[dict[str, str]]:
        """The result of a Logs Insights query on the log groups of functions."""
        logs = self._stack.aws("logs")
        started = logs.start_query(
            logGroupNames=[self.group(function) for function in functions],
            startTime=self._since // 1000,
            endTime=int(time.time()) + 60,
            queryString=query,
        )
        rows = logs.get_query_results(queryId=started["queryId"])["results"]
        return [{cell["field"]: cell["value"] for cell in row} for row in rows]

    def statuses(self) -> list[str]:
        """The statuses of the executions."""
        return [found["status"] for found in self._list_executions() if found["executionArn"] not in self._executions]

    def _list_executions(self) -> list[dict[str, Any]]:
        machine = self._stack.outputs["StateMachineArn"]
        found: list[dict[str, Any]] = self._stack.aws("stepfunctions").list_executions(stateMachineArn=machine)[
            "executions"
        ]
        return found


def _text(body: object) -> str:
    return body if isinstance(body, str) else json.dumps(body)


def samples_of(alarm: Alarm, counts: Mapping[str, int]) -> dict[str, Samples]:
    """The samples that a service would publish for these event counts in one period, by the alarm's metric names."""
    return {
        name: [[1.0] * counts[watched.key[1]]] for name, watched in alarm.metrics.items() if counts.get(watched.key[1])
    }


@pytest.fixture(scope="module")
def stack(demo: Client, aws: Callable[[str], Any], outputs: dict[str, str]) -> DeployedStack:
    """The running stack with the demo user."""
    return DeployedStack(demo, cache(aws), outputs)


@pytest.fixture
def monitor(stack: DeployedStack) -> Monitor:
    """A monitor that starts with the test."""
    return Monitor(stack)


def step_dimensions(step: str, outcome: str) -> frozenset[tuple[str, str]]:
    """The dimensions of a step's metric for an outcome."""
    return frozenset({("environment", "local"), ("step", step), ("outcome", outcome)})


def first_query() -> str:
    """The runbook's query for the log lines of a fault."""
    (query,) = re.findall(r"^```\n(fields @timestamp.*?)^```", RUNBOOK.read_text(), flags=re.MULTILINE | re.DOTALL)
    return str(query)


def test_removed_permission_raises_alarms_and_runbook_query_names_it(stack: DeployedStack, monitor: Monitor) -> None:
    with stack.without_permission(stack.physical_id("PreviewsRole"), "s3:PutObject"):
        _, response = stack.user.send(PICTURE)
    assert response.status_code == 500
    assert monitor.statuses() == ["FAILED"]
    stack.user.send(PICTURE)
    for name, counts in (
        ("IngestFaults", {"ExecutionsStarted": 1, "ExecutionsFailed": 1}),
        ("ApiFaults", {"Count": 3, "5XXError": 1}),
    ):
        alarm = monitor.alarm(name)
        assert alarm.is_in_alarm(samples_of(alarm, counts))

    (found,) = monitor.query_logs(first_query(), *STEPS)
    line = json.loads(found["@message"])
    assert (line["step"], line["fault"], line["operation"]) == ("previews", "AccessDenied", "PutObject")
    assert line["execution"] == response.json()["request_id"]
    fault: Key = ("PhotoSky", "Steps", step_dimensions("previews", "fault"))
    assert monitor.published("Previews")[fault] == [[1.0]]


def test_ingest_timeout_raises_an_alarm(
    stack: DeployedStack, monitor: Monitor, aws: Callable[[str], Any], outputs: dict[str, str]
) -> None:
    def shorten_timeout(definition: dict[str, Any]) -> None:
        wait_before("Process", 30)(definition)
        definition["TimeoutSeconds"] = 1

    with changed_workflow(aws, outputs, shorten_timeout):
        stack.user.send(encoded("jpeg", seed=71))
    assert monitor.statuses() == ["TIMED_OUT"]
    alarm = monitor.alarm("IngestTimeouts")
    assert alarm.is_in_alarm(samples_of(alarm, {"ExecutionsStarted": 1, "ExecutionsTimedOut": 1}))


def test_many_rejected_uploads_raise_an_alarm(stack: DeployedStack, monitor: Monitor) -> None:
    def send() -> None:
        stack.user.send(b"%PDF-1.7 is no picture")
        stack.user.send(PICTURE)

    alarm = monitor.alarm("RejectedUploads")
    samples = monitor.await_samples(alarm, send, *STEPS)
    rejection: Key = ("PhotoSky", "Refusals", frozenset({("environment", "local"), ("code", "UnsupportedFormat")}))
    assert monitor.published("Reject")[rejection] == samples["rejected"]
    assert not alarm.is_in_alarm(samples)
    assert alarm.is_in_alarm({name: [[1.0] * 10] * 3 for name in samples})


@pytest.fixture
def unreadable(stack: DeployedStack) -> Iterator[str]:
    """The id of an invalid record whose lease expired half an hour ago."""
    key = {"owner_id": {"S": "no-owner"}, "photo_id": {"S": "unreadable"}}
    dynamodb, table = stack.aws("dynamodb"), stack.outputs["PhotosTableName"]
    overdue = {"lease_until": {"N": str(int(time.time()) - 1800)}, "unsettled_shard": {"N": "3"}}
    dynamodb.put_item(TableName=table, Item=key | overdue)
    yield "unreadable"
    dynamodb.delete_item(TableName=table, Key=key)


def test_record_that_reconcile_cannot_settle_raises_alarms(
    stack: DeployedStack, monitor: Monitor, unreadable: str
) -> None:
    for name in ("StuckRecords", "ReportedPhotos"):
        alarm = monitor.alarm(name)
        assert alarm.is_in_alarm(
            monitor.await_samples(alarm, lambda: stack.invoke("Reconcile", {"audit": False}), "Reconcile")
        )
    missing = monitor.alarm("SweepsMissing")
    assert not missing.is_in_alarm(missing.select(monitor.published("Reconcile")))
    reported = [json.loads(line) for line in monitor.lines("Reconcile") if '"reason":' in line]
    assert {line["photo_id"] for line in reported} == {unreadable}


def test_failed_reconcile_raises_alarms_and_sends_a_dead_letter(stack: DeployedStack, monitor: Monitor) -> None:
    sqs, queue = stack.aws("sqs"), stack.physical_id("RepairDeadLetters")
    sqs.purge_queue(QueueUrl=queue)
    with stack.without_permission(stack.physical_id("ReconcileRole"), "dynamodb:Query"):
        stack.aws("lambda").invoke(
            FunctionName=stack.physical_id("Reconcile"), InvocationType="Event", Payload=json.dumps({"audit": False})
        )
        (message,) = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=20)["Messages"]
    failure = json.loads(message["Body"])
    assert failure["requestPayload"] == {"audit": False}
    assert "(AccessDeniedException) when calling the Query operation" in failure["responsePayload"]["errorMessage"]
    missing = monitor.alarm("SweepsMissing")
    assert missing.select(monitor.published("Reconcile")) == {}
    assert missing.is_in_alarm({"value": [[]]})
    for name, metric in (("DeadLetters", "ApproximateNumberOfMessagesVisible"), ("ReconcileFaults", "Errors")):
        assert monitor.alarm(name).is_in_alarm(samples_of(monitor.alarm(name), {metric: 1}))
    sqs.purge_queue(QueueUrl=queue)


def test_alarms_and_dashboard_are_deployed(stack: DeployedStack) -> None:
    alarms = stack.aws("cloudwatch").describe_alarms(AlarmNamePrefix=f"{STACK}-")["MetricAlarms"]
    assert {alarm["AlarmName"] for alarm in alarms} >= {f"{STACK}-IngestFaults", f"{STACK}-StuckRecords"}
    assert all(alarm["AlarmDescription"].count("docs/runbook.md#") == 1 for alarm in alarms)
    dashboard = stack.aws("cloudwatch").get_dashboard(DashboardName=STACK)["DashboardBody"]
    assert json.loads(dashboard)["widgets"]
