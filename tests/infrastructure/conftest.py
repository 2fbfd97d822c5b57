"""Fixtures with all environments of `cdk.json`, synthesized once."""

import json
from collections.abc import Mapping

import pytest

from diagrams.synthesis import Synthesized, Template, synthesize
from infrastructure.packaging import ROOT

ENVIRONMENTS: list[str] = sorted(json.loads((ROOT / "cdk.json").read_text())["context"]["environments"])


@pytest.fixture(scope="session")
def stacks(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Synthesized]:
    """The stacks of all environments by name."""
    return {name: synthesize(name, tmp_path_factory.mktemp(name)) for name in ENVIRONMENTS}


@pytest.fixture(scope="session", params=ENVIRONMENTS)
def stack(request: pytest.FixtureRequest, stacks: Mapping[str, Synthesized]) -> Synthesized:
    """The stack of each environment in turn."""
    return stacks[request.param]


@pytest.fixture(scope="session")
def stack_template(stack: Synthesized) -> Template:
    """The template of each environment in turn."""
    return stack.template


@pytest.fixture(scope="session")
def prod(stacks: Mapping[str, Synthesized]) -> Template:
    """The template of `prod`."""
    return stacks["prod"].template
