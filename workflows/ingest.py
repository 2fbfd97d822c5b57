"""The ingest workflow: an Express state machine that turns an upload into a photo.

Each step returns a result with an `outcome`, and a Choice selects the next state. A rejected upload is a regular
outcome. Only a fault raises: Fail records it, and the execution ends as FAILED. The state holds ids and numbers only.
"""

from dataclasses import dataclass
from typing import Final

from aws_cdk import Duration
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

from infrastructure.environment import Environment
from infrastructure.findings import accept
from infrastructure.functions import Function
from infrastructure.logs import log_group
from workflows.retries import retry_transient_errors

TIMEOUT_SECONDS: Final = 27
"""The timeout of an execution, below API Gateway's integration timeout of 29 s.

It covers the longest path: the sum of the steps' timeouts and retry delays. A retry after a late failure may exceed it.
Then the execution ends as TIMED_OUT, the client receives IngestTimedOut, and the photo's lease expires.
"""

STEP_SECONDS: Final = {"Validate": 4, "Previews": 12, "Persist": 3, "Reject": 3, "Fail": 3}
"""The timeout of each step. The longest path is Validate, Previews, Persist or Reject, Fail; no timeout is retried."""

MAX_ATTEMPTS: Final = 1
MAX_DELAY_SECONDS: Final = 2
"""Limits of a step's retries, which count against `TIMEOUT_SECONDS`."""

COMMENTS: Final = {
    "Validate": "Claims the photo and checks the header of the upload",
    "Is it valid?": "Continues with an accepted upload",
    "Previews": "Decodes the image, and stores its previews and facts",
    "Is it rendered?": "Continues unless the image is rejected",
    "Persist": "Copies the original, and completes the record, which makes the photo ready",
    "Reject": "Records why the upload is rejected, and deletes it",
    "Answered": "Ends with a result: the photo, or the reason why there is none",
    "Fail": "Marks the photo as failed, and deletes what the execution stored",
    "Failed": "Ends because a step failed",
    "Unrecorded": "Ends because the failure could not be recorded",
}
"""The comment of each state. It is part of the definition, and every view of an execution shows it."""


@dataclass(frozen=True)
class Steps:
    """The function of each step."""

    validate: Function
    previews: Function
    persist: Function
    reject: Function
    fail: Function


class Ingest(Construct):
    """The state machine. Its input is `{owner_id, photo_id}`, its output the result of the last step."""

    def __init__(self, scope: Construct, construct_id: str, *, steps: Steps, environment: Environment) -> None:
        super().__init__(scope, construct_id)
        self.state_machine = sfn.StateMachine(
            self,
            "Ingest",
            state_machine_type=sfn.StateMachineType.EXPRESS,
            definition_body=sfn.DefinitionBody.from_chainable(self._definition(steps)),
            timeout=Duration.seconds(TIMEOUT_SECONDS),
            tracing_enabled=environment.tracing,
            logs=sfn.LogOptions(
                # The prefix keeps the log's resource policy small (Step Functions guide, "Logging ... CloudWatch").
                destination=log_group(self, environment, f"/aws/vendedlogs/states/{scope.node.id}/ingest"),
                level=sfn.LogLevel.ALL,
                include_execution_data=environment.log_execution_data,
            ),
        )
        if not environment.tracing:
            accept(self.state_machine, "SF2", because="The environment's knob `tracing` is off.")
        accept(
            self.state_machine,
            "IAM5[Resource::*]",
            because="The delivery of logs and X-Ray support no resource-level permissions.",
        )

    def _definition(self, steps: Steps) -> sfn.IChainable:
        answered = sfn.Succeed(self, "Answered", comment=COMMENTS["Answered"], output_path="$.result")
        fail = self._fail(steps.fail)
        validate = self._step("Validate", steps.validate, fail)
        accepted = {"etag": "$.result.etag", "declared_sha256": "$.result.declared_sha256"}
        previews = self._step("Previews", steps.previews, fail, **accepted)
        persist = self._step("Persist", steps.persist, fail, previous="$.result")
        reject = self._step("Reject", steps.reject, fail, code="$.result.code", detail="$.result.detail")
        validate.next(
            sfn.Choice(self, "Is it valid?", comment=COMMENTS["Is it valid?"])
            .when(_outcome("accepted"), previews)
            .when(_outcome("rejected"), reject)
            .when(_outcome("ready"), persist)
            .otherwise(answered)
        )
        previews.next(
            sfn.Choice(self, "Is it rendered?", comment=COMMENTS["Is it rendered?"])
            .when(_outcome("rendered"), persist)
            .when(_outcome("unavailable"), persist)
            .when(_outcome("rejected"), reject)
            .otherwise(answered)
        )
        persist.next(answered)
        reject.next(answered)
        return validate

    def _fail(self, function: lambda_.IFunction) -> sfn.Chain:
        failed = sfn.Fail(
            self, "Failed", comment=COMMENTS["Failed"], error_path="$.result.code", cause_path="$.result.detail"
        )
        unrecorded = sfn.Fail(
            self,
            "Unrecorded",
            comment=COMMENTS["Unrecorded"],
            error="InternalError",
            cause="The record could not be marked as failed; its lease will expire.",
        )
        fail = self._task("Fail", function, error="$.fault.Error")
        fail.add_catch(unrecorded, errors=["States.ALL"], result_path="$.fault")
        return fail.next(failed)

    def _step(self, name: str, function: lambda_.IFunction, fail: sfn.IChainable, **payload: str) -> tasks.LambdaInvoke:
        task = self._task(name, function, **payload)
        task.add_catch(fail, errors=["States.ALL"], result_path="$.fault")
        return task

    def _task(self, name: str, function: lambda_.IFunction, **payload: str) -> tasks.LambdaInvoke:
        """Return the state of a step. Its input names photo and execution; `payload` adds fields by their paths."""
        task = tasks.LambdaInvoke(
            self,
            name,
            comment=COMMENTS[name],
            lambda_function=function,
            payload_response_only=True,
            payload=sfn.TaskInput.from_object(
                {
                    "owner_id": sfn.JsonPath.string_at("$.owner_id"),
                    "photo_id": sfn.JsonPath.string_at("$.photo_id"),
                    "execution": sfn.JsonPath.execution_name,
                    **{key: sfn.JsonPath.string_at(path) for key, path in payload.items()},
                }
            ),
            result_path="$.result",
            task_timeout=sfn.Timeout.duration(Duration.seconds(STEP_SECONDS[name])),
            retry_on_service_exceptions=False,
        )
        retry_transient_errors(task, max_attempts=MAX_ATTEMPTS, max_delay_seconds=MAX_DELAY_SECONDS)
        return task


def _outcome(outcome: str) -> sfn.Condition:
    return sfn.Condition.string_equals("$.result.outcome", outcome)
