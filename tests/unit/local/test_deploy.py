"""The API's local URL, the digest of the deployed sources, and the allowed origins."""

import json
from pathlib import Path

import pytest

from local import deploy
from local.errors import CommandError


def test_api_url_points_to_the_emulator() -> None:
    url = deploy.local_api_url("https://b5a60c8e.execute-api.us-east-1.amazonaws.com/v1/", "http://127.0.0.1:4566")
    assert url == "http://127.0.0.1:4566/_aws/execute-api/b5a60c8e/v1"


def test_other_urls_are_refused() -> None:
    with pytest.raises(ValueError, match="not the URL of a REST API's stage"):
        deploy.local_api_url("https://example.com/", "http://127.0.0.1:4566")


def test_digest_depends_on_deployed_sources_only(tmp_path: Path) -> None:
    (tmp_path / "tasks" / "__pycache__").mkdir(parents=True)
    (tmp_path / "app.py").write_text("one")
    (tmp_path / "tasks" / "step.py").write_text("one")
    first = deploy.sources_digest(tmp_path)
    (tmp_path / "README.md").write_text("new")
    (tmp_path / "tasks" / "__pycache__" / "step.pyc").write_text("new")
    assert deploy.sources_digest(tmp_path) == first
    (tmp_path / "tasks" / "step.py").write_text("two")
    second = deploy.sources_digest(tmp_path)
    (tmp_path / "tasks" / "step.py").rename(tmp_path / "tasks" / "other.py")
    assert len({first, second, deploy.sources_digest(tmp_path)}) == 3


def test_new_folder_has_no_recorded_digest(tmp_path: Path) -> None:
    assert deploy.recorded_digest(tmp_path / "deployed.json") is None


@pytest.mark.parametrize("text", ["", '{"sources": "a'])
def test_incomplete_file_has_no_recorded_digest(tmp_path: Path, text: str) -> None:
    record = tmp_path / "deployed.json"
    record.write_text(text)
    assert deploy.recorded_digest(record) is None


def test_local_environment_allows_http_origins() -> None:
    assert all(origin.startswith("http://") for origin in deploy.environment().allowed_origins)


def test_invalid_knob_is_reported_in_one_sentence(tmp_path: Path) -> None:
    context = {"environments": {"local": {"allowed_origins": ["http://localhost:3000"], "mfa": "on"}}}
    (tmp_path / "cdk.json").write_text(json.dumps({"context": context}))
    with pytest.raises(CommandError) as error:
        deploy.environment(tmp_path)
    assert str(error.value) == "The environment 'local': mfa must be one of off, optional, required, not 'on'."


def test_asset_keys_are_read_from_the_manifest() -> None:
    destinations = {"current": {"bucketName": "b", "objectKey": "1.zip"}, "other": {"objectKey": "2.zip"}}
    manifest = {"files": {"a": {"destinations": destinations}, "b": {"destinations": {"x": {"objectKey": "3.json"}}}}}
    assert deploy.asset_keys(manifest) == {"1.zip", "2.zip", "3.json"}


def test_previews_of_a_distribution_have_a_local_address() -> None:
    url = deploy.local_previews_url("https://d111111abcdef8.cloudfront.net", "http://127.0.0.1:4566")
    assert url == "http://127.0.0.1:4566/_aws/cloudfront/d111111abcdef8"


def test_knobs_of_an_environment_can_be_replaced() -> None:
    assert deploy.environment(name="dev", delivery="cloudfront").delivery == "cloudfront"
    with pytest.raises(CommandError, match="There is no environment 'none'"):
        deploy.environment(name="none")
