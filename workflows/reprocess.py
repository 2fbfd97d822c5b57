"""The reprocess workflow: a Standard state machine that renews all previews that differ from the presets.

Plan selects outdated photos in batches, and a Distributed Map renews a batch with bounded concurrency, each photo in
an Express execution of its own. A batch fits the state, and the records themselves show what is left to do, so there
is no manifest. The input is `{}`, or `{"dry_run": true}` to count only; the output is Plan's report.

An execution fails at 25,000 history events (Step Functions guide, "Avoid reaching the history quota"). A batch adds 13
at most without retries: five of Plan, two of the Choice, six of the Map, whose items have their own histories. So an
execution has up to 1,922 batches of at least 500 records each, 961,000 records; the next execution does the rest.
"""

from dataclasses import dataclass
from typing import Final, cast

from aws_cdk import CfnElement, Duration, Resource, Stack
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

from infrastructure.environment import Environment
from infrastructure.findings import accept
from infrastructure.functions import Function
from infrastructure.logs import log_group
from workflows.retries import retry_transient_errors

STEP_SECONDS: Final = {"Plan": 60, "Renew": 30}
"""The timeout of each step. That of Renew is shorter than a lease, so it never writes after its lease expired."""

MAX_ATTEMPTS: Final = 2

COMMENTS: Final = {
    "Plan": "Selects the next photos whose previews differ from the presets",
    "Is there work?": "Continues until all records are read",
    "Walk": "Renews the selected photos, several at a time",
    "Renew": "Adds the missing previews of a photo, and retires the unneeded ones",
    "Broken": "Records a photo that could not be renewed, and continues",
    "Done": "Ends with the report: all previews match the presets",
    "Incomplete": "Ends with the report: it names photos that could not be renewed",
}
"""The comment of each state. It is part of the definition, and every view of an execution shows it."""


@dataclass(frozen=True)
class ReprocessSteps:
    """The function of each step."""

    plan: Function
    renew: Function


class Reprocess(Construct):
    """The state machine."""

    def __init__(self, scope: Construct, construct_id: str, *, steps: ReprocessSteps, environment: Environment) -> None:
        super().__init__(scope, construct_id)
        self._concurrency = environment.reprocess_concurrency
        self.state_machine = sfn.StateMachine(
            self,
            "Reprocess",
            state_machine_type=sfn.StateMachineType.STANDARD,
            definition_body=sfn.DefinitionBody.from_chainable(self._definition(steps)),
            tracing_enabled=environment.tracing,
            logs=sfn.LogOptions(
                destination=log_group(self, environment, f"/aws/vendedlogs/states/{scope.node.id}/reprocess"),
                level=sfn.LogLevel.ERROR,
                include_execution_data=environment.log_execution_data,
            ),
        )
        accept_distributed_map(self.state_machine, environment)

    def _definition(self, steps: ReprocessSteps) -> sfn.IChainable:
        plan = self._task("Plan", steps.plan, result_path="$.plan")
        done = sfn.Succeed(self, "Done", comment=COMMENTS["Done"], output_path="$.plan.report")
        incomplete = sfn.Fail(
            self,
            "Incomplete",
            comment=COMMENTS["Incomplete"],
            error="Incomplete",
            cause_path="States.JsonToString($.plan.report)",
        )
        # Plan may return no photos and still have more records to read.
        plan.next(
            sfn.Choice(self, "Is there work?", comment=COMMENTS["Is there work?"])
            .when(sfn.Condition.is_present("$.plan.photos[0]"), self._walk(steps.renew).next(plan))
            .when(sfn.Condition.boolean_equals("$.plan.more", True), plan)
            .when(sfn.Condition.number_greater_than("$.plan.report.faults", 0), incomplete)
            .otherwise(done)
        )
        return plan

    def _walk(self, function: Function) -> sfn.DistributedMap:
        renew = self._task(
            "Renew",
            function,
            payload=sfn.TaskInput.from_object(
                {"owner_id": sfn.JsonPath.string_at("$.owner_id"), "photo_id": sfn.JsonPath.string_at("$.photo_id")}
            ),
        )
        # A fault concerns one photo only: it is reported among the outcomes, and the map continues.
        broken = {
            "photo_id": sfn.JsonPath.string_at("$.photo_id"),
            "outcome": "broken",
            "code": sfn.JsonPath.string_at("$.fault.Error"),
        }
        record = sfn.Pass(self, "Broken", comment=COMMENTS["Broken"], parameters=broken)
        renew.add_catch(record, result_path="$.fault")
        return sfn.DistributedMap(
            self,
            "Walk",
            comment=COMMENTS["Walk"],
            items_path="$.plan.photos",
            max_concurrency=self._concurrency,
            map_execution_type=sfn.StateMachineType.EXPRESS,
            # Plan counts an execution without an outcome as broken.
            tolerated_failure_percentage=100,
            result_path="$.outcomes",
        ).item_processor(renew)

    def _task(
        self, name: str, function: lambda_.IFunction, payload: sfn.TaskInput | None = None, result_path: str = "$"
    ) -> tasks.LambdaInvoke:
        task = tasks.LambdaInvoke(
            self,
            name,
            comment=COMMENTS[name],
            lambda_function=function,
            payload_response_only=True,
            payload=payload,
            result_path=result_path,
            task_timeout=sfn.Timeout.duration(Duration.seconds(STEP_SECONDS[name])),
            retry_on_service_exceptions=False,
        )
        retry_transient_errors(task, max_attempts=MAX_ATTEMPTS)
        return task


def accept_distributed_map(machine: sfn.StateMachine, environment: Environment) -> None:
    """Accept the findings of a Standard state machine with a Distributed Map."""
    accept(machine, "SF1", because="The console shows the history of Standard executions; the log has the errors.")
    if not environment.tracing:
        accept(machine, "SF2", because="The environment's knob `tracing` is off.")
    accept(
        machine,
        "IAM5[Resource::*]",
        because="The delivery of logs and X-Ray support no resource-level permissions.",
    )
    name = f'{{"Fn::Select":[6,{{"Fn::Split":[":",{{"Ref":"{logical_id(machine)}"}}]}}]}}'
    executions = f"arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:execution:{name}"
    accept(
        machine.node.find_child("DistributedMapPolicy"),
        f"IAM5[Resource::{executions}:*]",
        f"IAM5[Resource::{executions}/*:*]",
        because="The executions of this machine's map, whose names Step Functions generates.",
    )


def logical_id(resource: Resource) -> str:
    """The logical id of a resource in the template."""
    return Stack.of(resource).get_logical_id(cast(CfnElement, resource.node.default_child))
