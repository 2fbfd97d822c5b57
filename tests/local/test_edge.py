"""Delivery through CloudFront on a running stack: who gets which objects from the edge."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import httpx
import pytest
from botocore.signers import CloudFrontSigner

from infrastructure.environment import Environment
from local import deploy, page
from local.commands import page as page_command
from local.commands.run import started
from local.connection import Connection
from local.deploy import STACK, Target, stack_outputs
from local.deployed import Deployed
from local.emulator.server import ACCOUNT, REGION, Credentials, root_credentials
from local.page_release import folder_of
from local.smoke import page as smoke_page
from local.smoke.api import Api
from local.smoke.cleanup import Cleanup
from local.smoke.context import Context
from local.smoke.contract import Contract
from local.smoke.differences import Difference
from photosky.delivery import SIGNING_ALGORITHM
from photosky.store.media import IMMUTABLE
from tests.infrastructure.roles import role_policy
from tests.local.client import NO_CERTIFICATES, ORIGIN, Client, fetch, signed_in, signed_up
from tests.local.operator import operator_allowed
from tests.local.snapshot import EDGE_STACK, copy_deployed
from tests.local.stack import DeployedStack
from tests.pictures import encoded

EDGE: Final = "/_aws/cloudfront/"
HOUR_SECONDS: Final = 3600


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The state folder of a stack with CloudFront."""
    folder = tmp_path_factory.mktemp("edge")
    copy_deployed(folder, EDGE_STACK)
    return folder


@pytest.fixture(scope="module")
def connection(state: Path) -> Iterator[Connection]:
    """The running stack, on another port than that on which it was deployed."""
    with started(state, arguments=[*EDGE_STACK, "--cold"]) as (live, _):
        yield live


@pytest.fixture(scope="module")
def target(state: Path, connection: Connection) -> Target:
    """The stack's account, used as root."""
    return Target(connection.endpoint_url, root_credentials(state / "root.json"))


@pytest.fixture(scope="module")
def demo(connection: Connection) -> Iterator[Client]:
    """The demo user."""
    with signed_in(connection, connection.username, connection.password) as client:
        yield client


@pytest.fixture(scope="module")
def other(connection: Connection, target: Target) -> Iterator[Client]:
    """A second user."""
    with signed_up(connection, target.client("cognito-idp"), "other@photosky.test") as client:
        yield client


@pytest.fixture(scope="module")
def photo(demo: Client) -> dict[str, Any]:
    """A photo of the demo user, as the ingest returned it."""
    _, response = demo.send(encoded("jpeg", size=(900, 600)))
    assert response.status_code == 200, response.text
    document: dict[str, Any] = response.json()
    return document


@pytest.fixture(scope="module")
def thumb(photo: dict[str, Any]) -> str:
    """The URL of its thumb."""
    return str(photo["previews"]["thumb"]["url"])


@pytest.fixture(scope="module")
def sign(target: Target, thumb: str) -> Callable[[str, str, float], str]:
    """A function that signs a URL as the stack's functions do, for any resource and time."""
    outputs, kms = stack_outputs(target, STACK), target.client("kms")
    assert outputs is not None
    key_id = thumb.partition("Key-Pair-Id=")[2].partition("&")[0]
    functions = target.client("lambda").get_paginator("list_functions").paginate()
    variables = [
        function.get("Environment", {}).get("Variables", {}) for page in functions for function in page["Functions"]
    ]
    (key,) = {json.loads(found["PHOTOSKY_EDGE"])["signing_key"] for found in variables if "PHOTOSKY_EDGE" in found}

    def signature(message: bytes) -> bytes:
        signed = kms.sign(KeyId=key, Message=message, MessageType="RAW", SigningAlgorithm=SIGNING_ALGORITHM)
        return bytes(signed["Signature"])

    def make(url: str, resource: str, expires: float) -> str:
        condition = {"DateLessThan": {"AWS:EpochTime": int(expires)}}
        policy = json.dumps({"Statement": [{"Resource": resource, "Condition": condition}]})
        signed = CloudFrontSigner(key_id, signature).generate_presigned_url(url, policy=policy)
        return f"{signed}&Hash-Algorithm=SHA256"

    return make


def base_of(url: str) -> str:
    """The address of the distribution of a preview's URL."""
    start, edge, rest = url.partition(EDGE)
    return f"{start}{edge}{rest.partition('/')[0]}"


def test_previews_come_from_the_edge(connection: Connection, photo: dict[str, Any]) -> None:
    for preview in photo["previews"].values():
        assert preview["url"].startswith(f"{connection.endpoint_url}{EDGE}")
        response = fetch(preview["url"], headers={"Origin": ORIGIN})
        assert (response.status_code, len(response.content)) == (200, preview["size_bytes"])
        headers = response.headers
        assert (headers["content-type"], headers["cache-control"]) == ("image/webp", IMMUTABLE)
        assert (headers["access-control-allow-origin"], headers["x-content-type-options"]) == (ORIGIN, "nosniff")


