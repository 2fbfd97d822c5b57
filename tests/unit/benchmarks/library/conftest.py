"""Small collections, and the environment of the function whose requests are measured."""

import pytest

from benchmarks.library.cases import Library
from benchmarks.library.client import function_variables
from benchmarks.library.measuring import libraries


@pytest.fixture
def function(
    aws_environment: None,  # noqa: ARG001 - boto3 reads these variables
    fresh_caches: None,  # noqa: ARG001 - clients of an earlier test must not be used
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The environment variables of the photos function, and no client of an earlier test."""
    for name, value in function_variables().items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def library(function: None) -> Library:  # noqa: ARG001 - the clients read its variables
    """A collection of 100 photos."""
    (found,) = libraries([100])
    return found
