"""The trace, read as a person reads it who wants to know what happened to a photo."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from benchmarks.load.stack import Stack
from local.deploy import STACK, stack_outputs
from tests.local.client import Client
from tests.local.test_permissions import World
from tests.pictures import encoded, wrong_bytes

SMALL = encoded("jpeg", size=(64, 48))


@pytest.fixture
def world(stack: Stack, client: Client) -> World:
    """The running stack, from behind: to break it."""
    outputs = stack_outputs(stack.target, STACK)
    assert outputs is not None
    return World(client, stack.client, outputs)


@pytest.fixture
def trace_of(page: Page, stack: Stack) -> Callable[[str], Page]:
    """The page at the trace of one execution."""

    def open_trace(name: str) -> Page:
        page.goto(f"{stack.connection.page_url}#/workflow/{name}")
        return page

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
    trace_of: Callable[[str], Page],
    client: Client,
    accessible: Callable[[Page], None],
    screenshot: Callable[[Page, str], None],
) -> None:
    _, answer = client.send(encoded("jpeg", size=(300, 200)), filename="moon.jpg")
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
    accessible(page)
    screenshot(page, "trace-ready")


def test_a_refused_photos_trace_shows_who_refused_it_and_why(
    trace_of: Callable[[str], Page], client: Client, accessible: Callable[[Page], None]
) -> None:
    _, answer = client.send(wrong_bytes(), filename="letter.jpg")
    page = trace_of(answer.headers["X-Request-Id"])
    expect(page.get_by_text("by Validate: Unsupported format")).to_be_visible()
    expect(page.get_by_role("heading", name="Validate")).to_be_visible()
    expect(state_named(page, "Validate")).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_label("Output: what it handed on")).to_contain_text("UnsupportedFormat")
    assert states(page)["Reject"] == "done"
    assert states(page)["Previews"] == "did not run"
    accessible(page)


def test_a_broken_ingests_trace_shows_the_error_and_what_it_led_to(
    trace_of: Callable[[str], Page], client: Client, world: World, accessible: Callable[[Page], None]
) -> None:
    with world.without(world.physical("PreviewsRole"), "s3:GetObject"):
        _, answer = client.send(SMALL, filename="broken.jpg")
    assert answer.status_code == 500
    page = trace_of(answer.headers["X-Request-Id"])
    expect(page.get_by_text("broken.jpg did not get through: Previews broke (AccessDenied).")).to_be_visible()
    told = states(page)
    assert (told["Previews"], told["Fail"], told["Failed"]) == ("error handled", "done", "ended in error")
    expect(page.get_by_role("rowheader", name="s3 GetObject, was refused").first).to_be_visible()
    accessible(page)


def test_an_attempt_that_failed_is_told_beside_the_next(
    trace_of: Callable[[str], Page], client: Client, world: World
) -> None:
    with world.without(world.physical("WorkflowIngestRole"), "lambda:InvokeFunction", world.function_arn("Persist")):
        _, answer = client.send(SMALL, filename="twice.jpg")
    page = trace_of(answer.headers["X-Request-Id"])
    expect(page.get_by_text("Persist broke 2 times")).to_be_visible()
    expect(page.get_by_role("table", name="It was tried 2 times").get_by_role("row")).to_have_count(3)


def test_the_graph_is_walked_with_the_keyboard(trace_of: Callable[[str], Page], client: Client) -> None:
    _, answer = client.send(SMALL, filename="keys.jpg")
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


def test_a_photos_trace_appears_when_its_ingest_begins(page: Page, stack: Stack, client: Client) -> None:
    created = client.create(SMALL, filename="slow.jpg")
    photo_id = created["photo"]["photo_id"]
    client.upload(created["upload"], SMALL)
    page.goto(f"{stack.connection.page_url}#/workflow/photo/{photo_id}")
    expect(page.get_by_text("The workflow has not run for this photo")).to_be_visible()
    client.ingest(photo_id)
    expect(page.get_by_text("slow.jpg became ready in")).to_be_visible()


@pytest.fixture
def waiting(stack: Stack, world: World) -> Iterator[tuple[str, Callable[[], None]]]:
    """An execution of a machine whose one step waits until it is told to go on: its name, and what tells it."""
    client = stack.client("stepfunctions")
    role = client.describe_state_machine(stateMachineArn=world.physical("WorkflowIngest"))["roleArn"]
    activity = client.create_activity(name="waiting")["activityArn"]
    states = {"Hold": {"Type": "Task", "Resource": activity, "Next": "Over"}, "Over": {"Type": "Succeed"}}
    definition = json.dumps({"StartAt": "Hold", "States": states})
    machine = client.create_state_machine(name="waiting", definition=definition, roleArn=role)["stateMachineArn"]
    execution = client.start_execution(stateMachineArn=machine)["executionArn"]

    def go_on() -> None:
        task = client.get_activity_task(activityArn=activity)
        client.send_task_success(taskToken=task["taskToken"], output="{}")

    yield execution.split(":")[-1], go_on
    client.delete_state_machine(stateMachineArn=machine)
    client.delete_activity(activityArn=activity)


def test_an_execution_is_watched_while_it_runs(
    trace_of: Callable[[str], Page], waiting: tuple[str, Callable[[], None]], accessible: Callable[[Page], None]
) -> None:
    name, go_on = waiting
    page = trace_of(name)
    expect(page.get_by_text("waiting is being worked on: Hold has been at it for")).to_be_visible()
    assert states(page) == {"Hold": "running", "Over": "did not run"}
    accessible(page)
    go_on()
    expect(page.get_by_text("waiting was done in")).to_be_visible()
    assert states(page) == {"Hold": "done", "Over": "reached"}


def test_the_list_tells_what_came_of_each_photo_and_leads_to_its_trace(
    page: Page, client: Client, accessible: Callable[[Page], None], screenshot: Callable[[Page, str], None]
) -> None:
    client.send(wrong_bytes(), filename="listed.jpg")
    page.get_by_role("link", name="Workflow").click()
    row = page.get_by_role("row").filter(has_text="listed.jpg").first
    expect(row).to_contain_text("Refused")
    expect(row).to_contain_text("UnsupportedFormat")
    accessible(page)
    screenshot(page, "trace-list")
    row.get_by_role("link").click()
    expect(page.get_by_role("heading", name="listed.jpg")).to_be_visible()


def test_the_explanation_stays_closed_once_it_was_closed(trace_of: Callable[[str], Page], client: Client) -> None:
    _, answer = client.send(wrong_bytes(), filename="known.jpg")
    page = trace_of(answer.headers["X-Request-Id"])
    explanation = page.get_by_text("A photo is made by a workflow")
    expect(explanation).to_be_visible()
    page.get_by_text("How to read this").click()
    expect(explanation).to_be_hidden()
    page.wait_for_load_state("networkidle")  # A reload would break off the asking for news.
    page.reload()
    expect(page.get_by_text("How to read this")).to_be_visible()
    expect(explanation).to_be_hidden()


@pytest.mark.parametrize(
    "look",
    [
        {"viewport": {"width": 360, "height": 740}},
        {"viewport": {"width": 360, "height": 740}, "color_scheme": "dark"},
        {"viewport": {"width": 1280, "height": 1400}, "color_scheme": "dark"},
    ],
    ids=["phone, light", "phone, dark", "desktop, dark"],
    indirect=True,
)
def test_it_fits_every_screen_and_can_be_read_on_it(
    trace_of: Callable[[str], Page],
    client: Client,
    look: dict[str, Any],
    accessible: Callable[[Page], None],
    screenshot: Callable[[Page, str], None],
) -> None:
    _, answer = client.send(wrong_bytes(), filename="letter.jpg")
    page = trace_of(answer.headers["X-Request-Id"])
    expect(page.get_by_text("letter.jpg was refused")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= look["viewport"]["width"]
    accessible(page)
    screenshot(page, f"trace-refused-{look['viewport']['width']}-{look.get('color_scheme', 'light')}")
