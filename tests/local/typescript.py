"""The TypeScript compiler, for the projects of the tests."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from local.toolchain import ROOT, npm_packages, program, run
from tests.checked import check_once

SOURCE: Final = ROOT / "tests" / "client"
CACHE: Final = ROOT / ".photosky" / "client"


def compile_project(folder: Path) -> None:
    """Check the types of a project. Raises CommandFailed."""
    compiler = npm_packages(SOURCE, CACHE, print) / "typescript" / "bin" / "tsc"

    def check() -> None:
        run([program("node"), str(compiler), "--project", str(folder)], cwd=folder, on_line=print)

    check_once("typescript", [str(compiler), *_contents(folder)], check)


def _contents(folder: Path) -> Iterator[bytes | str]:
    """The names and contents of all files, and the targets of links to packages, which name the digest of a lock."""
    for parent, folders, files in sorted(os.walk(folder)):
        for link in (Path(parent, name) for name in sorted(folders)):
            if link.is_symlink():
                yield str(link.readlink())
        for path in (Path(parent, name) for name in sorted(files)):
            yield str(path.relative_to(folder))
            yield path.read_bytes()
