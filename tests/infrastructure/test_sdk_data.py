"""The data of botocore in an asset: what functions use is there, and nothing else."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import botocore
import pytest
from boto3 import Session
from botocore.loaders import Loader

from infrastructure import sdk_data
from infrastructure.packaging import FIRST_PARTY
from infrastructure.sdk_data import AUTHORITIES, OPERATIONS, trim, trimmed_certificates, trimmed_model
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
    assert sum(sizes) < 325_000
    partitions = json.loads((trimmed / "data" / "endpoints.json").read_text())["partitions"]
    assert {name for partition in partitions for name in partition["services"]} <= {
        "dynamodb",
        "kms",
        "s3",
        "states",
        "sts",
    }
