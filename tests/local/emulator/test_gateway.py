"""The API Gateway patch, tested over HTTP."""

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
    response = call("POST", f"/photos/{quote(photo_id, safe='')}")
    assert (response.status_code, response.headers["Content-Type"]) == (200, "application/json")
    assert response.json()["photo_id"] == photo_id
    assert response.headers["Access-Control-Allow-Origin"] == ORIGIN


def test_body_is_not_passed_to_the_workflow(call: Call) -> None:
    assert call("POST", "/photos/a", json={"photo_id": "b"}).json()["photo_id"] == "a"


def test_template_overrides_status_and_headers(call: Call) -> None:
    response = call("POST", "/photos/missing")
    assert (response.status_code, response.headers.get_list("Content-Type")) == (409, ["application/problem+json"])
    assert response.json() == {"code": "UploadMissing", "request_id": response.headers["x-amzn-requestid"]}


def test_exception_of_a_task_is_the_workflows_error(call: Call) -> None:
    response = call("POST", "/photos/raise")
    assert (response.status_code, response.json()) == (500, {"status": "FAILED", "error": "ValueError"})


def test_timed_out_workflow_is_an_error(call: Call) -> None:
    response = call("POST", "/photos/slow")
    assert (response.status_code, response.json()) == (500, {"status": "TIMED_OUT", "error": "States.Timeout"})
    assert response.elapsed.total_seconds() < 4


def test_wait_for_a_worker_does_not_time_out(call: Call) -> None:
    # The last of them wait for 3 s; an execution has 2 s.
    with ThreadPoolExecutor(40) as pool:
        responses = list(pool.map(lambda _: call("POST", "/photos/busy"), range(10 * MAX_WORKERS_PER_FUNCTION)))
    assert [response.status_code for response in responses] == [200] * len(responses)


@pytest.mark.parametrize(("method", "path"), [("PUT", "/photos/slow"), ("GET", "/slow")])
def test_slow_integration_times_out(call: Call, method: str, path: str) -> None:
    response = call(method, path)
    assert (response.status_code, response.json()["kind"]) == (504, "INTEGRATION_TIMEOUT")
    assert response.elapsed.total_seconds() < 2


def test_integration_needs_permission_to_start_the_workflow(call: Call) -> None:
    response = call("POST", "/forbidden")
    assert response.status_code == 502
    assert response.json()["__type"].endswith("AccessDeniedException")


def test_media_type_without_a_template_is_refused(call: Call, token: Callable[[str, str], str]) -> None:
    headers = {"Authorization": token("Own", "IdToken"), "Content-Type": "application/xml"}
    response = call("POST", "/photos/a", headers, content=b"<a/>")
    assert (response.status_code, response.json()["kind"]) == (415, "DEFAULT_4XX")


@pytest.mark.parametrize("path", ["/raise", "/odd"])
def test_fault_of_a_function_gets_a_gateway_response(call: Call, path: str) -> None:
    response = call("GET", path)
    assert (response.status_code, response.headers["Content-Type"]) == (502, "application/problem+json")
    assert response.json() == {
        "kind": "DEFAULT_5XX",
        "message": "Internal server error",
        "reason": "Internal server error",
    }
    assert response.headers["Access-Control-Allow-Origin"] == ORIGIN


def test_worker_survives_an_exception_of_its_function(call: Call) -> None:
    workers = set()
    for _ in range(3):
        assert call("GET", "/raise").status_code == 502
        workers.add(call("GET", "/health").json()["process"])
    assert len(workers) == 1


def test_function_may_respond_without_a_body(call: Call) -> None:
    response = call("GET", "/empty")
    assert (response.status_code, response.headers["Location"], response.content) == (302, "/elsewhere", b"")


def test_request_has_one_id_and_one_trace(call: Call) -> None:
    root = "1-67891233-abcdef012345678912345678"
    response = call("GET", "/health", {"X-Amzn-Trace-Id": f"Root={root}"})
    assert response.headers.get_list("x-amzn-requestid") == [response.json()["request_id"]]
    assert response.headers["X-Amzn-Trace-Id"] == f"Root={root}"
    assert response.json()["trace"].startswith(f"Root={root};Parent=")


def test_unknown_route_gets_its_gateway_response(call: Call) -> None:
    response = call("GET", "/unknown")
    assert (response.status_code, response.json()["kind"]) == (404, "MISSING_AUTHENTICATION_TOKEN")


def test_method_throttling_limits_its_route(call: Call) -> None:
    assert [call("GET", "/limited").status_code for _ in range(2)] == [200, 429]


def test_preflight_allows_only_the_templates_origin(call: Call) -> None:
    allowed = call("OPTIONS", "/own", {"Origin": ORIGIN})
    assert (allowed.status_code, allowed.content) == (204, b"")
    assert (allowed.headers["Access-Control-Allow-Origin"], allowed.headers["Vary"]) == (ORIGIN, "Origin")
    assert "Access-Control-Allow-Origin" not in call("OPTIONS", "/own", {"Origin": "http://evil.example"}).headers


def test_only_id_tokens_of_the_pool_and_client_are_accepted(call: Call, token: Callable[[str, str], str]) -> None:
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
        "malformed": "a.b.c",
    }
    statuses = {name: call("GET", "/own", {"Authorization": value}).status_code for name, value in sent.items()}
    assert statuses == dict.fromkeys(sent, 401) | {"own": 200, "bearer": 200}
    assert call("GET", "/own", {}).status_code == 401


def test_concurrent_requests_share_a_limited_number_of_workers(call: Call) -> None:
    with ThreadPoolExecutor(20) as pool:
        responses = list(pool.map(lambda _: call("GET", "/health"), range(60)))
    assert {response.status_code for response in responses} == {200}
    assert 1 <= len({response.json()["process"] for response in responses}) <= MAX_WORKERS_PER_FUNCTION
