"""The page's modules without a document, by Node's test runner: the files `*.test.js` in this folder.

Each file is run as a program: with `--test`, Node would start a second process for it.
"""

import subprocess
from pathlib import Path

import pytest

from local.toolchain import program

FILES = sorted(Path(__file__).parent.glob("*.test.js"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_module(file: Path) -> None:
    done = subprocess.run(  # noqa: S603 - our own command
        [program("node"), "--test-reporter=spec", str(file)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
