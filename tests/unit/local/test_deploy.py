"""The decision whether to deploy, and the API's address."""

from pathlib import Path

import pytest

from local import deploy, users
from local.emulator.server import root_credentials


def test_api_url_is_the_emulators() -> None:
    url = deploy.local_api_url("https://b5a60c8e.execute-api.us-east-1.amazonaws.com/v1/", "http://127.0.0.1:4566")
    assert url == "http://127.0.0.1:4566/_aws/execute-api/b5a60c8e/v1"


def test_other_urls_are_refused() -> None:
    with pytest.raises(ValueError, match="not the URL of a REST API's stage"):
        deploy.local_api_url("https://example.com/", "http://127.0.0.1:4566")


def test_digest_depends_on_deployed_files_only(tmp_path: Path) -> None:
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


def test_first_deployment_has_no_digest(tmp_path: Path) -> None:
    assert deploy.recorded_digest(tmp_path / "deployed.json") is None


def test_local_allows_origins() -> None:
    assert all(origin.startswith("http://") for origin in deploy.allowed_origins())


def test_root_key_is_created_once_and_private(tmp_path: Path) -> None:
    path = tmp_path / "root.json"
    first = root_credentials(path)
    assert root_credentials(path) == first
    assert root_credentials(tmp_path / "other.json") != first
    assert path.stat().st_mode & 0o777 == 0o600


def test_demo_password_is_created_once_and_private(tmp_path: Path) -> None:
    path = tmp_path / "password"
    first = users.password(path)
    assert users.password(path) == first
    assert path.stat().st_mode & 0o777 == 0o600
