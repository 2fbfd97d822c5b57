"""The bucket, the table and the user pool: access, retention, and deletion of the stack."""

from collections.abc import Mapping
from typing import Any

import pytest

from diagrams import reference
from diagrams.synthesis import Synthesized, Template
from infrastructure.environment import Environment
from infrastructure.indexes import INDEXES, InvalidIndexCountError, index_count


def test_the_bucket_requires_tls(stack_template: Template) -> None:
    policy = stack_template.one("AWS::S3::BucketPolicy").properties
    assert stack_template.target(policy["Bucket"]) == stack_template.one("AWS::S3::Bucket")
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert {**statement, "Resource": stack_template.texts(statement["Resource"])} == {
        "Action": "s3:*",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        "Effect": "Deny",
        "Principal": {"AWS": "*"},
        "Resource": ["${Storage/Media.Arn}", "${Storage/Media.Arn}/*"],
    }


def test_the_bucket_is_private_and_encrypted(stack_template: Template) -> None:
    bucket = stack_template.one("AWS::S3::Bucket").properties
    assert bucket["PublicAccessBlockConfiguration"] == {
        "BlockPublicAcls": True,
        "BlockPublicPolicy": True,
        "IgnorePublicAcls": True,
        "RestrictPublicBuckets": True,
    }
    assert bucket["BucketEncryption"] == {
        "ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]
    }
    assert bucket["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}


def test_the_bucket_allows_the_origins(stack: Synthesized) -> None:
    assert stack.template.one("AWS::S3::Bucket").properties["CorsConfiguration"] == {
        "CorsRules": [
            {
                "AllowedHeaders": ["*"],
                "AllowedMethods": ["GET", "HEAD", "POST"],
                "AllowedOrigins": list(stack.environment.allowed_origins),
                "ExposedHeaders": ["ETag"],
                "MaxAge": 3600,
            }
        ]
    }


def test_uploads_expire_after_a_day_and_results_after_a_week(stacks: Mapping[str, Synthesized]) -> None:
    expire_uploads = {
        "Id": "expire-uploads",
        "Status": "Enabled",
        "Prefix": "incoming/",
        "ExpirationInDays": 1,
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1},
    }
    forget_old_versions = {
        "Id": "forget-old-versions",
        "Status": "Enabled",
        "NoncurrentVersionExpiration": {"NoncurrentDays": 30},
        "ExpiredObjectDeleteMarker": True,
    }
    expire_results = {
        "Id": "expire-import-results",
        "Status": "Enabled",
        "Prefix": "imports/",
        "ExpirationInDays": 7,
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1},
    }
    rules = {
        name: stack.template.one("AWS::S3::Bucket").properties["LifecycleConfiguration"]["Rules"]
        for name, stack in stacks.items()
    }
    assert rules == {
        **{name: [expire_uploads, expire_results] for name in ("local", "dev", "staging")},
        "prod": [
            expire_uploads | {"NoncurrentVersionExpiration": {"NoncurrentDays": 7}},
            expire_results | {"NoncurrentVersionExpiration": {"NoncurrentDays": 1}},
            forget_old_versions,
        ],
    }


def test_resources_with_data_have_generated_names(stack_template: Template) -> None:
    assert "BucketName" not in stack_template.one("AWS::S3::Bucket").properties
    assert "TableName" not in stack_template.one("AWS::DynamoDB::Table").properties
    assert "UserPoolName" not in stack_template.one("AWS::Cognito::UserPool").properties


