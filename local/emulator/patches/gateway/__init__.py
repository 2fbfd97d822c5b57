"""API Gateway's data plane; each module names its gaps. Routing, throttling and validation stay MiniStack's."""

from local.emulator.patches.gateway import authorizer, compression, integrations, requests


def install() -> None:
    """Install all patches of API Gateway."""
    for patch in (requests, integrations, authorizer, compression):
        patch.install()
