"""The page that `make docs` renders."""

import re

import pytest

from docs.__main__ import HERE, render
from tests.infrastructure.contract import contract, operations


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The page's source."""
    path = tmp_path_factory.mktemp("docs") / "index.html"
    render(path, print)
    return path.read_text(encoding="utf-8")


def test_the_page_holds_the_whole_contract(page: str) -> None:
    assert "<title>PhotoSky&#x27;s API</title>" in page
    for operation in operations().values():
        assert operation.document["summary"] in page
    for name in contract()["components"]["schemas"]:
        assert f'"{name}":{{' in page


def test_the_page_needs_nothing_from_elsewhere(page: str) -> None:
    head = (HERE / "page.hbs").read_text()
    (policy,) = re.findall(r'content="(default-src [^"]*)"', head)
    assert policy in page
    assert policy.startswith("default-src 'none'; ")
    assert not re.findall(r"https?:|\*", policy)
    assert not re.findall(r'<(?:script|link|img)[^>]*(?:src|href)="(?!#|data:)', page.split("<script", 1)[0])
