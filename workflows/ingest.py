"""The ingest workflow: an Express state machine that turns an upload into a photo.

A rejected upload is an answer, not a failure: every step answers an `outcome`, and a Choice follows. Only faults
raise; they lead through Fail, which marks the record, to a FAILED execution. The state holds ids and numbers.
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

TIMEOUT_SECONDS: Final = 27
"""Of the whole machine: under API Gateway's integration timeout of 29 s.

Above the longest path's sum of timeouts and retry delays. A call that fails late and is repeated may still reach it:
then the execution ends TIMED_OUT, which is answered as such, and the photo is free again when its lease ends.
"""

STEP_SECONDS: Final = {"Validate": 4, "Previews": 12, "Persist": 3, "Reject": 3, "Fail": 3}
"""Each step's own time. The longest path is Validate, Previews, Persist or Reject, Fail. No timeout is retried."""

RETRY_SECONDS: Final = 1

COMMENTS: Final = {
    "Validate": "Claims the photo and judges the upload by its first bytes",
    "Is it valid?": "Goes on with a good upload only",
    "Previews": "Decodes the picture and makes its previews",
    "Is it rendered?": "Goes on with a picture that could be decoded",
    "Persist": "Writes it all to the photo's record, which makes it ready",
    "Reject": "Notes why the upload was refused, and removes it",
    "Answered": "Ends with an answer: the photo, or why there is none",
    "Fail": "Marks the photo as failed, and removes what was made of it",
    "Failed": "Ends because a step broke",
    "Unrecorded": "Ends without even the failure being noted",
}
"""What each state does, in a phrase; it stands in the definition, and every view of an execution shows it."""

TRANSIENT_ERRORS: Final = [
    "Lambda.ClientExecutionTimeoutException",
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.TooManyRequestsException",
]
"""What the Step Functions developer guide ("Handling transient Lambda service exceptions") says to retry."""


@dataclass(frozen=True)
class Steps:
    """The function of each step."""

    validate: Function
    previews: Function
    persist: Function
    reject: Function
    fail: Function


class Ingest(Construct):
    """The state machine. Its input is `{owner_id, photo_id}`; its output is the last step's answer."""

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
            because="Neither the delivery of logs nor X-Ray has a resource that a policy could name.",
        )

    def _definition(self, steps: Steps) -> sfn.IChainable:
        answered = sfn.Succeed(self, "Answered", comment=COMMENTS["Answered"], output_path="$.answer")
        fail = self._fail(steps.fail)
        validate = self._step("Validate", steps.validate, fail)
        previews = self._step("Previews", steps.previews, fail, etag="$.answer.etag")
        persist = self._step("Persist", steps.persist, fail)
        reject = self._step("Reject", steps.reject, fail, code="$.answer.code", detail="$.answer.detail")
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
            .when(_outcome("rejected"), reject)
            .when(_outcome("ready"), persist)
            .otherwise(answered)
        )
        persist.next(answered)
        reject.next(answered)
        return validate

    def _fail(self, function: lambda_.IFunction) -> sfn.Chain:
        failed = sfn.Fail(
            self, "Failed", comment=COMMENTS["Failed"], error_path="$.answer.code", cause_path="$.answer.detail"
        )
        unrecorded = sfn.Fail(
            self,
            "Unrecorded",
            comment=COMMENTS["Unrecorded"],
            error="InternalError",
            cause="The record could not be marked as failed; its lease ends by itself.",
        )
        fail = self._task("Fail", function, error="$.fault.Error")
        fail.add_catch(unrecorded, errors=["States.ALL"], result_path="$.fault")
        return fail.next(failed)

    def _step(self, name: str, function: lambda_.IFunction, fail: sfn.IChainable, **payload: str) -> tasks.LambdaInvoke:
        task = self._task(name, function, **payload)
        task.add_catch(fail, errors=["States.ALL"], result_path="$.fault")
        return task

    def _task(self, name: str, function: lambda_.IFunction, **payload: str) -> tasks.LambdaInvoke:
        """A step's state: told whom it works on, and by `payload` the paths of what else it needs."""
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
            result_path="$.answer",
            task_timeout=sfn.Timeout.duration(Duration.seconds(STEP_SECONDS[name])),
            retry_on_service_exceptions=False,
        )
        task.add_retry(
            errors=TRANSIENT_ERRORS,
            interval=Duration.seconds(RETRY_SECONDS),
            max_attempts=1,
            backoff_rate=2,
            max_delay=Duration.seconds(RETRY_SECONDS * 2),
            jitter_strategy=sfn.JitterType.FULL,
        )
        return task


def _outcome(outcome: str) -> sfn.Condition:
    return sfn.Condition.string_equals("$.answer.outcome", outcome)
