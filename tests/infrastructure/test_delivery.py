"""Delivery through CloudFront: what a distribution may read, which signatures it accepts, and that it is optional."""

import json
from collections.abc import Mapping
from typing import Any, Final

import pytest

from diagrams.synthesis import Synthesized, Template
from infrastructure.environment import Environment
from tests.synthesis import CONTEXT, variant

PREFIX: Final = "AWS::CloudFront::"
DOMAIN: Final = {
    "hosted_zone_id": "Z0123456789ABC",
    "hosted_zone_name": "photos.example",
    "api": "api.photos.example",
    "api_certificate_arn": "arn:aws:acm:eu-west-1:012345678901:certificate/1",
    "previews": "previews.photos.example",
    "previews_certificate_arn": "arn:aws:acm:us-east-1:012345678901:certificate/2",
}


@pytest.fixture(scope="module")
def rotated() -> Template:
    """`local` in the middle of a rotation: it signs with a new key, and the earlier one is still accepted."""
    return variant(environment_with(signing_keys=["second", "first"])).template


@pytest.fixture(scope="module")
def named() -> Template:
    """`local` with names of its own."""
    return variant(environment_with(domain=DOMAIN)).template


def environment_with(**knobs: Any) -> Environment:
    """`local` with CloudFront and other knobs."""
    knobs = {"delivery": "cloudfront", **knobs}
    return Environment.load("local", CONTEXT["environments"], **knobs)


def config(template: Template) -> Mapping[str, Any]:
    """The configuration of the distribution."""
    found: Mapping[str, Any] = template.one(f"{PREFIX}Distribution").properties["DistributionConfig"]
    return found


def variables(template: Template, function: str) -> dict[str, Any]:
    """The environment variables of a function, as text."""
    (found,) = (resource for resource in template.all("AWS::Lambda::Function") if resource.address == function)
    return {name: template.text(value) for name, value in found.properties["Environment"]["Variables"].items()}


def signing_grants(template: Template) -> dict[str, list[str]]:
    """The keys that roles may use, by action and role."""
    return {
        f"{role.address} {statement['Action']}": template.texts(statement["Resource"])
        for role in template.all("AWS::IAM::Role")
        for statement in template.statements(role)
        if str(statement["Action"]).startswith("kms:")
    }


def test_delivery_by_s3_has_no_resource_of_it(stack: Synthesized, stack_template: Template) -> None:
    assert stack.environment.delivery == "s3"
    types = {resource.type for resource in stack_template.resources.values()}
    assert not [type_ for type_ in types if type_.startswith((PREFIX, "Custom::"))]
    assert not [found for found in stack_template.all("AWS::KMS::Key") if "Signing" in found.address]
    assert "PHOTOSKY_EDGE" not in variables(stack_template, "PhotosApi")
    assert "PreviewsUrl" not in stack_template.document["Outputs"]


def test_delivery_by_cloudfront_changes_no_other_resource(edge: Template, stacks: Mapping[str, Synthesized]) -> None:
    without = stacks["local"].template
    added = {found.address for found in edge.resources.values()} - {
        found.address for found in without.resources.values()
    }
    assert {address.partition("/")[0] for address in added} == {"Delivery", "Monitoring"}
    changed = {
        found.type
        for name, found in without.resources.items()
        if edge.resources[name].document != found.document and found.type != "AWS::ApiGateway::Deployment"
    }
    assert changed == {"AWS::IAM::Policy", "AWS::Lambda::Function", "AWS::S3::BucketPolicy"}


