"""The version of PhotoSky, as `pyproject.toml` has it; `make release` changes it."""

import tomllib
from typing import Final

from infrastructure.packaging import ROOT

VERSION: Final[str] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
