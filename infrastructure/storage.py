"""The media bucket and the photos table."""

from typing import Final

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infrastructure.environment import Environment
from infrastructure.findings import accept
from photosky.store import keys
from photosky.store.attributes import (
    DIGEST_INDEX,
    READY_INDEX,
    TRASHED_INDEX,
    TTL_ATTRIBUTE,
    UNSETTLED_INDEX,
    UPLOAD_WAIT_SECONDS,
)

NONCURRENT_DAYS: Final = 30
"""The retention of deleted or replaced versions in a versioned bucket."""

UPLOAD_VERSION_DAYS: Final = 7
"""The same for uploads. Every upload is deleted after its ingest, and the original is a copy, so its version is only
needed to review a wrong rejection. Where rules overlap, S3 applies the shorter (user guide, "Conflicting lifecycle
actions").
"""

INDEXES: Final = (READY_INDEX, DIGEST_INDEX, UNSETTLED_INDEX, TRASHED_INDEX)


class Storage(Construct):
    """The bucket and the table of one environment. With `retain_data`, both survive the deletion of the stack."""

    def __init__(self, scope: Construct, construct_id: str, *, environment: Environment) -> None:
        super().__init__(scope, construct_id)
        self._removal_policy = RemovalPolicy.RETAIN if environment.retain_data else RemovalPolicy.DESTROY
        self.bucket = self._create_bucket(environment)
        self.table = self._create_table(environment)
        _add_indexes(self.table)

    def objects(self, *prefixes: str) -> list[str]:
        """Return the ARNs of all objects under these prefixes."""
        return [self.bucket.arn_for_objects(f"{prefix}*") for prefix in prefixes]

    def index(self, name: str) -> str:
        """Return the ARN of an index of the table."""
        return f"{self.table.table_arn}/index/{name}"

    def _create_bucket(self, environment: Environment) -> s3.Bucket:
        bucket = s3.Bucket(
            self,
            "Media",
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            versioned=environment.retain_data,
            removal_policy=self._removal_policy,
            auto_delete_objects=environment.empty_bucket_on_delete,
            lifecycle_rules=_lifecycle_rules(environment),
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
        accept(bucket, "S1", because="Server access logs would hold keys, signed URLs and addresses; no log does.")
        return bucket

    def _create_table(self, environment: Environment) -> dynamodb.Table:
        table = dynamodb.Table(
            self,
            "Photos",
            partition_key=_text("owner_id"),
            sort_key=_text("photo_id"),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            time_to_live_attribute=TTL_ATTRIBUTE,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=environment.retain_data
            ),
            deletion_protection=environment.retain_data,
            removal_policy=self._removal_policy,
        )
        if not environment.retain_data:
            accept(
                table, "DDB3", because="Data that may be deleted with its stack needs no recovery (0.20 USD/GB-month)."
            )
        return table


def _add_indexes(table: dynamodb.Table) -> None:
    table.add_global_secondary_index(
        index_name=READY_INDEX,
        partition_key=_text("owner_id"),
        sort_key=_text("ready_id"),
        projection_type=dynamodb.ProjectionType.ALL,
    )
    table.add_global_secondary_index(
        index_name=DIGEST_INDEX,
        partition_key=_text("owner_id"),
        sort_key=_text("ready_sha256"),
        projection_type=dynamodb.ProjectionType.KEYS_ONLY,
    )
    table.add_global_secondary_index(
        index_name=UNSETTLED_INDEX,
        partition_key=_number("unsettled_shard"),
        sort_key=_number("lease_until"),
        projection_type=dynamodb.ProjectionType.KEYS_ONLY,
    )
    table.add_global_secondary_index(
        index_name=TRASHED_INDEX,
        partition_key=_text("owner_id"),
        sort_key=_text("trashed_id"),
        projection_type=dynamodb.ProjectionType.ALL,
    )


def _text(name: str) -> dynamodb.Attribute:
    return dynamodb.Attribute(name=name, type=dynamodb.AttributeType.STRING)


def _number(name: str) -> dynamodb.Attribute:
    return dynamodb.Attribute(name=name, type=dynamodb.AttributeType.NUMBER)


def _lifecycle_rules(environment: Environment) -> list[s3.LifecycleRule]:
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
