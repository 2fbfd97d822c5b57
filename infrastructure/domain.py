"""The knob `domain`: names of the deployment in a hosted zone of Route 53, and their certificates."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Final, Self

_NAME: Final = re.compile(r"([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}")
_CERTIFICATE: Final = re.compile(r"arn:aws[a-z-]*:acm:[a-z0-9-]+:[0-9]{12}:certificate/.+")
_ZONE_ID: Final = re.compile(r"Z[0-9A-Z]+")


@dataclass(frozen=True)
class Domain:
    """The API's own name.

    Attributes:
        hosted_zone_id: The zone that gets the records.
        hosted_zone_name: Its name, of which `api` is a subdomain.
        api: The name of the API, which is then served at `https://API/v1/` only.
        api_certificate_arn: A certificate for it in the stack's region (API Gateway guide, "Set up a Regional custom
            domain name").
    """

    hosted_zone_id: str
    hosted_zone_name: str
    api: str
    api_certificate_arn: str

    @classmethod
    def read(cls, value: Any) -> Self:
        """Read the knob. Raises ValueError with the end of a sentence that starts with the knob."""
        names = [field.name for field in fields(cls)]
        if not isinstance(value, Mapping) or sorted(value) != sorted(names):
            raise ValueError(f"must be an object with {', '.join(names)}, not {value!r}")
        for name, pattern in _PATTERNS.items():
            if not isinstance(value[name], str) or not pattern.fullmatch(value[name]):
                raise ValueError(f"has {value[name]!r} as {name}")
        if not value["api"].endswith("." + value["hosted_zone_name"]):
            raise ValueError(f"has {value['api']!r} as api, which is not in the zone {value['hosted_zone_name']!r}")
        return cls(**value)


_PATTERNS: Final = {
    "hosted_zone_id": _ZONE_ID,
    "hosted_zone_name": _NAME,
    "api": _NAME,
    "api_certificate_arn": _CERTIFICATE,
}
