"""cdk-nag, cfn-lint and statelint have no findings in any environment."""

import copy
import json
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pytest
from statelint.config import Config
from statelint.linter import Linter
from statelint.problem import ProblemType

from diagrams.synthesis import Template
from infrastructure.environment import Environment
from infrastructure.packaging import ROOT
from local.deploy import sources_digest
from tests.checked import check_once
from tests.synthesis import CONTEXT, EDGE, ENVIRONMENTS, OWN, assembly, synthesized

CHANGED: Final = Environment(
    name="changed",
    allowed_origins=("https://photos.example",),
    empty_bucket_on_delete=True,
    self_sign_up=True,
    mfa="required",
    tracing=False,
    alarm_email="on-call@photos.example",
    delivery="cloudfront",
    signing_keys=("second", "first"),
    page=True,
)
"""An environment with knobs that no reference environment sets."""

RULES: Final = ROOT / ".cfnlintrc.yaml"
"""The configuration of cfn-lint."""

FLAGS: Final = {name: value for name, value in CONTEXT.items() if name.startswith("@aws-cdk")}
"""The feature flags of `cdk.json`, on which the template depends."""

DIFFERENT: Final = {
    CHANGED.name: CHANGED,
    **{name: Environment.load(name, CONTEXT["environments"]) for name in ("local", "prod")},
}
"""Environments that have among them every resource for which a finding is accepted."""

SOURCES: Final = (sources_digest(ROOT), json.dumps(CONTEXT), Path(__file__).read_text())
"""All that the findings of cdk-nag depend on: the sources and requirements, the environments, and this module."""


@pytest.mark.parametrize("name", [*ENVIRONMENTS, *OWN, EDGE])
def test_cdk_nag_has_no_open_findings(name: str) -> None:
    report = json.loads((assembly(name) / "validation-report.json").read_text())
    assert report["pluginReports"] == []


def test_cdk_nag_has_no_open_findings_with_other_knobs(tmp_path: Path) -> None:
    def check() -> None:
        assert _findings(CHANGED, tmp_path) == {}

    check_once("findings", SOURCES, check)


def test_accepted_findings_still_exist(tmp_path: Path) -> None:
    check_once("accepted", SOURCES, lambda: _check_accepted(tmp_path))


def _check_accepted(folder: Path) -> None:
    from aws_cdk import Validations  # Here and not above: only the worker that runs this needs the CDK.

    accepted: list[tuple[str, str]] = []

    def acknowledge(self: Any, *rules: Any) -> None:
        accepted.extend((self.scope, rule.id) for rule in rules)

    def of(construct: Any) -> Any:
        return type("Recorder", (), {"scope": construct.node.path, "acknowledge": acknowledge})()

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Validations, "of", of)
        found = {name: _findings(environment, folder / name) for name, environment in DIFFERENT.items()}
    everywhere = {(path, rule) for findings in found.values() for path, rules in findings.items() for rule in rules}
    stale = {
        (scope, rule)
        for scope, rule in accepted
        if not any(path.startswith(f"{scope}/") and rule == it for path, it in everywhere)
    }
    assert accepted
    assert stale == set()


@pytest.mark.parametrize("name", [*ENVIRONMENTS, *OWN])
def test_cfn_lint_has_no_findings(name: str) -> None:
    template = (assembly(name) / f"PhotoSky-{OWN.get(name, name)}.template.json").read_text()

    def check() -> None:
        assert [f"{match.rule.id} {match.message}" for match in _cfn_lint(json.loads(template))] == []

    check_once(
        "cfn-lint", [template, *(path.read_text() for path in (RULES, ROOT / "requirements" / "dev.txt"))], check
    )


def test_cfn_lint_finds_an_invalid_property(prod: Template) -> None:
    table = copy.deepcopy(dict(prod.one("AWS::DynamoDB::Table").document))
    table["Properties"]["PointInTimeRecovery"] = table["Properties"].pop("PointInTimeRecoverySpecification")
    assert [match.rule.id for match in _cfn_lint({"Resources": {"Photos": table}})] == ["E3002"]


def test_statelint_has_no_findings(stack_template: Template) -> None:
    assert _statelint(stack_template) == []


def test_statelint_knows_everything_of_import_but_its_writer_config() -> None:
    # Step Functions has had it since 2025; statelint has not.
    assert _statelint_definition(synthesized("local").template.definition_of("Import")) == [
        'Field "WriterConfig" not allowed in State Machine.States.Import all.ResultWriter'
    ]


def test_statelint_finds_a_missing_state(prod: Template) -> None:
    definition = copy.deepcopy(prod.definition)
    definition["States"]["Validate"]["Next"] = "Nowhere"
    definition["States"]["Validate"]["Retry"][0]["MaxAttempt"] = 1
    assert _statelint_definition(definition) == [
        'Field "MaxAttempt" not allowed in State Machine.States.Validate.Retry[0]',
        'No state found named "Nowhere", referenced at State Machine.States.Validate.Next',
        "No transition found to state State Machine.Is it valid?",
    ]


def _findings(environment: Environment, folder: Path) -> dict[str, set[str]]:
    """Return the findings of the pack in an environment: rules by the path of the resource."""
    # Here and not above: only the worker that runs this needs the CDK.
    from aws_cdk import App
    from cdk_nag import AwsSolutionsChecks

    from infrastructure.stack import PhotoSkyStack

    app = App(
        outdir=str(folder),
        analytics_reporting=False,
        context={**FLAGS, "aws:cdk:disable-asset-staging": True},
    )
    PhotoSkyStack(app, environment=environment)
    found = defaultdict(set)
    for violation in AwsSolutionsChecks(app).validate_scope(app).violations:
        for resource in violation.violating_resources:
            found[resource.construct_path or ""].add(violation.rule_name)
    return dict(found)


def _cfn_lint(document: Mapping[str, Any]) -> list[Any]:
    from cfnlint.api import lint  # Here, because each worker of pytest imports this module, and this takes a second.
    from cfnlint.config import ConfigFileArgs

    return list(lint(json.dumps(document), config=ConfigFileArgs(config_file=RULES).file_args))


def _statelint(template: Template) -> list[str]:
    return _statelint_definition(template.definition)


def _statelint_definition(definition: Mapping[str, Any]) -> list[str]:
    """Return its problems, apart from references that are not URIs yet and integers as BackoffRate."""
    return list(Linter.validate(dict(definition), Config({ProblemType.URI, ProblemType.FLOAT})))
