"""The workflow view: the list of executions, and one execution with its graph and timeline."""

import json
import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from benchmarks.load.stack import Stack
from local.deploy import STACK, stack_outputs
from tests.browser.conftest import Errors
from tests.local.client import Client
from tests.local.stack import DeployedStack
from tests.pictures import encoded, wrong_bytes

SMALL = encoded("jpeg", size=(64, 48))


@pytest.fixture
def deployed(stack: Stack, client: Client) -> DeployedStack:
    """The stack's AWS resources, so that tests can cause faults."""
    outputs = stack_outputs(stack.target, STACK)
    assert outputs is not None
    return DeployedStack(client, stack.client, outputs)


@pytest.fixture
def execution_page(page: Page, stack: Stack) -> Callable[[str], Page]:
    """A function that opens the page of one execution."""

    def open_execution(name: str) -> Page:
        page.goto(f"{stack.connection.page_url}#/workflow/{name}")
        return page

    return open_execution


def state_named(page: Page, name: str) -> Locator:
    """A state of the graph, by its name."""
    return page.get_by_role("group", name="States of the workflow").get_by_role("button", name=f"{name}. ")


def states(page: Page) -> dict[str, str]:
    """The outcome of each state of the graph, without its duration."""
    buttons = page.get_by_role("group", name="States of the workflow").get_by_role("button").all()
    labels = [button.get_attribute("aria-label") or "" for button in buttons]
    return {label.split(". ")[0]: label.split(". ")[-1].split(" · ")[0] for label in labels}


def test_execution_of_a_ready_photo_shows_every_step(
    execution_page: Callable[[str], Page],
    client: Client,
    check_view: Callable[[Page, str], None],
) -> None:
    _, response = client.send(encoded("jpeg", size=(300, 200)), filename="moon.jpg")
    page = execution_page(response.headers["X-Request-Id"])
    expect(page.get_by_role("heading", name="moon.jpg")).to_be_visible()
    expect(page.get_by_text("moon.jpg became ready in")).to_be_visible()
    assert states(page) == {
        "Validate": "succeeded",
        "Is it valid?": "succeeded",
        "Process": "succeeded",
        "Previews": "succeeded",
        "Not rendered": "not entered",
        "Promote": "succeeded",
        "Not promoted": "not entered",
        "Is it rendered?": "succeeded",
        "Persist": "succeeded",
        "Answered": "reached",
        "Reject": "not entered",
        "Fail": "not entered",
        "Failed": "not entered",
        "Unrecorded": "not entered",
    }
    for row in ("Validate, Lambda function", "s3 GetObject", "dynamodb UpdateItem"):
        expect(page.get_by_role("rowheader", name=row).first).to_be_visible()
    check_view(page, "trace-ready")


def test_execution_of_a_rejected_photo_shows_step_and_reason(
    execution_page: Callable[[str], Page], client: Client, check_accessibility: Callable[[Page], None]
) -> None:
    photo_id, response = client.send(wrong_bytes(), filename="letter.jpg")
    page = execution_page(response.headers["X-Request-Id"])
    detail = client.read(photo_id)["rejection"]["detail"].removesuffix(".")
    expect(page.get_by_text(re.compile(f"was rejected by Validate after .*: {re.escape(detail)}"))).to_be_visible()
    expect(page.get_by_role("heading", name="Validate")).to_be_visible()
    expect(state_named(page, "Validate")).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_label("Output", exact=True)).to_contain_text("UnsupportedFormat")
    outcomes = states(page)
    assert (outcomes["Validate"], outcomes["Reject"], outcomes["Previews"]) == ("rejected", "succeeded", "not entered")
    expect(page.locator(".panel .facts")).to_contain_text("rejected")
    check_accessibility(page)


def test_failed_execution_shows_error_and_handler(
    execution_page: Callable[[str], Page],
    client: Client,
    deployed: DeployedStack,
    check_accessibility: Callable[[Page], None],
) -> None:
    with deployed.without_permission(deployed.physical_id("PreviewsRole"), "s3:PutObject"):
        _, response = client.send(SMALL, filename="broken.jpg")
    assert response.status_code == 500
    page = execution_page(response.headers["X-Request-Id"])
    expect(page.get_by_text("broken.jpg failed: Previews failed (AccessDenied).")).to_be_visible()
    outcomes = states(page)
    assert (outcomes["Previews"], outcomes["Fail"], outcomes["Failed"]) == ("caught error", "succeeded", "failed")
    expect(page.get_by_role("rowheader", name="s3 PutObject, error").first).to_be_visible()
    check_accessibility(page)


def test_every_attempt_of_a_step_is_listed(
    execution_page: Callable[[str], Page], client: Client, deployed: DeployedStack
) -> None:
    with deployed.without_permission(
        deployed.physical_id("WorkflowIngestRole"), "lambda:InvokeFunction", deployed.function_arn("Persist")
    ):
        _, response = client.send(SMALL, filename="twice.jpg")
    page = execution_page(response.headers["X-Request-Id"])
    expect(page.get_by_text("Persist failed 2 times")).to_be_visible()
    expect(page.get_by_role("table", name="2 attempts").get_by_role("row")).to_have_count(3)


def test_graph_and_timeline_work_by_keyboard(execution_page: Callable[[str], Page], client: Client) -> None:
    _, response = client.send(SMALL, filename="keys.jpg")
    page = execution_page(response.headers["X-Request-Id"])
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


