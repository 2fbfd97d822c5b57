"""`make docs`: the contract as a single HTML page that loads nothing from the network, and as a table in README."""

import re
import sys
from pathlib import Path
from typing import Final
from urllib.parse import quote

import yaml  # type: ignore[import-untyped, unused-ignore]

from docs import routes
from local.toolchain import ROOT, CommandFailed, Line, npm_packages, program, run

HERE: Final = Path(__file__).resolve().parent
CONTRACT: Final = ROOT / "api" / "openapi.yaml"
README: Final = ROOT / "README.md"
FOLDER: Final = ROOT / ".photosky" / "docs"

_OFFLINE: Final = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"}

_LOGO_URL: Final = re.compile(r"https://cdn\.redoc\.ly/redoc/logo-mini(?:-full)?\.svg")
"""Redoc's attribution loads its logo from a CDN, which the page's Content-Security-Policy blocks."""

_LOGO: Final = "data:image/svg+xml," + quote(
    '<svg xmlns="http://www.w3.org/2000/svg" width="56" height="16">'
    '<text y="12" font-family="sans-serif" font-size="12" fill="#777">Redocly</text></svg>'
)


def render(page: Path, on_line: Line) -> None:
    """Write the page with Redoc, which npm installs on first use. Raises CommandFailed."""
    cli = npm_packages(HERE, FOLDER / "redocly", on_line) / "@redocly" / "cli" / "bin" / "cli.js"
    page.parent.mkdir(parents=True, exist_ok=True)
    command = [program("node"), str(cli), "build-docs", str(CONTRACT), "--output", str(page), "--inlineBundle"]
    options = ["--template", str(HERE / "page.hbs"), "--title", "PhotoSky API"]
    run([*command, *options], cwd=HERE, environment=_OFFLINE, on_line=on_line)
    page.write_text(_LOGO_URL.sub(_LOGO, page.read_text(encoding="utf-8")), encoding="utf-8")


def main() -> None:
    """Write README's table, render the page and print its path. The tools' output is shown only if they fail."""
    page = FOLDER / "index.html"
    print("Rendering api/openapi.yaml ...", file=sys.stderr)
    try:
        _update_readme()
        render(page, lambda _line: None)
    except (CommandFailed, ValueError) as error:
        sys.exit(str(error))
    print(page)


def _update_readme() -> None:
    """Write the table of routes, if it has changed. Raises ValueError if README has none."""
    text = README.read_text(encoding="utf-8")
    updated = routes.update(text, yaml.safe_load(CONTRACT.read_text(encoding="utf-8")))
    if updated != text:
        README.write_text(updated, encoding="utf-8")
        print("README.md has a new table of routes.", file=sys.stderr)


if __name__ == "__main__":
    main()
