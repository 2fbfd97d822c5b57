"""The page behind CloudFront: its private bucket, and how a distribution delivers it."""

from typing import Final

from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infrastructure.environment import Environment
from infrastructure.findings import accept
from infrastructure.page_policy import DOCUMENT_HEADERS, FILE_HEADERS, FIXED_POLICY

ROOT_OBJECT: Final = "index.html"

HSTS: Final = Duration.days(365)

_CUSTOM: Final = ("cross-origin-opener-policy", "cross-origin-resource-policy")
"""Headers of `page_policy` for which a response headers policy has no property of its own."""


class Page(Construct):
    """A bucket for the page's files, which `make page` writes, and the behaviour of a distribution for them."""

    def __init__(self, scope: Construct, construct_id: str, *, environment: Environment) -> None:
        super().__init__(scope, construct_id)
        self.bucket = self._create_bucket(environment)
        self.behavior = cloudfront.BehaviorOptions(
            # Not `with_origin_access_control`, which warns about the permission that `allow` gives.
            origin=origins.S3BucketOrigin.with_bucket_defaults(
                self.bucket,
                origin_access_control_id=cloudfront.S3OriginAccessControl(
                    self,
                    "Access",
                    origin_access_control_name=self._name("Access"),
                    signing=cloudfront.Signing.SIGV4_ALWAYS,
                ).origin_access_control_id,
            ),
            viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.HTTPS_ONLY,
            allowed_methods=cloudfront.AllowedMethods.ALLOW_GET_HEAD,
            compress=True,
            # It follows `Cache-Control` of the files, and compresses (CloudFront guide, "Use managed cache policies").
            cache_policy=cloudfront.CachePolicy.CACHING_OPTIMIZED,
            response_headers_policy=self._create_headers_policy(),
        )

    def allow(self, distribution: cloudfront.Distribution) -> None:
        """Allow a distribution to read the files.

        It may list the bucket, so that S3 answers 404 to a missing file instead of 403 (API reference, GetObject,
        "Permissions"). No listing reaches a browser: the root is the root object, and no query string is forwarded.
        """
        for action, resource in (
            ("s3:GetObject", self.bucket.arn_for_objects("*")),
            ("s3:ListBucket", self.bucket.bucket_arn),
        ):
            self.bucket.add_to_resource_policy(
                iam.PolicyStatement(
                    principals=[iam.ServicePrincipal("cloudfront.amazonaws.com")],
                    actions=[action],
                    resources=[resource],
                    conditions={"StringEquals": {"aws:SourceArn": distribution.distribution_arn}},
                )
            )

    def _name(self, part: str) -> str:
        """Return a name with the region, because CloudFront's names are unique in an account."""
        stack = Stack.of(self)
        return f"{stack.stack_name}-{stack.region}-Page{part}"

    def _create_bucket(self, environment: Environment) -> s3.Bucket:
        bucket = s3.Bucket(
            self,
            "Files",
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            removal_policy=RemovalPolicy.DESTROY,  # `make page` writes all files again.
            auto_delete_objects=environment.empty_bucket_on_delete,
        )
        accept(bucket, "S1", because="Only the distribution and operators read it, and its files are public.")
        return bucket

    def _create_headers_policy(self) -> cloudfront.ResponseHeadersPolicy:
        """Create a policy with the security headers. What a release or a stack changes is in the document itself."""
        headers = {**FILE_HEADERS, **DOCUMENT_HEADERS}
        return cloudfront.ResponseHeadersPolicy(
            self,
            "Headers",
            response_headers_policy_name=self._name("Headers"),
            comment="Security headers of the page",
            custom_headers_behavior=cloudfront.ResponseCustomHeadersBehavior(
                custom_headers=[
                    cloudfront.ResponseCustomHeader(header=name, value=headers[name], override=True) for name in _CUSTOM
                ]
            ),
            security_headers_behavior=cloudfront.ResponseSecurityHeadersBehavior(
                content_security_policy=cloudfront.ResponseHeadersContentSecurityPolicy(
                    content_security_policy=FIXED_POLICY, override=True
                ),
                content_type_options=cloudfront.ResponseHeadersContentTypeOptions(override=True),
                referrer_policy=cloudfront.ResponseHeadersReferrerPolicy(
                    referrer_policy=cloudfront.HeadersReferrerPolicy.NO_REFERRER, override=True
                ),
                strict_transport_security=cloudfront.ResponseHeadersStrictTransportSecurity(
                    access_control_max_age=HSTS, include_subdomains=True, override=True
                ),
            ),
        )
