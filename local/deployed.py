"""A deployed stack for whoever works on it from outside: the one on this machine, or an environment's on AWS."""

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

_MAX_ATTEMPTS: Final = 3


class NotDeployed(Exception):
    """There is no stack to work on; the message is one sentence for the terminal."""


class Account:
    """The account and region that the environment names, by the chain of the AWS CLI and the SDKs."""

    def __init__(self) -> None:
        # The AWS CLI and the CDK know AWS_REGION, boto3 does not.
        self._session = boto3.Session(region_name=os.environ.get("AWS_REGION"))

    def client(self, service: str, config: Config | None = None) -> Any:
        """A boto3 client for a service, as whoever the credentials are of."""
        shared = Config(retries={"max_attempts": _MAX_ATTEMPTS})
        create: Any = self._session.client  # Its overloads want the service's name at type-checking time.
        return create(service, config=shared.merge(config) if config else shared)


@dataclass(frozen=True)
class Deployed:
    """A complete stack: where it answers, and its outputs."""

    clients: Clients
    outputs: Mapping[str, str]

    @classmethod
    def here(cls, live: Connection, state: Path) -> Self:
        """The stack that runs on this machine, as the account's root. Raises NotDeployed."""
        return cls._of(Target(live.endpoint_url, root_credentials(state / "root.json")), "local")

    @classmethod
    def environment(cls, name: str) -> Self:
        """An environment's stack in the account and region that the process's environment names. Raises NotDeployed."""
        try:
            return cls._of(Account(), name)
        except NoCredentialsError as error:
            raise NotDeployed("There are no AWS credentials here; give some, as for the AWS CLI.") from error
        except NoRegionError as error:
            raise NotDeployed("There is no AWS region here; set AWS_REGION, or the profile's.") from error
        except (BotoCoreError, ClientError) as error:
            raise NotDeployed(f"AWS does not tell about {deploy.stack_name(name)}: {error}") from error

    @classmethod
    def _of(cls, clients: Clients, environment: str) -> Self:
        stack = deploy.stack_name(environment)
        outputs = deploy.stack_outputs(clients, stack)
        if outputs is None:
            raise NotDeployed(f"There is no complete stack {stack} in this account and region.")
        return cls(clients, outputs)
