"""Shortcuts in moto and botocore, whose work per request is most of the time of the tests that use AWS in memory.

Each shortcut gives what moto and the code under test would get without it (moto 5.2, botocore 1.43), except what no
test reads: the user agent is constant, DynamoDB's responses have no `date`, and their region is always `us-east-1`.
"""

import base64
import json
import pickle
from copy import deepcopy
from functools import cache, lru_cache
from typing import Any, Final

import moto.s3.urls
import pytest
from botocore import useragent
from botocore.awsrequest import AWSPreparedRequest
from botocore.signers import RequestSigner
from moto import backend_index
from moto.core import responses
from moto.core.base_backend import BaseBackend
from moto.core.botocore_stubber import BotocoreStubber
from moto.core.utils import method_names_from_class
from moto.dynamodb.parsing import ast_nodes, validators
from moto.dynamodb.parsing.expressions import UpdateExpressionParser  # type: ignore[attr-defined]
from moto.dynamodb.responses import DynamoHandler, DynamoResult
from moto.s3.models import S3Backend
from werkzeug.exceptions import HTTPException

_nodes: Final[Any] = ast_nodes  # Moto does not check its types.
_original_urls: Final = BaseBackend.urls.fget  # type: ignore[attr-defined]
_original_written: Final = DynamoResult.execute_result
_original_sign: Final = RequestSigner.handler
_original_process: Final = BotocoreStubber.process_request
_urls: Final[dict[type, Any]] = {}
_method_names: Final = cache(method_names_from_class)
_parsed_update: Final = lru_cache(1024)(UpdateExpressionParser.make)
_sanitized: Final = lru_cache(1024)(useragent.sanitize_user_agent_string_component)
_is_subclass: Final[Any] = cache(issubclass)
_pickled: Final[dict[int, tuple[Any, bytes]]] = {}
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
    # It copies the parsed expression by `deepcopy`, and walks it ten times with `isinstance` of abstract classes.
    monkeypatch.setattr(validators, "deepcopy", _copy)
    monkeypatch.setattr(_nodes.DepthFirstTraverser, "traverse", _traverse)
    monkeypatch.setattr(_nodes.Node, "find_clauses", _find_clauses)
    # It converts a request to that of werkzeug; an operation of DynamoDB reads only the body and three headers.
    monkeypatch.setattr(BotocoreStubber, "process_request", _process)
    # It verifies no signature, and reads only the access key of the header.
    monkeypatch.setattr(RequestSigner, "handler", _sign)
    # Botocore builds the user agent from the same parts for every request; nothing reads it.
    monkeypatch.setattr(useragent, "sanitize_user_agent_string_component", _sanitized)
    monkeypatch.setattr(useragent.UserAgentString, "to_string", lambda _agent: "Boto3")


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


def _copy(value: Any) -> Any:
    """A copy of a parsed expression, or of an item's value."""
    if not isinstance(value, _nodes.Node):
        return deepcopy(value)
    if id(value) not in _pickled:
        _pickled[id(value)] = value, pickle.dumps(value)  # The reference keeps the id from being used again.
    return pickle.loads(_pickled[id(value)][1])  # noqa: S301 - written above


def _traverse(traverser: Any, root: Any) -> Any:
    kinds = traverser.nodes_to_be_processed()

    def visit(node: Any, index: int = -1) -> Any:
        if not _is_subclass(type(node), _nodes.Node):
            return node
        parent = node.parent
        for child_index, child in enumerate(node.children or ()):
            traverser.pre_processing_of_child(node, child_index)
            visit(child, child_index)
        if _is_subclass(type(node), kinds):
            node = traverser.process(node)
            node.parent = parent
            if parent:
                parent.children[index] = node
        return node

    return visit(root)


def _find_clauses(node: Any, kinds: Any) -> list[Any]:
    found: list[Any] = []
    for child in node.children or ():
        if type(child) in kinds:
            found.append(child)
        elif _is_subclass(type(child), (_nodes.Expression, _nodes.UpdateExpressionFunction)):
            found += _find_clauses(child, kinds)
    return found


def _process(stubber: BotocoreStubber, request: AWSPreparedRequest) -> Any:
    target: Any = request.headers.get("X-Amz-Target", "")
    if isinstance(target, bytes):
        target = target.decode()
    body = request.body if isinstance(request.body, bytes) else str(request.body).encode()
    # A binary value would have to be decoded.
    if not target.startswith("DynamoDB_") or target.endswith("Table") or b'"B"' in body or b'"BS"' in body:
        return _original_process(stubber, request)
    handler: Any = DynamoHandler()
    names = ("X-Amz-Target", "Content-Type", "Authorization")
    values = {name: request.headers[name] for name in names if name in request.headers}
    headers = {name: value.decode() if isinstance(value, bytes) else value for name, value in values.items()}
    handler.headers = headers | {name.lower(): value for name, value in headers.items()}
    handler.response_headers = {"server": "amazon.com"}
    handler.querystring = {}
    handler.params = json.loads(body)
    handler.region, handler.partition = "us-east-1", "aws"
    handler.current_account = handler.get_current_account()
    try:
        return handler.call_action()
    except HTTPException as error:
        return error.code, error.get_headers(), error.get_body()
