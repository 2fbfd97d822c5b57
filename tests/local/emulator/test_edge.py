"""A distribution on the emulator: which keys sign URLs, while its stack is updated and deleted."""

import json
import time
from collections.abc import Iterator
from typing import Any, Final

import pytest
from botocore.exceptions import ClientError, WaiterError
from botocore.signers import CloudFrontSigner
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from local.deploy import Target
from local.emulator.edge import local_addresses
from tests.local.client import fetch
from tests.signing_keys import private_key

STACK: Final = "edge"
BUCKET: Final = "edge-media"
OBJECT: Final = "owner/photo/thumb.webp"


def public_key(name: str, pem_of: str | None = None) -> dict[str, Any]:
    """A resource with the public half of a key."""
    key = private_key(pem_of or name).public_key()
    pem = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    config = {"Name": name, "CallerReference": name, "EncodedKey": pem}
    return {"Type": "AWS::CloudFront::PublicKey", "Properties": {"PublicKeyConfig": config}}


def template(*accepted: str, **changed: str) -> dict[str, Any]:
    """A bucket and a distribution that accepts some keys; `changed` are keys with the PEM of another one."""
    group = {"Name": "signers", "Items": [{"Ref": name} for name in accepted]}
    source = {"Fn::Sub": "arn:aws:cloudfront::${AWS::AccountId}:distribution/${Edge}"}
    reading = {
        "Effect": "Allow",
        "Action": "s3:GetObject",
        "Principal": {"Service": "cloudfront.amazonaws.com"},
        "Resource": f"arn:aws:s3:::{BUCKET}/previews/*.webp",
        "Condition": {"StringEquals": {"aws:SourceArn": source}},
    }
    origin = {
        "Id": "media",
        "DomainName": {"Fn::GetAtt": ["Media", "RegionalDomainName"]},
        "OriginPath": "/previews",
        "OriginAccessControlId": {"Fn::GetAtt": ["Access", "Id"]},
        "S3OriginConfig": {"OriginAccessIdentity": ""},
    }
    access = {
        "Name": "access",
        "OriginAccessControlOriginType": "s3",
        "SigningBehavior": "always",
        "SigningProtocol": "sigv4",
    }
    behaviour = {
        "TargetOriginId": "media",
        "ViewerProtocolPolicy": "https-only",
        "TrustedKeyGroups": [{"Ref": "Signers"}],
        "CachePolicyId": "658327ea-f89d-4fab-a63d-7e88639e58f6",  # AWS's CachingOptimized.
    }
    distribution = {"Enabled": True, "Origins": [origin], "DefaultCacheBehavior": behaviour}
    return {
        "Resources": {
            "Media": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": BUCKET}},
            "Reading": {
                "Type": "AWS::S3::BucketPolicy",
                "Properties": {"Bucket": {"Ref": "Media"}, "PolicyDocument": {"Statement": [reading]}},
            },
            "Access": {
                "Type": "AWS::CloudFront::OriginAccessControl",
                "Properties": {"OriginAccessControlConfig": access},
            },
            **{name: public_key(name, changed.get(name)) for name in accepted},
            "Signers": {"Type": "AWS::CloudFront::KeyGroup", "Properties": {"KeyGroupConfig": group}},
            "Edge": {"Type": "AWS::CloudFront::Distribution", "Properties": {"DistributionConfig": distribution}},
        },
        "Outputs": {
            "Url": {"Value": {"Fn::Sub": "https://${Edge.DomainName}"}},
            **{name: {"Value": {"Ref": name}} for name in accepted},
        },
    }


class Stack:
    """The stack, with requests that are signed by one of the keys."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._cloudformation = target.client("cloudformation")
        self._key_ids: dict[str, str] = {}
        self._cloudformation.create_stack(StackName=STACK, TemplateBody=json.dumps(template("First")))
        self._wait("stack_create_complete")

    def update(self, *accepted: str, **changed: str) -> None:
        """Update the stack. Raises WaiterError if that fails."""
        self._cloudformation.update_stack(StackName=STACK, TemplateBody=json.dumps(template(*accepted, **changed)))
        self._wait("stack_update_complete")

    def delete(self) -> None:
        """Delete the stack and what is in its bucket."""
        self._target.client("s3").delete_object(Bucket=BUCKET, Key=f"previews/{OBJECT}")
        self._cloudformation.delete_stack(StackName=STACK)
        self._cloudformation.get_waiter("stack_delete_complete").wait(StackName=STACK, WaiterConfig={"Delay": 1})

    def status(self, key: str) -> int:
        """The status of a request for the object, signed by a key that was accepted once."""
        policy = {
            "Resource": f"{self._base}/*",
            "Condition": {"DateLessThan": {"AWS:EpochTime": int(time.time()) + 60}},
        }
        signer = CloudFrontSigner(
            self._key_ids[key], lambda message: private_key(key).sign(message, padding.PKCS1v15(), hashes.SHA256())
        )
        url = signer.generate_presigned_url(f"{self._base}/{OBJECT}", policy=json.dumps({"Statement": [policy]}))
        return fetch(f"{url}&Hash-Algorithm=SHA256").status_code

    def _wait(self, state: str) -> None:
        self._cloudformation.get_waiter(state).wait(StackName=STACK, WaiterConfig={"Delay": 1})
        (found,) = self._cloudformation.describe_stacks(StackName=STACK)["Stacks"]
        outputs = {output["OutputKey"]: output["OutputValue"] for output in found["Outputs"]}
        self._base = local_addresses(outputs.pop("Url"), self._target.endpoint_url.rpartition(":")[2])
        self._key_ids |= outputs


@pytest.fixture(scope="module")
def stack(target: Target) -> Iterator[Stack]:
    """The stack with its first key and one object."""
    made = Stack(target)
    target.client("s3").put_object(Bucket=BUCKET, Key=f"previews/{OBJECT}", Body=b"preview", ContentType="image/webp")
    yield made
    made.delete()
    assert target.client("cloudfront").list_key_groups()["KeyGroupList"]["Quantity"] == 0
    assert target.client("cloudfront").list_public_keys()["PublicKeyList"]["Quantity"] == 0


def test_rotation_never_refuses_a_current_key(stack: Stack) -> None:
    assert stack.status("First") == 200
    stack.update("First", "Second")
    assert (stack.status("First"), stack.status("Second")) == (200, 200)
    stack.update("Second")
    assert (stack.status("First"), stack.status("Second")) == (403, 200)


def test_public_key_cannot_be_changed(stack: Stack) -> None:
    with pytest.raises((ClientError, WaiterError)):
        stack.update("Second", Second="Other")
    assert stack.status("Second") == 200


def test_key_that_is_no_pem_is_refused(target: Target) -> None:
    key = public_key("First")
    key["Properties"]["PublicKeyConfig"]["EncodedKey"] = "no PEM"
    cloudformation = target.client("cloudformation")
    cloudformation.create_stack(StackName="no-pem", TemplateBody=json.dumps({"Resources": {"First": key}}))
    with pytest.raises(WaiterError):
        cloudformation.get_waiter("stack_create_complete").wait(StackName="no-pem", WaiterConfig={"Delay": 1})
