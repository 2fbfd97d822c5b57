"""What the steps of a smoke test share: the stack, what is expected of it, and what earlier steps have made."""

import base64
import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from infrastructure.environment import Environment
from local.commands.events import Queue
from local.deploy import stack_name
from local.deployed import Deployed
from local.smoke.api import Api
from local.smoke.cleanup import Cleanup
from local.smoke.pictures import Picture

JPEG: Final = "jpeg"
"""The format of the photo that most steps use."""


@dataclass(frozen=True)
class Sent:
    """A photo that was created, uploaded and ingested."""

    photo_id: str
    picture: Picture
    upload_url: str
    request_id: str
    """Of the ingest: the name of its execution."""
    trace_id: str
    """Of the ingest."""
    photo: Mapping[str, Any]
    """The response of the ingest."""


@dataclass
class Context:
    """One run."""

    stack: Deployed
    environment: Environment
    api: Api
    cleanup: Cleanup
    previews_url: str | None = None
    """The address of the distribution, if there is one."""
    suffix: str = field(default_factory=lambda: secrets.token_hex(4))
    """Distinguishes what this run makes from that of other runs."""
    started: float = field(default_factory=time.time)
    """Seconds since the epoch."""
    sent: dict[str, Sent] = field(default_factory=dict)
    """By format."""
    queue: Queue | None = None
    """The queue of the user's events."""
    changes: list[str] = field(default_factory=list)
    """The events of the JPEG's photo that the steps have caused."""
    outdated_etag: str = ""
    """Of the JPEG's photo before its edit."""

    @property
    def jpeg(self) -> Sent:
        """The photo of most steps, which need its step."""
        return self.sent[JPEG]

    @property
    def owner_id(self) -> str:
        """The `sub` of the temporary user's ID token, which the API has to accept."""
        payload = (self.api.token or "").split(".")[1]
        return str(json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["sub"])

    @property
    def stack_name(self) -> str:
        """The stack's name."""
        return stack_name(self.environment.name)

    @cached_property
    def resources(self) -> Mapping[str, list[str]]:
        """The physical ids of the stack's resources, by type."""
        pages = self.stack.clients.client("cloudformation").get_paginator("list_stack_resources")
        found: dict[str, list[str]] = {}
        for page in pages.paginate(StackName=self.stack_name):
            for resource in page["StackResourceSummaries"]:
                found.setdefault(resource["ResourceType"], []).append(resource["PhysicalResourceId"])
        return found
