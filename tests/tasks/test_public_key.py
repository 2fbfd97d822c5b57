"""PublicKey: CloudFormation gets the public key of a signing key, or the reason why not."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives.serialization import load_der_public_key, load_pem_public_key
from moto import mock_aws

from photosky.aws import session
from tasks import public_key

RESPONSE_URL = "https://answers.example/?Signature=secret"
SAME = {"StackId": "arn:stack", "RequestId": "request", "LogicalResourceId": "ReadPublicKeyfirst"}

Answers = list[tuple[str, str, str | None, dict[str, Any]]]


@pytest.fixture
def kms(aws_environment: None, fresh_caches: None, socket_disabled: None) -> Iterator[Any]:  # noqa: ARG001 - for clients
    """KMS without keys."""
    with mock_aws(config={"core": {"mock_credentials": False}}):
        yield session().client("kms")


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Answers:
    """What CloudFormation receives: method, URL, content type and document."""
    received: Answers = []

    class Opened:
        def __init__(self, request: Any, timeout: float) -> None:
            assert timeout == 10
            headers = request.get_header("Content-type")
            received.append((request.get_method(), request.full_url, headers, json.loads(request.data)))

        def __enter__(self) -> None: ...

        def __exit__(self, *_raised: object) -> None: ...

    monkeypatch.setattr("tasks.public_key.urllib.request.urlopen", Opened)
    return received


def event(kind: str, key_id: str) -> dict[str, Any]:
    """A request of CloudFormation."""
    return {"RequestType": kind, "ResponseURL": RESPONSE_URL, "ResourceProperties": {"KeyId": key_id}, **SAME}


def refused(code: str, times: int) -> Callable[..., Any]:
    """A stand-in for the session, whose KMS refuses some calls and then returns a key."""

    class Kms:
        left = times

        def get_public_key(self, **_: str) -> dict[str, bytes]:
            if self.left:
                self.left -= 1
                raise ClientError({"Error": {"Code": code}}, "GetPublicKey")
            return {"PublicKey": b"key"}

    class Session:
        def client(self, _name: str) -> Kms:
            return Kms()

    return Session


@pytest.mark.parametrize("kind", ["Create", "Update"])
def test_public_key_is_answered_as_pem(kms: Any, answers: Answers, kind: str) -> None:
    key_id = kms.create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
    public_key.handler(event(kind, key_id), None)
    ((method, url, content_type, answer),) = answers
    assert (method, url, content_type) == ("PUT", RESPONSE_URL, "")
    pem = answer.pop("Data")["PublicKey"]
    assert answer == {"Status": "SUCCESS", "PhysicalResourceId": key_id, **SAME}
    expected = load_der_public_key(kms.get_public_key(KeyId=key_id)["PublicKey"])
    assert load_pem_public_key(pem.encode()) == expected
    assert pem.splitlines()[0] == "-----BEGIN PUBLIC KEY-----"


def test_deletion_reads_nothing(kms: Any, answers: Answers) -> None:  # noqa: ARG001 - no key exists
    public_key.handler(event("Delete", "gone"), None)
    assert [answer for _, _, _, answer in answers] == [
        {"Status": "SUCCESS", "Data": {}, "PhysicalResourceId": "gone", **SAME}
    ]


def test_failure_is_answered_and_its_log_has_no_url(
    kms: Any,  # noqa: ARG001 - no key exists
    answers: Answers,
    log_lines: Callable[[], list[dict[str, Any]]],
) -> None:
    public_key.handler(event("Create", "1234abcd-12ab-34cd-56ef-1234567890ab"), None)
    ((_, _, _, answer),) = answers
    assert (answer["Status"], answer["Reason"]) == ("FAILED", "The public key was not read: NotFoundException")
    (line,) = log_lines()
    assert (line["fault"], line["operation"]) == ("NotFoundException", "GetPublicKey")
    assert "secret" not in json.dumps(line)


def test_permission_that_is_not_effective_yet_is_awaited(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(public_key, "session", refused("AccessDeniedException", 9))
    assert public_key.public_key("key", pauses.append) == public_key.to_pem(b"key")
    assert pauses == [3] * 9
    monkeypatch.setattr(public_key, "session", refused("AccessDeniedException", 10))
    with pytest.raises(ClientError):
        public_key.public_key("key", pauses.append)


def test_other_faults_are_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(public_key, "session", refused("NotFoundException", 1))
    with pytest.raises(ClientError):
        public_key.public_key("key", lambda _: pytest.fail("paused"))
