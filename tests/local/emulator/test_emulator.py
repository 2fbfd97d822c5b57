"""Access to the emulator, its ports, and its state after a kill."""

import json
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from botocore.exceptions import ClientError

from local.deploy import Target
from local.emulator.lock import Taken
from local.emulator.server import Credentials, Emulator
from tests.local.emulator.conftest import Served, serve


def error_status(call: Callable[[], object]) -> int:
    """The HTTP status with which a call is refused."""
    with pytest.raises(ClientError) as error:
        call()
    return int(error.value.response["ResponseMetadata"]["HTTPStatusCode"])


def wait_until(done: Callable[[], bool], seconds: float = 2) -> None:
    """Wait as long as what was written may be lost."""
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.05)


def listening(pid: int) -> set[str]:
    """Addresses (hexadecimal, as the kernel writes them) on which a process and its threads listen."""
    sockets = {link.readlink().name for link in Path(f"/proc/{pid}/fd").iterdir() if link.is_symlink()}
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and f"socket:[{fields[9]}]" in sockets:
                found.add(fields[1].partition(":")[0])
    return found


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="reads Linux's table of sockets")
def test_only_one_loopback_port_listens(served: Served) -> None:
    assert listening(served.process.pid) == {"0100007F"}


@pytest.mark.parametrize(
    "credentials", [Credentials("test", "test"), Credentials("000000000000", "x"), Credentials("AKIANOBODY", "x")]
)
def test_other_keys_are_not_root(target: Target, credentials: Credentials) -> None:
    stranger = Target(target.endpoint_url, credentials)
    with pytest.raises(ClientError, match="does not exist"):
        stranger.client("s3").list_buckets()
    with pytest.raises(ClientError, match="security token"):
        stranger.client("dynamodb").list_tables()


def test_root_signature_is_verified(target: Target) -> None:
    target.client("dynamodb").list_tables()
    forged = Target(target.endpoint_url, Credentials(target.credentials.access_key_id, "wrong"))
    for service, operation in (("s3", "list_buckets"), ("dynamodb", "list_tables"), ("iam", "list_users")):
        with pytest.raises(ClientError, match="signature"):
            getattr(forged.client(service), operation)()


def test_unsigned_calls_and_administration_are_refused(target: Target, http: httpx.Client) -> None:
    target.client("s3").create_bucket(Bucket="private")
    url = target.endpoint_url
    answers = {
        "buckets": http.get(f"{url}/"),
        "objects": http.get(f"{url}/private"),
        "object": http.get(f"{url}/private/a"),
        "put": http.put(f"{url}/private/a", content=b"a"),
        "form": http.post(f"{url}/private", data={"key": "a"}, files={"file": b"a"}),
        "reset": http.post(f"{url}/_ministack/reset"),
        "tables": http.post(f"{url}/", headers={"X-Amz-Target": "DynamoDB_20120810.ListTables"}),
        "host": http.get(f"{url}/_ministack/health", headers={"Host": "evil.example"}),
    }
    assert {name: answer.status_code for name, answer in answers.items()} == dict.fromkeys(answers, 403)


def test_missing_object_is_404_only_with_list_permission(target: Target) -> None:
    target.client("s3").create_bucket(Bucket="discreet")
    iam = target.client("iam")
    iam.create_user(UserName="reader")
    key = iam.create_access_key(UserName="reader")["AccessKey"]
    reader = Target(target.endpoint_url, Credentials(key["AccessKeyId"], key["SecretAccessKey"])).client("s3")

    def allow(**resources: str) -> None:
        statements = [{"Effect": "Allow", "Action": f"s3:{name}", "Resource": arn} for name, arn in resources.items()]
        policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
        iam.put_user_policy(UserName="reader", PolicyName="own", PolicyDocument=policy)

    def statuses() -> list[int]:
        asked = (
            lambda: reader.get_object(Bucket="discreet", Key="a"),
            lambda: reader.head_object(Bucket="discreet", Key="a"),
            lambda: reader.copy_object(Bucket="discreet", Key="b", CopySource="discreet/a"),
        )
        return [error_status(ask) for ask in asked]

    objects = "arn:aws:s3:::discreet/*"
    allow(GetObject=objects, PutObject=objects)
    assert statuses() == [403] * 3
    allow(GetObject=objects, PutObject=objects, ListBucket="arn:aws:s3:::discreet")
    assert statuses() == [404] * 3


def test_writes_survive_a_kill(tmp_path: Path) -> None:
    with serve(tmp_path) as served:
        served.target.client("s3").create_bucket(Bucket="kept")
        served.target.client("s3").put_object(Bucket="kept", Key="a", Body=b"a")
        pool = served.target.client("cognito-idp").create_user_pool(PoolName="kept")["UserPool"]["Id"]
        served.target.client("cognito-idp").admin_create_user(UserPoolId=pool, Username="u", MessageAction="SUPPRESS")
        saved = tmp_path / "state" / "cognito.json"
        wait_until(lambda: saved.exists() and '"u"' in saved.read_text())
        served.process.kill()
        served.process.wait()
    with serve(tmp_path) as again:
        assert again.target.client("s3").get_object(Bucket="kept", Key="a")["Body"].read() == b"a"
        users = again.target.client("cognito-idp").list_users(UserPoolId=pool)["Users"]
        assert [user["Username"] for user in users] == ["u"]


def test_folder_has_one_emulator(served: Served, tmp_path: Path) -> None:
    with serve(tmp_path), pytest.raises(Taken, match="Another stack is running"):
        Emulator(tmp_path).take()
    assert served.process.poll() is None
