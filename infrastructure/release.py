"""`python -m infrastructure.release VERSION`: prepare a release, by editing the files that name the version.

It sets the version in `pyproject.toml` and `api/openapi.yaml`, and turns the changelog's Unreleased section into the
section of the new version. It commits nothing: it prints the commands that do.
"""

import re
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

from infrastructure.packaging import ROOT

PROJECT: Final = Path("pyproject.toml")
CONTRACT: Final = Path("api/openapi.yaml")
CHANGELOG: Final = Path("CHANGELOG.md")

_VERSION: Final = re.compile(
    r"(?P<core>(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)\.(?:0|[1-9]\d*))"
    r"(?:-(?P<pre_release>(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(?:\.(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*))?"
    r"(?:\+[0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*)?"
)
"""Semantic Versioning 2.0.0, the regular expression that its FAQ suggests."""

_PROJECT_VERSION: Final = re.compile(r'^version = "(?P<version>[^"]+)"$', flags=re.MULTILINE)
_UNRELEASED: Final = re.compile(
    r"^## \[Unreleased\]\n(?P<changes>.*?)(?=^## |^\[[^\]]+\]: |\Z)", flags=re.MULTILINE | re.DOTALL
)
_COMPARE_LINK: Final = re.compile(r"^\[Unreleased\]: (?P<base>\S+)/compare/(?P<tag>\S+)\.\.\.HEAD$", flags=re.MULTILINE)


class ReleaseError(Exception):
    """Raised when a release cannot be prepared; the message is one sentence for the terminal."""


def main(arguments: Sequence[str] = tuple(sys.argv[1:]), root: Path = ROOT) -> None:
    """Prepare a release from the command line. Exits with a sentence if it is refused."""
    version = arguments[0] if arguments else ""
    try:
        precedence(version)
        refuse_uncommitted_changes(root)
        prepare(root, version, datetime.now(UTC).date())
    except ReleaseError as error:
        sys.exit(str(error))
    print(f"{PROJECT}, {CONTRACT} and {CHANGELOG} name version {version}. Review the changes, then run:\n")
    print(f'  git commit --all --message "Release {version}"')
    print(f'  git tag --annotate v{version} --message "PhotoSky {version}"')
    print("  git push --follow-tags")


def refuse_uncommitted_changes(root: Path) -> None:
    """Raise ReleaseError if the working tree differs from its last commit."""
    command = ["git", "status", "--porcelain"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)  # noqa: S603 - a fixed command
    if done.returncode != 0:
        raise ReleaseError(f"A release needs a git repository: {done.stderr.strip()}")
    if done.stdout:
        raise ReleaseError("The working tree has uncommitted changes; commit or stash them first.")


def prepare(root: Path, version: str, today: date) -> None:
    """Edit the three files below `root`. Raises ReleaseError before the first edit, or edits all of them."""
    project, contract, changelog = (
        (root / path).read_text(encoding="utf-8") for path in (PROJECT, CONTRACT, CHANGELOG)
    )
    found = _PROJECT_VERSION.search(project)
    if found is None:
        raise ReleaseError(f"{PROJECT} has no version.")
    current = found["version"]
    if not precedence(current) < precedence(version):
        raise ReleaseError(f"The version must be higher than the current {current}, not {version}.")
    edited = {
        PROJECT: project.replace(found[0], f'version = "{version}"', 1),
        CONTRACT: _set_contract_version(contract, current, version),
        CHANGELOG: _close_section(changelog, version, today),
    }
    for path, text in edited.items():
        (root / path).write_text(text, encoding="utf-8")


def precedence(version: str) -> tuple[list[int], bool, list[tuple[bool, int, str]]]:
    """Return a key that sorts versions (Semantic Versioning 2.0.0, section 11). Raises ReleaseError."""
    found = _VERSION.fullmatch(version)
    if found is None:
        raise ReleaseError(f"The version must be a semantic version such as 1.2.3, not {version!r}.")
    core = [int(number) for number in found["core"].split(".")]
    identifiers = found["pre_release"].split(".") if found["pre_release"] else []
    # Numeric identifiers are lower than others, and a pre-release is lower than its release.
    ranked = [(not part.isdigit(), int(part) if part.isdigit() else 0, part) for part in identifiers]
    return core, not identifiers, ranked


def _set_contract_version(contract: str, current: str, version: str) -> str:
    """Replace the version of `info` and of the example of `/health`."""
    if f'\n  version: "{current}"\n' not in contract:
        raise ReleaseError(f"{CONTRACT} does not name the current version {current} in info.version.")
    return contract.replace(f'version: "{current}"', f'version: "{version}"')


def _close_section(changelog: str, version: str, today: date) -> str:
    """Turn Unreleased into the section of the version, below a new empty Unreleased (Keep a Changelog 1.1.0)."""
    section = _UNRELEASED.search(changelog)
    if section is None:
        raise ReleaseError(f"{CHANGELOG} has no section [Unreleased].")
    if not re.search(r"^- ", section["changes"], flags=re.MULTILINE):
        raise ReleaseError(f"The section [Unreleased] of {CHANGELOG} is empty; describe the changes first.")
    heading = f"## [Unreleased]\n\n## [{version}] - {today.isoformat()}\n"
    closed = changelog[: section.start()] + heading + section["changes"] + changelog[section.end() :]
    return _COMPARE_LINK.sub(
        lambda link: (
            f"[Unreleased]: {link['base']}/compare/v{version}...HEAD\n"
            f"[{version}]: {link['base']}/compare/{link['tag']}...v{version}"
        ),
        closed,
    )


if __name__ == "__main__":
    main()
