"""The environments of `cdk.json`: what a knob may be, and the sentence that a bad one is answered with."""

import json
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any, Final

import pytest

from infrastructure.environment import LOG_RETENTION_DAYS, Environment, InvalidEnvironmentError
from photosky.imaging.presets import DEFAULT_PRESETS, Preset

ORIGINS: Final = ["https://photos.example"]
KNOBS: Final = {"allowed_origins": ORIGINS}
BANNER: Final = {"name": "banner", "width": 1200, "height": 400, "fit": "cover", "format": "jpeg"}

GOOD: Final[dict[str, list[tuple[Any, Any]]]] = {
    "allowed_origins": [
        (["https://photos.example"], ("https://photos.example",)),
        (["http://127.0.0.1:5173", "https://a.b.example"], ("http://127.0.0.1:5173", "https://a.b.example")),
    ],
    "retain_data": [(True, True), (False, False)],
    "empty_bucket_on_delete": [(True, True), (False, False)],
    "self_sign_up": [(True, True), (False, False)],
    "log_retention_days": [(days, days) for days in LOG_RETENTION_DAYS],
    "log_level": [(level, level) for level in ("DEBUG", "INFO", "WARNING", "ERROR")],
    "log_execution_data": [(True, True), (False, False)],
    "tracing": [(True, True), (False, False)],
    "trace_sampling_percent": [(0, 0), (100, 100)],
    "presets": [([BANNER], (Preset("banner", 1200, 400, fit="cover", format="jpeg"),))],
    "max_upload_bytes": [(1, 1), (209_715_200, 209_715_200)],
    "max_frames": [(1, 1), (10_000, 10_000)],
    "throttle_rate_per_second": [(1, 1), (10_000, 10_000)],
    "reprocess_concurrency": [(1, 1), (1_000, 1_000)],
    "throttle_burst": [(1, 1), (5_000, 5_000)],
    "api_memory_mib": [(128, 128), (10_240, 10_240)],
    "imaging_memory_mib": [(1769, 1769), (10_240, 10_240)],
    "url_ttl_seconds": [(60, 60), (43_200, 43_200)],
    "location_policy": [(policy, policy) for policy in ("keep", "coarse", "drop")],
    "alarm_email": [("on-call@photos.example", "on-call@photos.example")],
    "runtime": [("lambda", "lambda"), ("host", "host")],
}
"""For each knob what `cdk.json` may say, its bounds included, and what it is read as."""

NOT_BOOLEAN: Final[list[tuple[Any, str]]] = [
    ("true", "must be true or false, not 'true'"),
    (1, "must be true or false, not 1"),
    (0, "must be true or false, not 0"),
    (None, "must be true or false, not None"),
    ([], "must be true or false, not []"),
]
NO_LISTS: Final[tuple[Any, ...]] = ([], {}, None, "https://photos.example")
NO_OBJECTS: Final[tuple[Any, ...]] = ("thumb", 5, None, [])
RETENTION: Final = ", ".join(map(str, LOG_RETENTION_DAYS))


def _not_whole(least: int, most: int) -> list[tuple[Any, str]]:
    bad = (least - 1, most + 1, str(least), least + 0.5, float(least), True, None)
    return [(value, f"must be a whole number from {least} to {most}, not {value!r}") for value in bad]


def _not_one_of(names: str, *bad: Any) -> list[tuple[Any, str]]:
    return [(value, f"must be one of {names}, not {value!r}") for value in (*bad, None, True, [], {})]


