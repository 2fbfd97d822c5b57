"""Readers of knobs: each checks one value of `cdk.json` and returns it typed.

A reader raises ValueError with the end of a sentence that starts with the knob: `must be true or false, not 'yes'`.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, cast

from photosky.imaging.presets import Preset

Reader = Callable[[Any], Any]

_ORIGIN: Final = re.compile(r"https?://[a-z0-9.-]*[a-z0-9](:[0-9]{1,5})?")
"""An origin as browsers send it (Fetch, "Origin" header): lower case and without a path, so that a match is exact."""

_KEY_NAME: Final = re.compile("[A-Za-z0-9]{1,16}")
"""Part of a resource's logical id (CloudFormation guide, "Resources")."""

_BUCKET: Final = re.compile("[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")
"""Names of buckets without dots, which TLS certificates of S3 do not cover (S3 user guide, "Bucket naming rules")."""

MAX_SIGNING_KEYS: Final = 5
"""Public keys in a key group (CloudFront developer guide, "Quotas on key groups")."""


_RESERVED: Final = re.compile(r"https?://([a-z0-9.-]+\.)?(example|example\.(com|net|org)|invalid|test)(:[0-9]+)?")
"""Origins that are reserved for documentation and tests (RFC 2606, RFC 6761)."""


def is_placeholder(origin: str) -> bool:
    """Whether an origin can belong to no frontend, because its domain is reserved."""
    return _RESERVED.fullmatch(origin) is not None


def integer(minimum: int, maximum: int) -> Reader:
    """Return a reader of integers within limits."""

    def read(value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not minimum <= value <= maximum:
            raise ValueError(f"must be an integer from {minimum} to {maximum}, not {value!r}")
        return value

    return read


def choice(*allowed: Any) -> Reader:
    """Return a reader of some values of one type."""

    def read(value: Any) -> Any:
        if type(value) is not type(allowed[0]) or value not in allowed:
            raise ValueError(f"must be one of {', '.join(map(str, allowed))}, not {value!r}")
        return value

    return read


def boolean(value: Any) -> bool:
    """Read true or false."""
    if not isinstance(value, bool):
        raise ValueError(f"must be true or false, not {value!r}")  # noqa: TRY004 - every reader raises ValueError
    return value


def origins(value: Any) -> tuple[str, ...]:
    """Read a list of origins, none of them with a wildcard."""
    if not isinstance(value, list) or not value:
        raise ValueError("must be a list of at least one origin")
    for origin in value:
        if isinstance(origin, str) and "*" in origin:
            raise ValueError(f"has {origin!r}; list each origin, because a wildcard lets any site read photos")
        if not isinstance(origin, str) or not _ORIGIN.fullmatch(origin):
            raise ValueError(f"has {origin!r}, which is not an origin such as https://app.example")
    return tuple(cast(list[str], value))


def presets(value: Any) -> tuple[Preset, ...]:
    """Read a list of presets with distinct names."""
    if not isinstance(value, list) or not value:
        raise ValueError("must be a list of at least one preset")
    for preset in value:
        if not isinstance(preset, Mapping):
            raise ValueError(f"has {preset!r}, which is not an object with the fields of a preset")  # noqa: TRY004
    found = tuple(Preset.from_mapping(preset) for preset in value)
    if len({preset.name for preset in found}) < len(found):
        raise ValueError("has two presets of the same name")
    return found


def matching(pattern: str, meaning: str) -> Reader:
    """Return a reader of texts that match a pattern in full."""

    def read(value: Any) -> str:
        if not isinstance(value, str) or not re.fullmatch(pattern, value):
            raise ValueError(f"must be {meaning}, not {value!r}")
        return value

    return read


def arn(service: str) -> Reader:
    """Return a reader of ARNs of a service."""
    return matching(rf"arn:aws[a-z-]*:{service}:[a-z0-9-]*:[0-9]{{12}}:.+", f"an ARN of {service}")


def key_names(value: Any) -> tuple[str, ...]:
    """Read a list of distinct names of signing keys, at most as many as CloudFront's key groups hold."""
    if not isinstance(value, list) or not 1 <= len(value) <= MAX_SIGNING_KEYS:
        raise ValueError(f"must be a list of 1 to {MAX_SIGNING_KEYS} names")
    for name in value:
        if not isinstance(name, str) or not _KEY_NAME.fullmatch(name):
            raise ValueError(f"has {name!r}; a name has up to 16 letters and digits")
    if len(set(value)) < len(value):
        raise ValueError("has a name twice")
    return tuple(cast(list[str], value))


def bucket_names(value: Any) -> tuple[str, ...]:
    """Read a list of distinct names of S3 buckets, perhaps empty."""
    if not isinstance(value, list):
        raise ValueError(f"must be a list of names of buckets, not {value!r}")  # noqa: TRY004
    for name in value:
        if not isinstance(name, str) or not _BUCKET.fullmatch(name):
            raise ValueError(f"has {name!r}; a name has 3 to 63 lowercase letters, digits and hyphens")
    if len(set(value)) < len(value):
        raise ValueError("has a name twice")
    return tuple(cast(list[str], value))


def email(value: Any) -> str:
    """Read an e-mail address."""
    if not isinstance(value, str) or value.count("@") != 1 or value.startswith("@") or value.endswith("@"):
        raise ValueError(f"must be an e-mail address, not {value!r}")
    return value
