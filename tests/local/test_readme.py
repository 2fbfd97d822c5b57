"""The examples in the documents, run as they are."""

import re
import subprocess
from pathlib import Path

import pytest

from local.toolchain import ROOT


@pytest.mark.usefixtures("connection")
@pytest.mark.parametrize("document", ["README.md", "docs/api.md"])
def test_examples_work_as_pasted(state: Path, document: str) -> None:
    blocks = re.findall(r"```sh example\n(.*?)```", (ROOT / document).read_text(), flags=re.DOTALL)
    # The stack under test has its state in another directory than `make run`.
    here = "".join(blocks).replace(".photosky/", f"{state}/").replace("local token", f"local token --state {state}")
    done = subprocess.run(  # noqa: S603 - our own documents
        ["/bin/bash", "-euo", "pipefail", "-c", here], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert '"status": "ready"' in done.stdout
    assert '"title": "Moon"' in done.stdout
    assert Path("/tmp/moon-again.jpg").read_bytes() == Path("/tmp/moon.jpg").read_bytes()  # noqa: S108 - as in the documents
    assert "urn:photosky:problem" not in done.stdout
