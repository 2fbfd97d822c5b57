"""README and docs say what the code says, and their commands can be pasted into any shell."""

import json
import re
import subprocess
from dataclasses import fields
from pathlib import Path
from typing import Final

import pytest

from docs import routes
from infrastructure.environment import Environment
from photosky.imaging.presets import DEFAULT_PRESETS
from tests.infrastructure.contract import contract, operations
from tests.repository import ROOT, own_files

PAGES: Final = own_files("*.md")
MAX_README_LINES: Final = 200
MAX_TERMS: Final = 20


def rows(page: str, heading: str) -> list[list[str]]:
    """The rows of the table of a page whose head starts with `heading`."""
    table = (ROOT / page).read_text().split(f"\n{heading}", 1)[1].split("\n\n", 1)[0].splitlines()[2:]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in table]


def test_deploying_page_has_every_knob_with_its_default() -> None:
    documented = {
        name.strip("`"): default.strip("`") for name, default, _ in rows("docs/deploying.md", "| knob | default |")
    }
    knobs = {
        knob.name: _shown(knob.default) for knob in fields(Environment) if knob.name not in ("name", "allowed_origins")
    }
    assert documented == {"allowed_origins": "required"} | knobs


def test_readme_has_every_route_with_its_successes() -> None:
    documented = {
        route.strip("`"): set(re.findall(r"\b[23]\d\d\b", success))
        for route, _, success in rows("README.md", "| route | does |")
    }
    assert documented == {
        f"{verb} {path}": {str(status) for status in operation.responses if status < 400}
        for (verb, path), operation in operations().items()
    }


def test_readme_has_the_table_that_make_docs_writes() -> None:
    text = (ROOT / "README.md").read_text()
    assert routes.update(text, contract()) == text


def test_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text().splitlines()) < MAX_README_LINES


def test_glossary_has_at_most_twenty_terms() -> None:
    assert len(rows("docs/architecture.md", "| term | meaning |")) <= MAX_TERMS


@pytest.mark.parametrize(
    "page", PAGES, ids=lambda page: page.name if page.parent == ROOT else f"{page.parent.name}/{page.name}"
)
def test_shell_blocks_can_be_pasted(page: Path) -> None:
    for block in re.findall(r"```sh[^\n]*\n(.*?)```", page.read_text(), flags=re.DOTALL):
        commands = re.sub(r"<<'(\w+)'.*?\n\1\n", "\n", block, flags=re.DOTALL)
        # Interactive zsh, macOS's default shell, has no comments: what follows a # would be arguments.
        assert re.findall(r"(?:^|\s)#.*", commands) == []
        checked = subprocess.run(["bash", "-n"], input=block, capture_output=True, text=True, check=False)  # noqa: S607
        assert checked.stderr == ""


@pytest.mark.parametrize(
    "page", PAGES, ids=lambda page: page.name if page.parent == ROOT else f"{page.parent.name}/{page.name}"
)
def test_links_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text())
    assert [target for target in targets if not (page.parent / target).exists()] == []


def _shown(default: object) -> str:
    if default is DEFAULT_PRESETS:
        return "four WebP presets"
    if default is None or isinstance(default, bool):
        return str(default).lower()
    if isinstance(default, tuple):
        return json.dumps(default)
    return str(default)
