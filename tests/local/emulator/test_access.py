"""Access to the emulator: credentials, signatures and permissions."""

import json
from collections.abc import Callable

import httpx
import pytest
from botocore.exceptions import ClientError

from local.deploy import Target
from local.emulator.server import Credentials


def error_status(call: Callable[[], object]) -> int:
    """Return the HTTP status of the call's error."""
    with pytest.raises(ClientError) as error:
        call()
    return int(error.value.response["ResponseMetadata"]["HTTPStatusCode"])


@pytest.mark.parametrize(
    "credentials", [Credentials("test", "test"), Credentials("000000000000", "x"), Credentials("AKIAUNKNOWN", "x")]
)
def test_only_root_credentials_have_root_permissions(target: Target, credentials: Credentials) -> None:
    unknown = Target(target.endpoint_url, credentials)
    with pytest.raises(ClientError, match="does not exist"):
        unknown.client("s3").list_buckets()
    with pytest.raises(ClientError, match="security token"):
        unknown.client("dynamodb").list_tables()


def test_root_signature_is_verified(target: Target) -> None:
    target.client("dynamodb").list_tables()
    forged = Target(target.endpoint_url, Credentials(target.credentials.access_key_id, "wrong"))
    for service, operation in (("s3", "list_buckets"), ("dynamodb", "list_tables"), ("iam", "list_users")):
        with pytest.raises(ClientError, match="signature"):
            getattr(forged.client(service), operation)()


def test_unsigned_calls_and_administration_are_refused(target: Target, http: httpx.Client) -> None:
    target.client("s3").create_bucket(Bucket="private")
    url = target.endpoint_url
    responses = {
        "buckets": http.get(f"{url}/"),
        "objects": http.get(f"{url}/private"),
        "object": http.get(f"{url}/private/a"),
        "put": http.put(f"{url}/private/a", content=b"a"),
        "form": http.post(f"{url}/private", data={"key": "a"}, files={"file": b"a"}),
        "reset": http.post(f"{url}/_ministack/reset"),
        "tables": http.post(f"{url}/", headers={"X-Amz-Target": "DynamoDB_20120810.ListTables"}),
        "host": http.get(f"{url}/_ministack/health", headers={"Host": "evil.example"}),
    }
    assert {name: response.status_code for name, response in responses.items()} == dict.fromkeys(responses, 403)


def test_missing_object_is_404_only_with_list_permission(target: Target) -> None:
    target.client("s3").create_bucket(Bucket="listed")
    iam = target.client("iam")
    iam.create_user(UserName="reader")
    key = iam.create_access_key(UserName="reader")["AccessKey"]
    reader = Target(target.endpoint_url, Credentials(key["AccessKeyId"], key["SecretAccessKey"])).client("s3")

    def allow(**resources: str) -> None:
        statements = [{"Effect": "Allow", "Action": f"s3:{name}", "Resource": arn} for name, arn in resources.items()]
        policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
        iam.put_user_policy(UserName="reader", PolicyName="own", PolicyDocument=policy)

    def statuses() -> list[int]:
        calls = (
            lambda: reader.get_object(Bucket="listed", Key="a"),
            lambda: reader.head_object(Bucket="listed", Key="a"),
            lambda: reader.copy_object(Bucket="listed", Key="b", CopySource="listed/a"),
        )
        return [error_status(call) for call in calls]

    objects = "arn:aws:s3:::listed/*"
    allow(GetObject=objects, PutObject=objects)
    assert statuses() == [403] * 3
    allow(GetObject=objects, PutObject=objects, ListBucket="arn:aws:s3:::listed")
    assert statuses() == [404] * 3
