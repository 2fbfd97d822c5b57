"""The settings of a function, read from its environment variables once per execution environment."""

import json
import os
from collections.abc import Callable, Mapping
from functools import cache
from typing import Final, NamedTuple, Self, TypeVar, cast, get_args

from photosky.imaging.limits import DEFAULT_LIMITS, Limits
from photosky.imaging.presets import Preset
from photosky.location import LocationPolicy
from photosky.quota import Quota

T = TypeVar("T")

EDGE_VARIABLE: Final = "PHOTOSKY_EDGE"
"""Set only in an environment that delivers previews through CloudFront."""


class Edge(NamedTuple):
    """The CloudFront distribution that delivers previews, and the key that signs their URLs."""

    url: str
    """`https://` and the distribution's domain name; its root is the prefix of the previews."""
    public_key_id: str
    """CloudFront's id of the public key: `Key-Pair-Id` in a signed URL."""
    signing_key: str
    """ARN of the KMS key with the private key."""


class Settings(NamedTuple):
    """The knobs of an environment that its functions need; `infrastructure/environment.py` defines all knobs."""

    table_name: str
    bucket_name: str
    allowed_origins: tuple[str, ...]
    presets: tuple[Preset, ...]
    max_upload_bytes: int
    max_frames: int
    url_ttl_seconds: int
    location_policy: LocationPolicy
    max_audit_removal_percent: int
    trash_days: int
    max_photos_per_owner: int
    max_bytes_per_owner: int
    version: str
    edge: Edge | None = None
    """None if the previews' URLs are those of S3."""

    @property
    def trash_seconds(self) -> int:
        """Time for which a deleted photo stays in the trash; 0 if photos are removed at once."""
        return self.trash_days * 24 * 3600

    @property
    def quota(self) -> Quota:
        """The quota of each owner."""
        return Quota(photos=self.max_photos_per_owner or None, bytes=self.max_bytes_per_owner or None)

    @property
    def limits(self) -> Limits:
        """The limits of an upload."""
        return DEFAULT_LIMITS._replace(max_bytes=self.max_upload_bytes, max_frames=self.max_frames)

    def to_environment(self) -> dict[str, str]:
        """The environment variables, the inverse of `from_environment`."""
        return {
            "PHOTOSKY_TABLE_NAME": self.table_name,
            "PHOTOSKY_BUCKET_NAME": self.bucket_name,
            "PHOTOSKY_ALLOWED_ORIGINS": json.dumps(self.allowed_origins),
            "PHOTOSKY_PRESETS": json.dumps([preset.to_mapping() for preset in self.presets]),
            "PHOTOSKY_MAX_UPLOAD_BYTES": str(self.max_upload_bytes),
            "PHOTOSKY_MAX_FRAMES": str(self.max_frames),
            "PHOTOSKY_URL_TTL_SECONDS": str(self.url_ttl_seconds),
            "PHOTOSKY_LOCATION_POLICY": self.location_policy,
            "PHOTOSKY_MAX_AUDIT_REMOVAL_PERCENT": str(self.max_audit_removal_percent),
            "PHOTOSKY_TRASH_DAYS": str(self.trash_days),
            "PHOTOSKY_MAX_PHOTOS_PER_OWNER": str(self.max_photos_per_owner),
            "PHOTOSKY_MAX_BYTES_PER_OWNER": str(self.max_bytes_per_owner),
            "PHOTOSKY_VERSION": self.version,
            **({EDGE_VARIABLE: json.dumps(self.edge._asdict())} if self.edge else {}),
        }

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Read the settings. Raises KeyError or ValueError with the name of a missing or invalid variable."""

        def read(name: str, parse: Callable[[str], T]) -> T:
            try:
                return parse(environment[name])
            except (ValueError, TypeError, AttributeError) as error:
                raise ValueError(f"{name}: {error}") from error

        return cls(
            table_name=environment["PHOTOSKY_TABLE_NAME"],
            bucket_name=environment["PHOTOSKY_BUCKET_NAME"],
            allowed_origins=read("PHOTOSKY_ALLOWED_ORIGINS", lambda text: tuple(json.loads(text))),
            presets=read("PHOTOSKY_PRESETS", lambda text: tuple(map(Preset.from_mapping, json.loads(text)))),
            max_upload_bytes=read("PHOTOSKY_MAX_UPLOAD_BYTES", int),
            max_frames=read("PHOTOSKY_MAX_FRAMES", int),
            url_ttl_seconds=read("PHOTOSKY_URL_TTL_SECONDS", int),
            location_policy=read("PHOTOSKY_LOCATION_POLICY", _location_policy),
            max_audit_removal_percent=read("PHOTOSKY_MAX_AUDIT_REMOVAL_PERCENT", int),
            trash_days=read("PHOTOSKY_TRASH_DAYS", int),
            max_photos_per_owner=read("PHOTOSKY_MAX_PHOTOS_PER_OWNER", int),
            max_bytes_per_owner=read("PHOTOSKY_MAX_BYTES_PER_OWNER", int),
            version=environment["PHOTOSKY_VERSION"],
            edge=read(EDGE_VARIABLE, _edge) if EDGE_VARIABLE in environment else None,
        )


@cache
def settings() -> Settings:
    """The settings of this function."""
    return Settings.from_environment(os.environ)


def _edge(text: str) -> Edge:
    return Edge(**json.loads(text))


def _location_policy(text: str) -> LocationPolicy:
    if text not in get_args(LocationPolicy):
        raise ValueError(f"{text!r} is not one of {', '.join(get_args(LocationPolicy))}")
    return cast(LocationPolicy, text)
