"""An emulator without CDK, which starts in seconds, and a small stack for each patch."""

import json
import secrets
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from local.deploy import Target, local_api_url, stack_outputs
from local.emulator.server import root_credentials
from tests.local.client import NO_CERTIFICATES
from tests.local.emulator.template import TEMPLATE

ROOT = Path(__file__).resolve().parents[3]
STACK = "small"
PASSWORD = "Correct-horse-1!"
ORIGIN = "http://localhost:5173"

SERVE = f"""
import sys
from pathlib import Path
from local.emulator.latency import delays, draws, table
from local.emulator.server import Emulator

class Printed(draws.Latencies):
    def draw(self, service, operation):
        print(service, operation, flush=True)
        return super().draw(service, operation)

def sleep(seconds):
    print("waited", flush=True)

async def pause(seconds):
    sleep(seconds)

with Emulator(Path(sys.argv[1]), allowed_origins=[{ORIGIN!r}]) as emulator:
    print(emulator.endpoint_url, flush=True)
    for line in sys.stdin:
        if line.strip() == "delay":
            delays.start(delays.Delays(Printed(table.AWS), pause=pause, sleep=sleep))
        else:
            delays.stop()
        print(line.strip(), flush=True)
"""
"""Serves until its input ends. After the line `delay` it prints each drawn latency, and `waited` instead of waiting."""


@dataclass(frozen=True)
class Served:
    """A running emulator."""

    target: Target
    process: subprocess.Popen[str]


@contextmanager
def serve(folder: Path) -> Iterator[Served]:
    """Run an emulator in a separate process, which ends when its standard input is closed."""
    with subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-c", SERVE, str(folder)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        endpoint_url = process.stdout.readline().strip()
        assert endpoint_url, "the emulator did not start; see its error output"
        yield Served(Target(endpoint_url, root_credentials(folder / "root.json")), process)
        process.stdin.close()


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The emulator of these tests."""
    with serve(tmp_path_factory.mktemp("emulator")) as emulator:
        yield emulator


@pytest.fixture(scope="session")
def target(served: Served) -> Target:
    """The emulator's endpoint and root credentials for AWS clients."""
    return served.target


@pytest.fixture(scope="session")
def outputs(target: Target) -> dict[str, str]:
    """The small stack's outputs."""
    cloudformation = target.client("cloudformation")
    cloudformation.create_stack(
        StackName=STACK, TemplateBody=json.dumps(TEMPLATE), Capabilities=["CAPABILITY_NAMED_IAM"]
    )
    cloudformation.get_waiter("stack_create_complete").wait(StackName=STACK, WaiterConfig={"Delay": 1})
    result = stack_outputs(target, STACK)
    assert result is not None
    return result


@pytest.fixture(scope="session")
def http() -> Iterator[httpx.Client]:
    """An HTTP client that ignores the proxy settings of the environment."""
    with httpx.Client(trust_env=False, timeout=60, verify=NO_CERTIFICATES) as client:
        yield client


@pytest.fixture(scope="session")
def token(target: Target, outputs: dict[str, str], http: httpx.Client) -> Callable[[str, str], str]:
    """Create a user in a pool, given by the prefix of its outputs, and return its `IdToken` or `AccessToken`."""
    cognito = target.client("cognito-idp")

    def sign_in(pool: str, kind: str) -> str:
        pool_id, name = outputs[f"{pool}PoolId"], f"user-{secrets.token_hex(4)}"
        cognito.admin_create_user(UserPoolId=pool_id, Username=name, MessageAction="SUPPRESS")
        cognito.admin_set_user_password(UserPoolId=pool_id, Username=name, Password=PASSWORD, Permanent=True)
        body = {
            "AuthFlow": "USER_PASSWORD_AUTH",
            "ClientId": outputs[f"{pool}ClientId"],
            "AuthParameters": {"USERNAME": name, "PASSWORD": PASSWORD},
        }
        headers = {
            "X-Amz-Target": "AWSCognitoIdentityProviderService.InitiateAuth",
            "Content-Type": "application/x-amz-json-1.1",
        }
        response = http.post(f"{target.endpoint_url}/", content=json.dumps(body), headers=headers)
        return str(response.json()["AuthenticationResult"][kind])

    return sign_in


@pytest.fixture(scope="session")
def call(
    target: Target, outputs: dict[str, str], http: httpx.Client, token: Callable[[str, str], str]
) -> Callable[..., httpx.Response]:
    """Send a request to the API; by default with an ID token and an allowed origin."""
    api_url = local_api_url(outputs["ApiUrl"], target.endpoint_url)
    signed_in = {"Authorization": token("Own", "IdToken"), "Origin": ORIGIN}

    def send(method: str, path: str, headers: dict[str, str] | None = None, **options: Any) -> httpx.Response:
        return http.request(method, f"{api_url}{path}", headers=signed_in if headers is None else headers, **options)

    return send
