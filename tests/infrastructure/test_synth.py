"""`python app.py`, as the CDK CLI runs it: synthesis without credentials, and messages about mistakes."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

import pytest

from infrastructure.packaging import ROOT
from tests.infrastructure.conftest import ENVIRONMENTS

WITHOUT_ACCEPTING: Final = """
import runpy
from infrastructure import findings
findings.accept = lambda construct, *rules, because: None
runpy.run_path("app.py")
"""
"""`app.py` without accepted findings."""

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
        "The environment 'dev' has an unknown knob 'log_lvl'; the knobs are alarm_email, allowed_origins, "
        "api_memory_mib, empty_bucket_on_delete, imaging_memory_mib, location_policy, log_execution_data, log_level, "
        "log_retention_days, max_frames, max_upload_bytes, presets, reprocess_concurrency, retain_data, runtime, "
        "self_sign_up, throttle_burst, throttle_rate_per_second, trace_sampling_percent, tracing, url_ttl_seconds.",
    ),
    "a-bad-value": (
        {"env": "dev", "environments": {"dev": KNOBS | {"url_ttl_seconds": "1h"}}},
        "The environment 'dev': url_ttl_seconds must be an integer from 60 to 43200, not '1h'.",
    ),
}


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder to which jsii unpacks the CDK's library, shared by all runs."""
    return tmp_path_factory.mktemp("jsii")


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory, unpacked: Path) -> dict[str, subprocess.CompletedProcess[str]]:
    """All runs of this module, two at a time: each starts a Node process and takes seconds."""
    environments = json.loads((ROOT / "cdk.json").read_text())["context"]["environments"]
    contexts = {name: {"env": name, "environments": environments} for name in ENVIRONMENTS}
    contexts |= {name: context for name, (context, _) in REFUSED.items()}
    with ThreadPoolExecutor(max_workers=2) as pool:
        done = pool.map(lambda name: _synth(contexts[name], tmp_path_factory.mktemp(name), unpacked), contexts)
        return dict(zip(contexts, done, strict=True))


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_an_environment_is_synthesized_without_credentials(
    runs: dict[str, subprocess.CompletedProcess[str]], name: str
) -> None:
    assert (runs[name].returncode, runs[name].stderr) == (0, "")


@pytest.mark.parametrize("name", REFUSED)
def test_a_mistake_ends_with_one_sentence(runs: dict[str, subprocess.CompletedProcess[str]], name: str) -> None:
    assert runs[name].stderr == f"{REFUSED[name][1]}\n"
    assert runs[name].returncode == 1


def test_an_open_finding_of_cdk_nag_stops_the_synthesis(tmp_path: Path, unpacked: Path) -> None:
    environments = json.loads((ROOT / "cdk.json").read_text())["context"]["environments"]
    done = _synth({"env": "prod", "environments": environments}, tmp_path, unpacked, ["-c", WITHOUT_ACCEPTING])
    assert "Acknowledge with 'AwsSolutions::AwsSolutions-S1'" in done.stdout + done.stderr
    assert done.returncode == 1


def _synth(
    context: Mapping[str, Any], folder: Path, unpacked: Path, program: Sequence[str] = (str(ROOT / "app.py"),)
) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "CDK_", "JSII_"))}
    home = folder / "home"
    home.mkdir()
    return subprocess.run(  # noqa: S603 - this interpreter, our own app
        [sys.executable, *program],
        cwd=ROOT,
        env={
            **inherited,
            "HOME": str(home),
            # Another Node on the PATH may be too old, about which jsii warns on stderr.
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            # By default, jsii unpacks the CDK's library into the home folder, once for each run.
            "JSII_RUNTIME_PACKAGE_CACHE_ROOT": str(unpacked),
            "CDK_OUTDIR": str(folder / "cdk.out"),
            "CDK_CONTEXT_JSON": json.dumps({**context, "aws:cdk:disable-asset-staging": True}),
        },
        capture_output=True,
        text=True,
        check=False,
    )
