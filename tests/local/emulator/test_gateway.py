"""The gateway's patch, over HTTP."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import httpx
import pytest

from local.emulator.patches.lambdas import MAX_WORKERS_PER_FUNCTION
from tests.local.emulator.conftest import ORIGIN

Call = Callable[..., httpx.Response]


@pytest.mark.parametrize("photo_id", ["a", "it's", 'quo"te', "back\\slash", "$foo", "#set($a = 1)", "é😀", "a b"])
def test_workflow_gets_the_id_of_the_path_unchanged(call: Call, photo_id: str) -> None:
    answer = call("POST", f"/photos/{quote(photo_id, safe='')}")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")
    assert answer.json()["photo_id"] == photo_id
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN


def test_request_body_does_not_reach_the_workflow(call: Call) -> None:
    assert call("POST", "/photos/a", json={"photo_id": "b"}).json()["photo_id"] == "a"


def test_a_template_overrides_status_and_headers(call: Call) -> None:
    answer = call("POST", "/photos/missing")
    assert (answer.status_code, answer.headers.get_list("Content-Type")) == (409, ["application/problem+json"])
    assert answer.json() == {"code": "UploadMissing", "request_id": answer.headers["x-amzn-requestid"]}


def test_exception_in_a_task_names_the_workflows_error(call: Call) -> None:
    answer = call("POST", "/photos/raise")
    assert (answer.status_code, answer.json()) == (500, {"status": "FAILED", "error": "ValueError"})


def test_workflow_timeout_is_an_error(call: Call) -> None:
    answer = call("POST", "/photos/slow")
    assert (answer.status_code, answer.json()) == (500, {"status": "TIMED_OUT", "error": "States.Timeout"})
    assert answer.elapsed.total_seconds() < 4


def test_time_in_the_queue_does_not_count_for_the_timeout(call: Call) -> None:
    with ThreadPoolExecutor(20) as pool:
        # On a busy machine, the workers' cold starts alone take longer than the workflow's timeout.
        list(pool.map(lambda _: call("POST", "/photos/busy"), range(MAX_WORKERS_PER_FUNCTION)))
        answers = list(pool.map(lambda _: call("POST", "/photos/busy"), range(5 * MAX_WORKERS_PER_FUNCTION)))
    assert [answer.status_code for answer in answers] == [200] * len(answers)


@pytest.mark.parametrize(("method", "path"), [("PUT", "/photos/slow"), ("GET", "/slow")])
def test_integration_timeout_is_a_gateway_response(call: Call, method: str, path: str) -> None:
    answer = call(method, path)
    assert (answer.status_code, answer.json()["kind"]) == (504, "INTEGRATION_TIMEOUT")
    assert answer.elapsed.total_seconds() < 2


def test_integration_needs_a_role_with_permission(call: Call) -> None:
    answer = call("POST", "/forbidden")
    assert answer.status_code == 502
    assert answer.json()["__type"].endswith("AccessDeniedException")


def test_media_type_without_a_template_is_refused(call: Call, token: Callable[[str, str], str]) -> None:
    headers = {"Authorization": token("Own", "IdToken"), "Content-Type": "application/xml"}
    answer = call("POST", "/photos/a", headers, content=b"<a/>")
    assert (answer.status_code, answer.json()["kind"]) == (415, "DEFAULT_4XX")


@pytest.mark.parametrize("path", ["/raise", "/odd"])
def test_function_fault_is_a_gateway_response(call: Call, path: str) -> None:
    answer = call("GET", path)
    assert (answer.status_code, answer.headers["Content-Type"]) == (502, "application/problem+json")
    assert answer.json() == {
        "kind": "DEFAULT_5XX",
        "message": "Internal server error",
        "why": "Internal server error",
    }
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN


def test_function_response_may_have_no_body(call: Call) -> None:
    answer = call("GET", "/empty")
    assert (answer.status_code, answer.headers["Location"], answer.content) == (302, "/elsewhere", b"")


def test_one_request_has_one_id_and_one_trace(call: Call) -> None:
    root = "1-67891233-abcdef012345678912345678"
    answer = call("GET", "/health", {"X-Amzn-Trace-Id": f"Root={root}"})
    assert answer.headers.get_list("x-amzn-requestid") == [answer.json()["request_id"]]
    assert answer.headers["X-Amzn-Trace-Id"] == f"Root={root}"
    assert answer.json()["trace"].startswith(f"Root={root};Parent=")


def test_missing_route_is_a_gateway_response(call: Call) -> None:
    answer = call("GET", "/nowhere")
    assert (answer.status_code, answer.json()["kind"]) == (404, "MISSING_AUTHENTICATION_TOKEN")


def test_method_throttle_applies(call: Call) -> None:
    assert [call("GET", "/limited").status_code for _ in range(2)] == [200, 429]


def test_preflight_allows_the_origin_of_its_template(call: Call) -> None:
    allowed = call("OPTIONS", "/own", {"Origin": ORIGIN})
    assert (allowed.status_code, allowed.content) == (204, b"")
    assert (allowed.headers["Access-Control-Allow-Origin"], allowed.headers["Vary"]) == (ORIGIN, "Origin")
    assert "Access-Control-Allow-Origin" not in call("OPTIONS", "/own", {"Origin": "http://evil.example"}).headers


def test_only_id_tokens_of_this_client_are_accepted(call: Call, token: Callable[[str, str], str]) -> None:
    own = token("Own", "IdToken")
    head, claims, signature = own.split(".")
    sent = {
        "own": own,
        "bearer": f"Bearer {own}",
        "access": token("Own", "AccessToken"),
        "other pool": token("Other", "IdToken"),
        "other client": token("Second", "IdToken"),
        "forged": f"{head}.{claims}.{signature[:-8]}AAAAAAAA",
        "unsigned": f"{head}.{claims}.",
        "nonsense": "a.b.c",
    }
    answers = {name: call("GET", "/own", {"Authorization": value}).status_code for name, value in sent.items()}
    assert answers == dict.fromkeys(sent, 401) | {"own": 200, "bearer": 200}
    assert call("GET", "/own", {}).status_code == 401


def test_concurrent_requests_share_few_workers(call: Call) -> None:
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: call("GET", "/health"), range(60)))
    assert {answer.status_code for answer in answers} == {200}
    assert 1 <= len({answer.json()["process"] for answer in answers}) <= MAX_WORKERS_PER_FUNCTION
