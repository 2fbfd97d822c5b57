"""What was answered is there after a death; what cannot be written is an error and changes nothing."""

import json
import resource
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.local.emulator.conftest import Served, serve

BUCKET: Final = "kept"
TABLE: Final = "kept"
REASON: Final = "The local stack cannot write its state: File too large"

Aws = Callable[[str], Any]


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """An emulator of this test's own, with a bucket, a table and a user pool."""
    with serve(tmp_path) as emulator:
        aws = clients(emulator)
        aws("s3").create_bucket(Bucket=BUCKET)
        aws("dynamodb").create_table(
            TableName=TABLE,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        )
        aws("cognito-idp").create_user_pool(PoolName="kept")
        yield emulator


def clients(served: Served) -> Aws:
    """Return a function that returns clients without retries."""
    return lambda service: served.target.client(service, Config(retries={"total_max_attempts": 1}))


def pool(aws: Aws) -> str:
    """Return the user pool's id."""
    return str(aws("cognito-idp").list_user_pools(MaxResults=1)["UserPools"][0]["Id"])


def put(aws: Aws, number: int) -> None:
    """Write the item, the object, and a user with a number."""
    aws("dynamodb").put_item(TableName=TABLE, Item={"id": {"S": "a"}, "number": {"N": str(number)}})
    aws("s3").put_object(Bucket=BUCKET, Key="a", Body=str(number).encode(), ContentType=f"text/x{number}")
    aws("cognito-idp").admin_create_user(UserPoolId=pool(aws), Username=f"u{number}", MessageAction="SUPPRESS")


def state(aws: Aws) -> tuple[str, bytes, str, list[str]]:
    """Return the item's number, the object's bytes and type, and the users' names."""
    item = aws("dynamodb").get_item(TableName=TABLE, Key={"id": {"S": "a"}})["Item"]
    found = aws("s3").get_object(Bucket=BUCKET, Key="a")
    users = aws("cognito-idp").list_users(UserPoolId=pool(aws))["Users"]
    return item["number"]["N"], found["Body"].read(), found["ContentType"], sorted(user["Username"] for user in users)


def test_what_was_answered_survives_a_kill(served: Served, tmp_path: Path) -> None:
    put(clients(served), 1)
    put(clients(served), 2)
    served.process.kill()
    served.process.wait()
    with serve(tmp_path) as again:
        assert state(clients(again)) == ("2", b"2", "text/x2", ["u1", "u2"])


def test_deleted_item_and_object_do_not_return_after_a_kill(served: Served, tmp_path: Path) -> None:
    aws = clients(served)
    put(aws, 1)
    aws("dynamodb").delete_item(TableName=TABLE, Key={"id": {"S": "a"}})
    aws("s3").delete_object(Bucket=BUCKET, Key="a")
    served.process.kill()
    served.process.wait()
    with serve(tmp_path) as again:
        assert "Item" not in clients(again)("dynamodb").get_item(TableName=TABLE, Key={"id": {"S": "a"}})
        assert "Contents" not in clients(again)("s3").list_objects_v2(Bucket=BUCKET)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can limit the file size of another process")
def test_request_that_cannot_be_written_fails_and_changes_nothing(served: Served, tmp_path: Path) -> None:
    aws = clients(served)
    put(aws, 1)
    user_pool = pool(aws)
    _, hard = resource.prlimit(served.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(served.process.pid, resource.RLIMIT_FSIZE, (1, hard))
    failing: dict[str, Callable[[], Any]] = {
        "put": lambda: aws("dynamodb").put_item(TableName=TABLE, Item={"id": {"S": "a"}, "number": {"N": "2"}}),
        "delete": lambda: aws("dynamodb").delete_item(TableName=TABLE, Key={"id": {"S": "a"}}),
        "object": lambda: aws("s3").put_object(Bucket=BUCKET, Key="a", Body=b"22", ContentType="text/x2"),
        "new object": lambda: aws("s3").put_object(Bucket=BUCKET, Key="b", Body=b"22"),
        "role": lambda: aws("iam").create_role(RoleName="a", AssumeRolePolicyDocument="{}"),
        "user": lambda: aws("cognito-idp").admin_create_user(
            UserPoolId=user_pool, Username="u2", MessageAction="SUPPRESS"
        ),
    }
    for name, call in failing.items():
        with pytest.raises(ClientError) as raised:
            call()
        assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 507, name
        assert REASON in raised.value.response["Error"]["Message"]
    resource.prlimit(served.process.pid, resource.RLIMIT_FSIZE, (hard, hard))
    # The user exists in memory; the pool's next request writes it, before its response.
    after = ("1", b"1", "text/x1", ["u1", "u2"])
    assert state(aws) == after
    assert [item["Key"] for item in aws("s3").list_objects_v2(Bucket=BUCKET)["Contents"]] == ["a"]
    served.process.kill()
    served.process.wait()
    with serve(tmp_path) as again:
        assert state(clients(again)) == after


def test_damaged_state_is_named_and_kept(tmp_path: Path) -> None:
    with serve(tmp_path) as first:
        clients(first)("s3").create_bucket(Bucket=BUCKET)
    damaged = tmp_path / "state" / "s3.json"
    damaged.write_text(damaged.read_text()[:-9])
    before = json.dumps(damaged.read_text())
    with pytest.raises(AssertionError, match="did not start"), serve(tmp_path):
        pass
    assert json.dumps(damaged.read_text()) == before
