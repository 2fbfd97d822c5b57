"""Chromium on the page of a running stack: one stack and one browser for all tests, a new context for each."""

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
from tests.pictures import encoded

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
"""No sandbox, since CI runs as root in a container; no requests of Chromium's own."""

DEVICES: Final = [
    pytest.param({"viewport": {"width": width, "height": 800}, "color_scheme": scheme}, id=f"{scheme} {width}")
    for width in (1600, 360)
    for scheme in ("light", "dark")
]
"""Values of the fixture `device`: a wide and a narrow screen, light and dark."""

expect.set_options(timeout=30_000)  # Milliseconds; on a busy machine, the stack is slow.


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options for screenshots and for a stack that is already running."""
    parser.addoption("--screenshots", type=Path, help="folder for screenshots (default: none are taken)")
    parser.addoption("--state", type=Path, help="state folder of a running stack (default: a new stack is started)")


@dataclass
class Errors:
    """Errors of a browser: console messages, exceptions, failed requests and error responses, one line each."""

    found: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)
    allowed: list[str] = field(default_factory=lambda: ["net::ERR_ABORTED"])
    """The page cancels requests that it no longer needs, as do a reload and the end of a test."""

    def allow(self, part: str) -> None:
        """Accept lines that contain `part`, whether there are any or not."""
        self.allowed.append(part)

    def expect(self, part: str) -> None:
        """Require a line that contains `part`."""
        self.expected.append(part)

    def watch(self, page: Page) -> None:
        """Record all errors of a page."""
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

    def check(self) -> None:
        """Raise AssertionError for an error that was not expected, or an expected one that did not happen."""
        accepted = [*self.expected, *self.allowed]
        assert [line for line in self.found if not any(part in line for part in accepted)] == []
        assert [part for part in self.expected if not any(part in line for line in self.found)] == []


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
def errors() -> Iterator[Errors]:
    """The errors of the test's pages; the test fails if there are others than it expects."""
    found = Errors()
    yield found
    found.check()


@pytest.fixture
def device(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Options of the browser context: the viewport and the colour scheme. Tests can parametrize it."""
    return {"viewport": {"width": 1280, "height": 800}, **getattr(request, "param", {})}


@pytest.fixture
def context(chromium: Browser, device: dict[str, Any], errors: Errors) -> Iterator[BrowserContext]:
    """A new browser context."""
    with chromium.new_context(**device) as fresh:
        fresh.on("page", errors.watch)
        yield fresh


@pytest.fixture
def sign_in_page(context: BrowserContext, stack: Stack) -> Page:
    """The page before sign-in."""
    page = context.new_page()
    page.goto(stack.connection.page_url)
    return page


user_numbers = itertools.count(secrets.randbelow(10**9))
"""Random, so that users are new also on a stack of earlier tests."""


@pytest.fixture
def username(stack: Stack) -> str:
    """A new user without photos, whose password is the demo user's."""
    return stack.create_user(next(user_numbers))


@pytest.fixture
def page(sign_in_page: Page, username: str) -> Page:
    """The empty gallery of the new user, who is signed in."""
    sign_in_page.get_by_label("E-mail").fill(username)
    sign_in_page.get_by_role("button", name="Sign in").click()
    expect(sign_in_page.get_by_role("heading", name="No photos yet")).to_be_visible()
    return sign_in_page


@pytest.fixture
def client(stack: Stack, username: str) -> Iterator[Client]:
    """A client of the API for the new user."""
    with signed_in(stack.connection, username, stack.connection.password) as other:
        yield other


@pytest.fixture
def photos(client: Client) -> list[str]:
    """The IDs of three photos, oldest first: a wide one, a tall one, a transparent one."""
    wide, _ = client.send(encoded("jpeg", size=(900, 600)), filename="wide.jpg")
    tall, _ = client.send(encoded("jpeg", size=(600, 900), seed=2), filename="tall.jpg")
    clear, _ = client.send(encoded("png", mode="RGBA", seed=3), filename="clear.png", content_type="image/png")
    return [wide, tall, clear]


@pytest.fixture
def gallery(page: Page, photos: list[str]) -> Page:
    """The page with these photos."""
    page.reload()
    expect(page.locator(".tile")).to_have_count(len(photos))
    return page


@pytest.fixture
def screenshot(request: pytest.FixtureRequest) -> Callable[[Page, str], None]:
    """A function that takes a screenshot if the option is set."""
    folder: Path | None = request.config.getoption("--screenshots")

    def take(page: Page, name: str) -> None:
        if folder is not None:
            page.screenshot(path=folder / f"{name}.png")

    return take


@pytest.fixture(scope="session")
def axe() -> Path:
    """The script of axe-core."""
    return npm_packages(Path(__file__).parent, AXE_CACHE, print) / "axe-core" / "axe.min.js"


@pytest.fixture
def check_accessibility(axe: Path) -> Callable[[Page], None]:
    """A function that raises AssertionError if axe finds serious or critical violations in a page."""

    def check(page: Page) -> None:
        page.evaluate(axe.read_text())
        violations = page.evaluate("axe.run()")["violations"]
        assert [
            f"{violation['id']}: {node['html']}"
            for violation in violations
            if violation["impact"] in ("serious", "critical")
            for node in violation["nodes"]
        ] == []

    return check


@pytest.fixture
def check_view(
    device: dict[str, Any], check_accessibility: Callable[[Page], None], screenshot: Callable[[Page, str], None]
) -> Callable[[Page, str], None]:
    """A function that takes a screenshot, and checks that a view is accessible and not wider than the screen."""
    suffix = f"{device.get('color_scheme', 'light')}-{device['viewport']['width']}"

    def check(page: Page, name: str) -> None:
        screenshot(page, f"{name}-{suffix}")
        check_accessibility(page)
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")

    return check
