"""Runs of `app.py`, and the cloud assemblies of the reference environments and of those of `cdk.json`.

Starting Node and loading the CDK library is most of a synthesis, so one process synthesizes all environments. The
assemblies stay below `.photosky/` until a source changes: all tests, pytest workers and test runs share them.
"""

import fcntl
import hashlib
import json
import os
import runpy
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

import diagrams.synthesis
from diagrams import reference
from diagrams.synthesis import Synthesized, read_assembly
from infrastructure.environment import Environment
from local.deploy import sources_digest
from tests.repository import ROOT

_OWN: Final[Mapping[str, Any]] = json.loads((ROOT / "cdk.json").read_text())["context"]

CONTEXT: Final[Mapping[str, Any]] = {**_OWN, "environments": reference.ENVIRONMENTS}
"""The flags of `cdk.json`, and the reference environments."""

ENVIRONMENTS: Final[list[str]] = sorted(reference.ENVIRONMENTS)

OWN: Final[Mapping[str, str]] = {
    f"own {name}": name for name, knobs in _OWN["environments"].items() if reference.ENVIRONMENTS.get(name) != knobs
}
"""The names of the assemblies of environments that `cdk.json` has in addition, or with other knobs, and theirs."""

EDGE: Final = "edge"
"""The name of the assembly of `local` with CloudFront."""

_ASSEMBLIES: Final[Mapping[str, Mapping[str, Any]]] = {
    **{name: {"env": name} for name in ENVIRONMENTS},
    **{assembly: {"env": name, "environments": _OWN["environments"]} for assembly, name in OWN.items()},
    EDGE: {"env": "local", "delivery": "cloudfront"},
}
_CACHE: Final = ROOT / ".photosky" / "assemblies"
_NOTES: Final = ("Installing the packages of ", "The functions get no bytecode")
"""The beginnings of lines on stderr that are no warnings."""

JSII_CACHE: Final = ROOT / ".photosky" / "jsii"
"""Where jsii unpacks the CDK library, 200 MB in 5 s of CPU time; by default, below each new home."""

_KEPT_SECONDS: Final = 7 * 86_400
_STAGING: Final = {
    "aws:cdk:enable-path-metadata": True,  # As the CDK CLI does.
    "aws:cdk:disable-asset-staging": True,  # The manifest refers to the built zip files, not to copies.
}


def run_app(context: Mapping[str, Any], folder: Path) -> None:
    """Run `app.py` in this process, with the context that the CDK CLI would pass; it synthesizes into `folder`.

    Raises SystemExit where `app.py` exits with a message, RuntimeError where cdk-nag has a finding.
    """
    import aws_cdk  # Here, because most tests need no Node.

    original = aws_cdk.App
    # The CLI passes both in environment variables, which Node reads when it starts.
    stand_in: Callable[[], aws_cdk.App] = lambda: original(context={**context, **_STAGING}, outdir=str(folder))  # noqa: E731
    aws_cdk.App = stand_in  # type: ignore[misc, assignment]
    try:
        runpy.run_path(str(ROOT / "app.py"), run_name="__main__")
    finally:
        aws_cdk.App = original  # type: ignore[misc]


def assembly(name: str) -> Path:
    """Return the cloud assembly of a reference environment, of `OWN` or `EDGE`, as `app.py` synthesizes it."""
    return _assemblies() / name


def synthesized(name: str) -> Synthesized:
    """Read the cloud assembly of a reference environment, or `EDGE`."""
    context = _ASSEMBLIES[name]
    environment = Environment.load(context["env"], CONTEXT["environments"], delivery=context.get("delivery"))
    return read_assembly(environment, assembly(name))


def variant(environment: Environment) -> Synthesized:
    """Synthesize an environment that has no assembly, once for the same sources."""
    content = repr(environment) + Path(diagrams.synthesis.__file__).read_text()
    folder = _assemblies() / "variants" / hashlib.sha256(content.encode()).hexdigest()[:16]
    if not folder.is_dir():
        scratch = folder.with_name(f".{folder.name}-{os.getpid()}")
        diagrams.synthesis.synthesize_environment(environment, scratch)
        scratch.rename(folder)
    return read_assembly(environment, folder)


def app_environment(home: Path) -> dict[str, str]:
    """Return the environment variables of a process that runs `app.py`: no credentials and no configuration."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "CDK_", "JSII_"))}
    return {
        **inherited,
        "HOME": str(home),
        # Node from this virtual environment: jsii warns on stderr about an old one.
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "JSII_RUNTIME_PACKAGE_CACHE_ROOT": str(JSII_CACHE),
    }


@cache
def _assemblies() -> Path:
    """Return the folder with an assembly per environment, synthesized unless it is there."""
    _CACHE.mkdir(parents=True, exist_ok=True)
    sources = (Path(__file__).read_text(), json.dumps(CONTEXT), sources_digest(ROOT))
    folder = _CACHE / hashlib.sha256("".join(sources).encode()).hexdigest()[:16]
    with (_CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not _is_complete(folder):
            _remove_unused()
            _synthesize_all(folder)
        os.utime(folder)
    return folder


def _is_complete(folder: Path) -> bool:
    """Tell whether the folder has every assembly, and the assets that they refer to still exist."""
    if not folder.is_dir():
        return False
    manifests = [json.loads(path.read_text()) for path in folder.glob("*/*.assets.json")]
    sources = [file["source"]["path"] for manifest in manifests for file in manifest["files"].values()]
    return len(manifests) == len(_ASSEMBLIES) and all(
        Path(path).exists() for path in sources if Path(path).is_absolute()
    )


def _remove_unused() -> None:
    for path in _CACHE.iterdir():
        if path.is_dir() and path.stat().st_mtime < time.time() - _KEPT_SECONDS:
            shutil.rmtree(path)


def _synthesize_all(folder: Path) -> None:
    """Synthesize all environments in another process; raises RuntimeError if one fails or warns on stderr."""
    shutil.rmtree(folder, ignore_errors=True)
    scratch = folder.with_name(f".{folder.name}")
    shutil.rmtree(scratch, ignore_errors=True)
    home = scratch / "home"
    home.mkdir(parents=True)
    command = [sys.executable, "-m", "tests.synthesis", str(scratch)]
    done = subprocess.run(  # noqa: S603 - this module
        command, cwd=ROOT, env=app_environment(home), capture_output=True, text=True, check=False
    )
    unexpected = [line for line in done.stderr.splitlines() if not line.startswith(_NOTES)]
    if done.returncode != 0 or unexpected:
        raise RuntimeError(f"app.py ended with code {done.returncode}:\n{done.stdout}{done.stderr}")
    shutil.rmtree(home)
    scratch.rename(folder)


if __name__ == "__main__":
    for name, context in _ASSEMBLIES.items():
        run_app({**CONTEXT, **context}, Path(sys.argv[1]) / name)
