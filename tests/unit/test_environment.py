"""The environments of `cdk.json`: valid values of knobs, and the messages about invalid ones."""

import json
from dataclasses import MISSING, fields
from typing import Any, Final

import pytest

from diagrams import reference
from infrastructure.domain import Domain
from infrastructure.environment import LOG_RETENTION_DAYS, Environment, InvalidEnvironmentError
from photosky.imaging.presets import DEFAULT_PRESETS, Preset
from tests.repository import ROOT

ORIGINS: Final = ["https://photos.example"]
KNOBS: Final = {"allowed_origins": ORIGINS}
BANNER: Final = {"name": "banner", "width": 1200, "height": 400, "fit": "cover", "format": "jpeg"}

ACL: Final = "arn:aws:wafv2:eu-west-1:123456789012:regional/webacl/photos/1"
DOMAIN: Final = {
    "hosted_zone_id": "Z0123456789ABC",
    "hosted_zone_name": "photos.example",
    "api": "api.photos.example",
    "api_certificate_arn": "arn:aws:acm:eu-west-1:123456789012:certificate/1",
}
PREVIEWS: Final = {
    "previews": "previews.photos.example",
    "previews_certificate_arn": "arn:aws:acm:us-east-1:012345678901:certificate/1",
}

VALID: Final[dict[str, list[tuple[Any, Any]]]] = {
    "allowed_origins": [
        (["https://photos.example"], ("https://photos.example",)),
        (["http://127.0.0.1:5173", "https://a.b.example"], ("http://127.0.0.1:5173", "https://a.b.example")),
    ],
    "retain_data": [(True, True), (False, False)],
    "empty_bucket_on_delete": [(True, True), (False, False)],
    "self_sign_up": [(True, True), (False, False)],
    "mfa": [(mfa, mfa) for mfa in ("off", "optional", "required")],
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
    "import_buckets": [([], ()), (["old-pictures"], ("old-pictures",)), (["a1b", "0" * 63], ("a1b", "0" * 63))],
    "import_concurrency": [(1, 1), (1_000, 1_000)],
    "max_audit_removal_percent": [(0, 0), (100, 100)],
    "throttle_burst": [(1, 1), (5_000, 5_000)],
    "api_memory_mib": [(128, 128), (10_240, 10_240)],
    "imaging_memory_mib": [(1769, 1769), (10_240, 10_240)],
    "trash_days": [(0, 0), (365, 365)],
    "event_archive_days": [(0, 0), (3650, 3650)],
    "max_photos_per_owner": [(0, 0), (9_007_199_254_740_991, 9_007_199_254_740_991)],
    "max_bytes_per_owner": [(0, 0), (9_007_199_254_740_991, 9_007_199_254_740_991)],
    "url_ttl_seconds": [(60, 60), (43_200, 43_200)],
    "location_policy": [(policy, policy) for policy in ("keep", "coarse", "drop")],
    "delivery": [("s3", "s3"), ("cloudfront", "cloudfront")],
    "signing_keys": [(["a"], ("a",)), (["b2", "a", "C", "d", "0" * 16], ("b2", "a", "C", "d", "0" * 16))],
    "page": [(False, False)],  # With a page, see `test_page_needs_cloudfront`.
    "alarm_email": [("on-call@photos.example", "on-call@photos.example")],
    "sender_email": [("photos@photos.example", "photos@photos.example")],
    "web_acl_arn": [(ACL, ACL)],
    "domain": [(DOMAIN, Domain(**DOMAIN))],  # With a name for previews, see `test_previews_need_cloudfront_for_a_name`.
    "account": [("012345678901", "012345678901")],
    "region": [("eu-west-1", "eu-west-1"), ("us-gov-west-1", "us-gov-west-1")],
    "budget_usd": [(0, 0)],
    "runtime": [("lambda", "lambda"), ("host", "host")],
}
"""For each knob, values of `cdk.json`, with both limits, and the values that are read."""

NOT_BOOLEAN: Final[list[tuple[Any, str]]] = [
    ("true", "must be true or false, not 'true'"),
    (1, "must be true or false, not 1"),
    (0, "must be true or false, not 0"),
    (None, "must be true or false, not None"),
    ([], "must be true or false, not []"),
]
NOT_LISTS_OF_NAMES: Final[list[Any]] = ["old-pictures", None, 5, {}, ("old-pictures",)]
NOT_EMAILS: Final = [
    (value, f"must be an e-mail address, not {value!r}")
    for value in ("", "on-call", "@photos.example", "on-call@", "a@b@c", None, 5, ["a@b.example"])
]
NOT_LISTS: Final[tuple[Any, ...]] = ([], {}, None, "https://photos.example")
NOT_OBJECTS: Final[tuple[Any, ...]] = ("thumb", 5, None, [])
RETENTION: Final = ", ".join(map(str, LOG_RETENTION_DAYS))


