"""`app.py`: every environment synthesizes without credentials, and an invalid one is reported in one sentence."""

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, Final

import pytest

from infrastructure.environment import Environment
from tests.repository import ROOT
from tests.synthesis import CONTEXT, ENVIRONMENTS, app_environment, assembly, run_app

KNOBS: Final = {"allowed_origins": ["https://photos.example"]}

REFUSED: Final[Mapping[str, tuple[dict[str, Any], str]]] = {
    "no-environment": (
        {"environments": {"dev": KNOBS, "prod": KNOBS}},
        "Choose an environment with ENV=NAME (make) or -c env=NAME (cdk); cdk.json defines dev, prod.",
    ),
    "an-unknown-environment": (
        {"env": "qa", "environments": {"dev": KNOBS, "prod": KNOBS}},
        "There is no environment 'qa'; cdk.json defines dev, prod.",
    ),
    "no-environments-at-all": (
        {"env": "dev"},
        "cdk.json has no context.environments.",
    ),
    "an-unknown-knob": (
        {"env": "dev", "environments": {"dev": KNOBS | {"log_lvl": "DEBUG"}}},
        "The environment 'dev' has an unknown knob 'log_lvl'; the knobs are "
        f"{', '.join(sorted(field.name for field in fields(Environment) if field.name != 'name'))}.",
    ),
    "a-bad-value": (
        {"env": "dev", "environments": {"dev": KNOBS | {"url_ttl_seconds": "1h"}}},
        "The environment 'dev': url_ttl_seconds must be an integer from 60 to 43200, not '1h'.",
    ),
}


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_environment_synthesizes_without_credentials(name: str) -> None:
    assert (assembly(name) / f"PhotoSky-{name}.template.json").is_file()


def test_environments_are_synthesized_with_the_rules_for_templates(tmp_path: Path) -> None:
    # `tests/conftest.py` leaves them out of all other syntheses.
    assert "CDK_VALIDATION" not in app_environment(tmp_path)


@pytest.mark.parametrize("name", REFUSED)
def test_invalid_environment_is_reported_in_one_sentence(name: str, tmp_path: Path) -> None:
    context, message = REFUSED[name]
    with pytest.raises(SystemExit) as stopped:
        run_app(context, tmp_path)
    assert stopped.value.code == message


def test_process_prints_only_the_sentence(tmp_path: Path) -> None:
    context, message = REFUSED["an-unknown-environment"]
    done = subprocess.run(  # noqa: S603 - this interpreter, our own app
        [sys.executable, str(ROOT / "app.py")],
        cwd=ROOT,
        env={**app_environment(tmp_path), "CDK_CONTEXT_JSON": json.dumps(context)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (1, "", f"{message}\n")


def test_open_finding_of_cdk_nag_stops_the_synthesis(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from aws_cdk import Validations

    monkeypatch.setattr(Validations, "acknowledge", lambda *_: None)
    with pytest.raises(RuntimeError, match="ValidationFailed"):
        run_app({**CONTEXT, "env": "prod"}, tmp_path)
    assert "AwsSolutions-S1" in (tmp_path / "validation-report.json").read_text()
