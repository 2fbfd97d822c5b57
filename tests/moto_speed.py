"""Shortcuts in moto and botocore, whose work per request is most of the time of the tests that use AWS in memory.

Each shortcut gives what moto and the code under test would get without it (moto 5.2, botocore 1.43).
"""

import base64
import json
from functools import cache, lru_cache
from typing import Any, Final

import moto.s3.urls
import pytest
from botocore import useragent
from botocore.signers import RequestSigner
from moto import backend_index
from moto.core import responses
from moto.core.base_backend import BaseBackend
from moto.core.utils import method_names_from_class
from moto.dynamodb.parsing.expressions import UpdateExpressionParser  # type: ignore[attr-defined]
from moto.dynamodb.responses import DynamoResult
from moto.s3.models import S3Backend

_original_urls: Final = BaseBackend.urls.fget  # type: ignore[attr-defined]
_original_written: Final = DynamoResult.execute_result
_original_sign: Final = RequestSigner.handler
_urls: Final[dict[type, Any]] = {}
_method_names: Final = cache(method_names_from_class)
_parsed_update: Final = lru_cache(1024)(UpdateExpressionParser.make)
_sanitized: Final = lru_cache(1024)(useragent.sanitize_user_agent_string_component)
_patterns: Final = sorted(backend_index.backend_url_patterns, key=lambda entry: entry[0] not in ("dynamodb", "s3"))


def make_moto_quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the shortcuts until the end of the test."""
    # For every request, moto reloads the module of S3's URLs, and builds the URLs of a service.
    monkeypatch.setattr(S3Backend, "_url_module", moto.s3.urls)
    monkeypatch.setattr(BaseBackend, "urls", property(_urls_of))
    # It inspects the class that handles the request.
    monkeypatch.setattr(responses, "method_names_from_class", _method_names)
    # It tries the URL patterns of some 200 services in alphabetical order; the two in use match none of the others.
    monkeypatch.setattr(backend_index, "backend_url_patterns", _patterns)
    # It walks the service model for each DynamoDB response; one about items is plain JSON already.
    monkeypatch.setattr(DynamoResult, "execute_result", _written)
    # It parses each update expression twice; its validator works on a copy of the result.
    monkeypatch.setattr(UpdateExpressionParser, "make", _parsed_update)
    # It verifies no signature, and reads only the access key of the header.
    monkeypatch.setattr(RequestSigner, "handler", _sign)
    # Botocore builds the user agent from the same parts for every request.
    monkeypatch.setattr(useragent, "sanitize_user_agent_string_component", _sanitized)


def _sign(signer: Any, operation_name: str, request: Any, **_: Any) -> None:
    if signer.signing_name == "s3":  # Its signed headers state how the body is encoded.
        _original_sign(signer, operation_name, request)
        return
    request.headers["Authorization"] = f"AWS4-HMAC-SHA256 Credential={signer._credentials.access_key}/"


def _urls_of(backend: BaseBackend) -> Any:
    if type(backend) not in _urls:
        _urls[type(backend)] = _original_urls(backend)
    return _urls[type(backend)]


def _written(result: DynamoResult, context: Any) -> Any:
    try:
        text = json.dumps(result.result, default=_binary)
    except TypeError:  # About a table, not about items.
        return _original_written(result, context)
    return 200, {"Content-Type": "application/x-amz-json-1.0"}, text


def _binary(value: object) -> str:
    if not isinstance(value, bytes):
        raise TypeError
    return base64.b64encode(value).decode()
