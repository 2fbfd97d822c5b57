"""Releases of the page in a bucket of moto: what browsers get, also from interrupted runs."""

import json
import re
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, Final

import boto3
import pytest
from moto import mock_aws

from local.page import SOURCE, PageFiles
from local.page_release import Origins, Release, folder_of, publish
from photosky.store.media import IMMUTABLE
from tests.unit.web.test_imports import PRELOAD

BUCKET: Final = "page"
CONFIG: Final = {"api_url": "https://api.photos.aws/v1"}
MEDIA: Final = "https://media.s3.eu-west-1.amazonaws.com"
ORIGINS: Final = Origins((MEDIA,), ("https://api.photos.aws", MEDIA))
INDEX: Final = """<head>
    <meta charset="utf-8" />
    <link rel="icon" href="icon.svg" />
    <link rel="preload" href="config.json" as="fetch" />
    <script type="importmap">{"imports": {"preact": "./packages/preact/preact.mjs"}}</script>
    <script type="module" src="app.js"></script></head><a href="#/">PhotoSky</a>"""


@pytest.fixture
def files(tmp_path: Path) -> PageFiles:
    """A small page."""
    for name, text in {
        "page/index.html": INDEX,
        "page/app.js": "export {};",
        "page/view/grid.css": "a {}",
        "page/icon.svg": "<svg/>",
        "page/README.md": "# Page",
        "packages/preact/preact.mjs": "export const h = 1;",
        "packages/preact/other.mjs": "export const other = 1;",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return PageFiles(tmp_path / "page", tmp_path / "packages")


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """S3 with the page's bucket."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        client = boto3.client("s3")
        client.create_bucket(Bucket=BUCKET)
        yield client


def release(files: PageFiles, config: Mapping[str, Any] = CONFIG) -> Release:
    return Release.of(files, config, ORIGINS)


def changed(files: PageFiles, text: str) -> Release:
    """A release with another module."""
    (files.source / "app.js").write_text(text)
    return release(files)


def stored(s3: Any) -> dict[str, tuple[bytes, str, str]]:
    """The objects of the bucket."""
    found = {}
    for listed in s3.list_objects_v2(Bucket=BUCKET).get("Contents", []):
        answer = s3.get_object(Bucket=BUCKET, Key=listed["Key"])
        found[listed["Key"]] = (answer["Body"].read(), answer["ContentType"], answer["CacheControl"])
    return found


def references(document: str) -> list[str]:
    """What a document names: the addresses in its attributes and in its import map."""
    (imports,) = re.findall(r'<script type="importmap">(.*?)</script>', document, flags=re.DOTALL)
    named = [*re.findall(r' (?:href|src)="([^"#]+)"', document), *json.loads(imports)["imports"].values()]
    return [name.removeprefix("./") for name in named]


def test_release_has_its_files_with_their_types_in_one_folder(files: PageFiles, s3: Any) -> None:
    made = release(files)
    list(publish(made, s3, BUCKET))
    found, script = stored(s3), "text/javascript; charset=utf-8"
    assert {key.removeprefix(f"{made.folder}/"): rest for key, (_, *rest) in found.items()} == {
        "app.js": [script, IMMUTABLE],
        "config.json": ["application/json", IMMUTABLE],
        "icon.svg": ["image/svg+xml", IMMUTABLE],
        "index.html": ["text/html; charset=utf-8", "no-cache"],
        "packages/preact/preact.mjs": [script, IMMUTABLE],
        "view/grid.css": ["text/css; charset=utf-8", IMMUTABLE],
    }
    assert found[f"{made.folder}/app.js"][0] == b"export {};"
    assert json.loads(found[f"{made.folder}/config.json"][0]) == CONFIG


def test_document_names_the_folder_and_allows_its_import_map_and_the_origins(files: PageFiles) -> None:
    made = release(files)
    document = made.index.body.decode()
    names = ("icon.svg", "config.json", "app.js", "packages/preact/preact.mjs")
    assert references(document) == [f"{made.folder}/{name}" for name in names]
    assert folder_of(document) == made.folder
    (policy,) = re.findall(r'<meta http-equiv="content-security-policy" content="([^"]*)" />', document)
    directives = dict(part.split(" ", 1) for part in policy.split("; "))
    assert re.fullmatch(r"'self' 'sha256-[A-Za-z0-9+/]{43}='", directives.pop("script-src"))
    assert directives == {
        "default-src": "'none'",
        "style-src": "'self'",
        "img-src": f"'self' data: blob: {MEDIA}",
        "connect-src": f"'self' https://api.photos.aws {MEDIA}",
    }
    # Before all that it applies to.
    assert document.index("content-security-policy") < document.index("href=")


def test_documents_of_others_name_no_folder() -> None:
    assert folder_of(INDEX) is None
    assert folder_of("<h1>Under construction</h1>") is None


def test_repeated_release_writes_the_document_only(files: PageFiles, s3: Any) -> None:
    made = release(files)
    list(publish(made, s3, BUCKET))
    before = stored(s3)
    assert list(publish(release(files), s3, BUCKET)) == ["index.html"]
    assert stored(s3) == before


def test_other_configuration_or_file_is_another_release(files: PageFiles) -> None:
    folders = {
        release(files).folder,
        release(files, {**CONFIG, "mfa": "required"}).folder,
        changed(files, "x").folder,
    }
    assert len(folders) == 3


def test_files_of_the_replaced_release_remain_and_earlier_ones_are_removed(files: PageFiles, s3: Any) -> None:
    first, second, third = (changed(files, f"export const version = {number};") for number in range(3))
    s3.put_object(Bucket=BUCKET, Key="left.js", Body=b"")
    for made in (first, second, third, third):
        list(publish(made, s3, BUCKET))
    assert {key.partition("/")[0] for key in stored(s3)} == {"index.html", second.folder, third.folder}


@pytest.mark.slow
def test_interrupted_runs_leave_a_complete_release(files: PageFiles, s3: Any) -> None:
    first, second, third = (changed(files, f"export const version = {number};") for number in range(3))
    for made in (first, second):
        list(publish(made, s3, BUCKET))
    changes = list(publish(third, s3, BUCKET))
    assert [changes.index("index.html"), len(changes)] == [len(third.files), 2 * len(third.files) + 1]
    for count in range(len(changes) + 1):
        for key in stored(s3):
            s3.delete_object(Bucket=BUCKET, Key=key)
        for made in (first, second):
            list(publish(made, s3, BUCKET))
        list(islice(publish(third, s3, BUCKET), count))
        found = stored(s3)
        document = found["index.html"][0].decode()
        current = third if count > len(third.files) else second
        assert folder_of(document) == current.folder
        assert {key: found[key][0] for key in current.files} == {key: it.body for key, it in current.files.items()}
        list(publish(third, s3, BUCKET))
        assert stored(s3).items() >= {"index.html": (third.index.body, "text/html; charset=utf-8", "no-cache")}.items()
        assert set(third.files) <= set(stored(s3))


def test_every_name_in_the_projects_document_is_a_file_of_its_release(tmp_path: Path) -> None:
    index = (SOURCE / "index.html").read_text()
    for name in re.findall(r'"\./packages/([^"]+)"', index):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    made = release(PageFiles(SOURCE, tmp_path))
    document = made.index.body.decode()
    assert len(PRELOAD.findall(document)) == len(PRELOAD.findall(index)) > 50
    assert [name for name in references(document) if name not in made.files] == []
