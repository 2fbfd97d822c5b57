"""CloudFront: public keys and key groups in templates, an address on this machine, and checks of signed URLs.

Gaps: MiniStack's CloudFormation refuses `AWS::CloudFront::PublicKey` and `KeyGroup`; a distribution answers only to its
own Host, which no browser can resolve to this machine; it delivers objects without a signature.
Closed upstream when, without this module, a template with both types is deployed, a path of the emulator's address
reaches a distribution, and a distribution with a trusted key group answers 403 to an unsigned URL.
"""

import os
import time
from collections.abc import Awaitable, Callable, Mapping
from functools import wraps
from typing import Any, Final
from xml.sax.saxutils import escape

from cryptography.hazmat.primitives.serialization import load_pem_public_key

from local.emulator.edge import Refusal, local_addresses, refusal
from local.emulator.wrapping import module, require, wrap

_MODULE: Final = "services.cloudfront"
_VIEWER_PARAMETERS: Final = "dist method path raw_uri raw_query_string headers body query_params client_ip"

_REQUIRED: Final = (
    *("_public_keys", "_key_groups", "_trusted_key_group_ids", "_pk_id", "_kg_id", "_now_iso", "new_uuid"),
    *("parse_distribution_dataplane_config", "_match_behavior", "tostring"),
)

Viewer = Callable[..., Awaitable[tuple[int, dict[str, Any], bytes]]]


def _checking(original: Viewer) -> Viewer:
    @wraps(original)
    async def handle(
        dist: dict[str, Any], method: str, path: str, raw_uri: str, raw_query_string: str, *rest: Any, **named: Any
    ) -> tuple[int, dict[str, Any], bytes]:
        if groups := _groups(dist, path):
            base = local_addresses(f"https://{dist['DomainName']}", os.environ["GATEWAY_PORT"]) + raw_uri
            refused = refusal(base, raw_query_string, "127.0.0.1", _trusted_keys(groups), time.time())
            if refused:
                return _denied(refused)
        return await original(dist, method, path, raw_uri, raw_query_string, *rest, **named)

    return handle


def _addressed(original: Callable[..., None]) -> Callable[..., None]:
    """Give a function's process the local addresses of distributions in its environment variables."""

    @wraps(original)
    def init(self: Any, func_name: str, config: dict[str, Any], code_zip: bytes) -> None:
        variables = config.get("Environment", {}).get("Variables", {})
        local = {name: local_addresses(value, os.environ["GATEWAY_PORT"]) for name, value in variables.items()}
        original(self, func_name, {**config, "Environment": {"Variables": local}} if variables else config, code_zip)

    return init


def _naming_groups(original: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """Give a parsed cache behaviour the key groups that it trusts."""

    @wraps(original)
    def parse(behavior_el: Any, path_pattern: str | None = None) -> dict[str, Any]:
        config = module(_MODULE).tostring(behavior_el, encoding="unicode")
        groups = module(_MODULE)._trusted_key_group_ids({"config_xml": config})
        return original(behavior_el, path_pattern) | {"trusted_key_groups": groups}

    return parse


def _groups(dist: dict[str, Any], path: str) -> set[str]:
    """The key groups of the behaviour for a path; without any, a request needs no signature."""
    cloudfront = module(_MODULE)
    behaviour = cloudfront._match_behavior(cloudfront.parse_distribution_dataplane_config(dist), path)
    return set(behaviour["trusted_key_groups"]) if behaviour else set()


def _trusted_keys(groups: set[str]) -> dict[str, str]:
    """The public keys of key groups, as PEM by id."""
    cloudfront = module(_MODULE)
    known = [cloudfront._key_groups[group]["Config"]["Items"] for group in groups if group in cloudfront._key_groups]
    return {key: cloudfront._public_keys[key]["Config"]["EncodedKey"] for items in known for key in items}


def _denied(refused: Refusal) -> tuple[int, dict[str, Any], bytes]:
    body = f"<Error><Code>{refused.code}</Code><Message>{escape(refused.message)}</Message></Error>"
    declaration = '<?xml version="1.0" encoding="UTF-8"?>'
    return 403, {"Content-Type": "text/xml", "X-Cache": "Error from cloudfront"}, f"{declaration}{body}".encode()


def _create_key(_logical_id: str, properties: Mapping[str, Any], _stack_name: str) -> tuple[str, dict[str, str]]:
    """Create a public key. Raises ValueError unless it is PEM."""
    cloudfront, config = module(_MODULE), dict(properties["PublicKeyConfig"])
    load_pem_public_key(config["EncodedKey"].encode())
    return _store(cloudfront._public_keys, cloudfront._pk_id(), config, "CreatedTime")


def _create_group(_logical_id: str, properties: Mapping[str, Any], _stack_name: str) -> tuple[str, dict[str, str]]:
    cloudfront = module(_MODULE)
    return _store(cloudfront._key_groups, cloudfront._kg_id(), dict(properties["KeyGroupConfig"]), "LastModifiedTime")


def _store(records: Any, identifier: str, config: dict[str, Any], time_name: str) -> tuple[str, dict[str, str]]:
    cloudfront = module(_MODULE)
    made = cloudfront._now_iso()
    config.setdefault("Comment", "")
    records[identifier] = {"Id": identifier, "ETag": cloudfront.new_uuid(), time_name: made, "Config": config}
    return identifier, {"Id": identifier, time_name: made}


def _update_group(
    identifier: str, _old: Mapping[str, Any], properties: Mapping[str, Any], _stack_name: str
) -> tuple[str, dict[str, str]]:
    group = module(_MODULE)._key_groups[identifier]
    group["Config"] = {"Comment": "", **properties["KeyGroupConfig"]}
    return identifier, {"Id": identifier, "LastModifiedTime": group["LastModifiedTime"]}


def _update_key(
    identifier: str, old: Mapping[str, Any], properties: Mapping[str, Any], _stack_name: str
) -> tuple[str, dict[str, str]]:
    """Refuse to change a key (UpdatePublicKey: only the comment can be changed). Raises ValueError."""
    if old["PublicKeyConfig"]["EncodedKey"] != properties["PublicKeyConfig"]["EncodedKey"]:
        raise ValueError("A public key cannot be changed; create another one.")
    return identifier, {"Id": identifier}


def _deletion(store: str) -> Callable[[str, Mapping[str, Any]], None]:
    def delete(identifier: str, _properties: Mapping[str, Any]) -> None:
        getattr(module(_MODULE), store).pop(identifier, None)

    return delete


def install() -> None:
    """Register both types, check signed URLs, and make functions sign for the local address, which `server` serves."""
    for name in _REQUIRED:
        require(_MODULE, name)
    types = require("services.cloudformation.provisioners", "_RESOURCE_HANDLERS")
    types["AWS::CloudFront::PublicKey"] = {
        "create": _create_key,
        "update": _update_key,
        "delete": _deletion("_public_keys"),
    }
    types["AWS::CloudFront::KeyGroup"] = {
        "create": _create_group,
        "update": _update_group,
        "delete": _deletion("_key_groups"),
    }
    wrap("core.lambda_runtime", "Worker.__init__", "self func_name config code_zip", _addressed)
    wrap(_MODULE, "_dataplane_behavior", "behavior_el path_pattern", _naming_groups)
    wrap(_MODULE, "handle_viewer_request", _VIEWER_PARAMETERS, _checking)
