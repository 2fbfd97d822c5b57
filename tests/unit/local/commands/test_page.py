"""`make page`: what it refuses, and what it writes for a stack on AWS."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, Final

import boto3
import pytest
from moto import mock_aws

from infrastructure.environment import Environment
from local import deploy
from local.commands import page
from local.commands.page import NoPage
from local.connection import Connection
from local.deployed import Account, Deployed
from local.page import PageFiles
from local.page_release import folder_of
from tests.unit.local.smoke.apis import Clients

URL: Final = "https://d111111abcdef8.cloudfront.net"
OUTPUTS: Final = {
    "ApiUrl": "https://abc123.execute-api.eu-west-1.amazonaws.com/v1/",
    "UserPoolClientId": "1example23456789",
    "MediaBucketName": "photosky-dev-storagemedia-1",
    "PageUrl": URL,
    "PageBucketName": "photosky-dev-pagefiles-1",
    "PageDistributionId": "E1",
}
INDEX: Final = """<meta charset="utf-8" /><link rel="preload" href="config.json" as="fetch" />
<script type="importmap">{"imports": {"preact": "./packages/preact.mjs"}}</script>"""


def environment(**knobs: Any) -> Environment:
    """An environment with a page, and other knobs."""
    known = {"allowed_origins": [URL], "delivery": "cloudfront", "page": True}
    return Environment.read("dev", known | knobs)


@pytest.fixture
def outputs(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The outputs of the stack that is deployed."""
    found = dict(OUTPUTS)
    monkeypatch.setattr(Deployed, "environment", lambda _name: Deployed(Clients({}), found))
    return found


def refusal(given: Environment) -> str:
    """The sentence with which an environment is refused."""
    with pytest.raises(NoPage) as refused:
        page.deployed_with_page(given)
    return str(refused.value)


def test_environment_without_the_knob_is_refused(outputs: Mapping[str, str]) -> None:
    assert refusal(environment(page=False)) == (
        "The environment 'dev' has no page. Set its knobs delivery and page, and deploy it."
    )
    assert page.deployed_with_page(environment()).outputs == outputs


def test_stack_without_a_page_is_refused(outputs: dict[str, str]) -> None:
    del outputs["PageUrl"]
    assert refusal(environment()) == "The stack PhotoSky-dev has no page. Deploy it with the knob page first."


def test_running_stack_without_a_page_is_refused(outputs: dict[str, str]) -> None:
    del outputs["PageUrl"]
    live = Connection(*(["unused"] * len(fields(Connection))))
    with pytest.raises(NoPage) as refused:
        page.here(Deployed(Clients({}), outputs), live)
    assert str(refused.value) == (
        'The running stack has no page. Start it with `make run ARGS="--delivery cloudfront --page"`.'
    )


@pytest.mark.usefixtures("outputs")
def test_origin_that_the_api_would_refuse_is_named() -> None:
    assert refusal(environment(allowed_origins=["http://localhost:5173"])) == (
        f"The API of 'dev' refuses the page's origin. Add '{URL}' to its allowed_origins in cdk.json, deploy it, and "
        "start this again."
    )


def test_deployments_of_environments_without_a_page_do_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(deploy, "environment", lambda name: environment(page=False) if name == "dev" else None)
    assert page.main(["--env", "dev", "--if-enabled"]) == 0
    assert capsys.readouterr().out == "The environment 'dev' has no page.\n"


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    """An account with the page's bucket."""
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    with mock_aws():
        boto3.client("s3", region_name="eu-west-1").create_bucket(
            Bucket=OUTPUTS["PageBucketName"], CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
        )
        yield Account()


class Invalidations:
    """CloudFront, which records what is invalidated."""

    def __init__(self) -> None:
        self.found: list[tuple[str, list[str]]] = []

    def create_invalidation(self, **query: Any) -> None:
        """Record an invalidation."""
        self.found.append((query["DistributionId"], query["InvalidationBatch"]["Paths"]["Items"]))


def test_page_uses_the_stack_of_its_environment(account: Account, tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text(INDEX)
    (tmp_path / "preact.mjs").touch()
    cloudfront = Invalidations()
    services = {name: account.client(name) for name in ("s3", "cognito-idp")}
    stack = Deployed(Clients({**services, "cloudfront": cloudfront}), OUTPUTS)
    place = page.on_aws(Deployed(account, OUTPUTS))
    page.write(
        stack, environment(trash_days=7, mfa="optional"), place, PageFiles(tmp_path, tmp_path), lambda _key: None
    )

    def text(key: str) -> str:
        body: bytes = services["s3"].get_object(Bucket=OUTPUTS["PageBucketName"], Key=key)["Body"].read()
        return body.decode()

    document = text("index.html")
    assert json.loads(text(f"{folder_of(document)}/config.json")) == {
        "api_url": "https://abc123.execute-api.eu-west-1.amazonaws.com/v1",
        "cognito_url": "https://cognito-idp.eu-west-1.amazonaws.com",
        "client_id": "1example23456789",
        "trash_days": 7,
        "self_sign_up": False,
        "mfa": "optional",
        "tile_previews": ["small", "medium"],
    }
    media = "https://photosky-dev-storagemedia-1.s3.eu-west-1.amazonaws.com"
    api, cognito = "https://abc123.execute-api.eu-west-1.amazonaws.com", "https://cognito-idp.eu-west-1.amazonaws.com"
    assert f"img-src 'self' data: blob: {media}; connect-src 'self' {api} {cognito} {media}" in document
    assert cloudfront.found == [("E1", ["/", "/index.html"])]