BAD: Final[dict[str, list[tuple[Any, str]]]] = {
    "allowed_origins": [
        *((value, "must be a list of at least one origin") for value in NO_LISTS),
        *(
            ([*ORIGINS, origin], f"holds {origin!r}, which is not an origin such as https://app.example")
            for origin in (
                "photos.example",
                "ftp://photos.example",
                "https://",
                "https://photos.example/",
                "https://photos.example/app",
                "https://photos.example?a",
                "https://me@photos.example",
                "https://Photos.example",
                "https://photos.example:port",
                "https://photos.example'",
                "https://photos example",
                "https://[",
                "null",
                "",
                5,
                None,
                ["https://photos.example"],
            )
        ),
        *(
            ([origin], f"holds {origin!r}; name each origin, a wildcard lets any site read photos")
            for origin in ("*", "https://*", "https://*.photos.example")
        ),
    ],
    "retain_data": NOT_BOOLEAN,
    "empty_bucket_on_delete": NOT_BOOLEAN,
    "self_sign_up": NOT_BOOLEAN,
    "log_retention_days": _not_one_of(RETENTION, 0, 2, 366, "7", 7.0),
    "log_level": _not_one_of("DEBUG, INFO, WARNING, ERROR", "debug", "TRACE", 10),
    "log_execution_data": NOT_BOOLEAN,
    "tracing": NOT_BOOLEAN,
    "trace_sampling_percent": _not_whole(0, 100),
    "presets": [
        *((value, "must be a list of at least one preset") for value in NO_LISTS),
        *(([value], f"holds {value!r}, which is not an object of a preset's fields") for value in NO_OBJECTS),
        (
            [{**BANNER, "colour": "red"}],
            "colour: unknown field; a preset has effort, fit, format, height, name, quality, width",
        ),
        ([{"name": "banner", "width": 1200}], "height: required field is missing"),
        ([{**BANNER, "width": 0}], "width: 0 is not a whole number from 1 to 4096"),
        ([{**BANNER, "format": "gif"}], "format: 'gif' is not one of webp, jpeg"),
        ([{**BANNER, "quality": "high"}], "quality: 'high' is not a whole number from 1 to 100"),
        (
            [{**BANNER, "name": "../banner"}],
            "name: '../banner' is not a lowercase letter and up to 31 lowercase letters, digits and underscores",
        ),
        ([BANNER, {**BANNER, "width": 600}], "has two presets of one name"),
    ],
    "max_upload_bytes": _not_whole(1, 209_715_200),
    "max_frames": _not_whole(1, 10_000),
    "throttle_rate_per_second": _not_whole(1, 10_000),
    "reprocess_concurrency": _not_whole(1, 1_000),
    "throttle_burst": _not_whole(1, 5_000),
    "api_memory_mib": _not_whole(128, 10_240),
    "imaging_memory_mib": _not_whole(1769, 10_240),
    "url_ttl_seconds": _not_whole(60, 43_200),
    "location_policy": _not_one_of("keep, coarse, drop", "Keep", "exact"),
    "alarm_email": [
        (value, f"must be an e-mail address, not {value!r}")
        for value in ("", "on-call", "@photos.example", "on-call@", "a@b@c", None, 5, ["a@b.example"])
    ],
    "runtime": _not_one_of("lambda, host", "docker"),
}
"""For each knob what it must not be, and how its sentence goes on."""


def test_these_tests_know_every_knob() -> None:
    knobs = {field.name for field in fields(Environment)} - {"name"}
    assert set(GOOD) == knobs
    assert set(BAD) == knobs


@pytest.mark.parametrize(
    ("knob", "value", "read"), [(knob, value, read) for knob, pairs in GOOD.items() for value, read in pairs]
)
def test_a_good_value_is_read(knob: str, value: Any, read: Any) -> None:
    assert getattr(Environment.read("dev", {**KNOBS, knob: value}), knob) == read


@pytest.mark.parametrize(
    ("knob", "value", "what"), [(knob, value, what) for knob, pairs in BAD.items() for value, what in pairs]
)
def test_a_bad_value_is_refused_by_environment_and_knob(knob: str, value: Any, what: str) -> None:
    assert _refusal("dev", {**KNOBS, knob: value}) == f"The environment 'dev': {knob} {what}."


