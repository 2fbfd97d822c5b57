"""Shortcuts in moto and botocore, whose work per request is most of the time of the tests that use AWS in memory.

Each shortcut gives what moto and the code under test would get without it (moto 5.2, botocore 1.43), except what no
test reads: the user agent and the request ids are constant, DynamoDB's responses have no `date`, and their region is
always `us-east-1`.
"""

import base64
import json
import pickle
from abc import ABCMeta
from collections import deque
from copy import deepcopy
from functools import cache, lru_cache
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit
from weakref import WeakKeyDictionary

import moto.s3.urls
import pytest
from botocore import hooks, httpsession, regions, useragent, utils
from botocore.awsrequest import AWSPreparedRequest
from botocore.parsers import ResponseParser
from botocore.regions import EndpointRulesetResolver
from botocore.signers import RequestSigner
from botocore.validate import ParamValidationDecorator
from moto import backend_index
from moto.core import models, responses
from moto.core.base_backend import BaseBackend
from moto.core.botocore_stubber import BotocoreStubber
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.core.utils import method_names_from_class
from moto.dynamodb.comparisons import ConditionExpressionParser
from moto.dynamodb.parsing import ast_nodes, validators
from moto.dynamodb.parsing.expressions import UpdateExpressionParser  # type: ignore[attr-defined]
from moto.dynamodb.responses import DynamoHandler, DynamoResult
from moto.s3.models import S3Backend, s3_backends
from werkzeug.exceptions import HTTPException

from tests.moto_items import make_items_quick

_nodes: Final[Any] = ast_nodes  # Moto does not check its types.
_original_urls: Final = BaseBackend.urls.fget  # type: ignore[attr-defined]
_original_written: Final = DynamoResult.execute_result
_original_sign: Final = RequestSigner.handler
_original_process: Final = BotocoreStubber.process_request
_original_provider: Final = regions.EndpointProvider  # type: ignore[attr-defined]
_original_endpoint: Final = EndpointRulesetResolver.construct_endpoint
_original_parse: Final = ResponseParser.parse
_original_serialize: Final = ParamValidationDecorator.serialize_to_request
_original_alias: Final = hooks.EventAliaser._alias_event_name  # type: ignore[attr-defined]
_original_lexed: Final[Any] = ConditionExpressionParser._lex_condition_expression
_accepts_kwargs: Final = lru_cache(1024)(hooks.accepts_kwargs)
_event_names: Final[dict[str, str]] = {}
_urls: Final[dict[type, Any]] = {}
_endpoints: Final[WeakKeyDictionary[Any, dict[Any, Any]]] = WeakKeyDictionary()
_listings: Final[dict[Any, Any]] = {}
_responses: Final[dict[Any, bytes]] = {}
_requests: Final[dict[Any, Any]] = {}
_conditions: Final[dict[str, tuple[Any, ...]]] = {}
_method_names: Final = cache(method_names_from_class)
_parsed_update: Final = lru_cache(1024)(UpdateExpressionParser.make)
_providers: Final[dict[int, tuple[Any, Any]]] = {}
_tls_context: Final = cache(httpsession.create_urllib3_context)
_timestamp: Final = lru_cache(1024)(utils._parse_timestamp_with_tzinfo)  # type: ignore[attr-defined]
_sanitized: Final = lru_cache(1024)(useragent.sanitize_user_agent_string_component)
_CHECKS: Final[Any] = (
    validators.ActionCountValidator,
    validators.OverlappingPathsValidator,
    validators.UpdateHashRangeKeyValidator,
)
_checked: Final[set[Any]] = set()
_pickled: Final[dict[int, tuple[Any, bytes]]] = {}
_MAX_REMEMBERED: Final = 4096
_REQUEST_ID: Final = "0" * 52
_patterns: Final = sorted(backend_index.backend_url_patterns, key=lambda entry: entry[0] not in ("dynamodb", "s3"))


class _NodeType(type):
    """The class of the nodes' classes in this process: `isinstance` takes three times as long for abstract ones."""


for _node in vars(_nodes).values():
    if type(_node) is ABCMeta:
        _node.__class__ = _NodeType  # type: ignore[assignment]


