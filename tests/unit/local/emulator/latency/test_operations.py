"""Which operation a call of the emulator is."""

import pytest

from local.emulator.latency.operations import copy_source, operation_of

FORM = {"content-type": "multipart/form-data; boundary=b"}


@pytest.mark.parametrize(
    ("method", "path", "headers", "query", "operation"),
    [
        ("GET", "/media/incoming/a/b", {}, {}, "GetObject"),
        ("GET", "/media/previews/a", {}, {"X-Amz-Signature": ["s"]}, "GetObject"),
        ("HEAD", "/media/incoming/a/b", {}, {}, "HeadObject"),
        ("PUT", "/media/previews/a", {}, {}, "PutObject"),
        ("PUT", "/media/originals/a", {"x-amz-copy-source": "media/incoming/a"}, {}, "CopyObject"),
        ("DELETE", "/media/previews/a", {}, {}, "DeleteObject"),
        ("POST", "/media", {}, {"delete": [""]}, "DeleteObjects"),
        ("POST", "/media", FORM, {}, "PostObject"),
        ("POST", "/media/", FORM, {}, "PostObject"),
        ("GET", "/media", {}, {"list-type": ["2"], "prefix": ["incoming/"]}, "ListObjectsV2"),
        ("GET", "/media", {}, {"versions": [""]}, "ListObjectVersions"),
        ("PUT", "/media", {}, {}, "PUT"),
    ],
)
def test_operation_of_s3(
    method: str, path: str, headers: dict[str, str], query: dict[str, list[str]], operation: str
) -> None:
    assert operation_of("s3", method, path, headers, b"", query) == operation


@pytest.mark.parametrize(
    ("service", "path", "headers", "operation"),
    [
        ("dynamodb", "/", {"x-amz-target": "DynamoDB_20120810.GetItem"}, "GetItem"),
        ("states", "/", {"x-amz-target": "AWSStepFunctions.StartSyncExecution"}, "StartSyncExecution"),
        ("lambda", "/2015-03-31/functions/name/invocations", {}, "Invoke"),
        ("xray", "/Traces", {}, "POST"),
    ],
)
def test_operation_of_other_services(service: str, path: str, headers: dict[str, str], operation: str) -> None:
    assert operation_of(service, "POST", path, headers, b"", {}) == operation


def test_copy_source_is_decoded() -> None:
    assert copy_source({"x-amz-copy-source": "/media/incoming/a%20b?versionId=1"}) == ("media", "incoming/a b")
    assert copy_source({}) is None
