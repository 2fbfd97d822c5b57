"""One version: of the project, the contract, the changelog, the functions and the stack."""

import re
import tomllib

from diagrams.synthesis import Synthesized
from infrastructure.packaging import ROOT
from infrastructure.release import CHANGELOG, precedence
from infrastructure.version import VERSION
from tests.infrastructure.contract import contract


def test_the_version_is_that_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["version"] == VERSION
    assert precedence(VERSION)


def test_the_contract_names_the_version() -> None:
    assert contract()["info"]["version"] == VERSION
    health = contract()["paths"]["/health"]["get"]["responses"]["200"]["content"]["application/json"]
    assert health["example"] == {"status": "ok", "version": VERSION}


def test_the_newest_release_of_the_changelog_is_the_version() -> None:
    headings = re.findall(r"^## \[([^]]+)\](?: - (\S+))?$", (ROOT / CHANGELOG).read_text(), flags=re.MULTILINE)
    (unreleased, _), *releases = headings
    assert unreleased == "Unreleased"
    assert releases[0][0] == VERSION
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\d", day) for _, day in releases)
    assert [precedence(version) for version, _ in releases] == sorted(
        (precedence(version) for version, _ in releases), reverse=True
    )


def test_the_stack_and_its_functions_name_the_version(stack: Synthesized) -> None:
    assert stack.template.document["Description"] == (
        f"PhotoSky {VERSION}, the backend of a photo app ({stack.environment.name})"
    )
    functions = stack.template.all("AWS::Lambda::Function")
    assert {f.properties["Environment"]["Variables"]["PHOTOSKY_VERSION"] for f in functions} == {VERSION}
