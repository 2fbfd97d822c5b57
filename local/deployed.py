"""A deployed stack, with the clients to use it: the one on this machine, or an environment's on AWS."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, NoRegionError

from local import deploy
from local.connection import Connection
from local.deploy import Clients, Target
from local.emulator.server import root_credentials
from local.errors import CommandError

_MAX_ATTEMPTS: Final = 3


class NotDeployed(CommandError):
    """The stack does not exist, or cannot be read."""


class Account:
    """The AWS account and region that the process's environment names, as for the AWS CLI and the SDKs."""

    def __init__(self) -> None:
        # The AWS CLI and the CDK know AWS_REGION, boto3 does not.
        self._session = boto3.Session(region_name=os.environ.get("AWS_REGION"))

    def client(self, service: str, config: Config | None = None) -> Any:
        """Make a boto3 client for a service, with the caller's credentials."""
        shared = Config(retries={"max_attempts": _MAX_ATTEMPTS})
        create: Any = self._session.client  # Its overloads want the service's name at type-checking time.
        return create(service, config=shared.merge(config) if config else shared)


@dataclass(frozen=True)
class Deployed:
    """A complete stack: its clients and its outputs."""

    clients: Clients
    outputs: Mapping[str, str]

    @classmethod
    def here(cls, live: Connection, state: Path) -> Self:
        """Return the stack that runs on this machine, used as the account's root. Raises NotDeployed."""
        return cls._of(Target(live.endpoint_url, root_credentials(state / "root.json")), "local")

    @classmethod
    def environment(cls, name: str) -> Self:
        """Return an environment's stack on AWS. Raises NotDeployed."""
        try:
            return cls._of(Account(), name)
        except NoCredentialsError as error:
            raise NotDeployed("There are no AWS credentials. Set AWS_PROFILE or sign in as for the AWS CLI.") from error
        except NoRegionError as error:
            raise NotDeployed("There is no AWS region. Set AWS_REGION, or a region in the profile.") from error
        except (BotoCoreError, ClientError) as error:
            raise NotDeployed(f"The stack {deploy.stack_name(name)} cannot be read: {error}") from error

    @classmethod
    def _of(cls, clients: Clients, environment: str) -> Self:
        stack = deploy.stack_name(environment)
        outputs = deploy.stack_outputs(clients, stack)
        if outputs is None:
            raise NotDeployed(f"There is no complete stack {stack} in this account and region.")
        return cls(clients, outputs)
