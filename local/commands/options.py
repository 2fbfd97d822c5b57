"""Options that several commands share."""

import argparse
from pathlib import Path

from local import state_folder


def parser(name: str, description: str | None) -> argparse.ArgumentParser:
    """Make a command's parser, with the option for the state folder."""
    made = argparse.ArgumentParser(prog=f"python -m local {name}", description=description)
    made.add_argument(
        "--state", type=folder, default=state_folder.DEFAULT, metavar="FOLDER", help="the stack's data (.photosky)"
    )
    return made


def folder(text: str) -> Path:
    """Parse the name of a folder. A quoted `~` is expanded here, because the shell does not do it."""
    return Path(text).expanduser()
