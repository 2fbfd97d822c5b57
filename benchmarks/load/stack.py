"""A temporary local stack and its users."""

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

from local import users
from local.commands.run import running
from local.connection import Connection
from local.deploy import STACK, Target, stack_outputs
from local.emulator.server import Credentials
from photosky.photo import new_photo_id


@dataclass(frozen=True)
class Stack:
    """A running stack, with the root credentials of its account."""

    connection: Connection
    target: Target

    @classmethod
    def open(cls, folder: Path, connection: Connection) -> Self:
        """The stack that runs with this state folder."""
        credentials = Credentials(**json.loads((folder / "root.json").read_text()))
        return cls(connection, Target(connection.endpoint_url, credentials))

    @property
    def table_name(self) -> str:
        """Name of the photos table."""
        outputs = stack_outputs(self.target, STACK)
        if outputs is None:
            raise LookupError(f"The stack {STACK} is not complete.")
        return outputs["PhotosTableName"]

    def client(self, service: str) -> Any:
        """An AWS client with the root credentials."""
        return self.target.client(service)

    @contextmanager
    def throttled(self, rate_per_second: float, burst: int) -> Iterator[None]:
        """Throttle each route to this rate and burst during a block, then restore the stage's throttle."""
        gateway = self.client("apigateway")
        api_id, stage_name = self.connection.api_url.split("/")[-2:]
        deployed = gateway.get_stage(restApiId=api_id, stageName=stage_name)["methodSettings"]["*/*"]

        def throttle(rate_limit: float, burst_limit: int) -> None:
            values = {"rateLimit": rate_limit, "burstLimit": burst_limit}
            gateway.update_stage(
                restApiId=api_id,
                stageName=stage_name,
                patchOperations=[
                    {"op": "replace", "path": f"/*/*/throttling/{name}", "value": str(value)}
                    for name, value in values.items()
                ],
            )

        throttle(rate_per_second, burst)
        try:
            yield
        finally:
            throttle(deployed["throttlingRateLimit"], deployed["throttlingBurstLimit"])

    def warm_up_functions(self) -> None:
        """Invoke Fail and Reconcile once, which the users' requests reach late or never.

        A first invocation takes 15 MiB for boto3's clients, which would look like growth in a running load test.
        Raises RuntimeError if a function fails.
        """
        client = self.client("lambda")
        missing = {"owner_id": "unknown", "photo_id": new_photo_id(), "execution": "load", "error": "States.TaskFailed"}
        names = [function["FunctionName"] for function in client.list_functions()["Functions"]]
        for step, events in (("Fail", [missing]), ("Reconcile", [{"audit": False}, {"audit": True}])):
            (name,) = [name for name in names if name.startswith(f"{STACK}-{step}")]
            for event in events:
                response = client.invoke(FunctionName=name, Payload=json.dumps(event))
                if "FunctionError" in response:
                    raise RuntimeError(f"{name}: {response['Payload'].read().decode()}")

    def create_user(self, number: int) -> str:
        """Create the user of this number, with the demo user's password; the username."""
        username = f"user-{number}@photosky.test"
        users.ensure(self.client("cognito-idp"), self.connection.user_pool_id, self.connection.password, username)
        return username

    def owner_id(self, username: str) -> str:
        """The user's `sub`, which is the owner ID of their photos."""
        user = self.client("cognito-idp").admin_get_user(UserPoolId=self.connection.user_pool_id, Username=username)
        return str(next(one["Value"] for one in user["UserAttributes"] if one["Name"] == "sub"))

    def sign_in(self, number: int) -> str:
        """Create the user of this number and sign in; the ID token, which is valid for an hour."""
        return users.id_token(replace(self.connection, username=self.create_user(number)))


@contextmanager
def temporary_stack() -> Iterator[Stack]:
    """Run a stack during a block. Raises `local.commands.run.RunError` if it does not start."""
    with tempfile.TemporaryDirectory(prefix="photosky-load-") as name:
        folder = Path(name)
        with running(folder) as connection:
            yield Stack.open(folder, connection)
