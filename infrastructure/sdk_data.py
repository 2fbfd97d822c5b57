"""What an asset keeps of botocore's data: the operations that functions call, and the authorities that AWS uses.

A client parses its service's model and endpoints when it is created, and the certificates when it connects: two thirds
of that time is for operations, services and authorities that no function needs.
"""

import gzip
import json
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

OPERATIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "dynamodb": ("GetItem", "PutItem", "Query", "Scan", "TransactWriteItems", "UpdateItem"),
    "kms": ("GetPublicKey", "Sign"),
    # botocore signs upload forms with the model of CreateBucket (`generate_presigned_post`).
    "s3": ("CopyObject", "CreateBucket", "DeleteObjects", "GetObject", "HeadObject", "ListObjectsV2", "PutObject"),
    "stepfunctions": ("StartSyncExecution",),
}
"""By service, as botocore names its folders. A client has no method for any other operation."""

FILES: Final = ("service-2", "service-2.sdk-extras", "endpoint-rule-set-1", "paginators-1", "paginators-1.sdk-extras")
"""Of a service. The others are its examples and waiters."""

AUTHORITIES: Final = (
    *("Amazon Root CA 1", "Amazon Root CA 2", "Amazon Root CA 3", "Amazon Root CA 4"),
    "Starfield Services Root Certificate Authority - G2",
)
"""All AWS endpoints have certificates of Amazon Trust Services, whose repository recommends these five for a custom
trust store (amazontrust.com/repository)."""

OTHER_BUCKETS: Final = ("--x-s3", "--xa-s3", "--op-s3")
"""Suffixes of names that no bucket of PhotoSky has: directory buckets, their access points, and access points of
Outposts (S3 user guide, "General purpose bucket naming rules" and "Directory bucket naming rules")."""

_ENTRY: Final = re.compile(
    r"# Issuer: [^\n]*\n# Subject: [^\n]*\n# Label: \"(?P<label>[^\"]+)\"\n.*?-----END CERTIFICATE-----\n", re.DOTALL
)


def trim(botocore: Path) -> None:
    """Remove from a copy of botocore what functions do not use. Raises ValueError if it lacks what they use."""
    data = botocore / "data"
    for folder in (path for path in data.iterdir() if path.is_dir()):
        if folder.name not in OPERATIONS:
            shutil.rmtree(folder)
    for service, operations in OPERATIONS.items():
        *earlier, latest = sorted((data / service).iterdir())
        for version in earlier:
            shutil.rmtree(version)
        _trim_service(latest, operations)
    endpoints = data / "endpoints.json"
    _write(endpoints, trimmed_endpoints(json.loads(endpoints.read_text())))
    certificates = botocore / "cacert.pem"
    certificates.write_text(trimmed_certificates(certificates.read_text()))


def trimmed_model(model: Mapping[str, Any], operations: tuple[str, ...]) -> dict[str, Any]:
    """A service's model with these operations, their shapes and all errors, without texts.

    Botocore makes an exception of each error in the model, and services answer with errors that an operation does not
    list: without its shape, AccessDenied would be a ClientError. Raises ValueError if an operation is missing.
    """
    if missing := sorted(set(operations) - set(model["operations"])):
        raise ValueError(f"botocore has no operations {', '.join(missing)}")
    kept = {name: model["operations"][name] for name in operations}
    shapes: dict[str, Any] = {}
    errors = [name for name, shape in model["shapes"].items() if shape.get("exception")]
    waiting = [*_references(kept), *errors]
    while waiting:
        name = waiting.pop()
        if name not in shapes:
            shapes[name] = model["shapes"][name]
            waiting += _references(shapes[name])
    used = {**model, "operations": kept, "shapes": {name: shapes[name] for name in sorted(shapes)}}
    return {name: _without_texts(part) for name, part in used.items()}


def trimmed_rules(rules: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The endpoint rules of S3 for buckets by name, without those for `OTHER_BUCKETS` and for ARNs: 60 % of them."""
    return [
        {**rule, "rules": trimmed_rules(rule["rules"])} if "rules" in rule else dict(rule)
        for rule in rules
        if not any(_is_for_others(condition) for condition in rule["conditions"])
    ]


def trimmed_endpoints(endpoints: Mapping[str, Any]) -> dict[str, Any]:
    """The regions of all partitions, with the endpoints of the used services only."""
    partitions = [
        {**partition, "services": {name: at for name, at in partition["services"].items() if name in _ENDPOINTS}}
        for partition in endpoints["partitions"]
    ]
    return {**endpoints, "partitions": partitions}


def trimmed_certificates(bundle: str) -> str:
    """The certificates of `AUTHORITIES`. Raises ValueError if one is missing."""
    found = {entry["label"]: entry[0] for entry in _ENTRY.finditer(bundle)}
    if missing := [label for label in AUTHORITIES if label not in found]:
        raise ValueError(f"botocore has no certificates of {', '.join(missing)}")
    return "\n".join(found[label] for label in AUTHORITIES)


_ENDPOINTS: Final = frozenset({"dynamodb", "kms", "s3", "states", "sts"})
"""The services as `endpoints.json` names them."""


def _trim_service(folder: Path, operations: tuple[str, ...]) -> None:
    for path in sorted(folder.iterdir()):
        name = path.name.removesuffix(".gz").removesuffix(".json")
        text = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        path.unlink()
        if name in FILES:
            document = json.loads(text)
            if name == "service-2":
                document = trimmed_model(document, operations)
            elif name == "endpoint-rule-set-1":
                document["rules"] = trimmed_rules(document["rules"])
            # Uncompressed: the asset is compressed already.
            _write(folder / f"{name}.json", document)


def _is_for_others(condition: Mapping[str, Any]) -> bool:
    """Whether a condition holds for an ARN or for one of `OTHER_BUCKETS` only."""
    is_suffix = condition["fn"] == "stringEquals" and condition["argv"][1] in OTHER_BUCKETS
    return is_suffix or condition["fn"] == "aws.parseArn"


def _write(path: Path, document: Any) -> None:
    path.write_text(json.dumps(document, separators=(",", ":")))


def _references(value: Any) -> Iterator[str]:
    """The names of the shapes that a part of a model refers to."""
    if isinstance(value, dict):
        if isinstance(value.get("shape"), str):
            yield value["shape"]
        for part in value.values():
            yield from _references(part)
    elif isinstance(value, list):
        for part in value:
            yield from _references(part)


def _without_texts(value: Any) -> Any:
    """With empty documentation: botocore reads some of it. A member of this name has a value that is no text."""
    if isinstance(value, dict):
        return {
            name: "" if name == "documentation" and isinstance(part, str) else _without_texts(part)
            for name, part in value.items()
        }
    return [_without_texts(part) for part in value] if isinstance(value, list) else value
