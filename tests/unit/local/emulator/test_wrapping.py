"""The check that MiniStack has what the patches replace."""

import re

import pytest

from local.emulator.wrapping import Incompatible, require


@pytest.mark.parametrize(
    ("module", "name", "parameters", "reason"),
    [
        ("core.nothing", "anything", None, "ministack.core.nothing is not there"),
        ("core.sigv4", "nothing", None, "ministack.core.sigv4.nothing is not there"),
        ("core.sigv4", "uri_encode", "text", r"ministack.core.sigv4.uri_encode takes (value encode_slash), not (text)"),
    ],
)
def test_incompatible_ministack_is_reported(module: str, name: str, parameters: str | None, reason: str) -> None:
    problem = rf"MiniStack [\d.]+ does not fit local/emulator/patches: {re.escape(reason)}"
    with pytest.raises(Incompatible, match=problem):
        require(module, name, parameters)
