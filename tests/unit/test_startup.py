"""The init phase in Lambda: clients exist before the first invocation, and the collector is enabled again."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence

import pytest

from photosky.settings import Settings
from tests.repository import ROOT

PROGRAM = """
import gc, importlib, json, sys
handlers = [importlib.import_module(name).handler for name in sys.argv[1:]]
from photosky.presigning import presigner
from photosky.store.media import media_bucket, s3_client
from photosky.store.photos import photos_table
makers = (photos_table, media_bucket, s3_client, presigner)
made = [maker.__name__ for maker in makers if maker.cache_info().currsize]
print(json.dumps({"made": made, "collects": gc.isenabled(), "frozen": gc.get_freeze_count() > 0}))
"""


CLIENTS = {
    "tasks.validate": ["photos_table", "media_bucket", "s3_client"],
    "tasks.previews": ["media_bucket", "s3_client"],
    "tasks.promote": ["media_bucket", "s3_client"],
    "tasks.persist": ["photos_table", "media_bucket", "s3_client", "presigner"],
    "api.handler": ["photos_table", "media_bucket", "s3_client", "presigner"],
}
"""What each handler's module makes in Lambda."""


@pytest.mark.parametrize("module", CLIENTS)
def test_clients_are_made_in_the_init_phase_of_lambda(module: str, deployed: Settings) -> None:
    in_lambda = {"LAMBDA_TASK_ROOT": str(ROOT)}
    assert run([module], deployed, in_lambda) == {"made": CLIENTS[module], "collects": True, "frozen": True}


def test_no_module_makes_clients_outside_lambda(deployed: Settings) -> None:
    assert run(list(CLIENTS), deployed, {}) == {"made": [], "collects": True, "frozen": False}


@pytest.fixture
def deployed() -> Settings:
    """The settings of a deployment."""
    from infrastructure.environment import Environment

    return Environment(name="dev", allowed_origins=("https://photos.example",)).settings("photos", "media", "1.0.0")


def run(modules: Sequence[str], deployed: Settings, more: dict[str, str]) -> object:
    """What a process reports that imported handlers."""
    environment = {
        "PATH": os.environ["PATH"],
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_EC2_METADATA_DISABLED": "true",
        **deployed.to_environment(),
        **more,
    }
    command = [sys.executable, "-c", PROGRAM, *modules]
    done = subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True)  # noqa: S603 - ours
    return json.loads(done.stdout.splitlines()[-1])