def test_the_keys_and_indexes_of_the_table(stack_template: Template) -> None:
    table = stack_template.one("AWS::DynamoDB::Table").properties
    assert table["KeySchema"] == _keys("owner_id", "photo_id")
    assert table["GlobalSecondaryIndexes"] == [
        {
            "IndexName": "ready",
            "KeySchema": _keys("owner_id", "ready_id"),
            "Projection": {"ProjectionType": "ALL"},
        },
        {
            "IndexName": "digest",
            "KeySchema": _keys("owner_id", "ready_sha256"),
            "Projection": {"ProjectionType": "KEYS_ONLY"},
        },
        {
            "IndexName": "unsettled",
            "KeySchema": _keys("unsettled_shard", "lease_until"),
            "Projection": {"ProjectionType": "KEYS_ONLY"},
        },
        {
            "IndexName": "trashed",
            "KeySchema": _keys("owner_id", "trashed_id"),
            "Projection": {"ProjectionType": "ALL"},
        },
        {
            "IndexName": "taken",
            "KeySchema": _keys("listing", "taken_id"),
            "Projection": {"ProjectionType": "ALL"},
        },
        {
            "IndexName": "favorites",
            "KeySchema": _keys("favorite_listing", "photo_id"),
            "Projection": {"ProjectionType": "ALL"},
        },
        {
            "IndexName": "favorites-taken",
            "KeySchema": _keys("favorite_listing", "taken_id"),
            "Projection": {"ProjectionType": "ALL"},
        },
        {
            "IndexName": "changed",
            "KeySchema": _keys("owner_id", "changed_id"),
            "Projection": {"ProjectionType": "ALL"},
        },
    ]
    assert {a["AttributeName"]: a["AttributeType"] for a in table["AttributeDefinitions"]} == {
        "owner_id": "S",
        "photo_id": "S",
        "ready_id": "S",
        "ready_sha256": "S",
        "unsettled_shard": "N",
        "lease_until": "N",
        "trashed_id": "S",
        "listing": "S",
        "favorite_listing": "S",
        "taken_id": "S",
        "changed_id": "S",
    }


def test_a_stack_gets_its_indexes_one_by_one() -> None:
    """CloudFormation creates at most one index per table and update."""
    from aws_cdk import App, Stack  # Here and not above: only the worker that runs this needs the CDK.

    from infrastructure.storage import Storage

    environment = Environment.load("dev", reference.ENVIRONMENTS)
    stack = Stack(App())
    found = []
    for count in range(1, len(INDEXES) + 1):
        storage = Storage(stack, f"Storage{count}", environment=environment, index_count=count)
        table = stack.resolve(storage.table.node.default_child.global_secondary_indexes)  # type: ignore[union-attr]
        found.append([index["indexName"] for index in table])
    assert found == [list(INDEXES[:count]) for count in range(1, len(INDEXES) + 1)]


@pytest.mark.parametrize("context", ["0", "9", "-1", "1.5", "all", "", 0, 9, True])
def test_an_unusable_number_of_indexes_is_refused(context: object) -> None:
    with pytest.raises(InvalidIndexCountError) as refused:
        index_count(context)
    assert str(refused.value) == f"indexes must be a number from 1 to 8, not {context!r}."


def test_the_context_limits_the_indexes() -> None:
    assert [index_count(context) for context in (None, "4", 4, "8")] == [8, 4, 4, 8]


def test_the_table_is_on_demand_with_a_ttl(stack_template: Template) -> None:
    table = stack_template.one("AWS::DynamoDB::Table").properties
    assert table["BillingMode"] == "PAY_PER_REQUEST"
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}


def test_only_prod_protects_its_data(stacks: Mapping[str, Synthesized]) -> None:
    assert {name: _protection(stack) for name, stack in stacks.items()} == {
        name: {
            "stack": name == "prod",
            "bucket versions": name == "prod",
            "table": name == "prod",
            "point-in-time recovery": name == "prod",
            "users": name == "prod",
            "retained": ["Identity/Users", "Storage/Media", "Storage/Photos"] if name == "prod" else [],
        }
        for name in ("local", "dev", "staging", "prod")
    }


def test_each_environment_has_its_own_stack(stacks: Mapping[str, Synthesized]) -> None:
    assert {name: stack.stack_name for name, stack in stacks.items()} == {
        "local": "PhotoSky-local",
        "dev": "PhotoSky-dev",
        "staging": "PhotoSky-staging",
        "prod": "PhotoSky-prod",
    }


def test_only_the_local_pool_lets_users_sign_up(stack: Synthesized) -> None:
    pool = stack.template.one("AWS::Cognito::UserPool").properties
    is_local = stack.environment.name == "local"
    assert pool["AdminCreateUserConfig"] == {"AllowAdminCreateUserOnly": not is_local}


