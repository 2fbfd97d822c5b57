"""docs/first-deployment.md names each step, and only steps that exist."""

from typing import Final

from local.smoke.steps import STEPS
from tests.unit.test_docs import rows

HEADING: Final = "| never seen on AWS | step that shows it |"


def test_each_step_shows_something_and_each_named_step_exists() -> None:
    named = {name.strip() for _, names in rows("docs/first-deployment.md", HEADING) for name in names.split(",")}
    assert named == {step.name for step in STEPS}
