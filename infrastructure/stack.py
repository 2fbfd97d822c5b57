"""The composition root: the parts of one environment and how they are connected."""

from aws_cdk import CfnOutput, Stack
from constructs import Construct

from api.rest_api import PhotosApi
from infrastructure.budget import Budget
from infrastructure.compute import Compute
from infrastructure.dashboard import Dashboard
from infrastructure.delivery import Delivery
from infrastructure.environment import ENVIRONMENT_TAG, Environment
from infrastructure.events import Events
from infrastructure.identity import Identity
from infrastructure.indexes import INDEXES
from infrastructure.monitoring import Monitoring
from infrastructure.page import Page
from infrastructure.repair import Repair
from infrastructure.stack_metrics import StackMetrics
from infrastructure.storage import Storage
from infrastructure.version import VERSION
from photosky.store import schema
from workflows.imports import Import
from workflows.ingest import Ingest
from workflows.reprocess import Reprocess


class PhotoSkyStack(Stack):
    """One environment of PhotoSky. `index_count` is that of `Storage`."""

    def __init__(self, scope: Construct, *, environment: Environment, index_count: int = len(INDEXES)) -> None:
        super().__init__(
            scope,
            f"PhotoSky-{environment.name}",
            description=f"PhotoSky {VERSION}, the backend of a photo app ({environment.name})",
            termination_protection=environment.retain_data,
            tags={ENVIRONMENT_TAG: environment.name} if environment.budget_usd else None,
        )
        # What `make rollback` compares (local/releases.py).
        self.template_options.metadata = {"PhotoSky": {"Version": VERSION, "SchemaVersion": schema.VERSION}}
        self.storage = Storage(self, "Storage", environment=environment, index_count=index_count)
        self.identity = Identity(self, "Identity", environment=environment)
        self.page = Page(self, "Page", environment=environment) if environment.page else None
        self.delivery = (
            Delivery(self, "Delivery", bucket=self.storage.bucket, environment=environment, page=self.page)
            if environment.delivery == "cloudfront"
            else None
        )
        self.compute = Compute(self, storage=self.storage, environment=environment, delivery=self.delivery)
        self.ingest = Ingest(self, "Workflow", steps=self.compute.steps, environment=environment)
        self.api = PhotosApi(
            self,
            "Rest",
            function=self.compute.photos_api,
            state_machine=self.ingest.state_machine,
            user_pool=self.identity.pool,
            client=self.identity.client,
            environment=environment,
        )
        self.reprocess = Reprocess(self, "Maintenance", steps=self.compute.reprocess_steps, environment=environment)
        self.imports = (
            Import(
                self,
                "Imports",
                transfer=self.compute.transfer,
                ingest=self.ingest.state_machine,
                storage=self.storage,
                environment=environment,
            )
            if self.compute.transfer
            else None
        )
        self.repair = Repair(self, "Repair", reconcile=self.compute.reconcile, ingest=self.ingest.state_machine)
        self.events = Events(
            self, "EventPipe", function=self.compute.events, storage=self.storage, environment=environment
        )
        self._monitor(environment)
        self._add_outputs()

    def _monitor(self, environment: Environment) -> None:
        metrics = StackMetrics(
            environment=environment.name,
            functions={function.node.id: function for function in self.compute.monitored},
            state_machine=self.ingest.state_machine,
            rest_api=self.api.rest_api,
            bucket=self.storage.bucket,
            table=self.storage.table,
            indexes=INDEXES,
            dead_letters=self.repair.dead_letters,
            pipe=self.events.pipe,
            event_dead_letters=self.events.dead_letters,
            distribution=self.delivery.distribution if self.delivery else None,
        )
        monitoring = Monitoring(
            self, "Monitoring", metrics=metrics, access_log=self.api.access_log, environment=environment
        )
        Dashboard(self, "Overview", metrics=metrics, alarms=monitoring.alarms, tracing=environment.tracing)
        if environment.budget_usd and environment.alarm_email:
            Budget(
                self, "Cost", environment=environment.name, usd=environment.budget_usd, email=environment.alarm_email
            )

    def _add_outputs(self) -> None:
        outputs = {
            "ApiUrl": self.api.url,
            "UserPoolId": self.identity.pool.user_pool_id,
            "UserPoolClientId": self.identity.client.user_pool_client_id,
            "MediaBucketName": self.storage.bucket.bucket_name,
            "PhotosTableName": self.storage.table.table_name,
            "StateMachineArn": self.ingest.state_machine.state_machine_arn,
            "ReconcileFunctionName": self.compute.reconcile.function_name,
            "ReprocessStateMachineArn": self.reprocess.state_machine.state_machine_arn,
            "PhotosApiFunctionName": self.compute.photos_api.function_name,
            "EventBusName": self.events.bus.event_bus_name,
        }
        if self.imports:
            outputs["ImportStateMachineArn"] = self.imports.state_machine.state_machine_arn
            outputs["ImportBuckets"] = ",".join(self.imports.buckets)
        if self.delivery:
            outputs["PreviewsUrl"] = self.delivery.edge.url
            if self.page:
                outputs["PageUrl"] = self.delivery.edge.url
                outputs["PageBucketName"] = self.page.bucket.bucket_name
                outputs["PageDistributionId"] = self.delivery.distribution.distribution_id
        for name, value in outputs.items():
            CfnOutput(self, name, value=value)