def test_other_origins_are_not_allowed(thumb: str) -> None:
    assert "access-control-allow-origin" not in fetch(thumb, headers={"Origin": "https://evil.example"}).headers


def test_functions_with_other_roles_return_the_same_urls(demo: Client, photo: dict[str, Any]) -> None:
    urls = {name: preview["url"] for name, preview in photo["previews"].items()}
    (listed,) = demo.call("GET", "/photos").json()["photos"]
    assert {name: preview["url"] for name, preview in listed["previews"].items()} == urls
    assert len({url.partition("?")[2] for url in urls.values()}) == 1


def test_changed_and_missing_signatures_are_refused(thumb: str) -> None:
    address, _, query = thumb.partition("?")
    changed = thumb.replace("Signature=", "Signature=A")
    for url in (address, changed, thumb.replace("Policy=e", "Policy=f"), f"{address}?{query.partition('&')[2]}"):
        assert fetch(url).status_code == 403


def test_an_expired_url_is_refused(thumb: str, sign: Callable[[str, str, float], str]) -> None:
    address = thumb.partition("?")[0]
    assert fetch(sign(address, address, time.time() + HOUR_SECONDS)).status_code == 200
    assert fetch(sign(address, address, time.time() - 1)).status_code == 403


def test_another_owners_policy_opens_nothing(other: Client, thumb: str) -> None:
    _, response = other.send(encoded("jpeg", seed=2))
    foreign = response.json()["previews"]["thumb"]["url"]
    assert fetch(foreign).status_code == 200
    for url, query in ((thumb, foreign), (foreign, thumb)):
        assert fetch(f"{url.partition('?')[0]}?{query.partition('?')[2]}").status_code == 403


def test_the_edge_reads_previews_only(
    target: Target, thumb: str, photo: dict[str, Any], sign: Callable[[str, str, float], str]
) -> None:
    """With a signature for everything, which no function makes."""
    outputs = stack_outputs(target, STACK)
    assert outputs is not None
    s3, bucket = target.client("s3"), outputs["MediaBucketName"]
    keys = [found["Key"] for found in s3.list_objects_v2(Bucket=bucket)["Contents"]]
    (original,) = [key for key in keys if key.startswith("originals/") and photo["photo_id"] in key]
    (preview,) = [key for key in keys if "/thumb-" in key and photo["photo_id"] in key]
    facts = f"{preview.rpartition('/')[0]}/facts.json"
    s3.put_object(Bucket=bucket, Key=facts, Body=b"{}")
    base = base_of(thumb)

    def status(path: str) -> int:
        return fetch(sign(f"{base}/{path}", f"{base}/*", time.time() + HOUR_SECONDS)).status_code

    assert status(preview.removeprefix("previews/")) == 200
    # Other paths are those of the page, in a bucket of its own.
    assert status(facts.removeprefix("previews/")) == 404
    outside = (original, f"../{original}", f"..%2F{quote(original, safe='')}", preview)
    assert {status(path) for path in outside} <= {400, 403, 404}


def test_s3_refuses_requests_without_the_edge(target: Target, thumb: str, connection: Connection) -> None:
    outputs = stack_outputs(target, STACK)
    assert outputs is not None
    path, _, query = thumb.removeprefix(base_of(thumb)).partition("?")
    object_url = f"{connection.endpoint_url}/{outputs['MediaBucketName']}/previews{path}"
    assert fetch(object_url).status_code == 403
    assert fetch(f"{object_url}?{query}").status_code in (400, 403)


def test_originals_are_still_presigned_by_s3(demo: Client, photo: dict[str, Any]) -> None:
    url = demo.call("GET", f"/photos/{photo['photo_id']}/original").json()["url"]
    assert "X-Amz-Signature" in url
    assert fetch(url).status_code == 200


def test_no_log_of_a_function_and_no_trace_has_a_signature(target: Target, photo: dict[str, Any], thumb: str) -> None:
    signature = thumb.partition("Signature=")[2].partition("&")[0]
    assert photo["previews"]["thumb"]["url"].partition("Signature=")[2].startswith(signature)
    functions = target.client("lambda").list_functions()["Functions"]
    pages = target.client("logs").get_paginator("filter_log_events")
    texts = [
        event["message"]
        for function in functions
        for page in pages.paginate(logGroupName=function["LoggingConfig"]["LogGroup"])
        for event in page["events"]
    ]
    assert any('"step":"persist"' in text for text in texts)
    expression = f'annotation.photo_id = "{photo["photo_id"]}"'
    traces = target.client("xray")
    found = traces.get_trace_summaries(StartTime=0, EndTime=time.time() + 60, FilterExpression=expression)
    ids = [summary["Id"] for summary in found["TraceSummaries"]]
    texts += [json.dumps(trace) for trace in traces.batch_get_traces(TraceIds=ids[:5])["Traces"]]
    assert any('\\"Sign\\"' in text for text in texts)
    assert not [text for text in texts if signature in text or "PRIVATE KEY" in text]


