"""Debian's Chromium on the page of a running stack: one stack and one browser for all, a new context for each test."""

import itertools
import secrets
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    Response,
    expect,
    sync_playwright,
)

from benchmarks.load.stack import Stack
from local.commands.run import running
from local.connection import Connection
from local.toolchain import ROOT, npm_packages
from tests.local.client import Client, signed_in

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

expect.set_options(timeout=30_000)  # Milliseconds; a machine that is busy with other work is no failure of the page.


def pytest_addoption(parser: pytest.Parser) -> None:
    """Where pictures of the page go for somebody to look at, and a stack that runs already."""
    parser.addoption("--screenshots", type=Path, help="folder for screenshots (none are kept)")
    parser.addoption("--state", type=Path, help="folder of a running stack to use (else one is started)")


@dataclass
class Trouble:
    """What went wrong in a browser: errors of the console, exceptions, requests that failed or were refused."""

    found: list[str] = field(default_factory=list)
    meant: list[str] = field(default_factory=list)
    allowed: list[str] = field(default_factory=list)

    def allows(self, part: str) -> None:
        """Say that trouble whose line holds this may happen."""
        self.allowed.append(part)

    def means(self, part: str) -> None:
        """Say that trouble whose line holds this is to happen; the test fails if there is none."""
        self.meant.append(part)

    def watch(self, page: Page) -> None:
        """Note all trouble of a page."""
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self.found.append(str(error)))
        page.on("requestfailed", self._on_failure)
        page.on("response", self._on_response)

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.found.append(f"console, {message.location['url']}: {message.text}")

    def _on_failure(self, request: Request) -> None:
        self.found.append(f"{request.method} {request.url}: {request.failure}")

    def _on_response(self, response: Response) -> None:
        if response.status >= 400:
            self.found.append(f"{response.request.method} {response.url}: {response.status}")

    def judge(self) -> None:
        """Raise AssertionError unless what was found is what was meant."""
        expected = [*self.meant, *self.allowed]
        assert [line for line in self.found if not any(part in line for part in expected)] == []
        assert [part for part in self.meant if not any(part in line for line in self.found)] == []


@pytest.fixture(scope="session")
def stack(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The running stack."""
    state: Path | None = request.config.getoption("--state")
    if state is not None:
        yield Stack.open(state, Connection.read(state))
        return
    folder = tmp_path_factory.mktemp("stack")
    with running(folder) as connection:
        yield Stack.open(folder, connection)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Chromium."""
    executable = shutil.which("chromium")
    if executable is None:
        pytest.fail("There is no chromium; as root: apt-get install --no-install-recommends chromium", pytrace=False)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def trouble() -> Iterator[Trouble]:
    """What goes wrong; nothing may that was not meant to."""
    found = Trouble()
    yield found
    found.judge()


@pytest.fixture
def look(request: pytest.FixtureRequest) -> dict[str, Any]:
    """How the browser presents itself; parametrized where it matters."""
    return {"viewport": {"width": 1280, "height": 800}, **getattr(request, "param", {})}


@pytest.fixture
def context(chromium: Browser, look: dict[str, Any], trouble: Trouble) -> Iterator[BrowserContext]:
    """A browser that nobody has used."""
    with chromium.new_context(**look) as fresh:
        fresh.on("page", trouble.watch)
        yield fresh


@pytest.fixture
def door(context: BrowserContext, stack: Stack) -> Page:
    """PhotoSky's page, where one signs in."""
    page = context.new_page()
    page.goto(stack.connection.page_url)
    return page


_numbers = itertools.count(secrets.randbelow(10**9))
"""Somebody new each time, also on a stack that knows many."""


@pytest.fixture
def username(stack: Stack) -> str:
    """Somebody without photos, whose password is the demo user's."""
    return stack.create_user(next(_numbers))


@pytest.fixture
def page(door: Page, username: str) -> Page:
    """The gallery of somebody without photos, who has signed in."""
    door.get_by_label("E-mail").fill(username)
    door.get_by_role("button", name="Sign in").click()
    expect(door.get_by_role("heading", name="No photos yet")).to_be_visible()
    return door


@pytest.fixture
def client(stack: Stack, username: str) -> Iterator[Client]:
    """The same person, by another way than the page."""
    with signed_in(stack.connection, username, stack.connection.password) as other:
        yield other


@pytest.fixture
def screenshot(request: pytest.FixtureRequest) -> Callable[[Page, str], None]:
    """Takes a picture of the page, where somebody wants to look at it."""
    folder: Path | None = request.config.getoption("--screenshots")

    def take(page: Page, name: str) -> None:
        if folder is not None:
            page.screenshot(path=folder / f"{name}.png")

    return take


@pytest.fixture(scope="session")
def axe() -> Path:
    """axe-core's script."""
    return npm_packages(Path(__file__).parent, AXE_CACHE, print) / "axe-core" / "axe.min.js"


@pytest.fixture
def accessible(axe: Path) -> Callable[[Page], None]:
    """Judges a page as it stands: raises AssertionError with axe's findings that are serious or critical."""

    def judge(page: Page) -> None:
        page.evaluate(axe.read_text())
        findings = page.evaluate("axe.run()")["violations"]
        assert [
            f"{finding['id']}: {node['html']}"
            for finding in findings
            if finding["impact"] in ("serious", "critical")
            for node in finding["nodes"]
        ] == []

    return judge
