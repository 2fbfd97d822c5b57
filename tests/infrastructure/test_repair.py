"""The schedules of Reconcile, and its failed invocations."""

import json
from collections.abc import Mapping
from typing import Any

from diagrams.synthesis import Resource, Template
from photosky.ingests import INGEST_VARIABLE, RESPONSE_SECONDS
from photosky.runs import MARGIN_MILLISECONDS
from tasks.reconcile import INGEST_AFTER_SECONDS
from workflows.steps import TIMEOUT_SECONDS


def test_sweeps_run_every_five_minutes_and_audits_daily(stack_template: Template) -> None:
    rules = {rule.name: rule.properties for rule in stack_template.all("AWS::Events::Rule")}
    assert {name: (rule["ScheduleExpression"], rule["State"], _target(rule)) for name, rule in rules.items()} == {
        "Sweep": ("rate(5 minutes)", "ENABLED", {"audit": False}),
        "Audit": ("rate(1 day)", "ENABLED", {"audit": True}),
    }


def test_only_the_rules_invoke_reconcile(stack_template: Template) -> None:
    rules = stack_template.all("AWS::Events::Rule")
    for rule in rules:
        (target,) = rule.properties["Targets"]
        assert stack_template.text(target["Arn"]) == "${Reconcile.Arn}"
    allowed = [
        (permission.properties["Principal"], stack_template.text(permission.properties["SourceArn"]))
        for permission in stack_template.all("AWS::Lambda::Permission")
        if stack_template.text(permission.properties["FunctionName"]) == "${Reconcile.Arn}"
    ]
    assert sorted(allowed) == [("events.amazonaws.com", f"${{{rule.address}.Arn}}") for rule in rules]


def test_only_reconcile_and_imports_know_the_ingest_workflow(stack_template: Template) -> None:
    knowing = {
        function.name: stack_template.text(function.properties["Environment"]["Variables"][INGEST_VARIABLE])
        for function in stack_template.all("AWS::Lambda::Function")
        if INGEST_VARIABLE in function.properties["Environment"]["Variables"]
    }
    expected = ["Reconcile", *(["Transfer"] if "ImportBuckets" in stack_template.document["Outputs"] else [])]
    assert knowing == dict.fromkeys(expected, "${Workflow/Ingest}")


def test_uploads_are_ingested_within_ten_minutes() -> None:
    from infrastructure.repair import SWEEP_EVERY  # Here and not above: it imports the CDK.

    assert INGEST_AFTER_SECONDS + SWEEP_EVERY.to_seconds() + TIMEOUT_SECONDS < 600
    assert 1000 * (RESPONSE_SECONDS + 1) < MARGIN_MILLISECONDS
    assert TIMEOUT_SECONDS < RESPONSE_SECONDS


def test_a_failed_invocation_is_not_retried(stack_template: Template) -> None:
    for rule in stack_template.all("AWS::Events::Rule"):
        (target,) = rule.properties["Targets"]
        assert target["RetryPolicy"] == {"MaximumEventAgeInSeconds": 300, "MaximumRetryAttempts": 0}
    invoke = stack_template.one("AWS::Lambda::EventInvokeConfig").properties
    assert stack_template.text(invoke["FunctionName"]) == "${Reconcile}"
    assert (invoke["MaximumEventAgeInSeconds"], invoke["MaximumRetryAttempts"]) == (300, 0)


def test_a_failed_invocation_goes_to_the_dead_letter_queue(stack_template: Template) -> None:
    queue = _queue(stack_template)
    assert queue.properties == {"MessageRetentionPeriod": 14 * 86_400, "SqsManagedSseEnabled": True}
    for rule in stack_template.all("AWS::Events::Rule"):
        (target,) = rule.properties["Targets"]
        assert stack_template.target(target["DeadLetterConfig"]["Arn"]) == queue
    invoke = stack_template.one("AWS::Lambda::EventInvokeConfig")
    assert stack_template.target(invoke.properties["DestinationConfig"]["OnFailure"]["Destination"]) == queue
    # Lambda rejects a destination to which the role may not send.
    (policy,) = (p for p in stack_template.all("AWS::IAM::Policy") if p.address == "ReconcileRole/DefaultPolicy")
    assert policy.logical_id in invoke.document["DependsOn"]


def test_only_the_rules_may_send_to_the_queue(stack_template: Template) -> None:
    (policy,) = (
        found.properties
        for found in stack_template.all("AWS::SQS::QueuePolicy")
        if [stack_template.target(named) for named in found.properties["Queues"]] == [_queue(stack_template)]
    )
    without_tls, *allowed = policy["PolicyDocument"]["Statement"]
    assert (without_tls["Effect"], without_tls["Action"]) == ("Deny", "sqs:*")
    assert without_tls["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    senders = [
        (one["Principal"], one["Action"], stack_template.text(one["Condition"]["ArnEquals"]["aws:SourceArn"]))
        for one in allowed
    ]
    assert sorted(sender for _, _, sender in senders) == ["${Repair/Audit.Arn}", "${Repair/Sweep.Arn}"]
    assert {(str(principal), action) for principal, action, _ in senders} == {
        ("{'Service': 'events.amazonaws.com'}", "sqs:SendMessage")
    }


def test_reconcile_has_the_longest_timeout_of_lambda(stack_template: Template) -> None:
    (function,) = (f for f in stack_template.all("AWS::Lambda::Function") if f.name == "Reconcile")
    assert function.properties["Timeout"] == 900


def _queue(template: Template) -> Resource:
    (queue,) = (found for found in template.all("AWS::SQS::Queue") if found.address == "Repair/DeadLetters")
    return queue


def _target(rule: Mapping[str, Any]) -> Any:
    (target,) = rule["Targets"]
    return json.loads(target["Input"])