def test_an_environment_of_its_origins_alone_has_the_defaults() -> None:
    assert Environment.read("dev", KNOBS) == Environment(name="dev", allowed_origins=("https://photos.example",))


def test_the_defaults_are_values_that_a_knob_may_have() -> None:
    defaults = {field.name: field.default for field in fields(Environment) if field.default is not MISSING}
    del defaults["alarm_email"], defaults["trace_sampling_percent"]
    assert defaults.pop("presets") == DEFAULT_PRESETS
    written = defaults | {"presets": [preset.to_mapping() for preset in DEFAULT_PRESETS]}
    assert Environment.read("dev", KNOBS | written) == Environment.read("dev", KNOBS)


def test_the_origins_have_no_default() -> None:
    assert _refusal("dev", {}) == "The environment 'dev' lacks the knob 'allowed_origins'."


def test_an_unknown_knob_is_refused_with_those_there_are() -> None:
    knobs = ", ".join(sorted(GOOD))
    assert _refusal("dev", KNOBS | {"log_lvl": "INFO"}) == (
        f"The environment 'dev' has an unknown knob 'log_lvl'; there are {knobs}."
    )


def test_the_name_is_no_knob() -> None:
    assert _refusal("dev", KNOBS | {"name": "prod"}).startswith("The environment 'dev' has an unknown knob 'name';")


def test_data_that_is_retained_is_not_emptied() -> None:
    assert _refusal("prod", KNOBS | {"retain_data": True, "empty_bucket_on_delete": True}) == (
        "The environment 'prod': empty_bucket_on_delete contradicts retain_data; choose one."
    )


@pytest.mark.parametrize("knobs", [None, [], "dev", 5])
def test_an_environment_is_an_object(knobs: object) -> None:
    assert _refusal("dev", knobs) == "The environment 'dev' must be an object of knobs."


@pytest.mark.parametrize("name", ["my_env", "Dev", "dev ", "-dev", "1dev", "", "d" * 33])
def test_a_name_that_no_stack_can_have_is_refused(name: str) -> None:
    assert _refusal(name, KNOBS) == (
        f"The environment {name!r} needs another name, of lower-case letters, digits and hyphens."
    )


@pytest.mark.parametrize("environments", [None, {}, [], "dev"])
def test_without_environments_there_is_nothing_to_choose(environments: object) -> None:
    with pytest.raises(InvalidEnvironmentError) as refused:
        Environment.load("dev", environments)
    assert str(refused.value) == "cdk.json has no context.environments."


def test_without_a_name_the_sentence_tells_the_names() -> None:
    with pytest.raises(InvalidEnvironmentError) as refused:
        Environment.load(None, {"prod": KNOBS, "dev": KNOBS})
    assert str(refused.value) == "Choose an environment with -c env=NAME; cdk.json has dev, prod."


@pytest.mark.parametrize("name", ["qa", "", "PROD", 5, ["dev"]])
def test_an_unknown_name_is_refused_with_those_there_are(name: object) -> None:
    with pytest.raises(InvalidEnvironmentError) as refused:
        Environment.load(name, {"prod": KNOBS, "dev": KNOBS})
    assert str(refused.value) == f"There is no environment {name!r}; cdk.json has dev, prod."


def test_the_projects_own_environments_are_read() -> None:
    path = Path(__file__).resolve().parents[2] / "cdk.json"
    environments = json.loads(path.read_text())["context"]["environments"]
    read = {name: Environment.load(name, environments) for name in environments}
    assert {name: environment.name for name, environment in read.items()} == {
        name: name for name in ("local", "dev", "staging", "prod")
    }
    assert {name for name, environment in read.items() if environment.runtime == "host"} == {"local"}
    assert {name for name, environment in read.items() if environment.retain_data} == {"prod"}


def _refusal(name: str, knobs: object) -> str:
    with pytest.raises(InvalidEnvironmentError) as refused:
        Environment.read(name, knobs)
    return str(refused.value)
