"""CloudFront in a browser: the page under its policies, and previews, fetched once while their URLs are valid."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from benchmarks.load.stack import Stack
from local import deploy
from local import page as page_files
from local.commands import page as page_command
from local.commands.run import started
from local.deploy import STACK, stack_outputs
from local.deployed import Deployed
from local.page_release import folder_of
from tests.browser.fetched import Fetched
from tests.local.snapshot import EDGE_STACK, copy_deployed

EDGE = "/_aws/cloudfront/"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack with CloudFront."""
    folder = tmp_path_factory.mktemp("edge")
    copy_deployed(folder, EDGE_STACK)
    with started(folder, arguments=EDGE_STACK) as (connection, _):
        yield Stack.open(folder, connection)


def expect_previews(page: Page, count: int) -> None:
    """Wait for the previews of a gallery. (`wait_for_function` evaluates text, which the page's policy forbids.)"""
    images = page.locator(".tile img")
    expect(images).to_have_count(count)
    for image in images.all():
        expect(image).to_have_js_property("complete", value=True)
    assert images.evaluate_all("images => images.every((image) => image.naturalWidth > 0)")


def test_reload_fetches_no_preview_again(gallery: Page, photos: list[str]) -> None:
    fetched = Fetched(gallery, EDGE)

    def show() -> None:
        gallery.reload()
        expect_previews(gallery, len(photos))

    gallery.context.new_cdp_session(gallery).send("Network.clearBrowserCache")
    show()
    assert len(fetched.take()) == len(photos)
    show()
    assert fetched.take() == []


def test_page_from_the_edge_works_under_its_policies(
    context: BrowserContext, stack: Stack, username: str, photos: list[str]
) -> None:
    """The policies block everything else, which the fixture `errors` would report."""
    environment = deploy.environment(delivery="cloudfront", page=True)
    deployed = Deployed(stack.target, stack_outputs(stack.target, STACK) or {})
    place = page_command.here(deployed, stack.connection)
    page_command.write(deployed, environment, place, page_files.install(print), lambda _key: None)
    page = context.new_page()
    page.goto(f"{place.url}/")
    page.get_by_label("E-mail").fill(username)
    page.get_by_label("Password").fill(stack.connection.password)
    page.get_by_role("button", name="Sign in").click()
    expect_previews(page, len(photos))
    expect(page.get_by_role("link", name="Workflow")).to_have_count(0)
    # Modules and styles that are loaded on demand, from the folder of the release; and the original, from S3.
    page.get_by_role("link", name="wide.jpg").click()
    expect(page.get_by_role("dialog", name="wide.jpg").locator(".frame img").first).to_be_visible()
    sheets = page.evaluate("[...document.styleSheets].map((sheet) => sheet.href)")
    assert f"{place.url}/{folder_of(page.content())}/gallery/viewer.css" in sheets
