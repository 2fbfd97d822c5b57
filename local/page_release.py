"""A release of the page in a bucket behind CloudFront: its objects, and how they replace those of the earlier release.

The files of a release and its `config.json` have a folder of their own, named by a digest of them. The document names
this folder, and is written after all files. So it never names a missing file, or one of another release, wherever a run
was interrupted.
"""

import hashlib
import html
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Final

from infrastructure.page_policy import content_policy
from local.page import CONFIG, CONFIG_TYPE, CONTENT_TYPES, IMPORT_MAP, INDEX, PageFiles
from photosky.store.media import IMMUTABLE

REVALIDATED: Final = "no-cache"

INVALIDATED: Final = ("/", f"/{INDEX}")
"""The root is a path of its own (CloudFront guide, "Specify the objects to invalidate")."""

_DIGITS: Final = 16
"""Of a digest: 64 bits tell releases apart."""

_REFERENCE: Final = re.compile(r'(?<=\s)(href|src)="([^"]+)"')
_CHARSET: Final = '<meta charset="utf-8" />'


@dataclass(frozen=True)
class Stored:
    """An object: its bytes and its headers."""

    body: bytes
    content_type: str
    cache_control: str


@dataclass(frozen=True)
class Origins:
    """The origins that the page loads from, other than its own."""

    images: tuple[str, ...] = ()
    connections: tuple[str, ...] = ()


@dataclass(frozen=True)
class Release:
    """The objects of a release: the files in `folder`, by their keys, and the document that names them."""

    folder: str
    files: Mapping[str, Stored]
    index: Stored

    @classmethod
    def of(cls, files: PageFiles, config: Mapping[str, Any], origins: Origins) -> "Release":
        """Make a release of the page's files for a stack with this configuration and these origins."""
        bodies = {name: path.read_bytes() for name, path in files.paths().items() if name != INDEX}
        bodies[CONFIG] = json.dumps(config, indent=2).encode()
        folder = _digest(bodies)
        stored = {f"{folder}/{name}": Stored(body, _content_type(name), IMMUTABLE) for name, body in bodies.items()}
        document = _document(files.index, bodies, folder, origins).encode()
        return cls(folder, stored, Stored(document, CONTENT_TYPES[".html"], REVALIDATED))


def publish(release: Release, s3: Any, bucket: str) -> Iterator[str]:
    """Write a release to a bucket, and yield each key after its change. Raises ClientError.

    Files that are there are not written again: their folder is named by their content. A release that replaces another
    one keeps the files of that one, which open pages may still load, and removes those of all others.
    """
    existing = set(_keys(s3, bucket))
    earlier = _current_folder(s3, bucket) if INDEX in existing else None
    for key, stored in release.files.items():
        if key not in existing:
            _put(s3, bucket, key, stored)
            yield key
    _put(s3, bucket, INDEX, release.index)
    yield INDEX
    if earlier != release.folder:
        kept = (INDEX, release.folder, earlier)
        for key in sorted(key for key in existing if key.partition("/")[0] not in kept):
            s3.delete_object(Bucket=bucket, Key=key)
            yield key


def invalidate(cloudfront: Any, distribution_id: str, reference: str) -> None:
    """Remove what names a release from the caches of all edges. `reference` distinguishes requests."""
    paths = {"Quantity": len(INVALIDATED), "Items": list(INVALIDATED)}
    cloudfront.create_invalidation(
        DistributionId=distribution_id, InvalidationBatch={"Paths": paths, "CallerReference": reference}
    )


def folder_of(document: str) -> str | None:
    """Return the folder that a release's document names in its import map; None for another document."""
    found = re.search(rf'"\./([0-9a-f]{{{_DIGITS}}})/', "".join(IMPORT_MAP.findall(document)))
    return found[1] if found else None


def _content_type(name: str) -> str:
    return CONFIG_TYPE if name == CONFIG else CONTENT_TYPES[PurePosixPath(name).suffix]


def _digest(bodies: Mapping[str, bytes]) -> str:
    digest = hashlib.sha256()
    for name, body in sorted(bodies.items()):
        digest.update(f"{name}\0{len(body)}\0".encode())
        digest.update(body)
    return digest.hexdigest()[:_DIGITS]


def _document(text: str, names: Iterable[str], folder: str, origins: Origins) -> str:
    """The document with addresses in the folder of the release, and with its policy as its second element."""
    known = set(names)

    def moved(found: re.Match[str]) -> str:
        attribute, name = found.groups()
        return f'{attribute}="{folder}/{name}"' if name in known else found[0]

    text = IMPORT_MAP.sub(lambda found: found[0].replace('"./', f'"./{folder}/'), _REFERENCE.sub(moved, text))
    policy = content_policy(IMPORT_MAP.findall(text)[0], origins.images, origins.connections)
    # Not in a header of the distribution: the digest of the import map has to change together with the map.
    element = f'<meta http-equiv="content-security-policy" content="{html.escape(policy, quote=False)}" />'
    return text.replace(_CHARSET, f"{_CHARSET}\n    {element}", 1)


def _current_folder(s3: Any, bucket: str) -> str | None:
    """The folder of the release that the bucket's document names."""
    return folder_of(s3.get_object(Bucket=bucket, Key=INDEX)["Body"].read().decode())


def _keys(s3: Any, bucket: str) -> Iterator[str]:
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        yield from (found["Key"] for found in page.get("Contents", []))


def _put(s3: Any, bucket: str, key: str, stored: Stored) -> None:
    s3.put_object(
        Bucket=bucket, Key=key, Body=stored.body, ContentType=stored.content_type, CacheControl=stored.cache_control
    )
