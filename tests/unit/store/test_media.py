"""Operations on the media bucket that moto cannot fail."""

from typing import Any, cast

import pytest
from types_boto3_s3 import S3Client

from photosky.store.media import MediaBucket


def test_an_object_that_was_not_removed_is_an_error_without_its_key() -> None:
    """DeleteObjects answers 200 even if it refused a key, and lists it in "Errors"."""

    class Refusing:
        def delete_objects(self, **_request: Any) -> dict[str, Any]:
            return {"Errors": [{"Key": "originals/owner/photo", "Code": "AccessDenied", "Message": "no"}]}

    bucket = MediaBucket(cast(S3Client, Refusing()), "media")
    with pytest.raises(RuntimeError, match="1 of 2 objects were not removed: AccessDenied") as error:
        bucket.remove(["originals/owner/photo", "incoming/owner/photo"])
    assert "owner" not in str(error.value)