def test_only_the_distribution_reads_previews_and_nothing_else(edge: Template) -> None:
    (distribution,) = edge.all(f"{PREFIX}Distribution")
    tls, reading = edge.one("AWS::S3::BucketPolicy").properties["PolicyDocument"]["Statement"]
    assert tls["Effect"] == "Deny"
    assert {**reading, "Resource": edge.texts(reading["Resource"])} == {
        "Action": "s3:GetObject",
        "Effect": "Allow",
        "Principal": {"Service": "cloudfront.amazonaws.com"},
        # With an extension, so that the facts of a running ingest, `previews/…/facts.json`, are not readable.
        "Resource": ["${Storage/Media.Arn}/previews/*.jpg", "${Storage/Media.Arn}/previews/*.webp"],
        "Condition": reading["Condition"],
    }
    assert edge.text(reading["Condition"]["StringEquals"].pop("aws:SourceArn")) == (
        f"arn:${{AWS::Partition}}:cloudfront::${{AWS::AccountId}}:distribution/${{{distribution.address}}}"
    )


def test_requests_start_below_the_previews(edge: Template) -> None:
    (origin,) = config(edge)["Origins"]
    assert origin["OriginPath"] == "/previews"
    assert origin["S3OriginConfig"] == {"OriginAccessIdentity": ""}
    assert edge.text(origin["DomainName"]) == "${Storage/Media.RegionalDomainName}"
    access = edge.target(origin["OriginAccessControlId"])
    assert access is not None
    assert {k: v for k, v in access.properties["OriginAccessControlConfig"].items() if k != "Name"} == {
        "OriginAccessControlOriginType": "s3",
        "SigningBehavior": "always",
        "SigningProtocol": "sigv4",
    }


def test_every_request_needs_a_signature_of_the_key_group(edge: Template) -> None:
    found = config(edge)
    assert "CacheBehaviors" not in found
    behaviour = found["DefaultCacheBehavior"]
    assert list(map(edge.target, behaviour["TrustedKeyGroups"])) == edge.all(f"{PREFIX}KeyGroup")
    assert (behaviour["ViewerProtocolPolicy"], behaviour["AllowedMethods"]) == ("https-only", ["GET", "HEAD"])
    assert (found["HttpVersion"], found["IPV6Enabled"]) == ("http2and3", True)


def test_all_users_share_a_copy_that_edges_keep_for_a_day(edge: Template) -> None:
    policy = edge.target(config(edge)["DefaultCacheBehavior"]["CachePolicyId"])
    assert policy is not None
    caching = policy.properties["CachePolicyConfig"]
    assert [caching[ttl] for ttl in ("MinTTL", "DefaultTTL", "MaxTTL")] == [0, 86_400, 86_400]
    assert caching["ParametersInCacheKeyAndForwardedToOrigin"] == {
        "CookiesConfig": {"CookieBehavior": "none"},
        "EnableAcceptEncodingBrotli": False,
        "EnableAcceptEncodingGzip": False,
        "HeadersConfig": {"HeaderBehavior": "none"},
        "QueryStringsConfig": {"QueryStringBehavior": "none"},
    }


def test_responses_allow_the_origins_and_forbid_sniffing(edge: Template) -> None:
    policy = edge.target(config(edge)["DefaultCacheBehavior"]["ResponseHeadersPolicyId"])
    assert policy is not None
    headers = policy.properties["ResponseHeadersPolicyConfig"]
    assert headers["CorsConfig"] == {
        "AccessControlAllowCredentials": False,
        "AccessControlAllowHeaders": {"Items": ["*"]},
        "AccessControlAllowMethods": {"Items": ["GET", "HEAD"]},
        "AccessControlAllowOrigins": {"Items": CONTEXT["environments"]["local"]["allowed_origins"]},
        "AccessControlMaxAgeSec": 3600,
        "OriginOverride": True,
    }
    assert set(headers["SecurityHeadersConfig"]) == {"ContentTypeOptions", "StrictTransportSecurity"}


