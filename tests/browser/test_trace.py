"""The trace, read as a person reads it who wants to know what happened to a photo."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from local.connection import Connection
from local.deploy import STACK, Target, stack_outputs
from local.emulator import Credentials
from tests.browser.conftest import Trouble
from tests.local.client import Client, signed_in
from tests.local.test_permissions import World
from tests.pictures import encoded, wrong_bytes


@pytest.fixture(scope="session")
def world(state: Path, connection: Connection) -> Iterator[World]:
    """The running stack, from behind: to break it."""
    target = Target(connection.endpoint_url, Credentials(**json.loads((state / "root.json").read_text())))
    outputs = stack_outputs(target, STACK)
    assert outputs is not None
    with signed_in(connection, connection.username, connection.password) as user:
        yield World(user, target.client, outputs)


@pytest.fixture
def user(world: World) -> Client:
    """The demo user."""
    return world.user


@pytest.fixture
def signed_in_page(page: Page) -> Page:
    """The page, after signing in."""
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("link", name="Workflow")).to_be_visible()
    return page


@pytest.fixture
def trace_of(signed_in_page: Page, connection: Connection) -> Callable[[str], Page]:
    """The page at the trace of one execution."""

    def open_trace(name: str) -> Page:
        signed_in_page.goto(f"{connection.page_url}#/workflow/{name}")
        return signed_in_page

    return open_trace


def state_named(page: Page, name: str) -> Locator:
    """A state of the graph, by the name that its label begins with."""
    return page.get_by_role("group", name="The workflow's states").get_by_role("button", name=f"{name}. ")


def states(page: Page) -> dict[str, str]:
    """What is told of each state of the graph, without how long it took."""
    buttons = page.get_by_role("group", name="The workflow's states").get_by_role("button").all()
    labels = [button.get_attribute("aria-label") or "" for button in buttons]
    return {label.split(". ")[0]: label.split(". ")[-1].split(" · ")[0] for label in labels}


def test_a_good_photos_trace_tells_every_step(
    trace_of: Callable[[str], Page], user: Client, serious_findings: Callable[[Page], list[str]]
) -> None:
    _, answer = user.send(encoded("jpeg", size=(300, 200)), filename="moon.jpg")
    page = trace_of(answer.headers["X-Request-Id"])
    expect(page.get_by_role("heading", name="moon.jpg")).to_be_visible()
    expect(page.get_by_text("moon.jpg became ready in")).to_be_visible()
    assert states(page) == {
        "Validate": "done",
        "Is it valid?": "done",
        "Previews": "done",
        "Is it rendered?": "done",
        "Persist": "done",
        "Answered": "reached",
        "Reject": "did not run",
        "Fail": "did not run",
        "Failed": "did not run",
        "Unrecorded": "did not run",
    }
    for row in ("Validate, the function itself", "s3 GetObject", "dynamodb UpdateItem"):
        expect(page.get_by_role("rowheader", name=row).first).to_be_visible()
    assert serious_findings(page) == []


def test_a_refused_photos_trace_shows_who_refused_it_and_why(
    trace_of: Callable[[str], Page], user: Client, serious_findings: Callable[[Page], list[str]]
) -> None:
    _, answer = user.send(wrong_bytes(), filename="letter.jpg")
    page = trace_of(answer.headers["X-Request-Id"])
    expect(page.get_by_text("by Validate: The bytes are no image format we know")).to_be_visible()
    expect(page.get_by_role("heading", name="Validate")).to_be_visible()
    expect(state_named(page, "Validate")).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_label("Output: what it handed on")).to_contain_text("UnsupportedFormat")
    assert states(page)["Reject"] == "done"
    assert states(page)["Previews"] == "did not run"
    assert serious_findings(page) == []


def test_a_broken_ingests_trace_shows_the_error_and_what_it_led_to(
    trace_of: Callable[[str], Page], world: World, serious_findings: Callable[[Page], list[str]]
) -> None:
    with world.without(world.physical("PreviewsRole"), "s3:GetObject"):
        _, answer = world.user.send(encoded("jpeg", size=(64, 48)), filename="broken.jpg")
    assert answer.status_code == 500
    page = trace_of(answer.headers["X-Request-Id"])
    expect(page.get_by_text("broken.jpg did not get through: Previews broke (AccessDenied).")).to_be_visible()
    told = states(page)
    assert (told["Previews"], told["Fail"], told["Failed"]) == ("error handled", "done", "ended in error")
    expect(page.get_by_role("rowheader", name="s3 GetObject, broke").first).to_be_visible()
    assert serious_findings(page) == []


def test_an_attempt_that_failed_is_told_beside_the_next(trace_of: Callable[[str], Page], world: World) -> None:
    with world.without(world.physical("WorkflowIngestRole"), "lambda:InvokeFunction", world.function_arn("Persist")):
        _, answer = world.user.send(encoded("jpeg", size=(64, 48)), filename="twice.jpg")
    page = trace_of(answer.headers["X-Request-Id"])
    expect(page.get_by_text("Persist broke 2 times")).to_be_visible()
    expect(page.get_by_role("table", name="It was tried 2 times").get_by_role("row")).to_have_count(3)


def test_the_graph_is_walked_with_the_keyboard(trace_of: Callable[[str], Page], user: Client) -> None:
    _, answer = user.send(encoded("jpeg", size=(64, 48)), filename="keys.jpg")
    page = trace_of(answer.headers["X-Request-Id"])
    first = state_named(page, "Validate")
    first.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Validate")).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(page.get_by_role("heading", name="Is it valid?")).to_be_visible()
    expect(first).to_have_attribute("aria-pressed", "false")
    segment = page.get_by_role("button", name="s3 GetObject").first
    segment.focus()
    page.keyboard.press("Enter")
    expect(segment).to_have_attribute("aria-expanded", "true")


def test_an_upload_is_watched_while_it_runs(
    signed_in_page: Page, connection: Connection, user: Client, world: World
) -> None:
    page = signed_in_page
    created = user.create(encoded("jpeg", size=(64, 48)), filename="slow.jpg")
    photo_id = created["photo"]["photo_id"]
    user.upload(created["upload"], encoded("jpeg", size=(64, 48)))
    page.goto(f"{connection.page_url}#/workflow/photo/{photo_id}")
    expect(page.get_by_text("The workflow has not run for this photo")).to_be_visible()
    # Without its permission Persist is tried again after a while: long enough to be seen at work.
    with world.without(world.physical("WorkflowIngestRole"), "lambda:InvokeFunction", world.function_arn("Persist")):
        with ThreadPoolExecutor(1) as beside:
            answer = beside.submit(user.ingest, photo_id)
            expect(page.get_by_text("slow.jpg is being worked on")).to_be_visible()
            assert answer.result().status_code == 500
        expect(page.get_by_text("slow.jpg did not get through")).to_be_visible()


def test_the_list_tells_what_came_of_each_photo_and_leads_to_its_trace(
    signed_in_page: Page, user: Client, serious_findings: Callable[[Page], list[str]]
) -> None:
    page = signed_in_page
    user.send(wrong_bytes(), filename="listed.jpg")
    page.get_by_role("link", name="Workflow").click()
    row = page.get_by_role("row").filter(has_text="listed.jpg")
    expect(row).to_contain_text("Refused")
    expect(row).to_contain_text("UnsupportedFormat")
    assert serious_findings(page) == []
    row.get_by_role("link").click()
    expect(page.get_by_role("heading", name="listed.jpg")).to_be_visible()


def test_the_explanation_stays_closed_once_it_was_closed(
    trace_of: Callable[[str], Page], user: Client, trouble: Trouble
) -> None:
    _, answer = user.send(wrong_bytes(), filename="known.jpg")
    page = trace_of(answer.headers["X-Request-Id"])
    explanation = page.get_by_text("A photo is made by a workflow")
    expect(explanation).to_be_visible()
    page.get_by_text("How to read this").click()
    expect(explanation).to_be_hidden()
    page.reload()
    # What was just being asked for is not waited for any more.
    trouble.requests[:] = [failed for failed in trouble.requests if not failed.endswith("net::ERR_ABORTED")]
    expect(page.get_by_text("How to read this")).to_be_visible()
    expect(explanation).to_be_hidden()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_it_all_without_scrolling_sideways(
    trace_of: Callable[[str], Page], user: Client, serious_findings: Callable[[Page], list[str]], scheme: str
) -> None:
    _, answer = user.send(wrong_bytes(), filename="phone.jpg")
    page = trace_of(answer.headers["X-Request-Id"])
    page.set_viewport_size({"width": 360, "height": 740})
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    expect(page.get_by_text("phone.jpg was refused")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert serious_findings(page) == []
