"""A client in TypeScript: generated from the contract, compiled strictly, and sent on the whole journey."""

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from local.connection import Connection
from local.toolchain import ROOT, npm_packages, program, run
from tests.infrastructure.contract import operations
from tests.local.client import Client, signed_up
from tests.pictures import encoded

SOURCE = ROOT / "tests" / "client"
CACHE = ROOT / ".photosky" / "client"

TYPES = ("--root-types", "--root-types-no-schema-prefix")
"""`import type { Photo }` instead of `components["schemas"]["Photo"]`."""


@pytest.fixture(scope="module")
def frontend(connection: Connection, aws: Callable[[str], Any]) -> Iterator[Client]:
    """A user without photos."""
    with signed_up(connection, aws("cognito-idp"), "frontend@photosky.test") as client:
        yield client


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The client's folder, with its packages and with what is generated from the contract."""
    folder = tmp_path_factory.mktemp("client")
    packages = npm_packages(SOURCE, CACHE, print)
    (folder / "node_modules").symlink_to(packages)
    for file in (*SOURCE.glob("*.ts"), SOURCE / "tsconfig.json", SOURCE / "package.json"):
        shutil.copyfile(file, folder / file.name)
    generator = packages / "openapi-typescript" / "bin" / "cli.js"
    contract = ROOT / "api" / "openapi.yaml"
    run([program("node"), str(generator), str(contract), *TYPES, "-o", "api.ts"], cwd=folder, on_line=print)
    return folder


def test_the_generated_client_compiles(project: Path) -> None:
    compiler = project / "node_modules" / "typescript" / "bin" / "tsc"
    run([program("node"), str(compiler), "--project", str(project)], cwd=project, on_line=print)


def test_the_generated_client_makes_the_whole_journey(project: Path, frontend: Client) -> None:
    picture = project / "picture.png"
    picture.write_bytes(encoded("png", size=(300, 200)))
    command = [program("node"), "journey.ts", frontend.api_url, frontend.token, str(picture)]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)  # noqa: S603 - our own client
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == sorted(f"{verb} {path}" for verb, path in operations())
