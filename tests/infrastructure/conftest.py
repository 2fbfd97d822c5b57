"""Every reference environment, synthesized once for all tests in here."""

from collections.abc import Mapping

import pytest

from diagrams.synthesis import Synthesized, Template
from tests.synthesis import EDGE, ENVIRONMENTS, synthesized


@pytest.fixture(scope="session")
def stacks() -> Mapping[str, Synthesized]:
    """The stack of each environment, by name."""
    return {name: synthesized(name) for name in ENVIRONMENTS}


@pytest.fixture(scope="session", params=ENVIRONMENTS)
def stack(request: pytest.FixtureRequest, stacks: Mapping[str, Synthesized]) -> Synthesized:
    """Each environment in turn."""
    return stacks[request.param]


@pytest.fixture(scope="session")
def stack_template(stack: Synthesized) -> Template:
    """Each environment's template in turn."""
    return stack.template


@pytest.fixture(scope="session")
def edge() -> Template:
    """The template of `local` with CloudFront."""
    return synthesized(EDGE).template


@pytest.fixture(scope="session")
def prod(stacks: Mapping[str, Synthesized]) -> Template:
    """The template of what real photos live in."""
    return stacks["prod"].template
