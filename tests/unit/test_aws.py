"""Exceptions of the clients contain no object key and no URL, so that logs and traces contain none."""

import io
import traceback
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.config import Config
from botocore.exceptions import ClientError, EndpointConnectionError

from photosky.aws import session

KEY = "incoming/owner/photo"


class Raw(io.BytesIO):
    """A response body as urllib3 returns it."""

    def stream(self) -> Iterator[bytes]:
        """The whole body as one chunk."""
        yield self.getvalue()


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """Credentials for signing; no request is sent."""
    session.cache_clear()
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")


def test_client_error_has_code_and_operation_without_the_key() -> None:
    def refuse(request: AWSPreparedRequest, **_: object) -> Any:
        message = f"User may not perform s3:GetObject on resource: arn:aws:s3:::media/{KEY}"
        body = f"<Error><Code>AccessDenied</Code><Message>{message}</Message></Error>".encode()
        return AWSResponse(str(request.url), 403, HTTPHeaders(), Raw(body))

    client = session().client("s3", region_name="us-east-1")
    client.meta.events.register("before-send.s3", refuse)
    with pytest.raises(ClientError) as raised:
        client.get_object(Bucket="media", Key=KEY)
    text = "".join(traceback.format_exception(raised.value))
    assert raised.value.response["Error"]["Code"] == "AccessDenied"
    assert "(AccessDenied) when calling the GetObject operation" in text
    assert "incoming" not in text


def test_connection_error_has_no_url() -> None:
    def fail_to_connect(request: AWSPreparedRequest, **_: object) -> None:
        raise EndpointConnectionError(endpoint_url=str(request.url)) from OSError(f"no route to {request.url}")

    client = session().client("s3", region_name="us-east-1", config=Config(retries={"total_max_attempts": 1}))
    client.meta.events.register("before-send.s3", fail_to_connect)
    with pytest.raises(EndpointConnectionError) as raised:
        client.get_object(Bucket="media", Key=KEY)
    assert str(raised.value) == "EndpointConnectionError"
    assert "incoming" not in "".join(traceback.format_exception(raised.value))
