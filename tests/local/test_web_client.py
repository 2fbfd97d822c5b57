"""The client of the page, `web/client`: its requests, and the examples in docs/api.md on the running stack."""

import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from local.connection import Connection
from local.toolchain import ROOT, program
from tests.local.client import Client, signed_up
from tests.local.test_page import typed_client
from tests.local.typescript import SOURCE, compile_project
from tests.pictures import encoded

FILES = ("web_client.test.mjs", "web_context.d.ts", "web_journey.js", "web_run.mjs")


@pytest.fixture(scope="module")
def user(connection: Connection, aws: Callable[[str], Any]) -> Iterator[Client]:
    """A new user."""
    with signed_up(connection, aws("cognito-idp"), "web-client@photosky.test") as client:
        yield client


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The client's modules, with the journey and the examples."""
    folder = typed_client(tmp_path_factory.mktemp("web-client"))
    for name in FILES:
        shutil.copyfile(SOURCE / name, folder / name)
    (folder / "examples.js").write_text(examples((ROOT / "docs" / "api.md").read_text()))
    return folder


def examples(document: str) -> str:
    """The examples as one module. Each is a block of its own, except the first, which makes the client."""
    first, *others = re.findall(r"```js\n(.*?)```", document, flags=re.DOTALL)
    imports = re.findall(r"^import .*\n", "".join((first, *others)), flags=re.MULTILINE)
    bodies = [re.sub(r"^import .*\n+", "", text, flags=re.MULTILINE) for text in (first, *others)]
    blocks = "".join(f"{{\n{body}}}\n" for body in bodies[1:])
    return f'/// <reference path="./web_context.d.ts" />\n{"".join(imports)}{bodies[0]}{blocks}'


def test_requests_are_those_of_the_contract(project: Path) -> None:
    command = [program("node"), "--test", "--test-timeout=20000", "--test-reporter=spec", "web_client.test.mjs"]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False, timeout=180)  # noqa: S603 - our own command
    assert done.returncode == 0, done.stdout + done.stderr


def test_examples_and_journey_compile(project: Path) -> None:
    compile_project(project)


def test_examples_and_journey_run(project: Path, user: Client) -> None:
    pictures = [project / "sea.png", project / "dunes.png"]
    for seed, picture in enumerate(pictures):
        picture.write_bytes(encoded("png", size=(120, 80), seed=seed))
    command = [program("node"), "web_run.mjs", user.api_url, user.token, *map(str, pictures)]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False, timeout=180)  # noqa: S603 - our own client
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == [
        ["showProgress", "creating", 0],
        ["showProgress", "uploading", 0],
        ["showProgress", "uploading", 1],
        ["showProgress", "ingesting", 1],
        ["show", True],
        ["showTrash", ["dunes.png"]],
        ["explain", 409, "PhotoNotTrashed"],
        ["showPeriod", "this month", 1],
        ["showPeriod", "2024-05", 1],
        ["showPage", ["dunes.png"]],
        ["showCopy", ["dunes.png", "sea.png"]],
        ["health", "ok"],
        ["unchanged", None],
        ["changed", "Dunes"],
        ["outdated", "PreconditionFailed"],
        ["edited", True],
        ["rejected", "CorruptImage"],
        ["stages", ["ingesting 8", "uploading 0", "uploading 8", "ingesting 8"]],
        ["duplicate", [True, "sea.png"]],
        ["original", True],
        ["pages", [["sea.png"], ["dunes.png"]]],
        ["first sync", [["dunes.png", "sea.png"], []]],
        ["second sync", [[], ["photo_id"]]],
        ["left", ["sea.png"]],
        ["gone", "PhotoNotFound"],
    ]
