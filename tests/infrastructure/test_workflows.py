"""GitHub's workflows: pinned by commit, without keys, with no more rights than they use, and prod asks first."""

import json
import re
import subprocess
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import yaml
from cfnlint.api import lint

from infrastructure.packaging import ROOT
from tests.infrastructure.roles import roles_template

GITHUB: Final = ROOT / ".github"
WORKFLOWS: Final = sorted((GITHUB / "workflows").glob("*.yml"))

LOOKING: Final = {"contents": "read"}
SIGNING_IN: Final = {"contents": "read", "id-token": "write"}


def read(path: Path) -> dict[str, Any]:
    """A workflow. YAML 1.1 takes the key `on` for true."""
    workflow: dict[str | bool, Any] = yaml.safe_load(path.read_text())
    return {"on" if isinstance(key, bool) else key: value for key, value in workflow.items()}


def jobs() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every job of every workflow, as `deploy/prod`."""
    for path in WORKFLOWS:
        for name, job in read(path)["jobs"].items():
            yield f"{path.stem}/{name}", job


def steps() -> Iterator[dict[str, Any]]:
    """Every step of every job."""
    for _, job in jobs():
        yield from job.get("steps", [])


def test_every_action_is_pinned_to_a_commit_and_says_its_version() -> None:
    used = [line.strip().removeprefix("- ") for path in WORKFLOWS for line in path.read_text().splitlines()]
    actions = [line for line in used if line.startswith("uses: ") and not line.startswith("uses: ./")]
    assert len(actions) >= 8
    assert [a for a in actions if not re.fullmatch(r"uses: [\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", a)] == []


def test_one_action_has_one_version() -> None:
    uses = {step["uses"] for step in steps() if "uses" in step}
    assert len(uses) == len({action.partition("@")[0] for action in uses})


def test_no_key_is_kept_anywhere() -> None:
    for path in WORKFLOWS:
        assert not re.search(r"secrets\.|secrets:|access-key|AWS_SECRET|AKIA", path.read_text()), path.name
    for step in steps():
        if step.get("uses", "").startswith("aws-actions/configure-aws-credentials@"):
            assert step["with"] == {
                "role-to-assume": "${{ vars.AWS_ROLE_ARN }}",
                "aws-region": "${{ vars.AWS_REGION }}",
            }


def test_no_checkout_leaves_its_token_behind() -> None:
    checkouts = [step for step in steps() if step.get("uses", "").startswith("actions/checkout@")]
    assert len(checkouts) == 4
    assert [step["with"] for step in checkouts] == [{"persist-credentials": False}] * len(checkouts)


def test_every_job_says_its_rights_and_only_those_that_reach_aws_may_sign_in() -> None:
    assert [read(path)["permissions"] for path in WORKFLOWS] == [{}] * len(WORKFLOWS)
    assert {name: job["permissions"] for name, job in jobs()} == {
        "check/check": LOOKING,
        "ci/check": LOOKING,
        "ci/synth": LOOKING,
        "ci/diff": SIGNING_IN,
        "deploy/check": LOOKING,
        "deploy/dev": SIGNING_IN,
        "deploy/staging": SIGNING_IN,
        "deploy/prod-diff": SIGNING_IN,
        "deploy/prod": SIGNING_IN,
        "diff/diff": SIGNING_IN,
        "environment/deploy": SIGNING_IN,
    }


def test_nothing_of_an_event_is_put_into_a_script() -> None:
    assert [step["run"] for step in steps() if "${{" in step.get("run", "")] == []


def test_main_goes_from_dev_to_staging_to_prod_one_after_the_other() -> None:
    workflow = read(GITHUB / "workflows" / "deploy.yml")
    assert workflow["on"] == {"push": {"branches": ["main"]}}
    chain = {name: (job.get("needs"), job["uses"], job.get("with")) for name, job in workflow["jobs"].items()}
    folder = "./.github/workflows"
    assert chain == {
        "check": (None, f"{folder}/check.yml", None),
        "dev": ("check", f"{folder}/environment.yml", {"environment": "dev"}),
        "staging": ("dev", f"{folder}/environment.yml", {"environment": "staging"}),
        "prod-diff": ("staging", f"{folder}/diff.yml", {"environment": "prod"}),
        "prod": ("prod-diff", f"{folder}/environment.yml", {"environment": "prod"}),
    }


def test_a_deployment_is_in_the_github_environment_whose_reviewers_it_waits_for() -> None:
    job = read(GITHUB / "workflows" / "environment.yml")["jobs"]["deploy"]
    assert job["environment"] == "${{ inputs.environment }}"
    assert job["concurrency"] == {"group": "deploy-${{ inputs.environment }}", "cancel-in-progress": False}


def test_the_deploying_role_trusts_the_three_environments_and_the_diffs_none_of_them() -> None:
    resources = roles_template()["Resources"]
    assert {name: _subjects(resources[name]) for name in ("Deploy", "Diff")} == {
        "Deploy": [{"Fn::Sub": f"repo:${{Repository}}:environment:{name}"} for name in ("dev", "staging", "prod")],
        "Diff": [{"Fn::Sub": "repo:${Repository}:environment:diff"}],
    }


def test_the_diffs_role_reads_templates_and_nothing_else() -> None:
    (policy,) = roles_template()["Resources"]["Diff"]["Properties"]["Policies"]
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert statement["Action"] == ["cloudformation:DescribeStacks", "cloudformation:GetTemplate"]
    assert statement["Resource"]["Fn::Sub"].endswith(":stack/PhotoSky-*/*")


def test_cfn_lint_finds_nothing_about_theroles_template() -> None:
    assert [str(match) for match in lint((GITHUB / "aws-roles.yaml").read_text())] == []


def test_zizmor_finds_nothing() -> None:
    program = Path(sysconfig.get_path("scripts")) / "zizmor"
    done = subprocess.run(  # noqa: S603 - a pinned program, our own files
        [str(program), "--offline", "--format", "json", str(GITHUB)], capture_output=True, text=True, check=False
    )
    assert (json.loads(done.stdout), done.returncode) == ([], 0)


def _subjects(role: dict[str, Any]) -> list[dict[str, str]]:
    (statement,) = role["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    equal = statement["Condition"]["StringEquals"]
    assert equal["token.actions.githubusercontent.com:aud"] == "sts.amazonaws.com"
    subject = equal["token.actions.githubusercontent.com:sub"]
    return subject if isinstance(subject, list) else [subject]
