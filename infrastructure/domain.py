"""The knob `domain`: names of the deployment in a hosted zone of Route 53, and their certificates."""

import re
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Any, Final, Self

_NAME: Final = re.compile(r"([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}")
_CERTIFICATE: Final = re.compile(r"arn:aws[a-z-]*:acm:[a-z0-9-]+:[0-9]{12}:certificate/.+")
_ZONE_ID: Final = re.compile(r"Z[0-9A-Z]+")


@dataclass(frozen=True)
class Domain:
    """The names of the API and, optionally, of CloudFront's distribution.

    Attributes:
        hosted_zone_id: The zone that gets the records.
        hosted_zone_name: Its name, of which `api` is a subdomain.
        api: The name of the API, which is then served at `https://API/v1/` only.
        api_certificate_arn: A certificate for it in the stack's region (API Gateway guide, "Set up a Regional custom
            domain name").
        previews: The name of the distribution, with `delivery: cloudfront`.
        previews_certificate_arn: A certificate for it in us-east-1 (CloudFront developer guide, "Requirements for using
            SSL/TLS certificates with CloudFront").
    """

    hosted_zone_id: str
    hosted_zone_name: str
    api: str
    api_certificate_arn: str
    previews: str | None = None
    previews_certificate_arn: str | None = None

    @classmethod
    def read(cls, value: Any) -> Self:
        """Read the knob. Raises ValueError with the end of a sentence that starts with the knob."""
        required = [field.name for field in fields(cls) if field.default is MISSING]
        optional = [field.name for field in fields(cls) if field.default is not MISSING]
        if not isinstance(value, Mapping) or set(value) not in (set(required), {*required, *optional}):
            listed = f"{', '.join(required)}, and optionally {' and '.join(optional)}"
            raise ValueError(f"must be an object with {listed}, not {value!r}")
        for name in value:
            if not isinstance(value[name], str) or not _PATTERNS[name].fullmatch(value[name]):
                raise ValueError(f"has {value[name]!r} as {name}")
        for name in ("api", "previews"):
            if name in value and not value[name].endswith("." + value["hosted_zone_name"]):
                zone = value["hosted_zone_name"]
                raise ValueError(f"has {value[name]!r} as {name}, which is not in the zone {zone!r}")
        return cls(**value)


_PATTERNS: Final = {
    "hosted_zone_id": _ZONE_ID,
    "hosted_zone_name": _NAME,
    "api": _NAME,
    "api_certificate_arn": _CERTIFICATE,
    "previews": _NAME,
    "previews_certificate_arn": re.compile(_CERTIFICATE.pattern.replace("[a-z0-9-]+", "us-east-1", 1)),
}
