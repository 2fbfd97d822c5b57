"""The running API against the contract: schemathesis with all checks and phases, with and without a token.

`make contract SEED=7 EXAMPLES=500` uses another seed and more examples. `schemathesis.toml` has the settings; this
module adds the URL, the users and the photos of the stack under test.
"""

import json
import os
import subprocess
import sysconfig
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from local.connection import Connection
from local.toolchain import ROOT
from tests.infrastructure.contract import operations
from tests.local.client import Client, signed_up
from tests.pictures import encoded

PHASES = ("examples", "coverage", "fuzzing", "stateful")

SIGNED_OUT_EXAMPLES = 5
"""Per operation, and of one phase. Few are enough, because all of them get 401 from the same authorizer."""

READING = ("readPhoto", "downloadOriginal", "editPhoto", "ingestPhoto", "restorePhoto")
"""The operations that get existing photos; `deletePhoto` gets those that schemathesis created."""


@pytest.fixture(scope="module")
def owner(connection: Connection, aws: Callable[[str], Any]) -> Iterator[Client]:
    """The user whose photos schemathesis uses."""
    with signed_up(connection, aws("cognito-idp"), "owner@photosky.test") as client:
        yield client


@pytest.fixture(scope="module")
def stranger(connection: Connection, aws: Callable[[str], Any]) -> Iterator[Client]:
    """A user who must not get any of them."""
    with signed_up(connection, aws("cognito-idp"), "stranger@photosky.test") as client:
        yield client


def test_api_conforms_to_the_contract(
    owner: Client, stranger: Client, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    report = run(
        owner.api_url,
        tmp_path,
        _users(tmp_path, owner=owner, stranger=stranger) + _real_values(owner),
        seed=request.config.getoption("--contract-seed"),
        examples=request.config.getoption("--contract-examples"),
    )
    assert_clean(report)
    accepted = {
        operation: sum(phase["accepted"] for phase in phases.values())
        for operation, phases in report["valid_rates"].items()
    }
    assert min(accepted.values()) > 0, f"an operation accepted no request: {accepted}"


def test_api_conforms_to_the_contract_without_a_token(
    connection: Connection, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    seed = request.config.getoption("--contract-seed")
    phases = ("fuzzing",)
    report = run(connection.api_url, tmp_path, "", seed=seed, examples=SIGNED_OUT_EXAMPLES, phases=phases)
    assert_clean(report, phases)
    refused = {label for label in _labels() if label != "GET /health"}
    assert set(report["warnings"]["missing_auth"]) == refused


def run(
    api_url: str, folder: Path, configuration: str, *, seed: int, examples: int, phases: Sequence[str] = PHASES
) -> dict[str, Any]:
    """Run schemathesis with `schemathesis.toml` and further configuration, and return its report."""
    configured = folder / "schemathesis.toml"
    configured.write_text((ROOT / "schemathesis.toml").read_text() + "\n[cache]\nenabled = false\n" + configuration)
    report = folder / "report.json"
    command: list[str | Path] = [
        Path(sysconfig.get_path("scripts"), "schemathesis"),
        *("--config-file", configured, "run", "api/openapi.yaml"),
        *("--url", api_url, "--checks", "all", "--exclude-checks", "use_after_free", "--continue-on-failure"),
        *("--seed", str(seed), "--max-examples", str(examples), "--phases", ",".join(phases)),
        *("--report", "json", "--report-json-path", report),
        # Without the findings of earlier runs, so that runs are independent.
        *("--generation-database", "none"),
    ]
    # pytest shows the output if the test fails, or immediately with `-s`.
    subprocess.run(command, cwd=ROOT, env=os.environ | {"NO_PROXY": "127.0.0.1"}, check=False)  # noqa: S603 - our own command
    found: dict[str, Any] = json.loads(report.read_text())
    return found


def assert_clean(report: dict[str, Any], phases: Sequence[str] = PHASES) -> None:
    """Assert that all operations were tested in these phases, without findings."""
    assert (report["failures"], report["errors"], report["exit_code"]) == ([], [], 0)
    assert report["complete"]
    assert {name: report["phases"][name]["status"] for name in phases} == dict.fromkeys(phases, "success")
    assert report["operations"]["tested"] == report["operations"]["total"] == len(operations())


def _labels() -> list[str]:
    return [f"{verb} {path}" for verb, path in operations()]


def _users(folder: Path, **users: Client) -> str:
    """Configuration of the users: the first sends the requests, the others must not see its photos."""
    users_file = folder / "users.json"
    users_file.write_text(
        json.dumps(
            {
                "auth": [
                    {"name": name, "fixedHeaders": [{"name": "Authorization", "value": f"Bearer {user.token}"}]}
                    for name, user in users.items()
                ]
            }
        )
    )
    return f"\n[auth.wfc]\npath = {json.dumps(str(users_file))}\npeers = {json.dumps(list(users))}\n"


def _real_values(owner: Client) -> str:
    """Configuration of existing photos in all lasting statuses, and of cursors, which can't be generated."""
    photos = [owner.send(encoded("png", size=(40, 30), seed=seed), content_type="image/png")[0] for seed in range(3)]
    photos.append(owner.send(b"not an image")[0])
    photos.append(owner.create(b"never uploaded")["photo"]["photo_id"])
    pages = [owner.call("GET", "/photos", params={"limit": limit}).json() for limit in (1, 2)]
    changes = [owner.call("GET", "/changes", params={"limit": limit}).json() for limit in (1, 2)]
    values = {
        "photos": photos,
        "cursors": [page["next_cursor"] for page in pages],
        "changes": [page["next_cursor"] for page in changes],
    }
    tables = [f"[dictionaries.{name}]\nvalues = {json.dumps(found)}\n" for name, found in values.items()]
    bindings = [("listPhotos", "query.cursor", "cursors"), ("listChanges", "query.cursor", "changes")]
    bindings += [(name, "path.photo_id", "photos") for name in READING]
    tables += [
        f'[[operations]]\ninclude-operation-id = "{operation}"\n'
        f'parameters."{parameter}" = {{ dictionary = "{name}", probability = 0.5 }}\n'
        for operation, parameter, name in bindings
    ]
    return "\n".join(tables)
