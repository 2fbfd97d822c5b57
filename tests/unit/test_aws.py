"""What the clients raise says no key and no URL, so that no log and no trace does."""

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
    """A body as urllib3 gives it."""

    def stream(self) -> Iterator[bytes]:
        """All of it, in one piece."""
        yield self.getvalue()


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys to sign with; nothing is ever sent."""
    session.cache_clear()
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")


def test_a_refusal_says_the_code_and_the_operation_and_not_which_object() -> None:
    def refuse(request: AWSPreparedRequest, **_: object) -> Any:
        message = f"User may not perform s3:GetObject on resource: arn:aws:s3:::media/{KEY}"
        body = f"<Error><Code>AccessDenied</Code><Message>{message}</Message></Error>".encode()
        return AWSResponse(str(request.url), 403, HTTPHeaders(), Raw(body))

    client = session().client("s3", region_name="us-east-1")
    client.meta.events.register("before-send.s3", refuse)
    with pytest.raises(ClientError) as raised:
        client.get_object(Bucket="media", Key=KEY)
    told = "".join(traceback.format_exception(raised.value))
    assert raised.value.response["Error"]["Code"] == "AccessDenied"
    assert "(AccessDenied) when calling the GetObject operation" in told
    assert "incoming" not in told


def test_an_endpoint_that_does_not_answer_is_not_named_with_the_object() -> None:
    def vanish(request: AWSPreparedRequest, **_: object) -> None:
        raise EndpointConnectionError(endpoint_url=str(request.url)) from OSError(f"no route to {request.url}")

    client = session().client("s3", region_name="us-east-1", config=Config(retries={"total_max_attempts": 1}))
    client.meta.events.register("before-send.s3", vanish)
    with pytest.raises(EndpointConnectionError) as raised:
        client.get_object(Bucket="media", Key=KEY)
    assert str(raised.value) == "EndpointConnectionError"
    assert "incoming" not in "".join(traceback.format_exception(raised.value))
