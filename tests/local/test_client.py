"""A TypeScript client generated from the contract: it compiles strictly, and completes a journey."""

import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from local.connection import Connection
from local.toolchain import ROOT, npm_packages, program, run
from tests.infrastructure.contract import operations
from tests.local.client import Client, signed_up
from tests.local.typescript import CACHE, SOURCE, compile_project
from tests.pictures import encoded

TYPES = ("--root-types", "--root-types-no-schema-prefix")
"""`import type { Photo }` instead of `components["schemas"]["Photo"]`."""


EXAMPLE_CONTEXT = """
declare const API_URL: string, token: string, photo_id: string;
declare function show(url: string | undefined, width: number, height: number): void;
declare function explain(detail: string): void;
"""
"""The declarations that the example in docs/api.md relies on."""


@pytest.fixture(scope="module")
def frontend(connection: Connection, aws: Callable[[str], Any]) -> Iterator[Client]:
    """A new user."""
    with signed_up(connection, aws("cognito-idp"), "frontend@photosky.test") as client:
        yield client


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The client's directory, with its packages and the types generated from the contract."""
    folder = tmp_path_factory.mktemp("client")
    packages = npm_packages(SOURCE, CACHE, print)
    (folder / "node_modules").symlink_to(packages)
    for file in (*SOURCE.glob("*.ts"), SOURCE / "tsconfig.json", SOURCE / "package.json"):
        shutil.copyfile(file, folder / file.name)
    (example,) = re.findall(r"```ts\n(.*?)```", (ROOT / "docs" / "api.md").read_text(), flags=re.DOTALL)
    (folder / "example.ts").write_text(example + EXAMPLE_CONTEXT)
    (folder / "api.ts").write_text(contract_types())
    return folder


@cache
def contract_types() -> str:
    """The types generated from the contract; three projects are compiled with them."""
    generator = npm_packages(SOURCE, CACHE, print) / "openapi-typescript" / "bin" / "cli.js"
    contract = ROOT / "api" / "openapi.yaml"
    with TemporaryDirectory() as folder:
        path = Path(folder) / "types.ts"
        run([program("node"), str(generator), str(contract), *TYPES, "-o", str(path)], cwd=SOURCE, on_line=print)
        return path.read_text()


def test_client_and_example_compile(project: Path) -> None:
    compile_project(project)


def test_client_completes_the_journey(project: Path, frontend: Client) -> None:
    picture = project / "picture.png"
    picture.write_bytes(encoded("png", size=(300, 200)))
    command = [program("node"), "journey.ts", frontend.api_url, frontend.token, str(picture)]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)  # noqa: S603 - our own client
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == sorted(f"{verb} {path}" for verb, path in operations())
