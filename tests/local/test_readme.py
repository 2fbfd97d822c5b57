"""The README's example lines, run as they stand."""

import re
import subprocess
from pathlib import Path

import pytest

from local.toolchain import ROOT


@pytest.mark.usefixtures("connection")
def test_the_examples_of_the_readme_work_as_pasted(state: Path) -> None:
    (example,) = re.findall(r"```sh example\n(.*?)```", (ROOT / "README.md").read_text(), flags=re.DOTALL)
    # The stack under test keeps its state elsewhere than a person's.
    here = example.replace(".photosky/", f"{state}/").replace("local token", f"local token --state {state}")
    done = subprocess.run(  # noqa: S603 - our own README
        ["/bin/bash", "-euo", "pipefail", "-c", here], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert '"status": "ready"' in done.stdout
    assert '"title": "Moon"' in done.stdout
    assert Path("/tmp/moon-again.jpg").read_bytes() == Path("/tmp/moon.jpg").read_bytes()  # noqa: S108 - the README's own
    assert "urn:photosky:problem" not in done.stdout
