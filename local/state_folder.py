"""The folder that keeps a local stack's data, and how messages name it."""

import shlex
from pathlib import Path
from typing import Final

from local.toolchain import ROOT

DEFAULT: Final = ROOT / ".photosky"


def variable(folder: Path) -> str:
    """Return what a `make` command line needs to use this folder: ` STATE=…`, or nothing for the default folder."""
    return "" if folder.resolve() == DEFAULT else f" STATE={shown(folder)}"


def option(folder: Path) -> str:
    """Return what a `python -m local` command line needs to use this folder."""
    return "" if folder.resolve() == DEFAULT else f" --state {shown(folder)}"


def shown(path: Path) -> str:
    """Return a path as a person types it: relative if it is below the current folder."""
    here = Path.cwd()
    return shlex.quote(str(path.relative_to(here) if path.is_relative_to(here) else path))
