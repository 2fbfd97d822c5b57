"""The page as the running stack serves it: its types hold against the contract, and it tells nothing to strangers."""

import shutil
from pathlib import Path

import httpx
import pytest

from local.commands.run import PAGE_CACHE
from local.connection import Connection
from local.emulator import serving
from local.toolchain import ROOT, npm_packages, program, run
from tests.local.client import Client
from tests.local.test_client import CACHE, TYPES
from tests.local.test_client import SOURCE as CLIENT
from tests.pictures import wrong_bytes


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page's modules beside the types of what they import, the contract's among them."""
    folder = tmp_path_factory.mktemp("page")
    (folder / "node_modules").symlink_to(serving.install(PAGE_CACHE, print))
    shutil.copytree(serving.SOURCE, folder, dirs_exist_ok=True)
    generator = npm_packages(CLIENT, CACHE, print) / "openapi-typescript" / "bin" / "cli.js"
    contract = [str(ROOT / "api" / "openapi.yaml"), *TYPES, "-o", "client/contract.d.ts"]
    run([program("node"), str(generator), *contract], cwd=folder, on_line=print)
    return folder


def test_the_pages_types_hold(project: Path) -> None:
    compiler = npm_packages(CLIENT, CACHE, print) / "typescript" / "bin" / "tsc"
    run([program("node"), str(compiler), "--project", str(project)], cwd=project, on_line=print)


def test_the_page_is_served_and_knows_the_stack(connection: Connection) -> None:
    with httpx.Client(trust_env=False, base_url=connection.page_url) as http:
        index = http.get("")
        assert (index.status_code, index.headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert http.get("config.json", headers={"Sec-Fetch-Site": "same-origin"}).json() == {
            "api_url": connection.api_url,
            "cognito_url": connection.endpoint_url,
            "client_id": connection.client_id,
            "executions_url": "executions",
            "username": connection.username,
            "password": connection.password,
        }


@pytest.mark.parametrize(
    "headers", [{"Origin": "http://localhost:5173"}, {"Sec-Fetch-Site": "cross-site"}, {"Host": "evil.example"}]
)
def test_another_page_is_told_nothing(connection: Connection, headers: dict[str, str]) -> None:
    for name in ("config.json", "executions", "executions/any"):
        answer = httpx.get(f"{connection.page_url}{name}", headers=headers, trust_env=False)
        assert answer.status_code == 403
        assert "access-control-allow-origin" not in answer.headers
        assert connection.password not in answer.text


def test_an_ingest_is_told_from_its_definition_to_its_trace(connection: Connection, demo: Client) -> None:
    photo_id, answer = demo.send(wrong_bytes(), filename="letter.jpg")
    name = answer.headers["X-Request-Id"]
    with httpx.Client(trust_env=False, base_url=connection.page_url) as http:
        listed = {one["name"]: one for one in http.get("executions").json()}
        told = http.get(f"executions/{name}").json()
        unknown = http.get("executions/nobody")
    expected = {"status": "SUCCEEDED", "outcome": "rejected", "code": "UnsupportedFormat", "photo_id": photo_id}
    expected |= {"filename": "letter.jpg", "photo_status": "rejected"}
    assert {key: listed[name][key] for key in expected} == expected
    assert {key: told[key] for key in expected} == expected
    assert told["definition"]["States"]["Validate"]["Comment"]
    way = [(visit["name"], visit["outcome"], visit["next"]) for visit in told["visits"]]
    assert way == [
        ("Validate", "succeeded", "Is it valid?"),
        ("Is it valid?", "succeeded", "Reject"),
        ("Reject", "succeeded", "Answered"),
        ("Answered", "succeeded", None),
    ]
    assert told["log_groups"][told["definition"]["States"]["Validate"]["Resource"]]
    assert {segment.get("origin") for segment in told["trace"]["segments"]} > {"AWS::StepFunctions::StateMachine"}
    assert unknown.status_code == 404
