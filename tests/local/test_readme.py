"""The README's example lines, run as a person pastes them."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Final

import pytest

from local.toolchain import ROOT

SHELLS: Final = {
    "bash": ["bash", "--norc", "--noprofile", "-i"],
    # The default shell of macOS; interactive, it has no comments unless they are switched on.
    "zsh": ["zsh", "-f", "-i"],
}
ERRORS: Final = re.compile(
    r"command not found|no matches found|parse error|syntax error|Traceback|curl: \(", re.IGNORECASE
)


@pytest.mark.usefixtures("connection")
@pytest.mark.parametrize("shell", SHELLS)
def test_readme_example_runs_as_pasted(shell: str, state: Path, tmp_path: Path) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    (example,) = re.findall(r"```sh example\n(.*?)```", (ROOT / "README.md").read_text(), flags=re.DOTALL)
    # The stack under test has a state directory of its own, and so have two shells at the same time.
    pasted = (
        # First, because the state directory can be below /tmp.
        example.replace("/tmp/", f"{tmp_path}/")  # noqa: S108 - the README's own
        .replace(".photosky/", f"{state}/")
        .replace("local token", f"local token --state {state}")
    )
    done = subprocess.run(  # noqa: S603 - our own README
        SHELLS[shell], input=pasted, cwd=ROOT, capture_output=True, text=True, check=False, start_new_session=True
    )
    assert ERRORS.findall(done.stdout + done.stderr) == []
    assert done.returncode == 0, done.stderr
    assert '"status": "ready"' in done.stdout
    assert '"title": "Moon"' in done.stdout
    assert "urn:photosky:problem" not in done.stdout
    assert (tmp_path / "moon-again.jpg").read_bytes() == (tmp_path / "moon.jpg").read_bytes()
