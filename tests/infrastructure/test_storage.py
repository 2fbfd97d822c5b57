"""The bucket, the table and the user pool: how they are locked, what they keep, and what outlives the stack."""

from collections.abc import Mapping
from typing import Any

from diagrams.synthesis import Synthesized, Template


def test_the_bucket_refuses_plain_http(stack_template: Template) -> None:
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


def test_the_bucket_is_private_encrypted_and_its_owners(stack_template: Template) -> None:
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


def test_browsers_of_the_allowed_origins_upload_and_download(stack: Synthesized) -> None:
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


def test_uploads_that_nobody_ingests_expire_after_a_day(stacks: Mapping[str, Synthesized]) -> None:
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
    rules = {
        name: stack.template.one("AWS::S3::Bucket").properties["LifecycleConfiguration"]["Rules"]
        for name, stack in stacks.items()
    }
    assert rules == {
        "local": [expire_uploads],
        "dev": [expire_uploads],
        "staging": [expire_uploads],
        "prod": [expire_uploads | {"NoncurrentVersionExpiration": {"NoncurrentDays": 7}}, forget_old_versions],
    }


def test_nothing_that_holds_data_has_a_fixed_name(stack_template: Template) -> None:
    assert "BucketName" not in stack_template.one("AWS::S3::Bucket").properties
    assert "TableName" not in stack_template.one("AWS::DynamoDB::Table").properties
    assert "UserPoolName" not in stack_template.one("AWS::Cognito::UserPool").properties


def test_the_tables_keys_and_indexes_are_these(stack_template: Template) -> None:
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
    ]
    assert {a["AttributeName"]: a["AttributeType"] for a in table["AttributeDefinitions"]} == {
        "owner_id": "S",
        "photo_id": "S",
        "ready_id": "S",
        "ready_sha256": "S",
        "unsettled_shard": "N",
        "lease_until": "N",
    }


def test_the_table_is_on_demand_and_forgets_what_awaits_no_more(stack_template: Template) -> None:
    table = stack_template.one("AWS::DynamoDB::Table").properties
    assert table["BillingMode"] == "PAY_PER_REQUEST"
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}


def test_only_prod_keeps_its_data_from_every_mishap(stacks: Mapping[str, Synthesized]) -> None:
    assert {name: _protection(stack) for name, stack in stacks.items()} == {
        name: {
            "stack": name == "prod",
            "bucket versions": name == "prod",
            "table": name == "prod",
            "table's points in time": name == "prod",
            "users": name == "prod",
            "outlive the stack": ["Identity/Users", "Storage/Media", "Storage/Photos"] if name == "prod" else [],
        }
        for name in ("local", "dev", "staging", "prod")
    }


def test_every_environment_has_a_stack_of_its_own(stacks: Mapping[str, Synthesized]) -> None:
    assert {name: stack.stack_name for name, stack in stacks.items()} == {
        "local": "PhotoSky-local",
        "dev": "PhotoSky-dev",
        "staging": "PhotoSky-staging",
        "prod": "PhotoSky-prod",
    }


def test_users_are_made_by_an_administrator_with_long_passwords(stack_template: Template) -> None:
    pool = stack_template.one("AWS::Cognito::UserPool").properties
    assert pool["UsernameAttributes"] == ["email"]
    assert pool["AutoVerifiedAttributes"] == ["email"]
    assert pool["AdminCreateUserConfig"] == {"AllowAdminCreateUserOnly": True}
    assert pool["AccountRecoverySetting"] == {"RecoveryMechanisms": [{"Name": "verified_email", "Priority": 1}]}
    assert pool["Policies"]["PasswordPolicy"] == {
        "MinimumLength": 12,
        "RequireLowercase": True,
        "RequireNumbers": True,
        "RequireSymbols": True,
        "RequireUppercase": True,
    }


def test_the_client_is_a_browsers_and_tells_nobody_who_exists(stack_template: Template) -> None:
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


def test_the_stack_tells_what_a_frontend_needs(stack_template: Template) -> None:
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
    }


def _protection(stack: Synthesized) -> dict[str, Any]:
    template = stack.template
    bucket = template.one("AWS::S3::Bucket").properties
    table = template.one("AWS::DynamoDB::Table").properties
    keeps = ("AWS::S3::Bucket", "AWS::DynamoDB::Table", "AWS::Cognito::UserPool")
    retained = {r.address: r.document["DeletionPolicy"] for type_ in keeps for r in template.all(type_)}
    replaced = {r.address: r.document["UpdateReplacePolicy"] for type_ in keeps for r in template.all(type_)}
    assert retained == replaced
    return {
        "stack": stack.termination_protection,
        "bucket versions": bucket.get("VersioningConfiguration") == {"Status": "Enabled"},
        "table": table["DeletionProtectionEnabled"],
        "table's points in time": table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"],
        "users": template.one("AWS::Cognito::UserPool").properties["DeletionProtection"] == "ACTIVE",
        "outlive the stack": sorted(address for address, policy in retained.items() if policy == "Retain"),
    }


def _keys(partition: str, sort: str) -> list[dict[str, str]]:
    return [{"AttributeName": partition, "KeyType": "HASH"}, {"AttributeName": sort, "KeyType": "RANGE"}]
