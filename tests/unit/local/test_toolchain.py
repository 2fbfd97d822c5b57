"""Errors of npm downloads."""

import stat
from pathlib import Path

import pytest

from local import toolchain
from local.errors import CommandError


def install(folder: Path, monkeypatch: pytest.MonkeyPatch, output: str) -> list[str]:
    """Install packages with an npm that prints `output` and fails, and return the terminal's lines."""
    npm = folder / "npm"
    npm.write_text(f"#!/bin/sh\ncat << 'END'\n{output}\nEND\nexit 1\n")
    npm.chmod(npm.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setattr(toolchain, "program", lambda _name: str(npm))
    shown: list[str] = []
    try:
        toolchain.npm_packages(toolchain.CLI_SOURCE, folder / "cache", shown.append)
    finally:
        assert list((folder / "cache").iterdir()) == [], "a failed download leaves files behind"
        assert shown[0] == "downloading the npm packages of cdk-cli"
    return shown


@pytest.mark.parametrize(
    ("output", "sentence"),
    [
        (
            "npm error code EAI_AGAIN\nnpm error network …\n" * 20,
            "Packages cannot be downloaded (EAI_AGAIN). Check the network and the proxy settings, then retry.",
        ),
        (
            "error: Failed to fetch: `https://example.com/simple/pillow/`\n  Caused by: dns error",
            "Packages cannot be downloaded (Failed to fetch: `https://example.com/simple/pillow/`). "
            "Check the network and the proxy settings, then retry.",
        ),
        ("npm error code ENOSPC", "The disk is full (ENOSPC). Free some space, then retry."),
        ("npm error code EWHAT", "`npm ci --no-audit …` failed with code 1:\n  npm error code EWHAT"),
    ],
)
def test_failed_download_is_one_sentence(
    output: str, sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(CommandError) as failed:
        install(tmp_path, monkeypatch, output)
    assert str(failed.value) == sentence