def test_the_pool_has_the_tag_by_which_the_smoke_role_selects_it(stack: Synthesized) -> None:
    pool = stack.template.one("AWS::Cognito::UserPool").properties
    assert pool["UserPoolTags"] == {"photosky-environment": stack.environment.name}


def test_users_have_an_email_address_and_a_long_password(stack_template: Template) -> None:
    pool = stack_template.one("AWS::Cognito::UserPool").properties
    assert pool["UsernameAttributes"] == ["email"]
    assert pool["AutoVerifiedAttributes"] == ["email"]
    assert pool["AccountRecoverySetting"] == {"RecoveryMechanisms": [{"Name": "verified_email", "Priority": 1}]}
    assert pool["Policies"]["PasswordPolicy"] == {
        "MinimumLength": 12,
        "RequireLowercase": True,
        "RequireNumbers": True,
        "RequireSymbols": True,
        "RequireUppercase": True,
    }


def test_the_client_is_public_and_hides_user_existence(stack_template: Template) -> None:
    client = dict(stack_template.one("AWS::Cognito::UserPoolClient").properties)
    assert stack_template.target(client.pop("UserPoolId")) == stack_template.one("AWS::Cognito::UserPool")
    assert client == {
        "AccessTokenValidity": 60,
        "AllowedOAuthFlowsUserPoolClient": False,
        "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
        "IdTokenValidity": 60,
        "PreventUserExistenceErrors": "ENABLED",
        "RefreshTokenValidity": 30 * 24 * 60,
        "SupportedIdentityProviders": ["COGNITO"],
        "TokenValidityUnits": {"AccessToken": "minutes", "IdToken": "minutes", "RefreshToken": "minutes"},
    }


def test_the_outputs_of_the_stack(stack: Synthesized, stack_template: Template) -> None:
    outputs = {
        name: stack_template.text(output["Value"]) for name, output in stack_template.document["Outputs"].items()
    }
    url = "https://${Rest/Api}.execute-api.${AWS::Region}.${AWS::URLSuffix}/${Rest/Api/DeploymentStage.v1}/"
    assert outputs == {
        "ApiUrl": url,
        "UserPoolId": "${Identity/Users}",
        "UserPoolClientId": "${Identity/Users/Frontend}",
        "MediaBucketName": "${Storage/Media}",
        "PhotosTableName": "${Storage/Photos}",
        "StateMachineArn": "${Workflow/Ingest}",
        "ReconcileFunctionName": "${Reconcile}",
        "ReprocessStateMachineArn": "${Maintenance/Reprocess}",
        "PhotosApiFunctionName": "${PhotosApi}",
        "EventBusName": "${EventPipe/Bus}",
        **(
            {"ImportStateMachineArn": "${Imports/Import}", "ImportBuckets": ",".join(stack.environment.import_buckets)}
            if stack.environment.import_buckets
            else {}
        ),
    }


def _protection(stack: Synthesized) -> dict[str, Any]:
    template = stack.template
    bucket = template.one("AWS::S3::Bucket").properties
    table = template.one("AWS::DynamoDB::Table").properties
    kinds = ("AWS::S3::Bucket", "AWS::DynamoDB::Table", "AWS::Cognito::UserPool")
    retained = {r.address: r.document["DeletionPolicy"] for type_ in kinds for r in template.all(type_)}
    replaced = {r.address: r.document["UpdateReplacePolicy"] for type_ in kinds for r in template.all(type_)}
    assert retained == replaced
    return {
        "stack": stack.termination_protection,
        "bucket versions": bucket.get("VersioningConfiguration") == {"Status": "Enabled"},
        "table": table["DeletionProtectionEnabled"],
        "point-in-time recovery": table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"],
        "users": template.one("AWS::Cognito::UserPool").properties["DeletionProtection"] == "ACTIVE",
        "retained": sorted(address for address, policy in retained.items() if policy == "Retain"),
    }


def _keys(partition: str, sort: str) -> list[dict[str, str]]:
    return [{"AttributeName": partition, "KeyType": "HASH"}, {"AttributeName": sort, "KeyType": "RANGE"}]
