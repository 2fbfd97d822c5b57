"""The composition root: what there is, how it is wired, and what each function may do."""

from collections.abc import Mapping
from typing import Final, cast

from aws_cdk import CfnElement, CfnOutput, Stack
from constructs import Construct

from api.rest_api import PhotosApi
from infrastructure.dashboard import Dashboard
from infrastructure.environment import Environment
from infrastructure.findings import accept
from infrastructure.functions import Function
from infrastructure.identity import Identity
from infrastructure.monitoring import Monitoring
from infrastructure.packaging import Packages
from infrastructure.repair import RECONCILE_SECONDS, Repair
from infrastructure.stack_metrics import StackMetrics
from infrastructure.storage import Storage
from photosky.settings import Settings
from photosky.store.attributes import DIGEST_INDEX, READY_INDEX, UNSETTLED_INDEX
from photosky.store.keys import ORIGINALS_PREFIX, PREVIEWS_PREFIX, UPLOADS_PREFIX
from workflows import reprocess
from workflows.ingest import STEP_SECONDS, Ingest, Steps
from workflows.reprocess import Reprocess, ReprocessSteps

API_SECONDS: Final = 10
LIGHT_MEMORY_MIB: Final = 1024
"""For the steps that decode nothing. Lambda's processor share goes with memory, and a cold start's time with that."""


