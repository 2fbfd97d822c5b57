"""The ingest workflow: an Express state machine that turns an upload into a photo.

Each step returns a result with an `outcome`, and a Choice selects the next state. A rejected upload is a regular
outcome. Only a fault raises: Fail records it, and the execution ends as FAILED. The state holds ids and numbers only.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from aws_cdk import Duration
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

from infrastructure.environment import Environment
from infrastructure.findings import accept
from infrastructure.functions import Function
from infrastructure.logs import log_group
from workflows.retries import retry_transient_errors
from workflows.steps import MAX_ATTEMPTS, MAX_DELAY_SECONDS, STEPS, TIMEOUT_SECONDS

COMMENTS: Final = {
    "Is it valid?": "Continues with an accepted upload",
    "Process": "Renders the previews while the original is copied, and waits for both",
    "Not rendered": "Ends the branch with the fault of Previews, so that the copy ends too",
    "Not promoted": "Ends the branch without a copy; Persist makes it",
    "Is it rendered?": "Continues unless the image is rejected",
    "Answered": "Ends with a result: the photo, or the reason why there is none",
    "Failed": "Ends because a step failed",
    "Unrecorded": "Ends because the failure could not be recorded",
}
"""The comment of each state that is no step. It is part of the definition, and every view of an execution shows it."""


class Ingest(Construct):
    """The state machine. Its input is `{owner_id, photo_id}`, its output the result of the last step.

    `steps` has the function of each step in `STEPS`.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, steps: Mapping[str, Function], environment: Environment
    ) -> None:
        super().__init__(scope, construct_id)
        self._functions = steps
        self.state_machine = sfn.StateMachine(
            self,
            "Ingest",
            state_machine_type=sfn.StateMachineType.EXPRESS,
            definition_body=sfn.DefinitionBody.from_chainable(self._definition()),
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

    def _definition(self) -> sfn.IChainable:
        answered = sfn.Succeed(self, "Answered", comment=COMMENTS["Answered"], output_path="$.result")
        fail = self._fail()
        validate = self._step("Validate", fail)
        process = self._process()
        persist = self._step("Persist", fail, {"previous": "$.result"})
        reject = self._step("Reject", fail, {"code": "$.result.code", "detail": "$.result.detail"})
        validate.next(
            sfn.Choice(self, "Is it valid?", comment=COMMENTS["Is it valid?"])
            .when(_outcome("accepted"), process)
            .when(_outcome("rejected"), reject)
            .when(_outcome("ready"), persist)
            .otherwise(answered)
        )
        process.next(
            sfn.Choice(self, "Is it rendered?", comment=COMMENTS["Is it rendered?"])
            .when(_outcome("rendered"), persist)
            .when(_outcome("unavailable"), persist)
            .when(_outcome("rejected"), reject)
            .when(_outcome("fault"), fail)
            .otherwise(answered)
        )
        persist.next(answered)
        reject.next(answered)
        return validate

    def _process(self) -> sfn.Parallel:
        """Return the state that runs Previews and Promote. Its result is that of Previews, with what Promote did.

        Each branch catches its own faults. If one failed, Step Functions would stop the other one, but not its function
        (Step Functions guide, "Parallel workflow state"), which could then write after Fail has removed its objects.
        Fields of Promote replace those of Previews with the same names, because Previews decodes untrusted bytes.
        """
        previews = self._step(
            "Previews",
            self._pass("Not rendered", outcome="fault"),
            {"etag": "$.result.etag", "declared_sha256": "$.result.declared_sha256"},
        )
        promote = self._step(
            "Promote",
            self._pass("Not promoted", promoted="fault"),
            {"etag": "$.result.etag", "format": "$.result.format"},
            result={"promoted.$": "$.outcome", "content_type.$": "$.content_type"},
        )
        ids = {"owner_id.$": "$.owner_id", "photo_id.$": "$.photo_id"}
        results = (sfn.JsonPath.object_at(f"$[{branch}].result") for branch in (0, 1))
        process = sfn.Parallel(
            self,
            "Process",
            comment=COMMENTS["Process"],
            # A path that does not exist is an error that nothing catches, so there is a fault before any.
            parameters={**ids, "result.$": "$.result", "fault": {"Error": ""}},
            result_selector={
                **{key: path.replace("$", "$[0]") for key, path in ids.items()},
                "result": sfn.JsonPath.json_merge(*results),
                "fault.$": "$[0].fault",
            },
        )
        return process.branch(previews, promote)

    def _fail(self) -> sfn.Chain:
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
        fail = self._task("Fail", {"error": "$.fault.Error"})
        fail.add_catch(unrecorded, errors=["States.ALL"], result_path="$.fault")
        return fail.next(failed)

    def _step(
        self,
        name: str,
        caught: sfn.IChainable,
        payload: Mapping[str, str] = MappingProxyType({}),
        result: Mapping[str, str] | None = None,
    ) -> tasks.LambdaInvoke:
        """Return the state of a step, which continues with `caught` after a fault."""
        task = self._task(name, payload, result)
        task.add_catch(caught, errors=["States.ALL"], result_path="$.fault")
        return task

    def _pass(self, name: str, **result: str) -> sfn.Pass:
        return sfn.Pass(self, name, comment=COMMENTS[name], parameters=result, result_path="$.result")

    def _task(
        self,
        name: str,
        payload: Mapping[str, str],
        result: Mapping[str, str] | None = None,
    ) -> tasks.LambdaInvoke:
        """Return the state of a step. Its input names photo and execution; `payload` adds fields by their paths.

        `result` selects fields of the function's result; all of it without one.
        """
        task = tasks.LambdaInvoke(
            self,
            name,
            comment=STEPS[name].comment,
            lambda_function=self._functions[name],
            payload_response_only=True,
            payload=sfn.TaskInput.from_object(
                {
                    "owner_id": sfn.JsonPath.string_at("$.owner_id"),
                    "photo_id": sfn.JsonPath.string_at("$.photo_id"),
                    "execution": sfn.JsonPath.execution_name,
                    **{key: sfn.JsonPath.string_at(path) for key, path in payload.items()},
                }
            ),
            result_selector=result,
            result_path="$.result",
            task_timeout=sfn.Timeout.duration(Duration.seconds(STEPS[name].timeout_seconds)),
            retry_on_service_exceptions=False,
        )
        retry_transient_errors(task, max_attempts=MAX_ATTEMPTS, max_delay_seconds=MAX_DELAY_SECONDS)
        return task


def _outcome(outcome: str) -> sfn.Condition:
    return sfn.Condition.string_equals("$.result.outcome", outcome)
