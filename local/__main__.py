"""`python -m local COMMAND`: the stack on this machine, and work on deployed environments."""

import errno
import importlib
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Final

COMMANDS: Final[Mapping[str, tuple[str, str]]] = {
    "run": ("run", "start the stack and keep it running"),
    "demo": ("demo", "send pictures through the running stack"),
    "import": ("imports", "import originals from a folder or an S3 prefix"),
    "export": ("export", "download one owner's originals and records"),
    "erase": ("erase", "remove one owner's photos and user"),
    "reprocess": ("reprocess", "renew all previews that differ from the presets"),
    "reconcile": ("reconcile", "repair records and objects of lost executions, and audit all of them"),
    "events": ("events", "print the events of photos as they happen"),
    "trace": ("trace", "print the traces of a photo or of a request"),
    "smoke": ("smoke", "use a deployed stack as a user does, and compare it with the contract"),
    "page": ("page", "write the page to the bucket behind an environment's CloudFront distribution"),
    "rollback": ("rollback", "take an environment back to the last release whose smoke test passed"),
    "token": ("token", "print an ID token of the demo user"),
    "cdk": ("cdk", "run the pinned CDK CLI on this app: cdk deploy -c env=dev"),
}
"""Each command's module in `local.commands`, and its help. A module's `main` takes the command's arguments."""

INTERRUPTED: Final = 130
"""The exit code of a process that SIGINT ended (POSIX shells: 128 + 2)."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code; expected failures are sentences, not tracebacks."""
    _replace_unprintable()
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        return _run(given)
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # The reader of a pipe ended first: `make trace … | head`.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:
        sentence = describe(error)
        if sentence is None:
            raise
        print(sentence, file=sys.stderr)
        return 1


def describe(error: Exception) -> str | None:
    """Describe an expected failure for the terminal; None for a defect of this program."""
    # Imported here, so that Ctrl-C during an import is handled as well.
    from botocore.exceptions import BotoCoreError, ClientError

    from local.errors import CommandError

    if isinstance(error, CommandError | BotoCoreError | ClientError):
        return str(error)
    if isinstance(error, OSError):
        place = f": {error.filename}" if error.filename else ""
        if error.errno == errno.ENOSPC:
            return f"The disk is full{place}. Free some space, then retry."
        return f"{error.strerror or error}{place}"
    return None


def _run(arguments: Sequence[str]) -> int:
    name = arguments[0] if arguments else "--help"
    if name not in COMMANDS:
        is_help = name in ("-h", "--help")
        print(_usage(), file=sys.stdout if is_help else sys.stderr)
        return 0 if is_help else 2
    module, _ = COMMANDS[name]
    return int(importlib.import_module(f"local.commands.{module}").main(arguments[1:]))


def _usage() -> str:
    commands = [f"  {name:<10} {text}" for name, (_, text) in COMMANDS.items()]
    return "\n".join(["usage: python -m local COMMAND [--help]", "", *commands])


def _replace_unprintable() -> None:
    """Print `?` for a character that the terminal's encoding lacks, as with PYTHONIOENCODING=ascii."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # A test's stream may be another class.
            stream.reconfigure(errors="replace")


if __name__ == "__main__":
    sys.exit(main())
