"""The data of botocore in an asset: what functions use is there, and nothing else."""

import itertools
import json
import re
import shutil
from pathlib import Path
from typing import Any

import botocore
import pytest
from boto3 import Session
from botocore.endpoint_provider import EndpointProvider
from botocore.exceptions import EndpointProviderError
from botocore.loaders import Loader

from infrastructure import sdk_data
from infrastructure.packaging import FIRST_PARTY
from infrastructure.sdk_data import AUTHORITIES, OPERATIONS, OTHER_BUCKETS, trim, trimmed_certificates, trimmed_model
from tests.repository import ROOT

INSTALLED = Path(botocore.__file__).parent

MODEL: dict[str, Any] = {
    "metadata": {"serviceId": "S"},
    "operations": {
        "Used": {"input": {"shape": "In"}, "documentation": "<p>text</p>"},
        "Unused": {"input": {"shape": "Other"}},
    },
    "shapes": {
        "In": {"type": "structure", "members": {"documentation": {"shape": "Text"}, "list": {"shape": "List"}}},
        "List": {"type": "list", "member": {"shape": "In"}},
        "Text": {"type": "string", "documentation": "text"},
        "Denied": {"type": "structure", "members": {"reason": {"shape": "Reason"}}, "exception": True},
        "Reason": {"type": "string"},
        "Other": {"type": "string"},
    },
}


SWITCHES = ("UseFIPS", "UseDualStack", "Accelerate", "ForcePathStyle", "UseGlobalEndpoint")
"""Parameters of endpoint rules that are settings of a client."""


@pytest.fixture(scope="module")
def trimmed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A trimmed copy of botocore's data and certificates."""
    folder = tmp_path_factory.mktemp("botocore")
    for service in (*OPERATIONS, "sqs"):
        shutil.copytree(INSTALLED / "data" / service, folder / "data" / service)
    general = ("_retry", "endpoints", "partitions", "sdk-default-configuration")
    for name in (*(f"data/{one}.json" for one in general), "cacert.pem"):
        shutil.copyfile(INSTALLED / name, folder / name)
    trim(folder)
    return folder


def test_model_has_the_used_operations_their_shapes_and_all_errors_without_texts() -> None:
    assert trimmed_model(MODEL, ("Used",)) == {
        "metadata": {"serviceId": "S"},
        "operations": {"Used": {"input": {"shape": "In"}, "documentation": ""}},
        "shapes": {
            "Denied": {"type": "structure", "members": {"reason": {"shape": "Reason"}}, "exception": True},
            "In": {"type": "structure", "members": {"documentation": {"shape": "Text"}, "list": {"shape": "List"}}},
            "List": {"type": "list", "member": {"shape": "In"}},
            "Reason": {"type": "string"},
            "Text": {"type": "string", "documentation": ""},
        },
    }


def test_missing_operations_and_certificates_are_refused() -> None:
    with pytest.raises(ValueError, match="no operations Missing"):
        trimmed_model(MODEL, ("Used", "Missing"))
    with pytest.raises(ValueError, match="no certificates of Amazon Root CA 1"):
        trimmed_certificates("")


@pytest.mark.parametrize("service", OPERATIONS)
def test_client_of_trimmed_data_has_the_used_operations(trimmed: Path, service: str) -> None:
    session = Session(region_name="eu-central-1", aws_access_key_id="x", aws_secret_access_key="x")
    loader = Loader([str(trimmed / "data")], include_default_search_paths=False)
    session._session.register_component("data_loader", loader)
    create: Any = session.client
    client, whole = create(service), Session(region_name="eu-central-1").client(service)  # type: ignore[call-overload]
    assert set(client.meta.service_model.operation_names) == set(OPERATIONS[service])
    assert client.meta.endpoint_url == whole.meta.endpoint_url


@pytest.mark.parametrize("service", OPERATIONS)
@pytest.mark.parametrize("bucket", [None, "photosky-dev-media-1a2b3c", "a.bucket", "Old_Bucket"])
@pytest.mark.parametrize("endpoint", [None, "https://example.com", "http://127.0.0.1:4566"])
def test_trimmed_rules_give_the_same_endpoints(
    trimmed: Path, service: str, bucket: str | None, endpoint: str | None
) -> None:
    given = [("Bucket", bucket)] if service == "s3" else []
    fixed = {name: value for name, value in [*given, ("Endpoint", endpoint)] if value is not None}
    few, all_rules = (_endpoints(data, service) for data in (trimmed / "data", INSTALLED / "data"))
    switches = [name for name in SWITCHES if name in few.ruleset.parameters]
    for region in ("us-east-1", "eu-central-1", "cn-north-1", "aws-global"):
        for values in itertools.product((False, True), repeat=len(switches)):
            parameters = {"Region": region, **fixed, **dict(zip(switches, values, strict=True))}
            assert _resolved(few, parameters) == _resolved(all_rules, parameters)


def test_rules_for_other_buckets_are_left_out(trimmed: Path) -> None:
    text = (trimmed / "data/s3/2006-03-01/endpoint-rule-set-1.json").read_text()
    assert len(text) < 50_000
    assert [suffix for suffix in OTHER_BUCKETS if suffix in text] == []


def test_every_operation_of_the_functions_is_listed() -> None:
    methods = {re.sub("(?<!^)(?=[A-Z])", "_", name).lower() for names in OPERATIONS.values() for name in names}
    sources = [path.read_text() for package in FIRST_PARTY for path in (ROOT / package).rglob("*.py")]
    called = {name for text in sources for name in re.findall(r"client(?:\(\))?\.([a-z_]+)\(", text)}
    paged = {name for text in sources for name in re.findall(r"get_paginator\(\"([a-z0-9_]+)\"", text)}
    assert called - methods == {"get_paginator", "generate_presigned_post", "generate_presigned_url"}
    assert paged == {"list_objects_v2"}


def test_only_amazons_authorities_are_trusted(trimmed: Path) -> None:
    bundle = (trimmed / "cacert.pem").read_text()
    assert re.findall('# Label: "(.+)"', bundle) == list(AUTHORITIES)
    assert bundle.count("BEGIN CERTIFICATE") == len(AUTHORITIES)
    whole = (INSTALLED / "cacert.pem").read_text()
    assert all(entry[0] in whole for entry in sdk_data._ENTRY.finditer(bundle))


def test_data_is_a_fraction_of_the_installed(trimmed: Path) -> None:
    assert not (trimmed / "data" / "sqs").exists()
    sizes = [path.stat().st_size for path in trimmed.rglob("*") if path.is_file()]
    assert sum(sizes) < 255_000
    partitions = json.loads((trimmed / "data" / "endpoints.json").read_text())["partitions"]
    assert {name for partition in partitions for name in partition["services"]} <= {
        "dynamodb",
        "kms",
        "s3",
        "states",
        "sts",
    }


def _endpoints(data: Path, service: str) -> EndpointProvider:
    """What resolves the endpoints of a service by its rules."""
    loader = Loader([str(data)], include_default_search_paths=False)
    return EndpointProvider(loader.load_service_model(service, "endpoint-rule-set-1"), loader.load_data("partitions"))


def _resolved(provider: EndpointProvider, parameters: dict[str, Any]) -> object:
    """The URL, properties and headers of an endpoint, or the error of the rules."""
    try:
        return provider.resolve_endpoint(**parameters)
    except EndpointProviderError as error:
        return str(error)
