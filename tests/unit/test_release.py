"""`make release`: which versions are refused, and what is written into copies of the project's files."""

import subprocess
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Final

import pytest

from infrastructure.packaging import ROOT
from infrastructure.release import CHANGELOG, CONTRACT, PROJECT, ReleaseError, main, precedence, prepare
from infrastructure.version import VERSION

TODAY: Final = date(2026, 12, 24)
NEXT: Final = "99.0.0"

LINKED: Final = """# Changelog

## [Unreleased]

### Fixed

- A fault.

## [1.0.0] - 2026-11-24

### Added

- Everything.

[Unreleased]: https://github.com/OWNER/NAME/compare/v1.0.0...HEAD
[1.0.0]: https://github.com/OWNER/NAME/releases/tag/v1.0.0
"""

ORDERED: Final = (
    *("0.9.9", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11"),
    *("1.0.0-rc.1", "1.0.0", "1.0.1", "1.2.0", "1.10.0", "2.0.0"),
)
"""The example of Semantic Versioning 2.0.0, section 11, and some more."""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Copies of the files that a release edits, with one unreleased change."""
    for path in (PROJECT, CONTRACT, CHANGELOG):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text((ROOT / path).read_text())
    (tmp_path / CHANGELOG).write_text(LINKED.replace("1.0.0", VERSION))
    return tmp_path


@pytest.fixture
def git(project: Path) -> Callable[..., None]:
    """Run git on the copies, which are committed first."""

    def run(*arguments: str) -> None:
        identity = ("-c", "user.name=Test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false")
        subprocess.run(["git", *identity, *arguments], cwd=project, check=True, capture_output=True)  # noqa: S603, S607

    run("init")
    run("add", ".")
    run("commit", "--message", "Copies")
    return run


def test_a_release_sets_the_version_everywhere(project: Path) -> None:
    before = {path: (project / path).read_text() for path in (PROJECT, CONTRACT)}
    prepare(project, NEXT, TODAY)
    assert (project / PROJECT).read_text() == before[PROJECT].replace(f'version = "{VERSION}"', f'version = "{NEXT}"')
    assert (project / CONTRACT).read_text() == before[CONTRACT].replace(f'version: "{VERSION}"', f'version: "{NEXT}"')
    assert (project / CONTRACT).read_text().count(f'version: "{NEXT}"') == 2


def test_a_release_closes_the_unreleased_section(project: Path) -> None:
    prepare(project, NEXT, TODAY)
    assert (
        (project / CHANGELOG).read_text()
        == f"""# Changelog

## [Unreleased]

## [{NEXT}] - 2026-12-24

### Fixed

- A fault.

## [{VERSION}] - 2026-11-24

### Added

- Everything.

[Unreleased]: https://github.com/OWNER/NAME/compare/v{NEXT}...HEAD
[{NEXT}]: https://github.com/OWNER/NAME/compare/v{VERSION}...v{NEXT}
[{VERSION}]: https://github.com/OWNER/NAME/releases/tag/v{VERSION}
"""
    )


def test_the_changelog_of_the_project_can_be_released(project: Path) -> None:
    changelog = (ROOT / CHANGELOG).read_text().replace("## [Unreleased]\n", "## [Unreleased]\n\n- A change.\n", 1)
    (project / CHANGELOG).write_text(changelog)
    prepare(project, NEXT, TODAY)
    released = (project / CHANGELOG).read_text()
    assert released == changelog.replace("## [Unreleased]\n", f"## [Unreleased]\n\n## [{NEXT}] - 2026-12-24\n", 1)


def test_two_releases_follow_each_other(project: Path) -> None:
    prepare(project, NEXT, TODAY)
    with pytest.raises(ReleaseError, match="is empty"):
        prepare(project, "99.1.0", TODAY)
    changelog = (project / CHANGELOG).read_text()
    (project / CHANGELOG).write_text(changelog.replace("## [Unreleased]\n", "## [Unreleased]\n\n- More.\n"))
    prepare(project, "99.1.0", TODAY)
    assert f"/compare/v{NEXT}...v99.1.0\n" in (project / CHANGELOG).read_text()


@pytest.mark.parametrize("version", ["", "1", "1.1", "v1.1.0", "1.1.0.0", "01.1.0", "1.1.0-", "1.1.0-01", "next"])
def test_what_is_no_semantic_version_is_refused(project: Path, version: str) -> None:
    with pytest.raises(ReleaseError, match=r"must be a semantic version such as 1\.2\.3"):
        prepare(project, version, TODAY)


@pytest.mark.parametrize("version", [VERSION, f"{VERSION}-rc.1", f"{VERSION}+build.5", "0.9.9"])
def test_a_version_that_is_not_higher_is_refused(project: Path, version: str) -> None:
    with pytest.raises(ReleaseError, match=f"must be higher than the current {VERSION}"):
        prepare(project, version, TODAY)


def test_versions_are_ordered_by_their_precedence() -> None:
    by_text = sorted(ORDERED)
    assert by_text != list(ORDERED)
    assert sorted(by_text, key=precedence) == list(ORDERED)
    assert len({str(precedence(version)) for version in ORDERED}) == len(ORDERED)


@pytest.mark.parametrize(
    ("path", "old", "new", "reason"),
    [
        (CHANGELOG, "- A fault.\n", "", "is empty"),
        (CHANGELOG, "[Unreleased]\n", "[Soon]\n", "has no section"),
        (PROJECT, "version =", "edition =", "has no version"),
        (CONTRACT, f'version: "{VERSION}"', 'version: "0.0.1"', "does not name the current version"),
    ],
)
def test_a_refused_release_edits_nothing(project: Path, path: Path, old: str, new: str, reason: str) -> None:
    (project / path).write_text((project / path).read_text().replace(old, new))
    before = {found: found.read_text() for found in project.rglob("*") if found.is_file()}
    with pytest.raises(ReleaseError, match=reason):
        prepare(project, NEXT, TODAY)
    assert {found: found.read_text() for found in project.rglob("*") if found.is_file()} == before


def test_a_clean_tree_is_edited_and_the_next_commands_printed(
    project: Path, git: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    main([NEXT], project)
    assert f'version = "{NEXT}"' in (project / PROJECT).read_text()
    printed = capsys.readouterr().out
    assert f'git commit --all --message "Release {NEXT}"' in printed
    assert f"git tag --annotate v{NEXT}" in printed
    git("diff", "--cached", "--exit-code")  # Nothing is committed or staged.


@pytest.mark.usefixtures("git")
def test_a_dirty_tree_is_refused(project: Path) -> None:
    (project / "notes.txt").write_text("later")
    with pytest.raises(SystemExit, match="uncommitted changes"):
        main([NEXT], project)
    assert f'version = "{VERSION}"' in (project / PROJECT).read_text()


def test_a_folder_without_git_is_refused(project: Path) -> None:
    with pytest.raises(SystemExit, match="needs a git repository"):
        main([NEXT], project)


def test_a_missing_version_is_refused_before_anything_else(project: Path) -> None:
    with pytest.raises(SystemExit, match="must be a semantic version"):
        main([], project)
