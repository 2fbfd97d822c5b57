"""The page behind CloudFront: what everyone gets, what stays signed, and which origin the API allows for it."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from diagrams.synthesis import Synthesized, Template
from infrastructure.environment import Environment
from infrastructure.page_policy import FIXED_POLICY
from photosky.imaging.presets import PREVIEW_EXTENSIONS
from tests.infrastructure.test_delivery import DOMAIN, config, environment_with, variables
from tests.synthesis import variant

CACHING_OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"
"""The id of the managed policy (CloudFront guide, "Use managed cache policies")."""


@pytest.fixture(scope="module")
def page() -> Template:
    """`local` with CloudFront, a page, and names of its own."""
    return variant(environment_with(page=True, domain=DOMAIN)).template


def behaviors(template: Template) -> Mapping[str, Any]:
    """The behaviours of the distribution by their path pattern; `*` is the default one."""
    found = config(template)
    others = {behaviour["PathPattern"]: behaviour for behaviour in found["CacheBehaviors"]}
    return {"*": found["DefaultCacheBehavior"], **others}


def bucket(template: Template, address: str) -> Mapping[str, Any]:
    """The properties of a bucket."""
    (found,) = (found for found in template.all("AWS::S3::Bucket") if found.address == address)
    return found.properties


def test_environments_without_a_page_have_none(stack: Synthesized, edge: Template) -> None:
    for template in (stack.template, edge):
        assert not [found.address for found in template.resources.values() if found.address.startswith("Page/")]
        assert not [name for name in template.document["Outputs"] if name.startswith("Page")]


def test_page_is_unsigned_and_previews_are_signed(page: Template) -> None:
    found = behaviors(page)
    assert set(found) == {"*", *(f"*.{extension}" for extension in PREVIEW_EXTENSIONS)}
    assert {pattern: "TrustedKeyGroups" in behaviour for pattern, behaviour in found.items()} == {
        pattern: pattern != "*" for pattern in found
    }
    assert {behaviour["ViewerProtocolPolicy"] for behaviour in found.values()} == {"https-only"}
    default = found["*"]
    assert (default["AllowedMethods"], default["Compress"]) == (["GET", "HEAD"], True)
    assert default["CachePolicyId"] == CACHING_OPTIMIZED
    assert config(page)["DefaultRootObject"] == "index.html"
    assert "CustomErrorResponses" not in config(page)


def test_previews_have_the_same_behaviour_with_and_without_a_page(page: Template, edge: Template) -> None:
    without = {name: value for name, value in behaviors_of_previews(edge)[0].items() if name != "PathPattern"}
    for behaviour in behaviors_of_previews(page):
        assert {**behaviour, "PathPattern": None, "TargetOriginId": None} == {
            **without,
            "PathPattern": None,
            "TargetOriginId": None,
        }
    origin = {found["Id"]: found for found in config(page)["Origins"]}[behaviors_of_previews(page)[0]["TargetOriginId"]]
    (only,) = config(edge)["Origins"]
    assert {**origin, "Id": None} == {**only, "Id": None}


def behaviors_of_previews(template: Template) -> list[dict[str, Any]]:
    """The behaviours that need a signature."""
    found = config(template)
    everything = [found["DefaultCacheBehavior"], *found.get("CacheBehaviors", [])]
    return [dict(behaviour) for behaviour in everything if "TrustedKeyGroups" in behaviour]


def test_each_behaviour_has_its_own_bucket(page: Template) -> None:
    found = config(page)["Origins"]
    domains = {origin["Id"]: page.text(origin["DomainName"]) for origin in found}
    assert {pattern: domains[behaviour["TargetOriginId"]] for pattern, behaviour in behaviors(page).items()} == {
        "*": "${Page/Files.RegionalDomainName}",
        "*.jpg": "${Storage/Media.RegionalDomainName}",
        "*.webp": "${Storage/Media.RegionalDomainName}",
    }
    assert {origin.get("OriginPath", "") for origin in found} == {"", "/previews"}
    assert all(page.target(origin["OriginAccessControlId"]) for origin in found)


def test_bucket_is_private_and_only_the_distribution_reads_it(page: Template) -> None:
    properties = bucket(page, "Page/Files")
    assert set(properties["PublicAccessBlockConfiguration"].values()) == {True}
    assert "BucketName" not in properties
    (policy,) = (found for found in page.all("AWS::S3::BucketPolicy") if found.address.startswith("Page/"))
    tls, *reading = policy.properties["PolicyDocument"]["Statement"]
    assert (tls["Effect"], tls["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})
    sources = {page.text(statement["Condition"]["StringEquals"]["aws:SourceArn"]) for statement in reading}
    assert sources == {"arn:${AWS::Partition}:cloudfront::${AWS::AccountId}:distribution/${Delivery/Distribution}"}
    assert {statement["Principal"]["Service"] for statement in reading} == {"cloudfront.amazonaws.com"}
    # It may list the bucket, so that a missing file is a 404.
    assert {statement["Action"]: page.texts(statement["Resource"]) for statement in reading} == {
        "s3:GetObject": ["${Page/Files.Arn}/*"],
        "s3:ListBucket": ["${Page/Files.Arn}"],
    }


def test_headers_of_the_page_are_those_of_the_local_server(page: Template) -> None:
    policy = page.target(behaviors(page)["*"]["ResponseHeadersPolicyId"])
    assert policy is not None
    headers = policy.properties["ResponseHeadersPolicyConfig"]
    assert "CorsConfig" not in headers
    assert headers["CustomHeadersConfig"]["Items"] == [
        {"Header": f"cross-origin-{name}-policy", "Value": "same-origin", "Override": True}
        for name in ("opener", "resource")
    ]
    assert headers["SecurityHeadersConfig"] == {
        "ContentSecurityPolicy": {"ContentSecurityPolicy": FIXED_POLICY, "Override": True},
        "ContentTypeOptions": {"Override": True},
        "ReferrerPolicy": {"Override": True, "ReferrerPolicy": "no-referrer"},
        "StrictTransportSecurity": {
            "AccessControlMaxAgeSec": 31_536_000,
            "IncludeSubdomains": True,
            "Override": True,
        },
    }


def test_outputs_name_what_the_command_writes_to(page: Template) -> None:
    outputs = {name: page.text(output["Value"]) for name, output in page.document["Outputs"].items()}
    assert {name: value for name, value in outputs.items() if name.startswith("Page")} == {
        "PageUrl": "https://previews.photos.example",
        "PageBucketName": "${Page/Files}",
        "PageDistributionId": "${Delivery/Distribution}",
    }
    # The pattern of the role in .github/aws-roles.yaml: CloudFormation's name begins with the logical id.
    (logical,) = (name for name, found in page.resources.items() if found.address == "Page/Files")
    assert logical.lower().startswith("pagefiles")


def test_own_name_of_the_page_is_an_allowed_origin_everywhere(page: Template) -> None:
    origin = "https://previews.photos.example"
    (rule,) = bucket(page, "Storage/Media")["CorsConfiguration"]["CorsRules"]
    assert origin in rule["AllowedOrigins"]
    assert origin in json.loads(variables(page, "PhotosApi")["PHOTOSKY_ALLOWED_ORIGINS"])
    assert origin in json.dumps(page.one("AWS::ApiGateway::RestApi").document) + json.dumps(
        [found.document for found in page.all("AWS::ApiGateway::Method")]
    )


def test_name_is_allowed_only_for_a_page_and_once() -> None:
    own, others = f"https://{DOMAIN['previews']}", environment_with().allowed_origins
    assert environment_with(domain=DOMAIN).allowed_origins == others
    assert environment_with(domain=DOMAIN, page=True).allowed_origins == (*others, own)
    assert environment_with(page=True).allowed_origins == others
    listed = Environment.read("a", {"allowed_origins": [own], "page": True, "delivery": "cloudfront", "domain": DOMAIN})
    assert listed.allowed_origins == (own,)
