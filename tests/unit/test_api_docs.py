"""The tables and versions in `docs/api.md` agree with the code."""

import json
import re
from typing import get_args

from infrastructure.environment import Environment
from photosky.details import TakenAtSource
from photosky.errors import CATALOGUE, RETRY_AFTER_SECONDS
from photosky.imaging.limits import DEFAULT_LIMITS, MIB
from photosky.imaging.media_types import DECLARABLE_CONTENT_TYPES
from photosky.imaging.presets import DEFAULT_PRESETS
from photosky.photo import Status
from tests.infrastructure.contract import operations
from tests.repository import ROOT

API = (ROOT / "docs" / "api.md").read_text()


def rows(header: str) -> list[list[str]]:
    """The cells of the table whose header starts with `header`."""
    table = API.split(f"\n{header}", 1)[1].split("\n\n", 1)[0].splitlines()[2:]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in table]


def test_error_table_has_every_code_with_its_status() -> None:
    documented = [(code, int(status)) for code, status, _ in rows("| code | status |")]
    assert documented == [(str(code), entry.status) for code, entry in CATALOGUE.items()]


def test_error_table_marks_retryable_codes() -> None:
    marked = [code for code, _, when in rows("| code | status |") if "(`Retry-After`)" in when]
    assert marked == [str(code) for code, entry in CATALOGUE.items() if entry.retryable]
    assert f"`Retry-After` is {RETRY_AFTER_SECONDS} seconds." in API


def test_route_table_has_every_route_with_its_successes() -> None:
    documented = {
        route.strip("`"): set(re.findall(r"\b[23]\d\d\b", success)) for route, _, success, _ in rows("| route | does |")
    }
    assert documented == {
        f"{verb} {path}": {str(status) for status in operation.responses if status < 400}
        for (verb, path), operation in operations().items()
    }


def test_status_table_has_every_status_that_is_shown() -> None:
    documented = [status.strip("`") for status, *_ in rows("| status | meaning |")]
    assert documented == [str(status) for status in Status if status is not Status.DELETING]


def test_preset_table_has_the_default_presets() -> None:
    sizes = {
        preset.name: f"{preset.width} x {preset.height} px, cropped"
        if preset.fit == "cover"
        else f"{preset.width} px on the longer edge"
        for preset in DEFAULT_PRESETS
    }
    assert {name.strip("`"): size for name, size in rows("| preset | size |")} == sizes


def test_image_limits_are_those_of_the_code() -> None:
    limits = dict(rows("| limit | value |"))
    megapixels = {
        name.lower(): int(number) * 1_000_000
        for names, number in re.findall(r"((?:[A-Za-z]+(?:, | and )?)+) (\d+)", limits["pixels"])
        for name in re.split(", | and ", names)
    }
    assert megapixels == DEFAULT_LIMITS.max_pixels
    assert limits["memory to decode and render"] == f"{DEFAULT_LIMITS.memory_bytes // MIB} MiB"
    assert limits["frames of an animation"] == f"{Environment.max_frames} (`max_frames`)"


def test_content_type_table_has_those_that_can_be_declared() -> None:
    documented: dict[str, str] = {}
    for stored, others in rows("| stored type |"):
        (name,) = re.findall("`([^`]+)`", stored)
        aliases = ["" if alias == "an empty text" else alias.strip("`") for alias in others.split(", ")]
        documented |= dict.fromkeys([name, *aliases], name)
    assert documented == DECLARABLE_CONTENT_TYPES


def test_sources_of_a_time_are_documented() -> None:
    (sources,) = (text for field, text in rows("| field | from |") if field == "`taken_at`, `taken_at_source`")
    assert tuple(re.findall(r"\(`([a-z]+)`\)", sources)) == get_args(TakenAtSource)


def test_default_knobs_are_the_environments() -> None:
    assert f"by default to {Environment.max_upload_bytes} ({Environment.max_upload_bytes >> 20} MiB)" in API
    rate, burst = Environment.throttle_rate_per_second, Environment.throttle_burst
    assert f"({rate} by default) with bursts of `throttle_burst` ({burst})" in API
    assert Environment.url_ttl_seconds == 3600, "the page says: an hour"


def test_npm_versions_are_those_of_the_tested_client() -> None:
    package = json.loads((ROOT / "tests" / "client" / "package.json").read_text())
    tested = package["dependencies"] | package["devDependencies"]
    documented = dict(re.findall(r"\b([a-z-]+)@(\d+\.\d+\.\d+)", API))
    assert set(documented) == {"openapi-fetch", "openapi-typescript", "typescript"}
    assert documented == {name: tested[name] for name in documented}
