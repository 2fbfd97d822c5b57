"""An API that answers as a test says, and the context of a run with it."""

from collections.abc import Callable, Mapping
from typing import Any

import httpx

from infrastructure.environment import Environment
from local.deployed import Deployed
from local.smoke.api import Api
from local.smoke.cleanup import Cleanup
from local.smoke.context import Context
from local.smoke.contract import Contract

Answer = Callable[[httpx.Request], httpx.Response]


class Clients:
    """An account with the clients of a test."""

    def __init__(self, clients: Mapping[str, Any]) -> None:
        self._clients = clients

    def client(self, service: str, config: object = None) -> Any:
        """Return a service's client."""
        del config
        return self._clients[service]


def api_with(answer: Answer) -> Api:
    """Return an API with these answers."""
    client = httpx.Client(transport=httpx.MockTransport(answer))
    return Api("https://api.example/v1", client, Contract.read(), "token")


def context_with(answer: Answer, clients: Mapping[str, Any] | None = None, **knobs: object) -> Context:
    """Return the context of a run on a stack with these answers, clients and knobs."""
    environment = Environment.read("dev", {"allowed_origins": ["https://one.example", "https://two.example"], **knobs})
    return Context(Deployed(Clients(clients or {}), {}), environment, api_with(answer), Cleanup())