@pytest.mark.parametrize("function", ["PhotosApi", "Persist"])
def test_functions_need_the_permission_to_sign(
    target: Target, demo: Client, connection: Connection, function: str
) -> None:
    outputs = stack_outputs(target, STACK)
    assert outputs is not None
    stack = DeployedStack(demo, cache(target.client), outputs)

    def status(email: str) -> int:
        """The status of a route of the function for a new owner, of which no sandbox has a signature."""
        with signed_up(connection, target.client("cognito-idp"), email) as user:
            _, ingested = user.send(encoded("jpeg"))
            return ingested.status_code if function == "Persist" else user.call("GET", "/photos").status_code

    with stack.without_permission(stack.physical_id(f"{function}Role"), "kms:Sign"):
        assert status(f"without-{function.lower()}@photosky.test") == 500
    assert status(f"with-{function.lower()}@photosky.test") == 200


@pytest.fixture(scope="module")
def page_role(target: Target, connection: Connection, state: Path) -> Iterator[Deployed]:
    """The stack, used with the permissions of the role that deploys it from GitHub."""
    deployed = Deployed.here(connection, state)
    policy = role_policy("Deploy", ACCOUNT, REGION)
    with operator_allowed(target.client, connection.endpoint_url, state, "page", policy) as operator:
        key = Credentials(operator.environment["AWS_ACCESS_KEY_ID"], operator.environment["AWS_SECRET_ACCESS_KEY"])
        yield Deployed(Target(connection.endpoint_url, key), deployed.outputs)


@pytest.fixture(scope="module")
def environment() -> Environment:
    """The environment of the stack."""
    return deploy.environment(delivery="cloudfront", page=True)


@pytest.fixture(scope="module")
def page_url(page_role: Deployed, environment: Environment, connection: Connection) -> str:
    """The address of the page, without a slash at its end, after `make page` with the permissions of its role."""
    place = page_command.here(page_role, connection)
    page_command.write(page_role, environment, place, page.install(print), lambda _line: None)
    return place.url


def test_everyone_gets_the_page_with_its_security_headers(page_url: str, connection: Connection) -> None:
    response = fetch(f"{page_url}/", headers={"Accept-Encoding": "identity"})
    expected = {
        "cache-control": "no-cache",
        "content-security-policy": "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        "content-type": "text/html; charset=utf-8",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "referrer-policy": "no-referrer",
        "strict-transport-security": "max-age=31536000; includeSubDomains",
        "x-content-type-options": "nosniff",
    }
    assert response.status_code == 200
    assert {name: value for name, value in response.headers.items() if name in expected} == expected
    config = fetch(f"{page_url}/{folder_of(response.text)}/config.json")
    assert config.json() == {
        "api_url": connection.api_url,
        "cognito_url": connection.endpoint_url,
        "client_id": connection.client_id,
        "trash_days": 30,
        "self_sign_up": True,
        "mfa": "optional",
        "tile_previews": ["small", "medium"],
    }


def test_missing_files_of_the_page_are_404_and_its_bucket_is_private(
    page_url: str, page_role: Deployed, connection: Connection
) -> None:
    statuses = {path: fetch(f"{page_url}/{path}").status_code for path in ("missing.js", "releases/", "a.webp")}
    assert statuses == {"missing.js": 404, "releases/": 404, "a.webp": 403}
    assert "<ListBucketResult" not in fetch(f"{page_url}/?list-type=2").text
    bucket = f"{connection.endpoint_url}/{page_role.outputs['PageBucketName']}"
    assert [fetch(f"{bucket}/{key}").status_code for key in ("", "index.html")] == [403, 403]


def test_smoke_finds_what_the_page_lacks(
    page_url: str, state: Path, connection: Connection, environment: Environment, target: Target
) -> None:
    deployed = Deployed.here(connection, state)
    with httpx.Client(trust_env=False, verify=NO_CERTIFICATES) as client:
        api = Api(connection.api_url, client, Contract.read())
        smoke_page.page(Context(deployed, environment, api, Cleanup(), page_url))
        changed = replace(environment, mfa="required")
        with pytest.raises(Difference) as differs:
            smoke_page.page(Context(deployed, changed, api, Cleanup(), page_url))
        assert differs.value.texts == ("mfa of the page is 'optional' instead of 'required'",)
        target.client("s3").delete_object(Bucket=deployed.outputs["PageBucketName"], Key="index.html")
        with pytest.raises(Difference) as missing:
            smoke_page.page(Context(deployed, environment, api, Cleanup(), page_url))
        assert missing.value.texts == ("the page's document answers 404; `make page` writes it",)
