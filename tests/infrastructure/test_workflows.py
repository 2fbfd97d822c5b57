"""The GitHub workflows: pinned actions, no keys, least permissions, and an approval before prod."""

import json
import re
import subprocess
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import yaml

from infrastructure.packaging import ROOT
from tests.infrastructure.roles import roles_template
from tests.local.operator import documented_actions

GITHUB: Final = ROOT / ".github"
WORKFLOWS: Final = sorted((GITHUB / "workflows").glob("*.yml"))

READ_ONLY: Final = {"contents": "read"}
WITH_TOKEN: Final = {"contents": "read", "id-token": "write"}


def read(path: Path) -> dict[str, Any]:
    """Read a workflow. In YAML 1.1 the key `on` is true."""
    workflow: dict[str | bool, Any] = yaml.safe_load(path.read_text())
    return {"on" if isinstance(key, bool) else key: value for key, value in workflow.items()}


def jobs() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield all jobs of all workflows with their names, such as `deploy/prod`."""
    for path in WORKFLOWS:
        for name, job in read(path)["jobs"].items():
            yield f"{path.stem}/{name}", job


def steps() -> Iterator[dict[str, Any]]:
    """Yield the steps of all jobs."""
    for _, job in jobs():
        yield from job.get("steps", [])


def deployed() -> list[str]:
    """The environments that a push deploys, in their order."""
    found = read(GITHUB / "workflows" / "deploy.yml")["jobs"].values()
    return [job["with"]["environment"] for job in found if job["uses"].endswith("/environment.yml")]


def test_every_action_is_pinned_to_a_commit_with_its_version() -> None:
    used = [line.strip().removeprefix("- ") for path in WORKFLOWS for line in path.read_text().splitlines()]
    actions = [line for line in used if line.startswith("uses: ") and not line.startswith("uses: ./")]
    assert len(actions) >= 8
    assert [a for a in actions if not re.fullmatch(r"uses: [\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", a)] == []


def test_one_action_has_one_version() -> None:
    uses = {step["uses"] for step in steps() if "uses" in step}
    assert len(uses) == len({action.partition("@")[0] for action in uses})


def test_no_workflow_uses_secrets_or_keys() -> None:
    for path in WORKFLOWS:
        assert not re.search(r"secrets\.|secrets:|access-key|AWS_SECRET|AKIA", path.read_text()), path.name
    for step in steps():
        if step.get("uses", "").startswith("aws-actions/configure-aws-credentials@"):
            role = step["with"].pop("role-to-assume")
            assert role in ("${{ vars.AWS_ROLE_ARN }}", "${{ vars.AWS_SMOKE_ROLE_ARN }}")
            assert step["with"] == {"aws-region": "${{ vars.AWS_REGION }}"}


def test_no_checkout_persists_its_token() -> None:
    checkouts = [step for step in steps() if step.get("uses", "").startswith("actions/checkout@")]
    assert len(checkouts) == 4
    assert [step["with"] for step in checkouts] == [{"persist-credentials": False}] * len(checkouts)


def test_only_jobs_that_need_aws_request_an_id_token() -> None:
    assert [read(path)["permissions"] for path in WORKFLOWS] == [{}] * len(WORKFLOWS)
    assert {name: job["permissions"] for name, job in jobs()} == {
        name: READ_ONLY if name.endswith(("/check", "/synth")) else WITH_TOKEN for name, _ in jobs()
    }


def test_no_expression_is_expanded_in_a_script() -> None:
    assert [step["run"] for step in steps() if "${{" in step.get("run", "")] == []


def test_main_is_deployed_to_one_environment_after_the_other_and_to_prod_last() -> None:
    workflow = read(GITHUB / "workflows" / "deploy.yml")
    assert workflow["on"] == {"push": {"branches": ["main"]}}
    names, folder = list(workflow["jobs"]), "./.github/workflows"
    assert [job.get("needs") for job in workflow["jobs"].values()] == [None, *names[:-1]]
    assert (names[0], names[-2:]) == ("check", ["prod-diff", "prod"])
    assert {name: (job["uses"], job.get("with")) for name, job in workflow["jobs"].items()} == {
        "check": (f"{folder}/check.yml", None),
        "prod-diff": (f"{folder}/diff.yml", {"environment": "prod"}),
        **{name: (f"{folder}/environment.yml", {"environment": name}) for name in deployed()},
    }


def test_pull_requests_show_the_templates_and_diffs_of_all_that_is_deployed() -> None:
    checks = read(GITHUB / "workflows" / "ci.yml")["jobs"]
    environments = json.loads((ROOT / "cdk.json").read_text())["context"]["environments"]
    assert set(deployed()) <= set(environments)
    for name in ("synth", "diff"):
        assert sorted(checks[name]["strategy"]["matrix"]["environment"]) == sorted(deployed())


def test_a_deployment_runs_in_its_github_environment() -> None:
    job = read(GITHUB / "workflows" / "environment.yml")["jobs"]["deploy"]
    assert job["environment"] == "${{ inputs.environment }}"
    assert job["concurrency"] == {"group": "deploy-${{ inputs.environment }}", "cancel-in-progress": False}


def test_a_deployment_ends_with_the_smoke_test_of_its_environment() -> None:
    job = read(GITHUB / "workflows" / "environment.yml")["jobs"]["deploy"]
    roles = [step["with"]["role-to-assume"] for step in job["steps"] if "role-to-assume" in step.get("with", {})]
    assert roles == ["${{ vars.AWS_ROLE_ARN }}", "${{ vars.AWS_SMOKE_ROLE_ARN }}"]
    *_, deploy, page, _, smoke, help_ = job["steps"]
    assert deploy["run"].startswith('make deploy ENV="$ENVIRONMENT" ')
    assert page["run"] == 'make page ENV="$ENVIRONMENT" ARGS=--if-enabled'
    assert smoke["run"].startswith('make smoke ENV="$ENVIRONMENT" ')
    # GitHub Docs, "Workflow syntax": `shell: bash` sets pipefail, so that tee does not hide the failure.
    assert ("if" in smoke, "continue-on-error" in smoke, smoke["shell"]) == (False, False, "bash")
    assert help_["if"] == "failure()"


def test_each_role_trusts_its_github_environments_only() -> None:
    resources = roles_template()["Resources"]
    trusted = {name: sorted(_subjects(resources[name])) for name in ("Deploy", "Smoke", "Diff")}
    subjects = sorted(f"repo:${{Repository}}:environment:{name}" for name in deployed())
    assert trusted == {"Deploy": subjects, "Smoke": subjects, "Diff": ["repo:${Repository}:environment:diff"]}


def test_the_role_for_diffs_only_reads_templates() -> None:
    (policy,) = roles_template()["Resources"]["Diff"]["Properties"]["Policies"]
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert statement["Action"] == ["cloudformation:DescribeStacks", "cloudformation:GetTemplate"]
    assert statement["Resource"]["Fn::Sub"].endswith(":stack/PhotoSky-*/*")


def test_the_role_for_smoke_tests_has_the_documented_permissions() -> None:
    (policy,) = roles_template()["Resources"]["Smoke"]["Properties"]["Policies"]
    statements = policy["PolicyDocument"]["Statement"]
    actions = [action for statement in statements for action in _list(statement["Action"])]
    assert set(actions) == set(documented_actions("smoke"))


def test_the_role_for_deployments_may_write_the_page() -> None:
    (policy,) = roles_template()["Resources"]["Deploy"]["Properties"]["Policies"]
    assume, *page = policy["PolicyDocument"]["Statement"]
    assert assume["Action"] == "sts:AssumeRole"
    actions = [action for statement in page for action in _list(statement["Action"])]
    assert set(actions) == {*documented_actions("page"), "cloudformation:DescribeStacks"}


def test_cfn_lint_accepts_the_template_of_the_roles() -> None:
    from cfnlint.api import (
        lint,
    )  # Here, because each worker of pytest imports this module, and this takes half a second.

    assert [str(match) for match in lint((GITHUB / "aws-roles.yaml").read_text())] == []


def test_zizmor_has_no_findings() -> None:
    program = Path(sysconfig.get_path("scripts")) / "zizmor"
    done = subprocess.run(  # noqa: S603 - a pinned program, our own files
        [str(program), "--offline", "--format", "json", str(GITHUB)], capture_output=True, text=True, check=False
    )
    assert (json.loads(done.stdout), done.returncode) == ([], 0)


def test_dependabot_covers_all_package_files() -> None:
    updates = {entry["package-ecosystem"]: entry for entry in read(GITHUB / "dependabot.yml")["updates"]}
    listed = subprocess.run(
        ["git", "ls-files", "*package-lock.json"],  # noqa: S607 - the git of the clone
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert set(updates) == {"github-actions", "pip", "npm"}
    assert sorted(updates["npm"]["directories"]) == sorted(f"/{Path(path).parent}" for path in listed)
    assert updates["pip"]["directory"] == "/requirements"


def test_issue_forms_have_what_github_requires() -> None:
    """GitHub Docs, "Syntax for issue forms": top-level keys, and a label for every field."""
    forms = sorted((GITHUB / "ISSUE_TEMPLATE").glob("*_*.yml"))
    assert len(forms) == 2
    for path in forms:
        form = read(path)
        assert {"name", "description", "body"} <= set(form)
        fields = [field for field in form["body"] if field["type"] != "markdown"]
        assert len({field["id"] for field in fields}) == len(fields)
        assert all(field["attributes"]["label"] for field in fields)


def _list(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def _subjects(role: dict[str, Any]) -> list[str]:
    (statement,) = role["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    equal = statement["Condition"]["StringEquals"]
    assert equal["token.actions.githubusercontent.com:aud"] == "sts.amazonaws.com"
    subject = equal["token.actions.githubusercontent.com:sub"]
    return [found["Fn::Sub"] for found in (subject if isinstance(subject, list) else [subject])]


def test_the_role_for_smoke_tests_creates_users_in_tagged_pools_only() -> None:
    (policy,) = roles_template()["Resources"]["Smoke"]["Properties"]["Policies"]
    about_users = [s for s in policy["PolicyDocument"]["Statement"] if "cognito-idp:AdminCreateUser" in s["Action"]]
    assert [statement["Condition"] for statement in about_users] == [
        {"Null": {"aws:ResourceTag/photosky-environment": "false"}}
    ]
