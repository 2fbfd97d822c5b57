"""`make rollback`: take an environment back to the last release whose smoke test passed, with its data as they are."""

import sys
from collections.abc import Sequence

from local.commands import options
from local.deployed import Deployed
from local.errors import CommandError
from local.progress import Progress
from local.releases import Releases


def main(arguments: Sequence[str]) -> int:
    """Go back after a confirmation."""
    parser = options.parser("rollback", __doc__)
    parser.add_argument("--env", help="an environment on AWS")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    given = parser.parse_args(arguments)
    if not given.env:
        raise CommandError("Name an environment: `make rollback ENV=dev`. The local stack is that of the sources.")
    releases = Releases.of(Deployed.environment(given.env), given.env)
    return roll_back(releases, given.env, Progress(), is_confirmed=given.yes)


def roll_back(releases: Releases, environment: str, progress: Progress, *, is_confirmed: bool) -> int:
    """Go back to the last tested release, and return the exit code. Raises NoWayBack and CommandError."""
    release = releases.way_back()
    name = f"{release.template.version} (commit {release.commit}, tested at {release.tested_at})"
    progress.say(f"From {releases.deployed().version} back to {name}. Records, objects and users stay as they are.")
    if not is_confirmed and not _confirms():
        progress.say("Nothing was changed.")
        return 1
    with progress.step("update of the stack"):
        releases.deploy(release)
    # Not run here: the smoke test of these sources compares the earlier release with a later contract.
    progress.say(f"Now run its own smoke test: git checkout {release.commit} && make smoke ENV={environment}")
    return 0


def _confirms() -> bool:
    if not sys.stdin.isatty():
        raise CommandError("There is no terminal to confirm on. Add ARGS=--yes.")
    return input("Go back? [y/N] ").strip().lower() in ("y", "yes")
