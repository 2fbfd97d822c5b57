"""The web page of the running stack: its types, its configuration, and its checks of `Host` and `Origin`."""

import shutil
from pathlib import Path

import httpx
import pytest

from local import page
from local.connection import Connection
from tests.local.client import NO_CERTIFICATES, Client, fetch
from tests.local.test_client import contract_types
from tests.local.typescript import compile_project
from tests.pictures import wrong_bytes


def typed_page(folder: Path) -> Path:
    """Copy the page's modules to a folder, with the types of their imports and of the contract."""
    shutil.copytree(page.SOURCE, folder, dirs_exist_ok=True)
    return _typed(folder)


def typed_client(folder: Path) -> Path:
    """As `typed_page`, but only the modules of the client, which import nothing of the page."""
    shutil.copytree(page.SOURCE / "client", folder / "client")
    for name in ("package.json", "tsconfig.json"):
        shutil.copyfile(page.SOURCE / name, folder / name)
    return _typed(folder)


def _typed(folder: Path) -> Path:
    (folder / "node_modules").symlink_to(page.install(print).packages)
    (folder / "client" / "contract.d.ts").write_text(contract_types())
    return folder


def test_page_compiles_against_the_contract(tmp_path: Path) -> None:
    compile_project(typed_page(tmp_path))


def test_page_is_served_with_the_stack_configuration(connection: Connection) -> None:
    with httpx.Client(trust_env=False, verify=NO_CERTIFICATES, base_url=connection.page_url) as http:
        index = http.get("")
        assert (index.status_code, index.headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert http.get("config.json", headers={"Sec-Fetch-Site": "same-origin"}).json() == {
            "api_url": connection.api_url,
            "cognito_url": connection.endpoint_url,
            "client_id": connection.client_id,
            "trash_days": 30,
            "self_sign_up": True,
            "mfa": "optional",
            "tile_previews": ["small", "medium"],
            "executions_url": "executions",
            "username": connection.username,
            "password": connection.password,
        }


@pytest.mark.parametrize(
    "headers", [{"Origin": "http://localhost:5173"}, {"Sec-Fetch-Site": "cross-site"}, {"Host": "evil.example"}]
)
def test_other_sites_get_no_configuration(connection: Connection, headers: dict[str, str]) -> None:
    for name in ("config.json", "executions", "executions/any"):
        response = fetch(f"{connection.page_url}{name}", headers=headers)
        assert response.status_code == 403
        assert "access-control-allow-origin" not in response.headers
        assert connection.password not in response.text


def test_execution_has_definition_visits_and_trace(connection: Connection, demo: Client) -> None:
    photo_id, response = demo.send(wrong_bytes(), filename="letter.jpg")
    name = response.headers["X-Request-Id"]
    with httpx.Client(trust_env=False, verify=NO_CERTIFICATES, base_url=connection.page_url) as http:
        listed = {execution["name"]: execution for execution in http.get("executions").json()}
        details = http.get(f"executions/{name}").json()
        unknown = http.get("executions/unknown")
    expected = {"status": "SUCCEEDED", "outcome": "rejected", "code": "UnsupportedFormat", "photo_id": photo_id}
    expected |= {"filename": "letter.jpg", "photo_status": "rejected"}
    assert {key: listed[name][key] for key in expected} == expected
    assert {key: details[key] for key in expected} == expected
    assert details["definition"]["States"]["Validate"]["Comment"]
    visits = [(visit["name"], visit["outcome"], visit["next"]) for visit in details["visits"]]
    assert visits == [
        ("Validate", "succeeded", "Is it valid?"),
        ("Is it valid?", "succeeded", "Reject"),
        ("Reject", "succeeded", "Answered"),
        ("Answered", "succeeded", None),
    ]
    assert details["log_groups"][details["definition"]["States"]["Validate"]["Resource"]]
    assert {segment.get("origin") for segment in details["trace"]["segments"]} > {"AWS::StepFunctions::StateMachine"}
    assert unknown.status_code == 404
