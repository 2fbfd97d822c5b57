"""The page's pure functions, by Node's own test runner: `*.test.js` beside this file."""

import subprocess
from pathlib import Path

import pytest

from local.toolchain import program

FILES = sorted(Path(__file__).parent.glob("*.test.js"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_the_pages_functions_do_what_their_tests_say(file: Path) -> None:
    done = subprocess.run(  # noqa: S603 - ours
        [program("node"), "--test", "--test-reporter=spec", str(file)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
