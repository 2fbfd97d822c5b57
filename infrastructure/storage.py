"""Where things live: the media bucket and the photos table."""

from typing import Final

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infrastructure.environment import Environment
from infrastructure.findings import accept
from photosky.store import keys
from photosky.store.attributes import DIGEST_INDEX, READY_INDEX, TTL_ATTRIBUTE, UNSETTLED_INDEX, UPLOAD_WAIT_SECONDS

NONCURRENT_DAYS: Final = 30
"""How long a versioned bucket keeps what was deleted or replaced."""

UPLOAD_VERSION_DAYS: Final = 7
"""The same for uploads, which all are deleted: the promoted original is a copy, so this is a week to find out that
some were refused wrongly. Where rules overlap, S3 takes the shorter (user guide, "Conflicting lifecycle actions").
"""


class Storage(Construct):
    """The bucket and the table of one environment; `retain_data` makes both survive their stack."""

    def __init__(self, scope: Construct, construct_id: str, *, environment: Environment) -> None:
        super().__init__(scope, construct_id)
        removal_policy = RemovalPolicy.RETAIN if environment.retain_data else RemovalPolicy.DESTROY
        self.bucket = s3.Bucket(
            self,
            "Media",
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            versioned=environment.retain_data,
            removal_policy=removal_policy,
            auto_delete_objects=environment.empty_bucket_on_delete,
            lifecycle_rules=_lifecycle(environment),
            cors=[
                s3.CorsRule(
                    allowed_origins=list(environment.allowed_origins),
                    allowed_methods=[s3.HttpMethods.GET, s3.HttpMethods.HEAD, s3.HttpMethods.POST],
                    allowed_headers=["*"],
                    exposed_headers=["ETag"],
                    max_age=3600,
                )
            ],
        )
        accept(
            self.bucket,
            "S1",
            because="Its lines would hold keys, signed URLs and addresses, which no log of ours does.",
        )
        self.table = dynamodb.Table(
            self,
            "Photos",
            partition_key=dynamodb.Attribute(name="owner_id", type=dynamodb.AttributeType.STRING),
            sort_key=dynamodb.Attribute(name="photo_id", type=dynamodb.AttributeType.STRING),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            time_to_live_attribute=TTL_ATTRIBUTE,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=environment.retain_data
            ),
            deletion_protection=environment.retain_data,
            removal_policy=removal_policy,
        )
        if not environment.retain_data:
            accept(
                self.table,
                "DDB3",
                because="What may go with its stack needs no way back to yesterday, at 0.20 USD a GB and month.",
            )
        text, number = dynamodb.AttributeType.STRING, dynamodb.AttributeType.NUMBER
        owner = dynamodb.Attribute(name="owner_id", type=text)
        self.table.add_global_secondary_index(
            index_name=READY_INDEX,
            partition_key=owner,
            sort_key=dynamodb.Attribute(name="ready_id", type=text),
            projection_type=dynamodb.ProjectionType.ALL,
        )
        self.table.add_global_secondary_index(
            index_name=DIGEST_INDEX,
            partition_key=owner,
            sort_key=dynamodb.Attribute(name="ready_sha256", type=text),
            projection_type=dynamodb.ProjectionType.KEYS_ONLY,
        )
        self.table.add_global_secondary_index(
            index_name=UNSETTLED_INDEX,
            partition_key=dynamodb.Attribute(name="unsettled_shard", type=number),
            sort_key=dynamodb.Attribute(name="lease_until", type=number),
            projection_type=dynamodb.ProjectionType.KEYS_ONLY,
        )

    def objects(self, *prefixes: str) -> list[str]:
        """The ARNs of all objects under these prefixes."""
        return [self.bucket.arn_for_objects(f"{prefix}*") for prefix in prefixes]

    def index(self, name: str) -> str:
        """The ARN of one index of the table."""
        return f"{self.table.table_arn}/index/{name}"


def _lifecycle(environment: Environment) -> list[s3.LifecycleRule]:
    rules = [
        s3.LifecycleRule(
            id="expire-uploads",
            prefix=keys.UPLOADS_PREFIX,
            expiration=Duration.seconds(UPLOAD_WAIT_SECONDS),
            noncurrent_version_expiration=Duration.days(UPLOAD_VERSION_DAYS) if environment.retain_data else None,
            abort_incomplete_multipart_upload_after=Duration.days(1),
        )
    ]
    if environment.retain_data:
        rules.append(
            s3.LifecycleRule(
                id="forget-old-versions",
                noncurrent_version_expiration=Duration.days(NONCURRENT_DAYS),
                expired_object_delete_marker=True,
            )
        )
    return rules
