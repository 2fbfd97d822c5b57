"""The files of a commit in a folder, so that a benchmark can run its code next to this tree's."""

import io
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Final

from local.errors import CommandError
from local.toolchain import ROOT

FOLDER: Final = ROOT / ".photosky" / "bench" / "trees"
_SHARED: Final = ".photosky"
"""The folder of caches that all trees use: wheels, the CDK's command line, the page's packages."""


class UnknownCommit(CommandError):
    """The commit is not in this repository."""


def tree_of(commit: str) -> Path:
    """Return a folder with the files of a commit, after writing it if it is missing. Raises UnknownCommit."""
    tree = FOLDER / full_hash(commit)
    if not tree.is_dir():
        scratch = tree.with_suffix(".part")
        shutil.rmtree(scratch, ignore_errors=True)
        with zipfile.ZipFile(io.BytesIO(_git("archive", "--format=zip", tree.name))) as archive:
            archive.extractall(scratch)
        _install_packages(scratch)
        (scratch / _SHARED).symlink_to(ROOT / _SHARED, target_is_directory=True)
        scratch.rename(tree)
    return tree


def full_hash(commit: str) -> str:
    """Return the hash of a commit that is named by a part of it, a branch or a tag. Raises UnknownCommit."""
    try:
        return _git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{commit}^{{commit}}").decode().strip()
    except subprocess.CalledProcessError as error:
        raise UnknownCommit(f"{commit} is not a commit of this repository.") from error


def _install_packages(tree: Path) -> None:
    """Put what the tree's functions need next to its sources: this tree's environment may lack it."""
    pinned = ["--quiet", "--require-hashes", "--no-deps", "-r", str(tree / "requirements" / "runtime.txt")]
    command = [sys.executable, "-m", "uv", "pip", "install", *pinned, "--target", str(tree)]
    subprocess.run(command, check=True)  # noqa: S603 - the pinned uv


def _git(*arguments: str) -> bytes:
    return subprocess.run(["git", *arguments], cwd=ROOT, check=True, capture_output=True).stdout  # noqa: S603, S607
