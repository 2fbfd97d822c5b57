"""`python -m local COMMAND`: the stack on this machine, and the CDK CLI; `--help` lists the commands."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from infrastructure import preflight
from infrastructure.environment import InvalidEnvironmentError
from infrastructure.preflight import MissingCredentialsError
from local import toolchain, users
from local.commands import demo, imports, reconcile, reprocess, trace
from local.commands.demo import DemoError
from local.commands.imports import ImportFailed
from local.commands.reconcile import ReconcileFailed
from local.commands.reprocess import ReprocessFailed
from local.commands.run import CLI_CACHE, DEFAULT_PORT, DEFAULT_STATE, RunError, run
from local.commands.trace import TraceNotFound
from local.connection import Connection, NotRunning
from local.deployed import Deployed, NotDeployed
from local.emulator.lock import Taken
from local.emulator.server import EmulatorError
from local.emulator.wrapping import Incompatible
from local.progress import Progress
from local.toolchain import CommandFailed


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        if given[:1] == ["cdk"]:  # What follows is the CLI's, options of ours among them.
            preflight.check(given[1:], os.environ)
            return toolchain.install(CLI_CACHE, _to_stderr).run_interactively(given[1:])
        options = _parser().parse_args(given)
        return int(options.command(options))
    except (
        InvalidEnvironmentError,
        MissingCredentialsError,
        EmulatorError,
        Taken,
        RunError,
        NotRunning,
        NotDeployed,
        DemoError,
        ReconcileFailed,
        ReprocessFailed,
        ImportFailed,
        CommandFailed,
        TraceNotFound,
        Incompatible,
        ClientError,
        BotoCoreError,
    ) as error:
        print(error, file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m local", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--state", type=Path, default=DEFAULT_STATE, help="folder that keeps everything (.photosky)")

    running = commands.add_parser("run", parents=[shared], help="start the stack and keep it running")
    running.add_argument(
        "--port", type=int, default=DEFAULT_PORT, help=f"on 127.0.0.1 ({DEFAULT_PORT}); 0 for a free one"
    )
    running.add_argument(
        "--demo", nargs="?", const=demo.SAMPLES, type=Path, metavar="FOLDER", help="send pictures once it runs"
    )
    running.set_defaults(command=_run)

    sending = commands.add_parser("demo", parents=[shared], help="send pictures through the running stack")
    sending.add_argument("folder", nargs="?", type=Path, default=demo.SAMPLES, help="of pictures; else samples")
    sending.set_defaults(command=_demo)

    signing = commands.add_parser("token", parents=[shared], help="print an ID token of the demo user")
    signing.set_defaults(command=_token)

    repairing = commands.add_parser("reconcile", parents=[shared], help="repair what dead executions left, and audit")
    repairing.set_defaults(command=_reconcile)

    tracing = commands.add_parser("trace", parents=[shared], help="print the traces of a photo or of a request")
    tracing.add_argument("id", help="a photo's, or a request's from X-Request-Id")
    tracing.set_defaults(command=_trace)

    renewing = commands.add_parser("reprocess", parents=[shared], help="bring all photos to the presets as they are")
    renewing.add_argument("--dry-run", action="store_true", help="only count what there is to do")
    renewing.add_argument("--env", help="an environment on AWS; else the running stack")
    renewing.set_defaults(command=_reprocess)

    importing = commands.add_parser("import", parents=[shared], help="import a folder or S3 prefix of originals")
    importing.add_argument("source", help="a folder, or s3://bucket/prefix")
    importing.add_argument("--env", help="an environment on AWS; else the running stack")
    importing.add_argument("--owner", help="the user's name; else the demo user, whom only the running stack has")
    importing.add_argument(
        "--report", type=Path, help="where each file's outcome goes, as a JSON line (import.jsonl in --state, or here)"
    )
    importing.set_defaults(command=_import)

    commands.add_parser("cdk", help="the pinned CDK CLI on this app, for any account: cdk deploy -c env=dev")
    return parser


def _run(options: argparse.Namespace) -> int:
    folder: Path | None = options.demo
    run(options.state, options.port, after=(lambda live, progress: _send(live, folder, progress)) if folder else None)
    return 0


def _demo(options: argparse.Namespace) -> int:
    return _send(Connection.read(options.state), options.folder, Progress())


def _send(live: Connection, folder: Path, progress: Progress) -> int:
    outcomes = demo.send(live, folder, progress)
    progress.table(demo.table(outcomes))
    return 1 if any(outcome.is_fault for outcome in outcomes) else 0


def _to_stderr(line: str) -> None:
    print(line, file=sys.stderr)


def _reconcile(options: argparse.Namespace) -> int:
    found = reconcile.reconcile(Connection.read(options.state), options.state, print)
    print("\n".join(found.lines()))
    return 0


def _trace(options: argparse.Namespace) -> int:
    progress = Progress()
    for found in trace.trees(Connection.read(options.state), options.state, options.id):
        progress.tree(found)
    return 0


def _reprocess(options: argparse.Namespace) -> int:
    if options.env:
        stack = Deployed.environment(options.env)
    else:
        stack = Deployed.here(Connection.read(options.state), options.state)
    report = reprocess.reprocess(stack, Progress(), dry_run=options.dry_run)
    print("\n".join(report.lines(dry_run=options.dry_run)))
    return 1 if report.faults else 0


def _import(options: argparse.Namespace) -> int:
    if options.env:
        if not options.owner:
            raise ImportFailed(f"Say whose the photos are to be in {options.env}, with --owner.")
        stack, owner, folder = Deployed.environment(options.env), options.owner, Path()
    else:
        live = Connection.read(options.state)
        stack, owner, folder = Deployed.here(live, options.state), options.owner or live.username, options.state
    report: Path = options.report or folder / "import.jsonl"
    counts = imports.import_from(stack, options.source, owner, report, Progress())
    print("\n".join(imports.lines(counts, report)))
    return 1 if counts["failed"] else 0


def _token(options: argparse.Namespace) -> int:
    print(users.id_token(Connection.read(options.state)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