def test_execution_of_a_photo_appears_when_its_ingest_starts(page: Page, stack: Stack, client: Client) -> None:
    created = client.create(SMALL, filename="slow.jpg")
    photo_id = created["photo"]["photo_id"]
    client.upload(created["upload"], SMALL)
    page.goto(f"{stack.connection.page_url}#/workflow/photo/{photo_id}")
    expect(page.get_by_text("There is no recent execution for this photo.")).to_be_visible()
    client.ingest(photo_id)
    expect(page.get_by_text("slow.jpg became ready in")).to_be_visible()


@pytest.fixture
def waiting(stack: Stack, deployed: DeployedStack) -> Iterator[tuple[str, Callable[[], None]]]:
    """The name of an execution that waits for an activity, and a function that completes the activity."""
    client = stack.client("stepfunctions")
    role = client.describe_state_machine(stateMachineArn=deployed.physical_id("WorkflowIngest"))["roleArn"]
    activity = client.create_activity(name="waiting")["activityArn"]
    states = {"Hold": {"Type": "Task", "Resource": activity, "Next": "Over"}, "Over": {"Type": "Succeed"}}
    definition = json.dumps({"StartAt": "Hold", "States": states})
    machine = client.create_state_machine(name="waiting", definition=definition, roleArn=role)["stateMachineArn"]
    execution = client.start_execution(stateMachineArn=machine)["executionArn"]

    def complete() -> None:
        task = client.get_activity_task(activityArn=activity)
        client.send_task_success(taskToken=task["taskToken"], output="{}")

    yield execution.split(":")[-1], complete
    client.delete_state_machine(stateMachineArn=machine)
    client.delete_activity(activityArn=activity)


def test_running_execution_is_updated(
    execution_page: Callable[[str], Page],
    waiting: tuple[str, Callable[[], None]],
    check_accessibility: Callable[[Page], None],
    errors: Errors,
) -> None:
    errors.allow("404")  # The page may ask for the execution before it is recorded, and asks again.
    name, complete = waiting
    page = execution_page(name)
    expect(page.get_by_text("waiting is in progress: Hold has been running for")).to_be_visible()
    assert states(page) == {"Hold": "running", "Over": "not entered"}
    check_accessibility(page)
    complete()
    expect(page.get_by_text("waiting succeeded in")).to_be_visible()
    assert states(page) == {"Hold": "succeeded", "Over": "reached"}


def test_list_shows_status_and_links_to_the_execution(
    page: Page, client: Client, check_accessibility: Callable[[Page], None], screenshot: Callable[[Page, str], None]
) -> None:
    client.send(wrong_bytes(), filename="listed.jpg")
    page.get_by_role("link", name="Workflow").click()
    row = page.get_by_role("row").filter(has_text="listed.jpg").first
    expect(row).to_contain_text("Rejected")
    expect(row).to_contain_text("UnsupportedFormat")
    check_accessibility(page)
    screenshot(page, "trace-list")
    row.get_by_role("link").click()
    expect(page.get_by_role("heading", name="listed.jpg")).to_be_visible()


def test_failed_requests_can_be_tried_again(
    page: Page, client: Client, errors: Errors, check_view: Callable[[Page, str], None]
) -> None:
    errors.expect("net::ERR_CONNECTION_REFUSED")
    errors.expect("executions: 500")
    errors.expect("console")
    failure: dict[str, str] = {"connection": "refused"}

    def fail(route: Route) -> None:
        if "connection" in failure:
            route.abort("connectionrefused")
        elif "text" in failure:
            route.fulfill(status=500, body=failure["text"])
        else:
            route.continue_()

    page.route("**/executions", fail)
    page.get_by_role("link", name="Workflow").click()
    expect(page.get_by_role("alert")).to_have_text("The server does not respond. The page tries again every 5 seconds.")
    check_view(page, "workflow-without-server")
    failure.clear()
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("alert")).to_have_count(0)
    client.send(wrong_bytes(), filename="listed.jpg")
    row = page.get_by_role("row").filter(has_text="listed.jpg").first
    expect(row).to_be_visible()
    failure["text"] = "The table is gone."
    expect(page.get_by_role("alert")).to_have_text("The table is gone. What is shown may be out of date.")
    expect(row).to_be_visible()
    check_view(page, "workflow-out-of-date")
    failure.clear()
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("alert")).to_have_count(0)


def test_legend_stays_closed(execution_page: Callable[[str], Page], client: Client) -> None:
    _, response = client.send(wrong_bytes(), filename="known.jpg")
    page = execution_page(response.headers["X-Request-Id"])
    text = page.get_by_text("The workflow processes each photo in steps")
    expect(text).to_be_visible()
    page.get_by_text("Legend").click()
    expect(text).to_be_hidden()
    page.wait_for_load_state("networkidle")  # The reload would cancel requests of the polling.
    page.reload()
    expect(page.get_by_text("Legend")).to_be_visible()
    expect(text).to_be_hidden()


@pytest.mark.parametrize(
    "device",
    [
        {"viewport": {"width": 360, "height": 740}},
        {"viewport": {"width": 360, "height": 740}, "color_scheme": "dark"},
        {"viewport": {"width": 1280, "height": 1400}, "color_scheme": "dark"},
    ],
    ids=["phone, light", "phone, dark", "desktop, dark"],
    indirect=True,
)
def test_execution_fits_every_screen(
    execution_page: Callable[[str], Page],
    client: Client,
    check_view: Callable[[Page, str], None],
) -> None:
    _, response = client.send(wrong_bytes(), filename="letter.jpg")
    page = execution_page(response.headers["X-Request-Id"])
    expect(page.get_by_text("letter.jpg was rejected")).to_be_visible()
    check_view(page, "trace-rejected")
