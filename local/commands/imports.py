"""`make import`: import a folder of originals, or an S3 prefix, into one user's photos, through the deployed ingest.

A prefix of a bucket that the stack names is imported within AWS (`local.commands.prefixes`), everything else through
this machine (`local.commands.importer`), with the same outcomes and the same report. An interrupted import is resumed
by starting it again. A rejected file leaves no record; the report has the reason.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from itertools import chain
from pathlib import Path

from local.commands import options, pictures, prefixes
from local.commands.importer import Stack, run
from local.commands.sources import S3, files
from local.connection import Connection
from local.deployed import Deployed
from local.errors import CommandError
from local.progress import Progress
from photosky.imaging.files import suffix
from photosky.originals import Became, Outcome


def main(arguments: Sequence[str]) -> int:
    """Import; the exit code is 1 if a file failed and can be retried."""
    parser = options.parser("import", __doc__)
    parser.add_argument("source", nargs="?", help="a folder, or s3://bucket/prefix")
    parser.add_argument("--env", help="an environment on AWS; default: the running stack")
    parser.add_argument("--owner", help="the user's name; default: the demo user of the running stack")
    parser.add_argument(
        "--report", type=Path, help="a file for each file's outcome, as JSON lines (import.jsonl, in --state or here)"
    )
    parser.add_argument("--here", action="store_true", help="read an S3 prefix through this machine in any case")
    given = parser.parse_args(arguments)
    if not given.source:
        raise CommandError("Name the originals: `make import SOURCE=~/Pictures`, or SOURCE=s3://bucket/prefix.")
    if given.env:
        if not given.owner:
            raise CommandError(f"Name the user in {given.env} who will own the photos: OWNER=user@example.com.")
        stack, owner, folder = Deployed.environment(given.env), given.owner, Path()
    else:
        live = Connection.read(given.state)
        stack, owner, folder = Deployed.here(live, given.state), given.owner or live.username, given.state
    report: Path = given.report or folder / "import.jsonl"
    counts = import_from(stack, given.source, owner, report, Progress(), is_here=given.here)
    print("\n".join(lines(counts, report)))
    return 1 if counts["failed"] else 0


def import_from(
    deployed: Deployed, source: str, owner: str, report: Path, progress: Progress, *, is_here: bool = False
) -> Counter[Became]:
    """Import a folder or `s3://bucket/prefix` for a user, and count the files by outcome.

    `report` gets one JSON line per file; an earlier report is replaced once there is an outcome. Raises CommandError.
    """
    stack = Stack.of(deployed)
    owner_id = stack.owner_id(owner)
    obstacle = prefixes.obstacle(deployed, source)
    if obstacle is None and not is_here:
        return _import_prefix(stack, deployed, source, owner_id, report, progress)
    if obstacle and source.startswith(S3):
        progress.say(obstacle)
    total, others = 0, Counter[str]()
    for file in files(source, stack.s3):
        if file.content_type:
            total += 1
        else:
            others[suffix(file.name)] += 1
    if others:
        progress.say(pictures.skipped_line(others))
    if not total:
        raise _no_pictures(source)
    with progress.bar(f"Importing {source}", total) as advance_to:
        found = run(stack, owner_id, (file for file in files(source, stack.s3) if file.content_type))
        return _write(found, report, progress, advance_to)


def _import_prefix(
    stack: Stack, deployed: Deployed, source: str, owner_id: str, report: Path, progress: Progress
) -> Counter[Became]:
    """Import a prefix by the deployed state machine, and write the report from its results."""
    others: Counter[str] = Counter()
    found = prefixes.outcomes(stack.s3, prefixes.run(deployed, source, owner_id, progress), others)
    first = next(found, None)
    counts = Counter[Became]() if first is None else _write(chain([first], found), report, progress)
    if others:
        progress.say(pictures.skipped_line(others))
    if first is None:
        raise _no_pictures(source)
    return counts


def _write(
    outcomes: Iterable[Outcome],
    report: Path,
    progress: Progress,
    advance_to: Callable[[int], object] = lambda _done: None,
) -> Counter[Became]:
    """Write the report, and print the files that were not imported."""
    counts: Counter[Became] = Counter()
    with report.open("w", encoding="utf-8") as output:
        for outcome in outcomes:
            counts[outcome.became] += 1
            line = {name: value for name, value in asdict(outcome).items() if value is not None}
            output.write(json.dumps(line, ensure_ascii=False) + "\n")
            output.flush()
            if outcome.became in ("rejected", "failed"):
                progress.say(f"{outcome.name}: {outcome.code}: {outcome.detail}")
            advance_to(counts.total())
    return counts


def _no_pictures(source: str) -> CommandError:
    return CommandError(f"There are no pictures in {source}.")


def lines(counts: Counter[Became], report: Path) -> Sequence[str]:
    """Return the summary for the terminal."""
    texts: dict[Became, str] = {
        "imported": "imported",
        "duplicate": "already there",
        "rejected": "rejected",
        "failed": "failed (start the import again)",
    }
    summary = ", ".join(f"{counts[became]} {text}" for became, text in texts.items() if counts[became])
    return [summary, f"Report: {report}"]
