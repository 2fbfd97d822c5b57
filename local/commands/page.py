"""`make page`: write the page of `web/` to the bucket of an environment whose knob `page` is on, and print its address.

An interrupted run leaves the earlier page. Start it again.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from infrastructure.environment import Environment
from local import deploy, page
from local.commands import options
from local.connection import Connection
from local.deployed import Deployed
from local.errors import CommandError
from local.page import PageFiles
from local.page_release import Origins, Release, invalidate, publish
from local.progress import Progress
from local.toolchain import Line
from photosky.presigning import Endpoint
from photosky.store.media import ADDRESSING


class NoPage(CommandError):
    """The environment or its stack has no page, or the API would refuse the page's origin."""


@dataclass(frozen=True)
class Place:
    """Where a page is served, and the API and the sign-in that it uses. URLs have no slash at the end."""

    url: str
    api_url: str
    cognito_url: str
    media_origin: str
    """Of upload forms and originals."""


def main(arguments: Sequence[str]) -> int:
    """Write the page of an environment, or of the running stack."""
    parser = options.parser("page", __doc__)
    parser.add_argument("--env", help="an environment on AWS; default: the running stack")
    parser.add_argument("--if-enabled", action="store_true", help="do nothing if the environment's knob page is off")
    given = parser.parse_args(arguments)
    if given.env:
        environment = deploy.environment(name=given.env)
        if given.if_enabled and not environment.page:
            print(f"The environment {given.env!r} has no page.")
            return 0
        stack = deployed_with_page(environment)
        place = on_aws(stack)
    else:
        environment = deploy.environment()
        live = Connection.read(given.state)
        stack = Deployed.here(live, given.state)
        place = here(stack, live)
    with Progress().step("page") as show:
        write(stack, environment, place, page.install(show), show)
    print(f"{place.url}/")
    return 0


def deployed_with_page(environment: Environment) -> Deployed:
    """Return the stack of an environment on AWS. Raises NoPage unless it has a page whose origin the API allows."""
    name = environment.name
    if not environment.page:
        raise NoPage(f"The environment {name!r} has no page. Set its knobs delivery and page, and deploy it.")
    stack = Deployed.environment(name)
    origin = stack.outputs.get("PageUrl")
    if origin is None:
        raise NoPage(f"The stack {deploy.stack_name(name)} has no page. Deploy it with the knob page first.")
    if origin not in environment.allowed_origins:
        raise NoPage(
            f"The API of {name!r} refuses the page's origin. Add {origin!r} to its allowed_origins in cdk.json, deploy "
            "it, and start this again."
        )
    return stack


def on_aws(stack: Deployed) -> Place:
    """Return where the page of a stack on AWS is."""
    return Place(
        url=stack.outputs["PageUrl"],
        api_url=stack.outputs["ApiUrl"].rstrip("/"),
        cognito_url=stack.clients.client("cognito-idp").meta.endpoint_url,
        media_origin=_media_origin(stack),
    )


def here(stack: Deployed, live: Connection) -> Place:
    """Return where the page of the running stack is. Raises NoPage if it was not started with one."""
    url = stack.outputs.get("PageUrl")
    if url is None:
        raise NoPage('The running stack has no page. Start it with `make run ARGS="--delivery cloudfront --page"`.')
    return Place(
        url=deploy.local_previews_url(url, live.endpoint_url),
        api_url=live.api_url,
        cognito_url=live.endpoint_url,
        media_origin=_media_origin(stack),
    )


def write(stack: Deployed, environment: Environment, place: Place, files: PageFiles, show: Line) -> None:
    """Write a release of the page to the stack's bucket, and make it the one that browsers get."""
    outputs = stack.outputs
    config = page.configuration(place.api_url, place.cognito_url, outputs["UserPoolClientId"], environment)
    connections = dict.fromkeys((_origin(place.api_url), _origin(place.cognito_url), place.media_origin))
    release = Release.of(files, config, Origins(images=(place.media_origin,), connections=tuple(connections)))
    changed = 0
    for key in publish(release, stack.clients.client("s3"), outputs["PageBucketName"]):
        show(key)
        changed += 1
    invalidate(stack.clients.client("cloudfront"), outputs["PageDistributionId"], secrets.token_hex(8))
    show(f"{changed} objects changed")


def _media_origin(stack: Deployed) -> str:
    client = stack.clients.client("s3", ADDRESSING)
    return Endpoint.of_bucket(client, stack.outputs["MediaBucketName"]).origin


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