def _not_integer(minimum: int, maximum: int) -> list[tuple[Any, str]]:
    bad = (minimum - 1, maximum + 1, str(minimum), minimum + 0.5, float(minimum), True, None)
    return [(value, f"must be an integer from {minimum} to {maximum}, not {value!r}") for value in bad]


def _not_one_of(names: str, *bad: Any) -> list[tuple[Any, str]]:
    return [(value, f"must be one of {names}, not {value!r}") for value in (*bad, None, True, [], {})]


INVALID: Final[dict[str, list[tuple[Any, str]]]] = {
    "allowed_origins": [
        *((value, "must be a list of at least one origin") for value in NOT_LISTS),
        *(
            ([*ORIGINS, origin], f"has {origin!r}, which is not an origin such as https://app.example")
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
            ([origin], f"has {origin!r}; list each origin, because a wildcard lets any site read photos")
            for origin in ("*", "https://*", "https://*.photos.example")
        ),
    ],
    "retain_data": NOT_BOOLEAN,
    "empty_bucket_on_delete": NOT_BOOLEAN,
    "self_sign_up": NOT_BOOLEAN,
    "mfa": _not_one_of("off, optional, required", "on", "OFF", 0, False),
    "log_retention_days": _not_one_of(RETENTION, 0, 2, 366, "7", 7.0),
    "log_level": _not_one_of("DEBUG, INFO, WARNING, ERROR", "debug", "TRACE", 10),
    "log_execution_data": NOT_BOOLEAN,
    "tracing": NOT_BOOLEAN,
    "trash_days": _not_integer(0, 365),
    "event_archive_days": _not_integer(0, 3650),
    "max_photos_per_owner": _not_integer(0, 9_007_199_254_740_991),
    "max_bytes_per_owner": _not_integer(0, 9_007_199_254_740_991),
    "budget_usd": _not_integer(0, 1_000_000),
    "trace_sampling_percent": _not_integer(0, 100),
    "presets": [
        *((value, "must be a list of at least one preset") for value in NOT_LISTS),
        *(([value], f"has {value!r}, which is not an object with the fields of a preset") for value in NOT_OBJECTS),
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
        ([BANNER, {**BANNER, "width": 600}], "has two presets of the same name"),
    ],
    "max_upload_bytes": _not_integer(1, 209_715_200),
    "max_frames": _not_integer(1, 10_000),
    "throttle_rate_per_second": _not_integer(1, 10_000),
    "reprocess_concurrency": _not_integer(1, 1_000),
    "import_buckets": [
        *((value, f"must be a list of names of buckets, not {value!r}") for value in NOT_LISTS_OF_NAMES),
        *(
            ([name], f"has {name!r}; a name has 3 to 63 lowercase letters, digits and hyphens")
            for name in ("", "ab", "Old", "-old", "old-", "old.pictures", "*", "a/*", "0" * 64, 5, None)
        ),
        (["old", "new", "old"], "has a name twice"),
    ],
    "import_concurrency": _not_integer(1, 1_000),
    "max_audit_removal_percent": _not_integer(0, 100),
    "throttle_burst": _not_integer(1, 5_000),
    "api_memory_mib": _not_integer(128, 10_240),
    "imaging_memory_mib": _not_integer(1769, 10_240),
    "url_ttl_seconds": _not_integer(60, 43_200),
    "location_policy": _not_one_of("keep, coarse, drop", "Keep", "exact"),
    "delivery": _not_one_of("s3, cloudfront", "S3", "akamai"),
    "signing_keys": [
        *((value, "must be a list of 1 to 5 names") for value in (*NOT_LISTS, "first", list("abcdef"))),
        *(
            ([name], f"has {name!r}; a name has up to 16 letters and digits")
            for name in ("", "a-b", "ü", "0" * 17, 5, None, ["a"])
        ),
        (["a", "b", "a"], "has a name twice"),
    ],
    "page": NOT_BOOLEAN,
    "alarm_email": NOT_EMAILS,
    "sender_email": NOT_EMAILS,
    "web_acl_arn": [
        (value, f"must be an ARN of wafv2, not {value!r}")
        for value in ("", "photos", DOMAIN["api_certificate_arn"], f"{ACL[:20]}:{ACL}", None, 5)
    ],
    "domain": [
        *(
            (
                value,
                "must be an object with hosted_zone_id, hosted_zone_name, api, api_certificate_arn, and optionally "
                f"previews and previews_certificate_arn, not {value!r}",
            )
            for value in (
                *("api.photos.example", None, {}, DOMAIN | {"cdn": "x"}, {"api": "api.photos.example"}),
                DOMAIN | {"previews": "previews.photos.example"},
            )
        ),
        (DOMAIN | {"hosted_zone_id": "photos"}, "has 'photos' as hosted_zone_id"),
        (DOMAIN | {"hosted_zone_name": "photos"}, "has 'photos' as hosted_zone_name"),
        (DOMAIN | {"api": "https://api.photos.example"}, "has 'https://api.photos.example' as api"),
        (DOMAIN | {"api": 5}, "has 5 as api"),
        (DOMAIN | PREVIEWS | {"previews": "photos"}, "has 'photos' as previews"),
        (
            DOMAIN | PREVIEWS | {"previews_certificate_arn": DOMAIN["api_certificate_arn"]},
            f"has {DOMAIN['api_certificate_arn']!r} as previews_certificate_arn",
        ),
        (
            DOMAIN | PREVIEWS | {"previews": "previews.other.example"},
            "has 'previews.other.example' as previews, which is not in the zone 'photos.example'",
        ),
        (DOMAIN | {"api_certificate_arn": ACL}, f"has {ACL!r} as api_certificate_arn"),
        (
            DOMAIN | {"api": "api.other.example"},
            "has 'api.other.example' as api, which is not in the zone 'photos.example'",
        ),
    ],
    "account": [
        (value, f"must be an account of 12 digits, not {value!r}") for value in ("", "12345678901", 123456789012, None)
    ],
    "region": [
        (value, f"must be a region, not {value!r}") for value in ("", "Europe", "eu-west", "eu-west-1a", 1, None)
    ],
    "runtime": _not_one_of("lambda, host", "docker"),
}
"""For each knob, invalid values and the messages about them."""


