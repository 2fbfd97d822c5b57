"""A running stack of the load's own, in a folder that goes with it, and its signed-in people."""

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
    """The deployment under load, and the account's root to look behind its API."""

    connection: Connection
    target: Target

    @classmethod
    def on(cls, folder: Path, connection: Connection) -> Self:
        """The stack that runs on this state folder."""
        credentials = Credentials(**json.loads((folder / "root.json").read_text()))
        return cls(connection, Target(connection.endpoint_url, credentials))

    @property
    def table_name(self) -> str:
        """The photos table."""
        outputs = stack_outputs(self.target, STACK)
        if outputs is None:
            raise LookupError(f"The stack {STACK} is not complete.")
        return outputs["PhotosTableName"]

    def client(self, service: str) -> Any:
        """An AWS client of the account's root."""
        return self.target.client(service)

    @contextmanager
    def throttled(self, rate_per_second: float, burst: int) -> Iterator[None]:
        """Let each route take so many requests only, while the block runs; then as many as before."""
        gateway = self.client("apigateway")
        api_id, stage_name = self.connection.api_url.split("/")[-2:]
        usual = gateway.get_stage(restApiId=api_id, stageName=stage_name)["methodSettings"]["*/*"]

        def set_to(rate: float, at_once: int) -> None:
            values = {"rateLimit": rate, "burstLimit": at_once}
            gateway.update_stage(
                restApiId=api_id,
                stageName=stage_name,
                patchOperations=[
                    {"op": "replace", "path": f"/*/*/throttling/{name}", "value": str(value)}
                    for name, value in values.items()
                ],
            )

        set_to(rate_per_second, burst)
        try:
            yield
        finally:
            set_to(usual["throttlingRateLimit"], usual["throttlingBurstLimit"])

    def wake_rarely_used(self) -> None:
        """Let Fail and Reconcile work once, which the people's requests do not reach or not soon.

        A first call takes 15 MiB for boto3's clients; met in the midst of a load it would look like growth. Raises
        RuntimeError when a function fails.
        """
        client = self.client("lambda")
        nobodys = {"owner_id": "nobody", "photo_id": new_photo_id(), "execution": "load", "error": "States.TaskFailed"}
        names = [function["FunctionName"] for function in client.list_functions()["Functions"]]
        for step, events in (("Fail", [nobodys]), ("Reconcile", [{"audit": False}, {"audit": True}])):
            (name,) = [name for name in names if name.startswith(f"{STACK}-{step}")]
            for event in events:
                answer = client.invoke(FunctionName=name, Payload=json.dumps(event))
                if "FunctionError" in answer:
                    raise RuntimeError(f"{name}: {answer['Payload'].read().decode()}")

    def make_person(self, number: int) -> str:
        """Make the person of this number a Cognito user, with the demo user's password; the username."""
        username = f"person-{number}@photosky.test"
        users.ensure(self.client("cognito-idp"), self.connection.user_pool_id, self.connection.password, username)
        return username

    def owner_id(self, username: str) -> str:
        """A person's `sub`, by which the table knows them."""
        user = self.client("cognito-idp").admin_get_user(UserPoolId=self.connection.user_pool_id, Username=username)
        return str(next(one["Value"] for one in user["UserAttributes"] if one["Name"] == "sub"))

    def sign_in(self, number: int) -> str:
        """Make this person; their ID token, which is good for an hour."""
        return users.id_token(replace(self.connection, username=self.make_person(number)))


@contextmanager
def stack() -> Iterator[Stack]:
    """The stack while the block runs; raises `local.commands.run.RunError` when it does not come up."""
    with tempfile.TemporaryDirectory(prefix="photosky-load-") as name:
        folder = Path(name)
        with running(folder) as connection:
            yield Stack.on(folder, connection)
