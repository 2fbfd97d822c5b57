"""S3 tells whether an object is there only to who may list its bucket.

Gap: a role that may read an object and not list the bucket is told 404 where there is none; S3 says 403 (S3 API
reference, GetObject and HeadObject, "Permissions"), so a function that lacks `s3:ListBucket` works here and not there.
Closed upstream when such a role gets 403 for an object that is not there without this module.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from local.emulator.wrapping import require, wrap

Response = tuple[int, dict[str, Any], Any]

_MODULE: Final = "services.s3"
_ERROR: Final = "code message status resource extra headers"


def _discreet(original: Callable[..., Any]) -> Callable[..., Any]:
    def dispatch(
        method: str, bucket: str, key: str, headers: Mapping[str, str], body: bytes, query_params: Mapping[str, Any]
    ) -> Any:
        response: Response = original(method, bucket, key, headers, body, query_params)
        if key and tells_missing(method, response) and not _may_list(bucket, headers, query_params):
            return require(_MODULE, "_error", _ERROR)("AccessDenied", "Access Denied", 403, f"/{bucket}/{key}")
        return response

    return dispatch


def tells_missing(method: str, response: Response) -> bool:
    """Whether this answer says that an object is not there: a HEAD by its status alone, all else in its body."""
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
    """Wrap the dispatch of S3's requests."""
    require(_MODULE, "_error", _ERROR)
    wrap(_MODULE, "_dispatch", "method bucket key headers body query_params", _discreet)
