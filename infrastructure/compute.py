"""The functions of a stack: each with its module, packages, memory, timeout, settings and permissions."""

from collections.abc import Mapping
from typing import Final

from aws_cdk import Stack

from infrastructure.delivery import Delivery
from infrastructure.environment import Environment
from infrastructure.events import EVENTS_SECONDS
from infrastructure.functions import Function
from infrastructure.packaging import Packages
from infrastructure.permissions import accept_object_wildcards, grant_permissions
from infrastructure.repair import RECONCILE_SECONDS
from infrastructure.storage import Storage
from infrastructure.version import VERSION
from workflows import imports, reprocess
from workflows.reprocess import ReprocessSteps
from workflows.steps import STEPS, module_of

API_SECONDS: Final = 10

LIGHT_MEMORY_MIB: Final = 1024
"""For functions that decode no image. CPU is proportional to memory, and so is the speed of a cold start."""

WAITING_MEMORY_MIB: Final = 512
"""Transfer waits for the ingest and Events for S3 most of their time, and no client waits for them."""


class Compute:
    """All functions of a stack, as children of the stack itself."""

    def __init__(
        self, stack: Stack, *, storage: Storage, environment: Environment, delivery: Delivery | None = None
    ) -> None:
        self._stack = stack
        self._storage = storage
        self._environment = environment
        edge = delivery.edge if delivery else None
        settings = environment.settings(storage.table.table_name, storage.bucket.bucket_name, VERSION, edge)
        self._variables = settings.to_environment()
        self.steps: Mapping[str, Function] = {
            name: self._step(name, step.timeout_seconds, step.packages) for name, step in STEPS.items()
        }
        self.photos_api = self._function("PhotosApi", "api.handler", "runtime", environment.api_memory_mib, API_SECONDS)
        self.reconcile = self._function("Reconcile", "tasks.reconcile", "runtime", LIGHT_MEMORY_MIB, RECONCILE_SECONDS)
        self.events = self._function("Events", "tasks.events", "runtime", WAITING_MEMORY_MIB, EVENTS_SECONDS)
        self.reprocess_steps = ReprocessSteps(
            plan=self._step("Plan", reprocess.STEP_SECONDS["Plan"]),
            renew=self._step("Renew", reprocess.STEP_SECONDS["Renew"], "imaging"),
        )
        self.transfer = (
            self._function(
                "Transfer", "tasks.transfer", "runtime", WAITING_MEMORY_MIB, imports.STEP_SECONDS["Transfer"]
            )
            if environment.import_buckets
            else None
        )
        if delivery:
            delivery.allow_signing(self.photos_api, self.steps["Persist"])
        accept_object_wildcards(stack, storage)

    @property
    def monitored(self) -> tuple[Function, ...]:
        """The functions whose metrics alarms and dashboard read. Reprocess and Import report faults themselves."""
        return (self.photos_api, *self.steps.values(), self.reconcile, self.events)

    def _step(self, name: str, timeout_seconds: int, packages: Packages = "runtime") -> Function:
        memory_mib = self._environment.imaging_memory_mib if packages == "imaging" else LIGHT_MEMORY_MIB
        return self._function(name, module_of(name), packages, memory_mib, timeout_seconds)

    def _function(self, name: str, module: str, packages: Packages, memory_mib: int, timeout_seconds: int) -> Function:
        function = Function(
            self._stack,
            name,
            module=module,
            packages=packages,
            memory_mib=memory_mib,
            timeout_seconds=timeout_seconds,
            variables=self._variables,
            environment=self._environment,
        )
        grant_permissions(function, self._storage)
        return function