def make_moto_quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the shortcuts until the end of the test."""
    make_items_quick(monkeypatch)
    # For each test, moto registers 1,300 patterns for requests that botocore does not send; no test sends any.
    monkeypatch.setattr(models, "RESPONSES_METHODS", ())
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
    # It copies the parsed expression by `deepcopy`, and walks it ten times.
    monkeypatch.setattr(validators, "deepcopy", _copy)
    monkeypatch.setattr(_nodes.DepthFirstTraverser, "traverse", _traverse)
    monkeypatch.setattr(validators.UpdateExpressionValidator, "validate", _validate)
    monkeypatch.setattr(_nodes.Node, "find_clauses", _find_clauses)
    # It splits each condition expression by regular expressions, from its start for each part.
    monkeypatch.setattr(ConditionExpressionParser, "_lex_condition_expression", _lexed)
    # It draws the 52 characters of each request id.
    monkeypatch.setattr(responses, "gen_amzn_requestid_long", _add_request_id)
    # Botocore walks the model again, and parses times by dateutil. The times repeat, because tests' clocks stand still.
    monkeypatch.setattr(ResponseParser, "parse", _parse)
    monkeypatch.setattr(utils, "_parse_timestamp_with_tzinfo", _timestamp)
    # It converts a request to that of werkzeug; an operation of DynamoDB reads only the body and three headers.
    # Audits and sweeps list the same objects many times, which takes a quarter of their time.
    monkeypatch.setattr(BotocoreStubber, "process_request", _process)
    # Botocore evaluates a service's rules for each request; here they depend on the operation and the resource only.
    monkeypatch.setattr(EndpointRulesetResolver, "construct_endpoint", _endpoint)
    # It inspects the handlers of each new session, and translates event names; tests create many sessions.
    monkeypatch.setattr(hooks, "accepts_kwargs", _accepts_kwargs)
    # It parses those rules, and makes a context for TLS, for each new client; no test connects.
    monkeypatch.setattr(regions, "EndpointProvider", _provider)
    monkeypatch.setattr(httpsession, "create_urllib3_context", _tls_context)
    monkeypatch.setattr(hooks.EventAliaser, "_alias_event_name", _event_name)
    # It validates and serializes each request; those of journeys repeat.
    monkeypatch.setattr(ParamValidationDecorator, "serialize_to_request", _serialize)
    # Moto verifies no signature, and reads only the access key of the header.
    monkeypatch.setattr(RequestSigner, "handler", _sign)
    # Botocore builds the user agent from the same parts for every request; nothing reads it.
    monkeypatch.setattr(useragent, "sanitize_user_agent_string_component", _sanitized)
    monkeypatch.setattr(useragent.UserAgentString, "to_string", lambda _agent: "Boto3")


def _sign(signer: Any, operation_name: str, request: Any, **_: Any) -> None:
    if signer.signing_name == "s3" and request.data:  # Its signed headers state how the body is encoded.
        _original_sign(signer, operation_name, request)
        return
    request.headers["Authorization"] = f"AWS4-HMAC-SHA256 Credential={signer._credentials.access_key}/"


def _serialize(serializer: Any, parameters: Any, operation_model: Any) -> Any:
    """Serialize a request to DynamoDB, or copy the result for equal parameters. Those of S3 can be streams."""
    if operation_model.service_model.service_name != "dynamodb":
        return _original_serialize(serializer, parameters, operation_model)
    key = operation_model.name, repr(parameters)
    if key not in _requests:
        _remember(_requests, key, _original_serialize(serializer, parameters, operation_model))
    request = _requests[key]
    return {**request, "headers": dict(request["headers"])}


def _endpoint(resolver: Any, operation_model: Any, call_args: Any, request_context: Any) -> Any:
    if (request_context or {}).get("is_presign_request"):
        return _original_endpoint(resolver, operation_model, call_args, request_context)
    key = operation_model.name, (call_args or {}).get("Bucket"), (call_args or {}).get("TableName")
    endpoints = _endpoints.setdefault(resolver, {})
    if key not in endpoints:
        endpoints[key] = _original_endpoint(resolver, operation_model, call_args, request_context)
    return endpoints[key]


def _provider(ruleset_data: Any, partition_data: Any, excluded_params: Any = None) -> Any:
    if id(ruleset_data) not in _providers:  # The reference keeps the id from being used again.
        provider = _original_provider(ruleset_data, partition_data, excluded_params)
        _providers[id(ruleset_data)] = ruleset_data, provider
    return _providers[id(ruleset_data)][1]


def _event_name(aliaser: Any, event_name: str) -> str:
    if event_name not in _event_names:
        _remember(_event_names, event_name, _original_alias(aliaser, event_name))
    return _event_names[event_name]


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
        value.origin = id(value)
        value.has_functions = bool(value.find_clauses([_nodes.UpdateExpressionFunction]))
        _pickled[id(value)] = value, pickle.dumps(value)  # The reference keeps the id from being used again.
    return pickle.loads(_pickled[id(value)][1])  # noqa: S301 - written above


def _validate(validator: Any) -> Any:
    """Validate an update, with the checks of the expression alone once per expression and names."""
    node = validator.node_to_validate
    names = tuple(sorted((validator.expression_attribute_names or {}).items()))
    key = node.origin, names, tuple(validator.table.table_key_attrs)
    for processor in validator.processors:
        is_checked = key in _checked and isinstance(processor, _CHECKS)
        is_unused = isinstance(processor, validators.UpdateExpressionFunctionEvaluator) and not node.has_functions
        if not is_checked and not is_unused:
            node = processor.traverse(node)
    _checked.add(key)
    return node


def _traverse(traverser: Any, root: Any) -> Any:
    kinds = traverser.nodes_to_be_processed()
    has_hook = type(traverser).pre_processing_of_child is not _nodes.DepthFirstTraverser.pre_processing_of_child

    def visit(node: Any, index: int = -1) -> Any:
        if not isinstance(node, _nodes.Node):
            return node
        kind, parent = type(node), node.parent
        # A set action contains no other one.
        children = (
            () if kind is _nodes.UpdateExpressionSetAction and kind in kinds and len(kinds) == 1 else node.children
        )
        for child_index, child in enumerate(children or ()):
            if has_hook:
                traverser.pre_processing_of_child(node, child_index)
            visit(child, child_index)
        if isinstance(node, kinds):
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
        elif isinstance(child, (_nodes.Expression, _nodes.UpdateExpressionFunction)):
            found += _find_clauses(child, kinds)
    return found


def _lexed(parser: Any) -> deque[Any]:
    text = parser.condition_expression
    if text not in _conditions:
        _conditions[text] = tuple(_original_lexed(parser))
    return deque(_conditions[text])  # The parser removes the nodes from the queue, but does not change them.


def _add_request_id(headers: dict[str, Any]) -> str:
    headers["x-amzn-requestid"] = _REQUEST_ID
    return _REQUEST_ID


def _parse(parser: ResponseParser, response: Any, shape: Any) -> Any:
    body, is_checked = response["body"], response.get("context", {}).get("checksum", {}).get("response_algorithm")
    if shape is None or response["status_code"] >= 300 or not isinstance(body, bytes) or is_checked:
        return _original_parse(parser, response, shape)
    key = shape.name, response["status_code"], body, tuple(response["headers"].items())
    if key not in _responses:
        _remember(_responses, key, pickle.dumps(_original_parse(parser, response, shape)))
    return pickle.loads(_responses[key])  # noqa: S301 - written above


def _remember(cache: dict[Any, Any], key: object, value: object) -> None:
    if len(cache) >= _MAX_REMEMBERED:  # `make soak` makes millions of requests.
        cache.clear()
    cache[key] = value


def _process(stubber: BotocoreStubber, request: AWSPreparedRequest) -> Any:
    if request.method == "GET" and "list-type=2" in request.url:
        return _listed(stubber, request)
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


def _listed(stubber: BotocoreStubber, request: AWSPreparedRequest) -> Any:
    """List objects, or repeat the response to an equal request about equal objects."""
    query = dict(parse_qsl(urlsplit(request.url).query))
    if "continuation-token" in query:
        return _original_process(stubber, request)
    objects = [
        (bucket.name, name, stored.name, getattr(stored, "etag", None), stored.last_modified)
        for bucket in s3_backends[DEFAULT_ACCOUNT_ID]["aws"].buckets.values()
        for name, stored in bucket.keys.items()
        if name.startswith(query.get("prefix", ""))
    ]
    key = request.url, tuple(objects)
    if key not in _listings:
        response: Any = _original_process(stubber, request)
        if "NextContinuationToken" in str(response[2]):  # Moto remembers its tokens until the end of the test.
            return response
        _remember(_listings, key, response)
    status, headers, body = _listings[key]
    return status, dict(headers), body
