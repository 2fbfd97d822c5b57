"""Checks of CDK commands before the CLI starts, and of the app without the wrapper."""

import json
import os
from pathlib import Path
from typing import Any, Final

import pytest

from infrastructure.environment import Environment, InvalidEnvironmentError
from infrastructure.preflight import MissingCredentialsError, check, check_app
from local.__main__ import main

KNOBS: Final = {"allowed_origins": ["https://photos.example"]}
ENVIRONMENTS: Final = {"dev": KNOBS, "local": {**KNOBS, "runtime": "host"}, "odd": {**KNOBS, "log_lvl": "DEBUG"}}
EMULATED: Final = {"AWS_ENDPOINT_URL": "http://127.0.0.1:4566"}
REFUSED: Final = "runs on this machine only"


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """Credentials of no account, and no configuration of this machine."""
    for name in os.environ:
        if name.startswith("AWS_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "example")
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder with a `cdk.json`."""
    (tmp_path / "cdk.json").write_text(json.dumps({"context": {"environments": ENVIRONMENTS}}))
    return tmp_path


@pytest.mark.parametrize("command", ["deploy", "diff", "destroy", "bootstrap", "watch", "rollback"])
def test_the_local_environment_is_not_deployed_to_aws(root: Path, command: str) -> None:
    with pytest.raises(InvalidEnvironmentError, match=REFUSED):
        check([command, "-c", "env=local"], {}, root)
    check([command, "-c", "env=local"], EMULATED, root)
    check([command, "-c", "env=dev"], {}, root)


@pytest.mark.parametrize("command", ["synth", "synthesize", "list", "ls"])
def test_the_local_environment_is_synthesized_without_an_endpoint(root: Path, command: str) -> None:
    check([command, "-c", "env=local"], {}, root)


@pytest.mark.parametrize(
    "arguments",
    [
        ["deploy", "--context", "env=local"],
        ["deploy", "--context=env=local"],
        ["deploy", "-cenv=local"],
        ["-c", "env=local", "deploy"],
        ["deploy", "-c", "other=1", "-c", "env=local", "--require-approval", "never"],
        ["deploy", "-c", "env=dev", "-c", "env=local"],
    ],
)
def test_the_environment_is_found_in_every_notation(root: Path, arguments: list[str]) -> None:
    with pytest.raises(InvalidEnvironmentError, match=REFUSED):
        check(arguments, {}, root)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("qa", "There is no environment 'qa'; cdk.json defines dev, local, odd."),
        ("DEV", "There is no environment 'DEV'; cdk.json defines dev, local, odd."),
        ("", "Choose an environment with ENV=NAME (make) or -c env=NAME (cdk); cdk.json defines dev, local, odd."),
    ],
)
def test_an_unknown_environment_is_refused(root: Path, name: str, message: str) -> None:
    with pytest.raises(InvalidEnvironmentError) as refused:
        check(["synth", "-c", f"env={name}"], {}, root)
    assert str(refused.value) == message


def test_an_invalid_knob_is_refused(root: Path) -> None:
    with pytest.raises(InvalidEnvironmentError, match="The environment 'odd' has an unknown knob 'log_lvl'"):
        check(["synth", "-c", "env=odd"], {}, root)


@pytest.mark.parametrize("arguments", [[], ["doctor"], ["--version"], ["deploy", "-c"], ["deploy", "-c", "other=1"]])
def test_a_command_without_an_environment_is_not_checked(root: Path, arguments: list[str]) -> None:
    check(arguments, {}, root)


@pytest.mark.parametrize("command", ["deploy", "diff", "destroy", "bootstrap"])
def test_missing_credentials_are_reported(root: Path, monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    with pytest.raises(MissingCredentialsError, match=f"^cdk {command} needs AWS credentials.*AWS_PROFILE"):
        check([command, "-c", "env=dev"], {}, root)
    check([command, "-c", "env=dev", "--profile", "photos"], {}, root)
    check([command, "-c", "env=dev"], EMULATED, root)
    check(["synth", "-c", "env=dev"], {}, root)


def test_the_app_refuses_the_account_of_the_credentials() -> None:
    local, dev = (Environment.read(name, ENVIRONMENTS[name]) for name in ("local", "dev"))
    account = {"CDK_DEFAULT_ACCOUNT": "123456789012"}
    with pytest.raises(InvalidEnvironmentError, match=REFUSED):
        check_app(local, account)
    check_app(local, {})
    check_app(local, account | EMULATED)
    check_app(dev, account)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["deploy", "-c", "env=local"], REFUSED),
        (["deploy", "-c", "env=qa"], "There is no environment 'qa'"),
        (["deploy", "-c", "env="], "Choose an environment"),
        (["deploy", "-c", "env=dev"], "AWS_PROFILE"),
    ],
)
def test_the_wrapper_refuses_before_the_cli_starts(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    def install(*_arguments: Any) -> None:
        pytest.fail("the CDK CLI was started")

    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.setattr("local.toolchain.install", install)
    assert main(["cdk", *arguments]) == 1
    printed = capsys.readouterr()
    assert message in printed.err
    assert printed.err.count("\n") == 1
    assert printed.out == ""