def test_private_key_stays_in_kms(edge: Template) -> None:
    (key,) = (found for found in edge.all("AWS::KMS::Key") if found.address.startswith("Delivery/"))
    assert (key.properties["KeySpec"], key.properties["KeyUsage"]) == ("RSA_2048", "SIGN_VERIFY")
    text = json.dumps(edge.document)
    assert "PRIVATE KEY" not in text
    assert "AWS::SecretsManager" not in text
    (public,) = edge.all(f"{PREFIX}PublicKey")
    assert (
        edge.text(public.properties["PublicKeyConfig"]["EncodedKey"])
        == "${Delivery/ReadPublicKey-first/Default.PublicKey}"
    )
    assert json.loads(variables(edge, "PhotosApi")["PHOTOSKY_EDGE"]) == {
        "url": "https://${Delivery/Distribution.DomainName}",
        "public_key_id": "${Delivery/PublicKey-first}",
        "signing_key": f"${{{key.address}.Arn}}",
    }


def test_only_two_functions_sign(edge: Template) -> None:
    key = "${Delivery/SigningKey-first.Arn}"
    assert signing_grants(edge) == {
        "Delivery/PublicKeyRole kms:GetPublicKey": [key],
        "PersistRole kms:Sign": [key],
        "PhotosApiRole kms:Sign": [key],
    }


def test_rotation_signs_with_the_first_key_and_accepts_all(rotated: Template) -> None:
    (group,) = rotated.all(f"{PREFIX}KeyGroup")
    accepted = [rotated.text(key) for key in group.properties["KeyGroupConfig"]["Items"]]
    assert accepted == ["${Delivery/PublicKey-second}", "${Delivery/PublicKey-first}"]
    assert signing_grants(rotated) == {
        "Delivery/PublicKeyRole kms:GetPublicKey": [
            "${Delivery/SigningKey-second.Arn}",
            "${Delivery/SigningKey-first.Arn}",
        ],
        "PersistRole kms:Sign": ["${Delivery/SigningKey-second.Arn}"],
        "PhotosApiRole kms:Sign": ["${Delivery/SigningKey-second.Arn}"],
    }
    edge = json.loads(variables(rotated, "Persist")["PHOTOSKY_EDGE"])
    assert edge["public_key_id"] == "${Delivery/PublicKey-second}"
    assert edge["signing_key"] == "${Delivery/SigningKey-second.Arn}"


def test_rotation_keeps_the_earlier_key(edge: Template, rotated: Template) -> None:
    kept = [name for name, found in edge.resources.items() if found.address.endswith("-first")]
    assert len(kept) == 2
    for name in kept:
        assert rotated.resources[name].document == edge.resources[name].document


def test_own_name_has_records_and_requires_tls_1_2(named: Template) -> None:
    distribution = config(named)
    assert distribution["Aliases"] == ["previews.photos.example"]
    assert distribution["ViewerCertificate"] == {
        "AcmCertificateArn": DOMAIN["previews_certificate_arn"],
        "MinimumProtocolVersion": "TLSv1.2_2021",
        "SslSupportMethod": "sni-only",
    }
    records = [
        record.properties
        for record in named.all("AWS::Route53::RecordSet")
        if record.properties["Name"] == "previews.photos.example."
    ]
    assert sorted(record["Type"] for record in records) == ["A", "AAAA"]
    for record in records:
        assert named.text(record["AliasTarget"]["DNSName"]) == "${Delivery/Distribution.DomainName}"
    assert json.loads(variables(named, "PhotosApi")["PHOTOSKY_EDGE"])["url"] == "https://previews.photos.example"
    assert named.document["Outputs"]["PreviewsUrl"]["Value"] == "https://previews.photos.example"


def test_names_are_unique_in_an_account(edge: Template) -> None:
    names = {
        found.address: edge.text(next(value["Name"] for value in found.properties.values()))
        for found in edge.resources.values()
        if found.type.startswith(PREFIX) and found.type != f"{PREFIX}Distribution"
    }
    assert {name.partition("${AWS::Region}")[0] for name in names.values()} == {"PhotoSky-local-"}
    assert len(set(names.values())) == len(names) == 5