def test_the_tables_list_every_knob() -> None:
    knobs = {field.name for field in fields(Environment)} - {"name"}
    assert set(VALID) == knobs
    assert set(INVALID) == knobs


@pytest.mark.parametrize(
    ("knob", "value", "read"), [(knob, value, read) for knob, pairs in VALID.items() for value, read in pairs]
)
def test_a_valid_value_is_read(knob: str, value: Any, read: Any) -> None:
    assert getattr(Environment.read("dev", {**KNOBS, knob: value}), knob) == read


@pytest.mark.parametrize(
    ("knob", "value", "message"),
    [(knob, value, message) for knob, pairs in INVALID.items() for value, message in pairs],
)
def test_the_message_names_environment_and_knob(knob: str, value: Any, message: str) -> None:
    assert _refusal("dev", {**KNOBS, knob: value}) == f"The environment 'dev': {knob} {message}."


def test_all_knobs_but_the_origins_have_defaults() -> None:
    assert Environment.read("dev", KNOBS) == Environment(name="dev", allowed_origins=("https://photos.example",))


def test_the_defaults_are_valid() -> None:
    defaults = {field.name: field.default for field in fields(Environment) if field.default is not MISSING}
    defaults = {knob: value for knob, value in defaults.items() if value is not None}
    assert defaults.pop("presets") == DEFAULT_PRESETS
    presets = [preset.to_mapping() for preset in DEFAULT_PRESETS]
    written = defaults | {"presets": presets, "signing_keys": ["first"], "import_buckets": []}
    assert Environment.read("dev", KNOBS | written) == Environment.read("dev", KNOBS)


def test_a_knob_can_be_replaced() -> None:
    environments = {"dev": KNOBS | {"delivery": "cloudfront"}}
    assert Environment.load("dev", environments, delivery=None).delivery == "cloudfront"
    assert Environment.load("dev", environments, delivery="s3").delivery == "s3"
    with pytest.raises(InvalidEnvironmentError, match="'dev': delivery must be one of s3, cloudfront, not 'akamai'"):
        Environment.load("dev", environments, delivery="akamai")


def test_the_origins_are_required() -> None:
    assert _refusal("dev", {}) == "The environment 'dev' requires the knob 'allowed_origins'."


