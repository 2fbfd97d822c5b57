"""The media bucket and the photos table."""

from typing import Final

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infrastructure.environment import Environment
from infrastructure.findings import accept
from infrastructure.indexes import INDEXES, TABLE_INDEXES, Index
from photosky.store import keys
from photosky.store.attributes import TTL_ATTRIBUTE, UPLOAD_WAIT_SECONDS

NONCURRENT_DAYS: Final = 30
"""The retention of deleted or replaced versions in a versioned bucket."""

REPORT_DAYS: Final = 7
"""The retention of the results of an import. The command that started it has copied them to its report."""

UPLOAD_VERSION_DAYS: Final = 7
"""The same for uploads. Every upload is deleted after its ingest, and the original is a copy, so its version is only
needed to review a wrong rejection. Where rules overlap, S3 applies the shorter (user guide, "Conflicting lifecycle
actions").
"""


class Storage(Construct):
    """The bucket and the table of one environment. With `retain_data`, both survive the deletion of the stack.

    The table has the first `index_count` of its indexes; fewer only while a deployed stack gets new ones.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, environment: Environment, index_count: int = len(INDEXES)
    ) -> None:
        super().__init__(scope, construct_id)
        self._removal_policy = RemovalPolicy.RETAIN if environment.retain_data else RemovalPolicy.DESTROY
        self.bucket = self._create_bucket(environment)
        self.table = self._create_table(environment)
        for index in TABLE_INDEXES[:index_count]:
            _add_index(self.table, index)

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
            # Of both images, because an event follows from what a write has changed.
            stream=dynamodb.StreamViewType.NEW_AND_OLD_IMAGES,
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


def _add_index(table: dynamodb.Table, index: Index) -> None:
    key_type = dynamodb.AttributeType.NUMBER if index.are_numbers else dynamodb.AttributeType.STRING
    table.add_global_secondary_index(
        index_name=index.name,
        partition_key=dynamodb.Attribute(name=index.partition_key, type=key_type),
        sort_key=dynamodb.Attribute(name=index.sort_key, type=key_type),
        projection_type=dynamodb.ProjectionType.ALL if index.has_items else dynamodb.ProjectionType.KEYS_ONLY,
    )


def _text(name: str) -> dynamodb.Attribute:
    return dynamodb.Attribute(name=name, type=dynamodb.AttributeType.STRING)


def _lifecycle_rules(environment: Environment) -> list[s3.LifecycleRule]:
    rules = [
        s3.LifecycleRule(
            id="expire-uploads",
            prefix=keys.UPLOADS_PREFIX,
            expiration=Duration.seconds(UPLOAD_WAIT_SECONDS),
            noncurrent_version_expiration=Duration.days(UPLOAD_VERSION_DAYS) if environment.retain_data else None,
            abort_incomplete_multipart_upload_after=Duration.days(1),
        ),
        # Also without the knob `import_buckets`, so that results of earlier imports expire.
        s3.LifecycleRule(
            id="expire-import-results",
            prefix=keys.REPORTS_PREFIX,
            expiration=Duration.days(REPORT_DAYS),
            noncurrent_version_expiration=Duration.days(1) if environment.retain_data else None,
            abort_incomplete_multipart_upload_after=Duration.days(1),
        ),
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
