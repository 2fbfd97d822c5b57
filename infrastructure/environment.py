"""One typed, validated environment, read from `cdk.json`: every knob of a deployment, with its bounds."""

import re
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Any, Final, Literal, Self, cast, get_args

from photosky.imaging.presets import DEFAULT_PRESETS, Preset
from photosky.location import LocationPolicy

LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR"]
Runtime = Literal["lambda", "host"]

LOG_RETENTION_DAYS: Final = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180),
    *(365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653),
)
"""What CloudWatch Logs accepts (PutRetentionPolicy, retentionInDays)."""

_NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,31}")
"""Part of the stack's name, which CloudFormation wants of letters, digits and hyphens."""

_ORIGIN: Final = re.compile(r"https?://[a-z0-9.-]*[a-z0-9](:[0-9]{1,5})?")
"""An origin as browsers send it (Fetch, "Origin" header): lower case, no path, so that comparing is enough."""

LEAST_IMAGING_MIB: Final = 1769
"""One vCPU (Lambda developer guide, "Configure Lambda function memory"), and more than the function itself beside the
largest picture that `imaging.limits.DEFAULT_LIMITS` lets in, 1536 MiB."""


class InvalidEnvironmentError(Exception):
    """Raised when the chosen environment, or a knob of it, is not what it has to be; one sentence for the terminal."""


@dataclass(frozen=True)
class Environment:
    """The knobs of one deployment. Bytes, seconds, MiB and days are in the names."""

    name: str
    allowed_origins: tuple[str, ...]
    """Origins that browsers may call from: API, and uploads and downloads at S3."""
    retain_data: bool = False
    """Keep bucket, table and user pool when the stack is deleted, with versions and point-in-time recovery."""
    empty_bucket_on_delete: bool = False
    """Remove all objects with the stack; without it, a bucket that holds photos outlives its stack's deletion."""
    self_sign_up: bool = False
    """Whether people make their own accounts, or an administrator makes them."""
    log_retention_days: int = 30
    log_level: LogLevel = "INFO"
    log_execution_data: bool = False
    """Whether states' inputs and outputs go to the log; they hold ids, and the finished photo with its URLs."""
    tracing: bool = True
    trace_sampling_percent: int | None = None
    """Of the API's requests, beyond the first of each second; without it, the account's own sampling rules decide."""
    presets: tuple[Preset, ...] = DEFAULT_PRESETS
    max_upload_bytes: int = 50 * 1024 * 1024
    max_frames: int = 1000
    throttle_rate_per_second: int = 100
    throttle_burst: int = 200
    api_memory_mib: int = 512
    imaging_memory_mib: int = 3008
    url_ttl_seconds: int = 3600
    location_policy: LocationPolicy = "coarse"
    alarm_email: str | None = None
    runtime: Runtime = "lambda"
    """What the functions' packages are built for: Lambda on arm64, or the machine that synthesizes."""

    @classmethod
    def load(cls, name: object, environments: object) -> Self:
        """The environment `name` of `cdk.json`'s `environments`. Raises InvalidEnvironmentError."""
        if not isinstance(environments, Mapping) or not environments:
            raise InvalidEnvironmentError("cdk.json has no context.environments.")
        known = ", ".join(sorted(environments))
        if name is None:
            raise InvalidEnvironmentError(f"Choose an environment with -c env=NAME; cdk.json has {known}.")
        if not isinstance(name, str) or name not in environments:
            raise InvalidEnvironmentError(f"There is no environment {name!r}; cdk.json has {known}.")
        return cls.read(name, environments[name])

    @classmethod
    def read(cls, name: str, knobs: object) -> Self:
        """Read one environment's knobs. Raises InvalidEnvironmentError, which names environment and knob."""
        if not _NAME.fullmatch(name):
            raise InvalidEnvironmentError(
                f"The environment {name!r} needs another name, of lower-case letters, digits and hyphens."
            )
        if not isinstance(knobs, Mapping):
            raise InvalidEnvironmentError(f"The environment {name!r} must be an object of knobs.")
        known = {field.name: field for field in fields(cls) if field.name != "name"}
        for knob in knobs:
            if knob not in known:
                raise InvalidEnvironmentError(
                    f"The environment {name!r} has an unknown knob {knob!r}; there are {', '.join(sorted(known))}."
                )
        for knob, field in known.items():
            if field.default is MISSING and knob not in knobs:
                raise InvalidEnvironmentError(f"The environment {name!r} lacks the knob {knob!r}.")
        values = {}
        for knob, value in knobs.items():
            try:
                values[knob] = _READERS[knob](value)
            except ValueError as error:
                raise InvalidEnvironmentError(f"The environment {name!r}: {knob} {error}.") from None
        environment = cls(name=name, **values)
        if environment.retain_data and environment.empty_bucket_on_delete:
            raise InvalidEnvironmentError(
                f"The environment {name!r}: empty_bucket_on_delete contradicts retain_data; choose one."
            )
        return environment


