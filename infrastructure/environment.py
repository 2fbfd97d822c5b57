"""An environment: the validated knobs of one deployment, read from `cdk.json`."""

import re
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields, replace
from typing import Any, Final, Literal, Self, get_args

from infrastructure.domain import Domain
from infrastructure.knobs import (
    Reader,
    arn,
    boolean,
    bucket_names,
    choice,
    email,
    integer,
    is_placeholder,
    key_names,
    matching,
    origins,
    presets,
)
from photosky.imaging.presets import DEFAULT_PRESETS, Preset
from photosky.location import LocationPolicy
from photosky.settings import Edge, Settings

LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR"]
Runtime = Literal["lambda", "host"]
Mfa = Literal["off", "optional", "required"]
DeliveryKind = Literal["s3", "cloudfront"]

ENVIRONMENT_TAG: Final = "photosky-environment"
"""The tag with an environment's name: of its user pool, and with a budget of all its resources."""

LOG_RETENTION_DAYS: Final = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180),
    *(365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653),
)
"""The values that CloudWatch Logs accepts (PutRetentionPolicy, retentionInDays)."""

MIN_IMAGING_MIB: Final = 1769
"""One vCPU (Lambda developer guide, "Configure Lambda function memory"). It is more than the function and the largest
image of `imaging.limits.DEFAULT_LIMITS`, 1536 MiB, require."""

MAX_URL_TTL_SECONDS: Final = 12 * 3600
"""The longest session of a role (IAM guide, "Maximum session duration"); a presigned URL does not outlive it."""

MAX_QUOTA: Final = 2**53 - 1
"""The largest integer that every JSON reader has exactly (RFC 8259, section 6)."""

_NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,31}")
"""Part of the stack's name, for which CloudFormation accepts letters, digits and hyphens."""


class InvalidEnvironmentError(Exception):
    """Raised if the selected environment or one of its knobs is invalid; the message is one sentence."""


def _read_with(reader: Reader) -> Mapping[str, Reader]:
    return {"reader": reader}


