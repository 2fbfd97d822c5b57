"""Debian's Chromium on the page of a running stack: one stack and one browser for all, a new context for each test."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Response, sync_playwright

from local.connection import Connection
from local.run import running
from local.toolchain import ROOT, npm_packages

AXE_CACHE: Final = ROOT / ".photosky" / "axe"
FLAGS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
"""Chromium speaks to the stack alone, also as root in a container."""


@dataclass
class Trouble:
    """What went wrong in a browser without anybody saying so; a test takes out what it means to happen."""

    console: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def watch(self, page: Page) -> None:
        """Note every error of the console, every exception, and every request that fails."""
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self.console.append(str(error)))
        page.on("requestfailed", self._on_failure)
        page.on("response", self._on_response)

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.console.append(message.text)

    def _on_failure(self, request: Request) -> None:
        self.requests.append(f"{request.method} {request.url}: {request.failure}")

    def _on_response(self, response: Response) -> None:
        if response.status >= 400:
            self.requests.append(f"{response.request.method} {response.url}: {response.status}")


@pytest.fixture(scope="session")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the running stack keeps everything in."""
    return tmp_path_factory.mktemp("stack")


@pytest.fixture(scope="session")
def connection(state: Path) -> Iterator[Connection]:
    """The running stack."""
    with running(state) as live:
        yield live


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium."""
    executable = shutil.which("chromium")
    if executable is None:
        pytest.fail("There is no chromium; as root: apt-get install --no-install-recommends chromium", pytrace=False)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=executable, args=list(FLAGS))
        yield chromium
        chromium.close()


@pytest.fixture
def trouble() -> Iterator[Trouble]:
    """What went wrong; nothing may be left of it."""
    found = Trouble()
    yield found
    assert found == Trouble()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A browser that nobody has used."""
    with browser.new_context(viewport={"width": 1280, "height": 800}) as fresh:
        yield fresh


@pytest.fixture
def page(context: BrowserContext, trouble: Trouble, connection: Connection) -> Page:
    """PhotoSky's page, opened."""
    page = context.new_page()
    trouble.watch(page)
    page.goto(connection.page_url)
    return page


@pytest.fixture(scope="session")
def axe() -> Path:
    """axe-core's script."""
    return npm_packages(Path(__file__).parent, AXE_CACHE, print) / "axe-core" / "axe.min.js"


@pytest.fixture
def serious_findings(axe: Path) -> Callable[[Page], list[str]]:
    """Judges a page's accessibility as it stands: axe's findings that are serious or critical."""

    def judge(page: Page) -> list[str]:
        page.evaluate(axe.read_text())
        findings = page.evaluate("axe.run()")["violations"]
        return [
            f"{finding['id']}: {node['html']}"
            for finding in findings
            if finding["impact"] in ("serious", "critical")
            for node in finding["nodes"]
        ]

    return judge
