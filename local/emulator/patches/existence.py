"""S3: a missing object is 403 for a caller that may not list the bucket.

Gap: MiniStack answers 404 to a role without `s3:ListBucket`, where S3 answers 403 (S3 API reference, GetObject and
HeadObject, "Permissions"). A function without that permission would work here and fail on AWS.
Closed upstream when such a role gets 403 for a missing object without this module.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from local.emulator.wrapping import require, wrap

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


def install() -> None:
    """Wrap the dispatcher of S3's requests."""
    require(_MODULE, "_error", _ERROR)
    wrap(_MODULE, "_dispatch", "method bucket key headers body query_params", _hiding)