def _integer(least: int, most: int) -> Callable[[Any], int]:
    def read(value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise ValueError(f"must be a whole number from {least} to {most}, not {value!r}")
        return value

    return read


def _choice(*allowed: Any) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        if type(value) is not type(allowed[0]) or value not in allowed:
            raise ValueError(f"must be one of {', '.join(map(str, allowed))}, not {value!r}")
        return value

    return read


def _boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"must be true or false, not {value!r}")  # noqa: TRY004 - every bad knob is a ValueError
    return value


def _origins(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not value:
        raise ValueError("must be a list of at least one origin")
    for origin in value:
        if isinstance(origin, str) and "*" in origin:
            raise ValueError(f"holds {origin!r}; name each origin, a wildcard lets any site read photos")
        if not isinstance(origin, str) or not _ORIGIN.fullmatch(origin):
            raise ValueError(f"holds {origin!r}, which is not an origin such as https://app.example")
    return tuple(cast(list[str], value))


def _presets(value: Any) -> tuple[Preset, ...]:
    if not isinstance(value, list) or not value:
        raise ValueError("must be a list of at least one preset")
    for preset in value:
        if not isinstance(preset, Mapping):
            raise ValueError(f"holds {preset!r}, which is not an object of a preset's fields")  # noqa: TRY004 - as above
    presets = tuple(Preset.from_mapping(preset) for preset in value)
    if len({preset.name for preset in presets}) < len(presets):
        raise ValueError("has two presets of one name")
    return presets


def _email(value: Any) -> str:
    if not isinstance(value, str) or value.count("@") != 1 or value.startswith("@") or value.endswith("@"):
        raise ValueError(f"must be an e-mail address, not {value!r}")
    return value


_READERS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "allowed_origins": _origins,
    "retain_data": _boolean,
    "empty_bucket_on_delete": _boolean,
    "self_sign_up": _boolean,
    "log_retention_days": _choice(*LOG_RETENTION_DAYS),
    "log_level": _choice(*get_args(LogLevel)),
    "log_execution_data": _boolean,
    "tracing": _boolean,
    "trace_sampling_percent": _integer(0, 100),
    "presets": _presets,
    "max_upload_bytes": _integer(1, 200 * 1024 * 1024),
    "max_frames": _integer(1, 10_000),
    "throttle_rate_per_second": _integer(1, 10_000),
    "throttle_burst": _integer(1, 5_000),
    "api_memory_mib": _integer(128, 10_240),
    "imaging_memory_mib": _integer(LEAST_IMAGING_MIB, 10_240),
    "url_ttl_seconds": _integer(60, 12 * 3600),
    "location_policy": _choice(*get_args(LocationPolicy)),
    "alarm_email": _email,
    "runtime": _choice(*get_args(Runtime)),
}
"""How each knob is read. A session of a role lasts 12 hours at most, and so does a URL that it signs."""
