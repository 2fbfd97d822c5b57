"""The import workflow: a Standard state machine that imports the objects of an S3 prefix as one owner's photos.

Step Functions lists the prefix, and a Distributed Map imports its objects with bounded concurrency, each in an Express
execution of its own. It writes what became of each object to the media bucket, from which `make import` makes its
report. The input is `{owner_id, bucket, prefix, results}`, where `results` is a prefix of the owner below
`keys.REPORTS_PREFIX`; the output has the place of the results' manifest.

The history has the input only, whatever the number of objects: they are in the executions of the map.
"""

from typing import Final

import jsii
from aws_cdk import Aws, Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

from infrastructure.environment import Environment
from infrastructure.findings import accept
from infrastructure.functions import Function
from infrastructure.logs import log_group
from infrastructure.storage import Storage
from photosky.ingests import INGEST_VARIABLE
from photosky.store.keys import REPORTS_PREFIX
from workflows.reprocess import accept_distributed_map, logical_id
from workflows.retries import retry_transient_errors

STEP_SECONDS: Final = {"Transfer": 180}
"""The timeout of the step: two ingests, a wait for the lease of a lost one, and a copy of the largest upload."""

MAX_ATTEMPTS: Final = 2

COMMENTS: Final = {
    "Import all": "Imports the objects of the prefix, several at a time, and stores what became of each",
    "Transfer": "Copies an object to the uploads and ingests it, unless the owner has its bytes already",
    "Not transferred": "Records an object that could not be imported, and continues",
}
"""The comment of each state. It is part of the definition, and every view of an execution shows it."""


class Import(Construct):
    """The state machine, and the permissions of its step that depend on the source buckets and on the ingest."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        transfer: Function,
        ingest: sfn.IStateMachine,
        storage: Storage,
        environment: Environment,
    ) -> None:
        super().__init__(scope, construct_id)
        self.buckets = environment.import_buckets
        sources = [f"arn:{Aws.PARTITION}:s3:::{bucket}" for bucket in self.buckets]
        transfer.allow(["s3:GetObject"], [f"{source}/*" for source in sources])
        transfer.add_environment(INGEST_VARIABLE, ingest.state_machine_arn)
        transfer.allow(["states:StartSyncExecution"], [ingest.state_machine_arn])
        self.state_machine = sfn.StateMachine(
            self,
            "Import",
            state_machine_type=sfn.StateMachineType.STANDARD,
            definition_body=sfn.DefinitionBody.from_chainable(
                self._import_all(self._transfer(transfer), sources, storage, environment.import_concurrency)
            ),
            tracing_enabled=environment.tracing,
            logs=sfn.LogOptions(
                destination=log_group(self, environment, f"/aws/vendedlogs/states/{scope.node.id}/import"),
                level=sfn.LogLevel.ERROR,
                # The executions of the map have keys of objects in their inputs.
                include_execution_data=environment.log_execution_data,
            ),
        )
        accept_distributed_map(self.state_machine, environment)
        media = logical_id(storage.bucket)
        accept(
            self.state_machine,
            f"IAM5[Resource::<{media}.Arn>/{REPORTS_PREFIX}*]",
            because="Step Functions generates the names of the results.",
        )
        if transfer.role is not None:
            reads = (f"IAM5[Resource::arn:<AWS::Partition>:s3:::{bucket}/*]" for bucket in self.buckets)
            accept(transfer.role, *reads, because="An import may read all objects of its source buckets.")

    def _import_all(
        self, transfer: sfn.IChainable, sources: list[str], storage: Storage, concurrency: int
    ) -> sfn.DistributedMap:
        return sfn.DistributedMap(
            self,
            "Import all",
            comment=COMMENTS["Import all"],
            item_reader=_Prefix(sources),
            item_selector={
                **{name: sfn.JsonPath.string_at(f"$.{name}") for name in ("owner_id", "bucket", "prefix")},
                "key": sfn.JsonPath.string_at("$$.Map.Item.Value.Key"),
                "size_bytes": sfn.JsonPath.number_at("$$.Map.Item.Value.Size"),
            },
            max_concurrency=concurrency,
            map_execution_type=sfn.StateMachineType.EXPRESS,
            # The results have the execution of each object, and the report counts those that failed.
            tolerated_failure_percentage=100,
            result_writer_v2=_Results(storage),
        ).item_processor(transfer)

    def _transfer(self, function: Function) -> sfn.IChainable:
        task = tasks.LambdaInvoke(
            self,
            "Transfer",
            comment=COMMENTS["Transfer"],
            lambda_function=function,
            payload_response_only=True,
            task_timeout=sfn.Timeout.duration(Duration.seconds(STEP_SECONDS["Transfer"])),
            retry_on_service_exceptions=False,
        )
        retry_transient_errors(task, max_attempts=MAX_ATTEMPTS)
        outcome = {"became": "failed", "code": sfn.JsonPath.string_at("$.fault.Error")}
        record = sfn.Pass(self, "Not transferred", comment=COMMENTS["Not transferred"], parameters=outcome)
        return task.add_catch(record, result_path="$.fault")


class _Prefix(sfn.S3ObjectsItemReader):
    """The objects of the input's prefix. The CDK would allow to list every bucket, because the input names it."""

    def __init__(self, sources: list[str]) -> None:
        super().__init__(bucket_name_path=sfn.JsonPath.string_at("$.bucket"), prefix=sfn.JsonPath.string_at("$.prefix"))
        self._sources = sources

    @jsii.member(jsii_name="providePolicyStatements")
    def provide_policy_statements(self) -> list[iam.PolicyStatement]:
        return [iam.PolicyStatement(actions=["s3:ListBucket"], resources=self._sources)]


class _Results(sfn.ResultWriterV2):
    """One line per execution of the map. The CDK would allow to write every object of the bucket."""

    def __init__(self, storage: Storage) -> None:
        super().__init__(
            bucket=storage.bucket,
            prefix=sfn.JsonPath.string_at("$.results"),
            writer_config=sfn.WriterConfig(transformation=sfn.Transformation.NONE, output_type=sfn.OutputType.JSONL),
        )
        self._storage = storage

    @jsii.member(jsii_name="providePolicyStatements")
    def provide_policy_statements(self) -> list[iam.PolicyStatement]:
        # Step Functions guide, "IAM policies for ResultWriter".
        actions = ["s3:PutObject", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:AbortMultipartUpload"]
        return [iam.PolicyStatement(actions=actions, resources=self._storage.objects(REPORTS_PREFIX))]
