"""The reprocess workflow: a Standard state machine that brings all photos to the presets as they are now.

Plan names photos in turns, and a Distributed Map renews a turn's, a bounded number at a time, each in an Express
execution of its own. A turn's photos and outcomes fit the state, so there is no manifest to keep: the records
themselves say what is left to do. Its input is `{}`, or `{"dry_run": true}` to count; its output Plan's report.

An execution fails when its history has 25,000 events (Step Functions guide, "Avoid reaching the history quota"). A turn
adds 13 at most, without repeats: five of Plan, two of the Choice, six of the Map, whose items have histories of their
own. That makes 1,922 turns; each goes through 500 records or more, so an execution through 961,000 at least. The
next one does what is left.
"""

from dataclasses import dataclass
from typing import Final, cast

from aws_cdk import CfnElement, Duration, Stack
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

from infrastructure.environment import Environment
from infrastructure.findings import accept
from infrastructure.functions import Function
from infrastructure.logs import log_group
from workflows.ingest import TRANSIENT_ERRORS

STEP_SECONDS: Final = {"Plan": 60, "Renew": 30}
"""Each step's own time. Renew's is under a lease, so that it never loses a photo while it still may write."""

RETRY_SECONDS: Final = 1
MAX_ATTEMPTS: Final = 2

COMMENTS: Final = {
    "Plan": "Names the next photos that need other previews",
    "Is there work?": "Goes round until all photos were looked at",
    "Walk": "Renews the photos that were named, some at a time",
    "Renew": "Makes what a photo lacks, and lets go of what is too much",
    "Broken": "Tells of a photo that broke, and the walk goes on",
    "Done": "Ends with the report: every photo is as it should be",
    "Incomplete": "Ends with the report: it names what stays as it was",
}
"""What each state does, in a phrase; it stands in the definition, and every view of an execution shows it."""


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
        self._accept_findings(environment)

    def _accept_findings(self, environment: Environment) -> None:
        machine = self.state_machine
        accept(machine, "SF1", because="The console has a Standard execution's history; the log is for what broke.")
        if not environment.tracing:
            accept(machine, "SF2", because="The environment's knob `tracing` is off.")
        accept(
            machine,
            "IAM5[Resource::*]",
            because="Neither the delivery of logs nor X-Ray has a resource that a policy could name.",
        )
        name = f'{{"Fn::Select":[6,{{"Fn::Split":[":",{{"Ref":"{_logical_id(machine)}"}}]}}]}}'
        executions = f"arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:execution:{name}"
        accept(
            machine.node.find_child("DistributedMapPolicy"),
            f"IAM5[Resource::{executions}:*]",
            f"IAM5[Resource::{executions}/*:*]",
            because="The map's executions, whose names Step Functions makes up, and of this machine alone.",
        )

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
        # Nothing to walk is an empty list, and that goes straight on.
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
        # What breaks is one photo's: it is told with the others', and the walk goes on.
        broken = {
            "photo_id": sfn.JsonPath.string_at("$.photo_id"),
            "outcome": "broken",
            "code": sfn.JsonPath.string_at("$.fault.Error"),
        }
        tell = sfn.Pass(self, "Broken", comment=COMMENTS["Broken"], parameters=broken)
        renew.add_catch(tell, result_path="$.fault")
        return sfn.DistributedMap(
            self,
            "Walk",
            comment=COMMENTS["Walk"],
            items_path="$.plan.photos",
            max_concurrency=self._concurrency,
            map_execution_type=sfn.StateMachineType.EXPRESS,
            # An execution that does not even get so far is missing from the outcomes, and Plan counts it as broken.
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
        task.add_retry(
            errors=TRANSIENT_ERRORS,
            interval=Duration.seconds(RETRY_SECONDS),
            max_attempts=MAX_ATTEMPTS,
            backoff_rate=2,
            jitter_strategy=sfn.JitterType.FULL,
        )
        return task


def _logical_id(machine: sfn.StateMachine) -> str:
    return Stack.of(machine).get_logical_id(cast(CfnElement, machine.node.default_child))