def test_the_message_about_an_unknown_knob_lists_all() -> None:
    knobs = ", ".join(sorted(VALID))
    assert _refusal("dev", KNOBS | {"log_lvl": "INFO"}) == (
        f"The environment 'dev' has an unknown knob 'log_lvl'; the knobs are {knobs}."
    )


def test_the_name_is_not_a_knob() -> None:
    assert _refusal("dev", KNOBS | {"name": "prod"}).startswith("The environment 'dev' has an unknown knob 'name';")


def test_previews_need_cloudfront_for_a_name() -> None:
    knobs = KNOBS | {"domain": DOMAIN | PREVIEWS}
    assert Environment.read("dev", knobs | {"delivery": "cloudfront"}).domain == Domain(**DOMAIN, **PREVIEWS)
    assert _refusal("dev", knobs) == (
        "The environment 'dev': domain has a name for previews, which needs delivery: cloudfront."
    )


def test_page_needs_cloudfront() -> None:
    assert Environment.read("dev", KNOBS | {"page": True, "delivery": "cloudfront"}).page
    assert _refusal("dev", KNOBS | {"page": True}) == "The environment 'dev': page needs delivery: cloudfront."


def test_retained_data_cannot_be_emptied() -> None:
    assert _refusal("prod", KNOBS | {"retain_data": True, "empty_bucket_on_delete": True}) == (
        "The environment 'prod': empty_bucket_on_delete contradicts retain_data; choose one."
    )


def test_budget_has_an_address_for_its_messages() -> None:
    assert _refusal("dev", KNOBS | {"budget_usd": 1}) == "The environment 'dev': budget_usd requires alarm_email."
    environment = Environment.read("dev", KNOBS | {"budget_usd": 1_000_000, "alarm_email": "on-call@photos.example"})
    assert environment.budget_usd == 1_000_000


@pytest.mark.parametrize("knobs", [None, [], "dev", 5])
def test_an_environment_is_an_object(knobs: object) -> None:
    assert _refusal("dev", knobs) == "The environment 'dev' must be an object of knobs."


@pytest.mark.parametrize("name", ["my_env", "Dev", "dev ", "-dev", "1dev", "", "d" * 33])
def test_an_invalid_name_is_refused(name: str) -> None:
    assert _refusal(name, KNOBS) == (
        f"The name {name!r} is invalid: an environment has up to 32 lowercase letters, digits and hyphens, and starts "
        "with a letter."
    )


@pytest.mark.parametrize("environments", [None, {}, [], "dev"])
def test_cdk_json_without_environments_is_refused(environments: object) -> None:
    with pytest.raises(InvalidEnvironmentError) as refused:
        Environment.load("dev", environments)
    assert str(refused.value) == "cdk.json has no context.environments."


@pytest.mark.parametrize("name", [None, ""])
def test_the_message_about_a_missing_name_lists_the_names(name: str | None) -> None:
    with pytest.raises(InvalidEnvironmentError) as refused:
        Environment.load(name, {"prod": KNOBS, "dev": KNOBS})
    assert str(refused.value) == (
        "Choose an environment with ENV=NAME (make) or -c env=NAME (cdk); cdk.json defines dev, prod."
    )


@pytest.mark.parametrize("name", ["qa", "PROD", 5, ["dev"]])
def test_the_message_about_an_unknown_name_lists_the_names(name: object) -> None:
    with pytest.raises(InvalidEnvironmentError) as refused:
        Environment.load(name, {"prod": KNOBS, "dev": KNOBS})
    assert str(refused.value) == f"There is no environment {name!r}; cdk.json defines dev, prod."


def test_the_environments_of_the_project_are_valid() -> None:
    environments = json.loads((ROOT / "cdk.json").read_text())["context"]["environments"]
    assert [Environment.load(name, environments).name for name in environments] == list(environments)


def test_the_reference_environments_are_valid() -> None:
    read = {name: Environment.load(name, reference.ENVIRONMENTS) for name in reference.ENVIRONMENTS}
    assert {name: environment.name for name, environment in read.items()} == {
        name: name for name in ("local", "dev", "staging", "prod")
    }
    assert {name for name, environment in read.items() if environment.runtime == "host"} == {"local"}
    assert {name for name, environment in read.items() if environment.retain_data} == {"prod"}


def _refusal(name: str, knobs: object) -> str:
    with pytest.raises(InvalidEnvironmentError) as refused:
        Environment.read(name, knobs)
    return str(refused.value)
