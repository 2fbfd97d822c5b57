"""The arguments that make passes for its variables."""

import os
import stat
import subprocess
from pathlib import Path

import pytest

from local.toolchain import ROOT


def make(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run make with a Python that prints its arguments, one per line."""
    python = folder / "python"
    python.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    python.chmod(python.stat().st_mode | stat.S_IXUSR)
    unset = {"MAKEFLAGS", "MAKELEVEL", "MFLAGS", "ENV", "PORT", "STATE", "ARGS"}
    return subprocess.run(  # noqa: S603 - our own Makefile
        ["/usr/bin/env", "make", "-o", ".venv/.installed", f"BIN={folder}", *arguments],
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if name not in unset},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("variables", "arguments"),
    [
        (["run"], ["run"]),
        (["run", "PORT=0", "STATE=/my state"], ["run", "--state", "/my state", "--port", "0"]),
        (["demo", 'FOLDER=~/my "best" pics'], ["demo", '~/my "best" pics']),
        (["import", "SOURCE=~/my pics", "OWNER=a@b.example"], ["import", "--owner", "a@b.example", "~/my pics"]),
        (["import"], ["import"]),
        (["import", "ENV=dev", "SOURCE=s3://a/b", "ARGS=--here"], ["import", "--env", "dev", "--here", "s3://a/b"]),
        (["trace", "PHOTO=1", "STATE=s"], ["trace", "--state", "s", "1"]),
        (["reconcile", "STATE=s"], ["reconcile", "--state", "s"]),
        (["reprocess", "ENV=dev", "ARGS=--dry-run"], ["reprocess", "--env", "dev", "--dry-run"]),
        (["smoke", "STATE=s"], ["smoke", "--state", "s"]),
        (["smoke", "ENV=dev"], ["smoke", "--env", "dev"]),
        (["page", "ENV=dev", "ARGS=--if-enabled"], ["page", "--env", "dev", "--if-enabled"]),
        (["rollback", "ENV=dev", "ARGS=--yes"], ["rollback", "--env", "dev", "--yes"]),
        (["deploy", "ENV=dev"], ["cdk", "deploy", "-c", "env=dev"]),
        (["deploy"], ["cdk", "deploy", "-c", "env="]),
    ],
)
def test_variables_are_passed_as_arguments(variables: list[str], arguments: list[str], tmp_path: Path) -> None:
    done = make(tmp_path, *variables)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == ["-m", "local", *arguments]


@pytest.mark.parametrize("variable", ["env", "source", "port", "folder"])
def test_lower_case_variables_are_refused(variable: str, tmp_path: Path) -> None:
    done = make(tmp_path, "deploy", f"{variable}=dev")
    assert (done.returncode, done.stdout) == (2, "")
    assert f"{variable}=dev: write {variable.upper()}=dev, in capital letters" in done.stderr