class PhotoSkyStack(Stack):
    """One environment of PhotoSky, whole."""

    def __init__(self, scope: Construct, *, environment: Environment) -> None:
        super().__init__(
            scope,
            f"PhotoSky-{environment.name}",
            description=f"PhotoSky, the backend of a photo app ({environment.name})",
            termination_protection=environment.retain_data,
        )
        self.storage = Storage(self, "Storage", environment=environment)
        self.identity = Identity(self, "Identity", environment=environment)
        self._environment = environment
        self._variables = self._settings().to_environment()

        self.steps = Steps(
            validate=self._step("Validate", "runtime", LIGHT_MEMORY_MIB),
            previews=self._step("Previews", "imaging", environment.imaging_memory_mib),
            persist=self._step("Persist", "runtime", LIGHT_MEMORY_MIB),
            reject=self._step("Reject", "runtime", LIGHT_MEMORY_MIB),
            fail=self._step("Fail", "runtime", LIGHT_MEMORY_MIB),
        )
        self.photos_api = self._function("PhotosApi", "api.handler", "runtime", environment.api_memory_mib, API_SECONDS)
        self.reconcile = self._function("Reconcile", "tasks.reconcile", "runtime", LIGHT_MEMORY_MIB, RECONCILE_SECONDS)
        self.reprocess_steps = ReprocessSteps(
            plan=self._reprocess_step("Plan", "runtime", LIGHT_MEMORY_MIB),
            renew=self._reprocess_step("Renew", "imaging", environment.imaging_memory_mib),
        )
        self._grant()

        self.ingest = Ingest(self, "Workflow", steps=self.steps, environment=environment)
        self.api = PhotosApi(
            self,
            "Rest",
            function=self.photos_api,
            state_machine=self.ingest.state_machine,
            user_pool=self.identity.pool,
            client=self.identity.client,
            environment=environment,
        )
        self.reprocess = Reprocess(self, "Maintenance", steps=self.reprocess_steps, environment=environment)
        self.repair = Repair(self, "Repair", reconcile=self.reconcile)
        metrics = self._metrics()
        monitoring = Monitoring(
            self, "Monitoring", metrics=metrics, access_log=self.api.access_log, environment=environment
        )
        Dashboard(
            self,
            "Overview",
            metrics=metrics,
            alarms=monitoring.alarms,
            tracing=environment.tracing,
        )
        self._tell(
            {
                "ApiUrl": self.api.rest_api.url,
                "UserPoolId": self.identity.pool.user_pool_id,
                "UserPoolClientId": self.identity.client.user_pool_client_id,
                "MediaBucketName": self.storage.bucket.bucket_name,
                "PhotosTableName": self.storage.table.table_name,
                "StateMachineArn": self.ingest.state_machine.state_machine_arn,
                "ReconcileFunctionName": self.reconcile.function_name,
                "ReprocessStateMachineArn": self.reprocess.state_machine.state_machine_arn,
            }
        )

    def _settings(self) -> Settings:
        return Settings(
            table_name=self.storage.table.table_name,
            bucket_name=self.storage.bucket.bucket_name,
            allowed_origins=self._environment.allowed_origins,
            presets=self._environment.presets,
            max_upload_bytes=self._environment.max_upload_bytes,
            max_frames=self._environment.max_frames,
            url_ttl_seconds=self._environment.url_ttl_seconds,
            location_policy=self._environment.location_policy,
        )

    def _metrics(self) -> StackMetrics:
        functions = (self.photos_api, *vars(self.steps).values(), self.reconcile)
        return StackMetrics(
            environment=self._environment.name,
            functions={function.node.id: function for function in functions},
            state_machine=self.ingest.state_machine,
            rest_api=self.api.rest_api,
            bucket=self.storage.bucket,
            table=self.storage.table,
            indexes=(READY_INDEX, DIGEST_INDEX, UNSETTLED_INDEX),
            dead_letters=self.repair.dead_letters,
        )

    def _step(self, name: str, packages: Packages, memory_mib: int) -> Function:
        return self._function(name, f"tasks.{name.lower()}", packages, memory_mib, STEP_SECONDS[name])

    def _reprocess_step(self, name: str, packages: Packages, memory_mib: int) -> Function:
        return self._function(name, f"tasks.{name.lower()}", packages, memory_mib, reprocess.STEP_SECONDS[name])

    def _function(self, name: str, module: str, packages: Packages, memory_mib: int, timeout_seconds: int) -> Function:
        return Function(
            self,
            name,
            module=module,
            packages=packages,
            memory_mib=memory_mib,
            timeout_seconds=timeout_seconds,
            variables=self._variables,
            environment=self._environment,
        )

    def _grant(self) -> None:
        """Each function's whole permissions, beside its log and its traces."""
        storage, steps = self.storage, self.steps
        table, bucket = storage.table.table_arn, storage.bucket.bucket_arn
        prefixes = (UPLOADS_PREFIX, ORIGINALS_PREFIX, PREVIEWS_PREFIX)
        every_object = storage.objects(*prefixes)
        media = self.get_logical_id(cast(CfnElement, storage.bucket.node.default_child))
        accept(
            self,
            *(f"IAM5[Resource::<{media}.Arn>/{prefix}*]" for prefix in prefixes),
            because="A photo's objects have keys that nobody knows before; all of one kind lie under one prefix.",
        )

        self.photos_api.may(
            ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"], table
        )
        self.photos_api.may(["dynamodb:Query"], storage.index(READY_INDEX), storage.index(DIGEST_INDEX))
        self.photos_api.may(["s3:GetObject"], *storage.objects(ORIGINALS_PREFIX, PREVIEWS_PREFIX))
        self.photos_api.may(["s3:PutObject"], *storage.objects(UPLOADS_PREFIX))
        self.photos_api.may(["s3:DeleteObject"], *every_object)

        for reader in (steps.validate, steps.previews):
            reader.may(["s3:GetObject"], *storage.objects(UPLOADS_PREFIX))
            # Without it S3 answers 403 for an upload that is not there, and a missing one looks like a fault.
            reader.may(["s3:ListBucket"], bucket)
        steps.validate.may(["dynamodb:UpdateItem"], table)
        steps.previews.may(["dynamodb:GetItem", "dynamodb:UpdateItem"], table)
        steps.previews.may(["s3:PutObject"], *storage.objects(ORIGINALS_PREFIX, PREVIEWS_PREFIX))
        steps.persist.may(["dynamodb:GetItem", "dynamodb:UpdateItem"], table)
        # Persist signs the previews' URLs, and a URL can do no more than who signed it.
        steps.persist.may(["s3:GetObject"], *storage.objects(PREVIEWS_PREFIX))
        for closer in (steps.reject, steps.fail):
            closer.may(["dynamodb:UpdateItem"], table)
        for remover in (steps.previews, steps.persist, steps.reject, steps.fail):
            remover.may(["s3:DeleteObject"], *every_object)

        self.reconcile.may(
            [
                "dynamodb:GetItem",
                "dynamodb:Scan",
                "dynamodb:PutItem",
                "dynamodb:UpdateItem",
                "dynamodb:DeleteItem",
            ],
            table,
        )
        self.reconcile.may(["dynamodb:Query"], storage.index(UNSETTLED_INDEX))
        # It sees what lies in the bucket, and may remove it; a picture it cannot read.
        self.reconcile.may(["s3:ListBucket"], bucket)
        self.reconcile.may(["s3:DeleteObject"], *every_object)

        self.reprocess_steps.plan.may(["dynamodb:Scan"], table)
        renew = self.reprocess_steps.renew
        renew.may(["dynamodb:GetItem", "dynamodb:UpdateItem"], table)
        renew.may(["s3:GetObject"], *storage.objects(ORIGINALS_PREFIX))
        renew.may(["s3:PutObject"], *storage.objects(PREVIEWS_PREFIX))
        # As above: an original that is not there is told from one that may not be read.
        renew.may(["s3:ListBucket"], bucket)

    def _tell(self, outputs: Mapping[str, str]) -> None:
        for name, value in outputs.items():
            CfnOutput(self, name, value=value)
