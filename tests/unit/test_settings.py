"""Settings are written to environment variables and read back; invalid variables are named."""

from types import MappingProxyType

import pytest

from photosky.imaging.limits import DEFAULT_LIMITS, Limits
from photosky.imaging.presets import DEFAULT_PRESETS, Preset
from photosky.settings import EDGE_VARIABLE, Edge, Settings

SETTINGS = Settings(
    table_name="photos",
    bucket_name="media",
    allowed_origins=("https://a.example", "http://localhost:5173"),
    presets=(*DEFAULT_PRESETS, Preset("banner", 1200, 400, fit="cover", format="jpeg", quality=71, effort=0)),
    max_upload_bytes=12_345,
    max_frames=7,
    url_ttl_seconds=600,
    location_policy="coarse",
    max_audit_removal_percent=3,
    trash_days=7,
    max_photos_per_owner=0,
    max_bytes_per_owner=10_000_000,
    version="1.2.3",
)


def test_settings_round_trip_through_the_environment() -> None:
    assert Settings.from_environment(SETTINGS.to_environment()) == SETTINGS


def test_edge_round_trips_and_is_optional() -> None:
    edge = Edge("https://d1.cloudfront.net", "K1", "arn:aws:kms:us-east-1:123456789012:key/one")
    with_edge = SETTINGS._replace(edge=edge)
    assert Settings.from_environment(with_edge.to_environment()) == with_edge
    assert EDGE_VARIABLE not in SETTINGS.to_environment()


def test_other_variables_are_ignored() -> None:
    assert Settings.from_environment(SETTINGS.to_environment() | {"PATH": "/bin", "PHOTOSKY_OTHER": "x"}) == SETTINGS


@pytest.mark.parametrize("name", list(SETTINGS.to_environment()))
def test_missing_variable_is_named(name: str) -> None:
    environment = SETTINGS.to_environment()
    del environment[name]
    with pytest.raises(KeyError, match=name):
        Settings.from_environment(environment)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PHOTOSKY_ALLOWED_ORIGINS", "https://a.example"),
        ("PHOTOSKY_ALLOWED_ORIGINS", "7"),
        ("PHOTOSKY_PRESETS", "[{}]"),
        ("PHOTOSKY_PRESETS", '{"thumb": 256}'),
        ("PHOTOSKY_PRESETS", ""),
        ("PHOTOSKY_MAX_UPLOAD_BYTES", "50 MB"),
        ("PHOTOSKY_MAX_FRAMES", ""),
        ("PHOTOSKY_URL_TTL_SECONDS", "1h"),
        ("PHOTOSKY_LOCATION_POLICY", "guess"),
        ("PHOTOSKY_MAX_AUDIT_REMOVAL_PERCENT", "1 %"),
        ("PHOTOSKY_TRASH_DAYS", "a month"),
        ("PHOTOSKY_MAX_PHOTOS_PER_OWNER", "many"),
        ("PHOTOSKY_MAX_BYTES_PER_OWNER", "10 GB"),
        ("PHOTOSKY_EDGE", "https://d1.cloudfront.net"),
        ("PHOTOSKY_EDGE", '{"url": "https://d1.cloudfront.net"}'),
    ],
)
def test_invalid_variable_is_named(name: str, value: str) -> None:
    with pytest.raises(ValueError, match=name):
        Settings.from_environment(SETTINGS.to_environment() | {name: value})


def test_limits_are_the_defaults_except_size_and_frames() -> None:
    assert SETTINGS.limits == Limits(
        max_bytes=12_345,
        max_frames=7,
        memory_bytes=DEFAULT_LIMITS.memory_bytes,
        max_pixels=MappingProxyType(dict(DEFAULT_LIMITS.max_pixels)),
    )


def test_time_in_the_trash_is_in_days() -> None:
    assert SETTINGS.trash_seconds == 7 * 24 * 3600
