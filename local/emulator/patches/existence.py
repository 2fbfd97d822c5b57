"""S3: a missing object is 403 for a caller that may not list the bucket, and 404 for one that may.

Gaps: MiniStack answers 404 to a role without `s3:ListBucket`, where S3 answers 403 (S3 API reference, GetObject and
HeadObject, "Permissions"). A function without that permission would work here and fail on AWS. It answers 403 to
CloudFront, whatever the bucket policy allows.
Closed upstream when, without this module, such a role gets 403 for a missing object, and a distribution that may list
the bucket gets 404.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from local.emulator.wrapping import module, require, wrap

Response = tuple[int, dict[str, Any], Any]

_MODULE: Final = "services.s3"
_ERROR: Final = "code message status resource extra headers"


def _hiding(original: Callable[..., Any]) -> Callable[..., Any]:
    def dispatch(
        method: str, bucket: str, key: str, headers: Mapping[str, str], body: bytes, query_params: Mapping[str, Any]
    ) -> Any:
        response: Response = original(method, bucket, key, headers, body, query_params)
        if key and is_missing(method, response) and not _may_list(bucket, headers, query_params):
            return require(_MODULE, "_error", _ERROR)("AccessDenied", "Access Denied", 403, f"/{bucket}/{key}")
        return response

    return dispatch


def is_missing(method: str, response: Response) -> bool:
    """Whether a response reports a missing object: by its status for HEAD, otherwise by its body."""
    status, _, body = response
    return status == 404 and (method == "HEAD" or (isinstance(body, bytes) and b"<Code>NoSuchKey</Code>" in body))


def _may_list(bucket: str, headers: Mapping[str, str], query_params: Mapping[str, Any]) -> bool:
    access_key = require("core.router", "extract_access_key_id", "headers query_params")(headers, query_params)
    region = require("core.router", "extract_region", "headers query_params")(headers, query_params)
    enforce = require(
        "core.iam_evaluator", "enforce", "access_key_id iam_action service region resource_arn service_context"
    )
    return enforce(access_key, "s3:ListBucket", "s3", region, resource_arn=f"arn:aws:s3:::{bucket}") is None


def _revealing(original: Callable[..., Response]) -> Callable[..., Response]:
    def fetch(
        bucket_name: str, key: str, method: str, headers: Mapping[str, str], source_arn: str = "", oai_id: str = ""
    ) -> Response:
        response = original(bucket_name, key, method, headers, source_arn, oai_id)
        bucket = module(_MODULE)._ensure_bucket(bucket_name)
        is_gone = response[0] == 403 and bucket is not None and key not in bucket["objects"]
        if not is_gone or not _distribution_may_list(bucket_name, source_arn):
            return response
        missing: Response = require(_MODULE, "_error", _ERROR)(
            "NoSuchKey", "The specified key does not exist.", 404, f"/{bucket_name}/{key}"
        )
        return missing

    return fetch


def _distribution_may_list(bucket_name: str, source_arn: str) -> bool:
    """Whether the bucket policy allows CloudFront to list the bucket for a distribution."""
    s3, evaluator = module(_MODULE), module("core.iam_evaluator")
    owner = s3._bucket_owner_account(bucket_name) or s3.get_account_id()
    policy = s3._bucket_policies.get_scoped(owner, None, bucket_name)
    context = evaluator.EvalContext(
        principal_arn="*",
        principal_type="Service",
        principal_account="",
        action="s3:ListBucket",
        resource_arn=f"arn:aws:s3:::{bucket_name}",
        region=s3.get_region(),
        service_context={"aws:sourcearn": source_arn},
    )
    allowed = evaluator.evaluate_resource_policy(policy, context, service="cloudfront.amazonaws.com")
    return bool(allowed.decision == "Allow")


def install() -> None:
    """Wrap the dispatcher of S3's requests, and what serves CloudFront."""
    require(_MODULE, "_error", _ERROR)
    for name in ("_ensure_bucket", "_bucket_owner_account", "_bucket_policies", "get_account_id", "get_region"):
        require(_MODULE, name)
    wrap(_MODULE, "serve_cloudfront_origin_fetch", "bucket_name key method headers source_arn oai_id", _revealing)
    wrap(_MODULE, "_dispatch", "method bucket key headers body query_params", _hiding)
