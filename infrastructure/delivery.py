"""CloudFront in front of the previews: the distribution, who may read through it, and the keys that sign URLs."""

from collections.abc import Mapping
from typing import Any, Final

from aws_cdk import CustomResource, Duration, RemovalPolicy, Stack
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_route53 as route53
from aws_cdk import aws_route53_targets as targets
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infrastructure.domain import Domain
from infrastructure.environment import Environment
from infrastructure.findings import accept
from infrastructure.functions import Function
from infrastructure.page import HSTS, ROOT_OBJECT, Page
from photosky.imaging.presets import PREVIEW_EXTENSIONS
from photosky.settings import Edge
from photosky.store.keys import PREVIEWS_PREFIX

MAX_CACHED: Final = Duration.days(1)
"""Time for which an edge keeps a preview without asking S3. After it, no edge has the previews of a deleted photo.
Browsers keep them for the year in `Cache-Control`."""

KEY_DELETION: Final = Duration.days(7)
"""The shortest waiting period of KMS (ScheduleKeyDeletion). No URL is valid for longer than half a day."""

PUBLIC_KEY_SECONDS: Final = 60
PUBLIC_KEY_MEMORY_MIB: Final = 256


class Delivery(Construct):
    """A distribution that delivers previews to holders of a signed URL, and nothing else of the bucket.

    Two rules restrict it. Its requests start below the previews' prefix (origin path), so that no path leads to another
    prefix. The bucket policy allows it to read files with the extension of a preview only, so that the facts of a
    running ingest, which are below the same prefix, stay unreachable.

    With a page, that is what the distribution delivers by default, to everyone. Files with the extension of a preview
    are still previews, so that their URLs are the same with and without a page.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        bucket: s3.Bucket,
        environment: Environment,
        page: Page | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        names = environment.signing_keys
        keys = {name: self._create_key(name) for name in names}
        public_keys = self._create_public_keys(keys, environment)
        self.signing_key = keys[names[0]]
        self.distribution = self._create_distribution(
            bucket,
            cloudfront.KeyGroup(
                self, "Signers", key_group_name=self._name("Signers"), items=list(public_keys.values())
            ),
            environment,
            page,
        )
        if page:
            page.allow(self.distribution)
        name = environment.domain.previews if environment.domain else None
        self.edge = Edge(
            url=f"https://{name or self.distribution.distribution_domain_name}",
            public_key_id=public_keys[names[0]].public_key_id,
            signing_key=self.signing_key.key_arn,
        )
        bucket.add_to_resource_policy(self._reading(bucket))

    def allow_signing(self, *functions: Function) -> None:
        """Allow functions to sign URLs. They sign with one key; the others only verify."""
        for function in functions:
            function.allow(["kms:Sign"], [self.signing_key.key_arn])

    def _name(self, part: str) -> str:
        """Return a name with the region, because CloudFront's names are unique in an account."""
        stack = Stack.of(self)
        return f"{stack.stack_name}-{stack.region}-{part}"

    def _create_key(self, name: str) -> kms.Key:
        """Create a key pair whose private key never leaves KMS. KMS has no automatic rotation of key pairs."""
        return kms.Key(
            self,
            f"SigningKey-{name}",
            description=f"Signs URLs of previews ({name})",
            key_spec=kms.KeySpec.RSA_2048,  # The only size that CloudFront accepts for RSA.
            key_usage=kms.KeyUsage.SIGN_VERIFY,
            pending_window=KEY_DELETION,
            removal_policy=RemovalPolicy.DESTROY,
        )

    def _create_public_keys(
        self, keys: Mapping[str, kms.Key], environment: Environment
    ) -> dict[str, cloudfront.PublicKey]:
        """Register the public keys with CloudFront.

        CloudFormation's attributes of a KMS key do not include its public key, so a function reads it.
        """
        function = Function(
            self,
            "PublicKey",
            module="tasks.public_key",
            packages="runtime",
            memory_mib=PUBLIC_KEY_MEMORY_MIB,
            timeout_seconds=PUBLIC_KEY_SECONDS,
            variables={},
            environment=environment,
        )
        function.allow(["kms:GetPublicKey"], [key.key_arn for key in keys.values()])
        public_keys = {}
        for name, key in keys.items():
            read = CustomResource(
                self,
                f"ReadPublicKey-{name}",
                service_token=function.function_arn,
                resource_type="Custom::PublicKey",
                service_timeout=Duration.seconds(2 * PUBLIC_KEY_SECONDS),
                properties={"KeyId": key.key_id},
            )
            if function.role is not None:
                read.node.add_dependency(function.role)  # With its policy, which the function needs.
            public_keys[name] = cloudfront.PublicKey(
                self,
                f"PublicKey-{name}",
                public_key_name=self._name(f"Key-{name}"),
                encoded_key=read.get_att_string("PublicKey"),
            )
        return public_keys

    def _create_distribution(
        self, bucket: s3.Bucket, signers: cloudfront.KeyGroup, environment: Environment, page: Page | None
    ) -> cloudfront.Distribution:
        previews = self._previews(bucket, signers, environment)
        domain = environment.domain if environment.domain and environment.domain.previews else None
        distribution = cloudfront.Distribution(
            self,
            "Distribution",
            comment=f"Previews of PhotoSky ({environment.name})",
            http_version=cloudfront.HttpVersion.HTTP2_AND_3,
            **(self._own_name(domain) if domain else {}),
            **(_behind(page, previews) if page else {"default_behavior": previews}),
        )
        accept(distribution, "CFR1", because="Users may be anywhere, and a signature is required.")
        accept(distribution, "CFR2", because="Each photo needs a signature, and no code of ours runs behind it.")
        accept(distribution, "CFR3", because="Logs would hold signed URLs and addresses; no log does.")
        if domain:
            self._add_records(domain, distribution)
        else:
            accept(
                distribution, "CFR4", because="The certificate of cloudfront.net implies TLSv1; clients use 1.2 or 1.3."
            )
        return distribution

    def _previews(
        self, bucket: s3.Bucket, signers: cloudfront.KeyGroup, environment: Environment
    ) -> cloudfront.BehaviorOptions:
        """Return the behaviour for previews, whose requests need a signature."""
        access = cloudfront.S3OriginAccessControl(
            self,
            "Access",
            origin_access_control_name=self._name("Access"),
            signing=cloudfront.Signing.SIGV4_ALWAYS,
        )
        return cloudfront.BehaviorOptions(
            # Not `with_origin_access_control`, which would allow the distribution to read the whole bucket.
            origin=origins.S3BucketOrigin.with_bucket_defaults(
                bucket,
                origin_path=f"/{PREVIEWS_PREFIX.rstrip('/')}",
                origin_access_control_id=access.origin_access_control_id,
            ),
            trusted_key_groups=[signers],
            viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.HTTPS_ONLY,
            allowed_methods=cloudfront.AllowedMethods.ALLOW_GET_HEAD,
            compress=False,  # WebP and JPEG are compressed.
            cache_policy=self._create_cache_policy(),
            response_headers_policy=self._create_headers_policy(environment),
        )

    def _own_name(self, domain: Domain) -> Mapping[str, Any]:
        """Return the properties of a distribution with a name of its own, which allow a minimum version of TLS."""
        arn = domain.previews_certificate_arn or ""
        return {
            "domain_names": [domain.previews],
            "certificate": acm.Certificate.from_certificate_arn(self, "Certificate", arn),
            "minimum_protocol_version": cloudfront.SecurityPolicyProtocol.TLS_V1_2_2021,
        }

    def _add_records(self, domain: Domain, distribution: cloudfront.Distribution) -> None:
        zone = route53.HostedZone.from_hosted_zone_attributes(
            self, "Zone", hosted_zone_id=domain.hosted_zone_id, zone_name=domain.hosted_zone_name
        )
        target = route53.RecordTarget.from_alias(targets.CloudFrontTarget(distribution))
        route53.ARecord(self, "Name", zone=zone, record_name=domain.previews, target=target)
        route53.AaaaRecord(self, "NameIpv6", zone=zone, record_name=domain.previews, target=target)

    def _create_cache_policy(self) -> cloudfront.CachePolicy:
        """Create a policy by which all users, sizes of windows and key generations share one copy of a preview.

        CloudFront removes the parameters of a signed URL from the cache key itself.
        """
        return cloudfront.CachePolicy(
            self,
            "Caching",
            cache_policy_name=self._name("Caching"),
            comment="Previews never change; a deleted one may stay in a cache for a day",
            min_ttl=Duration.seconds(0),
            default_ttl=MAX_CACHED,
            max_ttl=MAX_CACHED,
            query_string_behavior=cloudfront.CacheQueryStringBehavior.none(),
            header_behavior=cloudfront.CacheHeaderBehavior.none(),
            cookie_behavior=cloudfront.CacheCookieBehavior.none(),
        )

    def _create_headers_policy(self, environment: Environment) -> cloudfront.ResponseHeadersPolicy:
        """Create a policy that adds the CORS headers of the request's origin, so that they are not cached."""
        return cloudfront.ResponseHeadersPolicy(
            self,
            "Headers",
            response_headers_policy_name=self._name("Headers"),
            comment="CORS for the environment's origins, and security headers",
            cors_behavior=cloudfront.ResponseHeadersCorsBehavior(
                access_control_allow_credentials=False,
                access_control_allow_headers=["*"],
                access_control_allow_methods=["GET", "HEAD"],
                access_control_allow_origins=list(environment.allowed_origins),
                access_control_max_age=Duration.hours(1),
                origin_override=True,
            ),
            security_headers_behavior=cloudfront.ResponseSecurityHeadersBehavior(
                content_type_options=cloudfront.ResponseHeadersContentTypeOptions(override=True),
                strict_transport_security=cloudfront.ResponseHeadersStrictTransportSecurity(
                    access_control_max_age=HSTS, include_subdomains=True, override=True
                ),
            ),
        )

    def _reading(self, bucket: s3.Bucket) -> iam.PolicyStatement:
        """Return the statement by which only this distribution reads the previews."""
        return iam.PolicyStatement(
            principals=[iam.ServicePrincipal("cloudfront.amazonaws.com")],
            actions=["s3:GetObject"],
            resources=[
                bucket.arn_for_objects(f"{PREVIEWS_PREFIX}*.{extension}") for extension in sorted(PREVIEW_EXTENSIONS)
            ],
            conditions={"StringEquals": {"aws:SourceArn": self.distribution.distribution_arn}},
        )


def _behind(page: Page, previews: cloudfront.BehaviorOptions) -> Mapping[str, Any]:
    """Return the properties of a distribution that delivers a page and, by their extensions, previews."""
    return {
        "default_behavior": page.behavior,
        "default_root_object": ROOT_OBJECT,
        "additional_behaviors": {f"*.{extension}": previews for extension in sorted(PREVIEW_EXTENSIONS)},
    }
