"""The page that `make docs` renders."""

import re

import pytest

from docs.__main__ import HERE, main, render
from tests.infrastructure.contract import contract, operations


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The page's source."""
    path = tmp_path_factory.mktemp("docs") / "index.html"
    render(path, print)
    return path.read_text(encoding="utf-8")


def test_page_contains_the_whole_contract(page: str) -> None:
    assert "<title>PhotoSky API</title>" in page
    for operation in operations().values():
        assert operation.document["summary"] in page
    for name in contract()["components"]["schemas"]:
        assert f'"{name}":{{' in page


def test_page_loads_nothing_from_the_network(page: str) -> None:
    head = (HERE / "page.hbs").read_text()
    (policy,) = re.findall(r'content="(default-src [^"]*)"', head)
    assert policy in page
    assert policy.startswith("default-src 'none'; ")
    assert not re.findall(r"https?:|\*", policy)
    assert not re.findall(r'<(?:script|link|img)[^>]*(?:src|href)="(?!#|data:)', page.split("<script", 1)[0])


def test_page_has_no_image_that_its_policy_blocks(page: str) -> None:
    assert re.findall(r"https?://(?!media\.example/)[\w./-]+\.(?:svg|png|ico|gif|jpe?g|webp)\b", page) == []
    assert "data:image/svg+xml,%3Csvg" in page


def test_command_prints_only_the_path(page: str, capfd: pytest.CaptureFixture[str]) -> None:  # noqa: ARG001 - installs Redoc
    main()
    printed = capfd.readouterr()
    assert printed.err == "Rendering api/openapi.yaml ...\n"
    assert printed.out.endswith(".photosky/docs/index.html\n")
    assert printed.out.count("\n") == 1
