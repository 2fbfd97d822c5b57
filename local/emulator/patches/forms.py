"""S3: a request is authenticated in one way, and a form's fields end with its file.

Gap: MiniStack accepts a signed URL with an `Authorization` header, where S3 answers 400 (S3 API reference, "Error
responses", InvalidArgument: only one auth mechanism allowed). It also reads form fields after the file, which S3
ignores (S3 API reference, POST Object, `file`: "must be the last field in the form; fields below it are ignored").
Closed upstream when such a request is 400, and such a field is missing, without this module.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from local.emulator.wrapping import require, wrap

Part = tuple[str, Any, Any, Any]
"""The name, file name, headers and content of a part of a form."""

_MODULE: Final = "services.s3"
_SIGNATURES: Final = frozenset({"x-amz-algorithm", "x-amz-signature", "signature"})
_ONE_MECHANISM: Final = (
    "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or "
    "the Authorization header should be specified"
)


def is_signed_twice(headers: Mapping[str, str], query_params: Mapping[str, Any]) -> bool:
    """Whether a request has a signed URL and an `Authorization` header. Header names are in lower case."""
    return "authorization" in headers and any(name.lower() in _SIGNATURES for name in query_params)


def until_file(parts: list[Part]) -> list[Part]:
    """Return the parts of a form up to its file; all of them if it has none."""
    for position, part in enumerate(parts):
        if part[0] == "file":
            return parts[: position + 1]
    return parts


def _authenticating_once(original: Callable[..., Any]) -> Callable[..., Any]:
    def dispatch(
        method: str, bucket: str, key: str, headers: Mapping[str, str], body: bytes, query_params: Mapping[str, Any]
    ) -> Any:
        if is_signed_twice(headers, query_params):
            return require(_MODULE, "_error")("InvalidArgument", _ONE_MECHANISM, 400, f"/{bucket}/{key}")
        return original(method, bucket, key, headers, body, query_params)

    return dispatch


def _ending_with_file(original: Callable[..., Any]) -> Callable[..., Any]:
    def parse(content_type: str, body: bytes) -> list[Part]:
        return until_file(original(content_type, body))

    return parse


def install() -> None:
    """Wrap the dispatcher of S3's requests, and the function that parses forms."""
    wrap(_MODULE, "_dispatch", "method bucket key headers body query_params", _authenticating_once)
    wrap(_MODULE, "_parse_multipart_form", "content_type body", _ending_with_file)
