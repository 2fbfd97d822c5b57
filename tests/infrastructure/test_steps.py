"""`workflows/steps.py` agrees with the deployed state machine."""

from collections.abc import Iterator, Mapping
from typing import Any

from diagrams.synthesis import Template
from tests.infrastructure.test_workflow import RESULTS
from workflows.steps import STAGES, STEPS


def test_regular_outcomes_lead_through_the_stages(prod: Template) -> None:
    assert tuple(stages(prod.definition)) == STAGES


def test_the_regular_outcome_is_one_of_the_step() -> None:
    outcomes = {name: {None, *(result["outcome"] for result in RESULTS[name])} for name in STEPS}
    assert [name for name, step in STEPS.items() if step.outcome not in outcomes[name]] == []


def stages(definition: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    """Yield the steps of each stage on the path of an upload that becomes a photo."""
    state, name, stage = {"Type": "Start", "Next": definition["StartAt"]}, "", ("",)
    while state["Type"] != "Succeed":
        if state["Type"] == "Choice":
            outcome = STEPS[stage[0]].outcome
            (name,) = (choice["Next"] for choice in state["Choices"] if choice["StringEquals"] == outcome)
        else:
            name = state["Next"]
        state = definition["States"][name]
        if state["Type"] in ("Task", "Parallel"):
            stage = tuple(branch["StartAt"] for branch in state.get("Branches", [{"StartAt": name}]))
            yield stage
