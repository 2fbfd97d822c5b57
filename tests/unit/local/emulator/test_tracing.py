"""The root of a trace, from the tracing header of a request."""

import re

import pytest

from local.emulator.patches.tracing import root_of


def test_trace_keeps_the_clients_root() -> None:
    root = "1-67891233-abcdef012345678912345678"
    assert root_of(f"Root={root};Parent=53995c3f42cd8ad8;Sampled=1") == root


@pytest.mark.parametrize("header", [None, "", "Root=1-2-3", "Self=1-67891233-abcdef012345678912345678"])
def test_invalid_header_gets_a_new_root(header: str | None) -> None:
    first, second = root_of(header), root_of(header)
    assert first != second
    assert re.fullmatch(r"1-[0-9a-f]{8}-[0-9a-f]{24}", first)
