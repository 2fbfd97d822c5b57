"""`make docs`: the contract as one page, in one file that needs nothing from elsewhere."""

import sys
from pathlib import Path
from typing import Final

from local.toolchain import ROOT, Line, npm_packages, program, run

HERE: Final = Path(__file__).resolve().parent
CONTRACT: Final = ROOT / "api" / "openapi.yaml"
FOLDER: Final = ROOT / ".photosky" / "docs"

_ALONE: Final = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"}


def render(page: Path, on_line: Line) -> None:
    """Write the page, by a Redoc that npm brings the first time. Raises CommandFailed."""
    cli = npm_packages(HERE, FOLDER / "redocly", on_line) / "@redocly" / "cli" / "bin" / "cli.js"
    page.parent.mkdir(parents=True, exist_ok=True)
    command = [program("node"), str(cli), "build-docs", str(CONTRACT), "--output", str(page), "--inlineBundle"]
    options = ["--template", str(HERE / "page.hbs"), "--title", "PhotoSky's API"]
    run([*command, *options], cwd=HERE, environment=_ALONE, on_line=on_line)


def main() -> None:
    """Render the page, and say where it is."""
    page = FOLDER / "index.html"
    render(page, lambda line: print(line, file=sys.stderr))
    print(page)


if __name__ == "__main__":
    main()