@dataclass(frozen=True)
class Environment:
    """The knobs of one deployment, each with its default and its reader. Units are in the names."""

    name: str
    allowed_origins: tuple[str, ...] = field(metadata=_read_with(origins))
    """The origins of browser requests: to the API, and to S3 for uploads and downloads."""
    retain_data: bool = field(default=False, metadata=_read_with(boolean))
    """Keep bucket, table and user pool after the stack is deleted, with versions and point-in-time recovery."""
    empty_bucket_on_delete: bool = field(default=False, metadata=_read_with(boolean))
    """Delete all objects with the stack. Otherwise a bucket with objects remains."""
    self_sign_up: bool = field(default=False, metadata=_read_with(boolean))
    """Whether users create their own accounts; otherwise an administrator does."""
    mfa: Mfa = field(default="off", metadata=_read_with(choice(*get_args(Mfa))))
    """Whether a sign-in takes a code of an authenticator app (TOTP) after the password."""
    log_retention_days: int = field(default=30, metadata=_read_with(choice(*LOG_RETENTION_DAYS)))
    log_level: LogLevel = field(default="INFO", metadata=_read_with(choice(*get_args(LogLevel))))
    log_execution_data: bool = field(default=False, metadata=_read_with(boolean))
    """Whether the inputs and outputs of states are logged: ids, and the finished photo with its URLs."""
    tracing: bool = field(default=True, metadata=_read_with(boolean))
    trace_sampling_percent: int | None = field(default=None, metadata=_read_with(integer(0, 100)))
    """Of the API's requests, beyond the first of each second. By default, the account's sampling rules apply."""
    presets: tuple[Preset, ...] = field(default=DEFAULT_PRESETS, metadata=_read_with(presets))
    max_upload_bytes: int = field(default=50 * 1024 * 1024, metadata=_read_with(integer(1, 200 * 1024 * 1024)))
    max_frames: int = field(default=1000, metadata=_read_with(integer(1, 10_000)))
    throttle_rate_per_second: int = field(default=100, metadata=_read_with(integer(1, 10_000)))
    throttle_burst: int = field(default=200, metadata=_read_with(integer(1, 5_000)))
    api_memory_mib: int = field(default=512, metadata=_read_with(integer(128, 10_240)))
    imaging_memory_mib: int = field(default=3008, metadata=_read_with(integer(MIN_IMAGING_MIB, 10_240)))
    reprocess_concurrency: int = field(default=10, metadata=_read_with(integer(1, 1000)))
    """The number of photos that a reprocess renews at a time."""
    import_buckets: tuple[str, ...] = field(default=(), metadata=_read_with(bucket_names))
    """The buckets from which originals are imported within AWS. Without any, there is no Import workflow."""
    import_concurrency: int = field(default=40, metadata=_read_with(integer(1, 1000)))
    """The number of originals that an import ingests at a time."""
    max_audit_removal_percent: int = field(default=1, metadata=_read_with(integer(0, 100)))
    """The largest share of all objects that an audit removes without an operator's confirmation."""
    trash_days: int = field(default=30, metadata=_read_with(integer(0, 365)))
    """Days for which a deleted photo can be restored. With 0, a photo is removed at once."""
    event_archive_days: int = field(default=0, metadata=_read_with(integer(0, 3650)))
    """Days for which the event bus keeps events, to be replayed. With 0, it keeps none."""
    max_photos_per_owner: int = field(default=0, metadata=_read_with(integer(0, MAX_QUOTA)))
    """The photos that each owner may have, in the trash too; 0 for no limit."""
    max_bytes_per_owner: int = field(default=0, metadata=_read_with(integer(0, MAX_QUOTA)))
    """The bytes of the originals that each owner may have; 0 for no limit."""
    url_ttl_seconds: int = field(default=3600, metadata=_read_with(integer(60, MAX_URL_TTL_SECONDS)))
    location_policy: LocationPolicy = field(default="coarse", metadata=_read_with(choice(*get_args(LocationPolicy))))
    delivery: DeliveryKind = field(default="s3", metadata=_read_with(choice(*get_args(DeliveryKind))))
    """What previews are fetched from: S3 with presigned URLs, or CloudFront with signed URLs."""
    signing_keys: tuple[str, ...] = field(default=("first",), metadata=_read_with(key_names))
    """The keys that CloudFront accepts signatures of; the functions sign with the first one."""
    page: bool = field(default=False, metadata=_read_with(boolean))
    """Whether the distribution also delivers the page, which `make page` writes."""
    alarm_email: str | None = field(default=None, metadata=_read_with(email))
    sender_email: str | None = field(default=None, metadata=_read_with(email))
    """The sender of Cognito's messages, whose domain is an identity of SES. By default, Cognito's own sender."""
    web_acl_arn: str | None = field(default=None, metadata=_read_with(arn("wafv2")))
    """A regional web ACL of AWS WAF for the API."""
    domain: Domain | None = field(default=None, metadata=_read_with(Domain.read))
    account: str | None = field(default=None, metadata=_read_with(matching(r"[0-9]{12}", "an account of 12 digits")))
    """The only account to which the environment may be deployed."""
    region: str | None = field(default=None, metadata=_read_with(matching(r"[a-z]{2}(-[a-z]+)+-[0-9]", "a region")))
    """The only region to which the environment may be deployed."""
    budget_usd: int = field(default=0, metadata=_read_with(integer(0, 1_000_000)))
    """The cost of a month above which `alarm_email` receives messages; 0 for no budget."""
    runtime: Runtime = field(default="lambda", metadata=_read_with(choice(*get_args(Runtime))))
    """The target of the functions' packages: Lambda on arm64, or the machine that synthesizes."""

    @classmethod
    def load(cls, name: object, environments: object, **replaced: object) -> Self:
        """Read the environment `name` of the `environments` of `cdk.json`. Raises InvalidEnvironmentError.

        `replaced` are knobs that differ from `cdk.json`; None replaces nothing.
        """
        if not isinstance(environments, Mapping) or not environments:
            raise InvalidEnvironmentError("cdk.json has no context.environments.")
        known = ", ".join(sorted(environments))
        if name is None or name == "":
            raise InvalidEnvironmentError(
                f"Choose an environment with ENV=NAME (make) or -c env=NAME (cdk); cdk.json defines {known}."
            )
        if not isinstance(name, str) or name not in environments:
            raise InvalidEnvironmentError(f"There is no environment {name!r}; cdk.json defines {known}.")
        knobs = environments[name]
        if isinstance(knobs, Mapping):
            knobs = {**knobs, **{knob: value for knob, value in replaced.items() if value is not None}}
        return cls.read(name, knobs)

    @classmethod
    def read(cls, name: str, knobs: object) -> Self:
        """Read the knobs of an environment. Raises InvalidEnvironmentError, which names environment and knob."""
        if not _NAME.fullmatch(name):
            raise InvalidEnvironmentError(
                f"The name {name!r} is invalid: an environment has up to 32 lowercase letters, digits and hyphens, and "
                "starts with a letter."
            )
        if not isinstance(knobs, Mapping):
            raise InvalidEnvironmentError(f"The environment {name!r} must be an object of knobs.")
        environment = cls(name=name, **cls._values(name, knobs))
        if environment.retain_data and environment.empty_bucket_on_delete:
            raise InvalidEnvironmentError(
                f"The environment {name!r}: empty_bucket_on_delete contradicts retain_data; choose one."
            )
        if environment.budget_usd and environment.alarm_email is None:
            raise InvalidEnvironmentError(f"The environment {name!r}: budget_usd requires alarm_email.")
        if environment.delivery == "s3" and environment.domain and environment.domain.previews:
            raise InvalidEnvironmentError(
                f"The environment {name!r}: domain has a name for previews, which needs delivery: cloudfront."
            )
        if environment.delivery == "s3" and environment.page:
            raise InvalidEnvironmentError(f"The environment {name!r}: page needs delivery: cloudfront.")
        return environment._with_page_origin()

    def _with_page_origin(self) -> Self:
        """Return the environment with the page's origin among the allowed ones, if its name is known here.

        A name of CloudFront's is not: the media bucket would refer to the distribution, which refers to the bucket.
        """
        name = self.domain.previews if self.page and self.domain else None
        if name is None or f"https://{name}" in self.allowed_origins:
            return self
        return replace(self, allowed_origins=(*self.allowed_origins, f"https://{name}"))

    @classmethod
    def _values(cls, name: str, knobs: Mapping[str, Any]) -> dict[str, Any]:
        known = {field.name: field for field in fields(cls) if field.name != "name"}
        for knob in knobs:
            if knob not in known:
                raise InvalidEnvironmentError(
                    f"The environment {name!r} has an unknown knob {knob!r}; the knobs are {', '.join(sorted(known))}."
                )
        for knob in known:
            if known[knob].default is MISSING and knob not in knobs:
                raise InvalidEnvironmentError(f"The environment {name!r} requires the knob {knob!r}.")
        values = {}
        for knob, value in knobs.items():
            try:
                values[knob] = known[knob].metadata["reader"](value)
            except ValueError as error:
                raise InvalidEnvironmentError(f"The environment {name!r}: {knob} {error}.") from None
        return values

    def settings(self, table_name: str, bucket_name: str, version: str, edge: Edge | None = None) -> Settings:
        """Return the settings of the functions: the knobs of the same names, and what the stack adds."""
        added: dict[str, Any] = {"table_name": table_name, "bucket_name": bucket_name, "version": version, "edge": edge}
        return Settings(**{name: getattr(self, name) for name in Settings._fields if name not in added}, **added)

    def check_target(self, variables: Mapping[str, str]) -> list[str]:
        """Raise InvalidEnvironmentError if the environment cannot be used on AWS as it is; return warnings.

        The CDK CLI sets CDK_DEFAULT_ACCOUNT and CDK_DEFAULT_REGION if it has credentials, and AWS_ENDPOINT_URL replaces
        the endpoints of AWS. Without credentials, or with other endpoints, nothing is checked.
        """
        if "CDK_DEFAULT_ACCOUNT" not in variables or "AWS_ENDPOINT_URL" in variables:
            return []
        problems = self._target_problems(variables["CDK_DEFAULT_ACCOUNT"], variables.get("CDK_DEFAULT_REGION"))
        if problems:
            raise InvalidEnvironmentError(f"The environment {self.name!r} {problems[0]}")
        if self.alarm_email is None:
            return [f"The environment {self.name!r} has no alarm_email, so no alarm sends a message."]
        return []

    def _target_problems(self, account: str, region: str | None) -> list[str]:
        """The ends of sentences that start with the environment."""
        placeholders = [origin for origin in self.allowed_origins if is_placeholder(origin)]
        checks = (
            (self.runtime == "host", "is built for this machine and cannot be used on AWS. Start it with `make run`."),
            (
                self.account not in (None, account),
                f"belongs to the account {self.account}, but the credentials are of {account}.",
            ),
            (
                self.region not in (None, region),
                f"belongs to the region {self.region}, but the selected region is {region}.",
            ),
            (
                bool(placeholders),
                f"has the placeholder {', '.join(placeholders)} in allowed_origins. Write your frontend's origins.",
            ),
            (
                self.retain_data and self.alarm_email is None,
                "retains data, but has no alarm_email, so no alarm would send a message. Add one.",
            ),
        )
        return [sentence for is_wrong, sentence in checks if is_wrong]
