"""Cost of a listing's URLs: a page of 100 photos with all previews, signed by PhotoSky and by botocore.

Of CloudFront's URLs, without the one call of KMS.
"""

import resource
import statistics
from collections.abc import Callable
from typing import Final

from boto3 import Session
from botocore.config import Config

from photosky.delivery import EdgeUrls
from photosky.imaging.presets import DEFAULT_PRESETS
from photosky.photo import new_photo_id
from photosky.presigning import Credentials, Presigner
from photosky.settings import Edge
from photosky.store.keys import preview_key

_PHOTOS: Final = 100
_ROUNDS: Final = 5
_TTL_SECONDS: Final = 3600
_EDGE: Final = Edge("https://d111111abcdef8.cloudfront.net", "K2JCJMDEHXQW5F", "arn:aws:kms:eu-central-1:0:key/one")
_CREDENTIALS: Final = Credentials("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "token" * 60)


def section() -> str:
    """Table of CPU for one page."""
    photos = [new_photo_id() for _ in range(_PHOTOS)]
    keys = [preview_key("owner", photo_id, "execution", preset) for photo_id in photos for preset in DEFAULT_PRESETS]
    client = Session().client(
        "s3",
        region_name="eu-central-1",
        aws_access_key_id=_CREDENTIALS.access_key,
        aws_secret_access_key=_CREDENTIALS.secret_key,
        aws_session_token=_CREDENTIALS.token,
        config=Config(signature_version="s3v4", s3={"addressing_style": "virtual"}),
    )

    def by_botocore() -> None:
        for key in keys:
            client.generate_presigned_url("get_object", {"Bucket": "media", "Key": key}, _TTL_SECONDS)

    def by_photosky() -> None:
        presigner = Presigner(client, "media", _TTL_SECONDS, lambda: _CREDENTIALS)
        for key in keys:
            presigner.url(key)

    def by_edge() -> None:
        urls = EdgeUrls(_EDGE, _TTL_SECONDS, lambda _: bytes(256))
        for key in keys:
            urls.url(key)

    signers = {"photosky, S3": by_photosky, "photosky, CloudFront": by_edge, "botocore, S3": by_botocore}
    seconds: dict[str, list[float]] = {name: [] for name in signers}
    for _ in range(_ROUNDS):
        for name, sign in signers.items():
            seconds[name].append(_user_seconds(sign))
    medians = {name: statistics.median(measured) for name, measured in seconds.items()}
    rows = "\n".join(
        f"| {name} | {1000 * median:.1f} | {1e6 * median / len(keys):.0f} | {median / medians['botocore, S3']:.3f} |"
        for name, median in medians.items()
    )
    return (
        f"## Signing a page\n\n{len(keys)} URLs, as in a listing of {_PHOTOS} photos.\n\n"
        f"| signer | CPU ms | µs per URL | ratio |\n|---|---|---|---|\n{rows}"
    )


def _user_seconds(work: Callable[[], None]) -> float:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_utime
    work()
    return resource.getrusage(resource.RUSAGE_SELF).ru_utime - before
