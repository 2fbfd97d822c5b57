"""Draws all diagrams from the synthesized template of `prod`."""

import tempfile
from pathlib import Path
from typing import Final

from diagrams import architecture, machine
from diagrams.synthesis import Template, synthesize

FOLDER: Final = Path(__file__).resolve().parent


def draw(template: Template) -> dict[str, str]:
    """Return the diagrams of a template, as SVG by file name."""
    machines = template.all("AWS::StepFunctions::StateMachine")
    return {"architecture.svg": architecture.draw(template)} | {
        f"{found.name.lower()}.svg": machine.draw(template, found.name) for found in machines
    }


def main() -> None:
    """Write the diagrams into this folder."""
    with tempfile.TemporaryDirectory() as folder:
        template = synthesize("prod", Path(folder)).template
    for name, svg in draw(template).items():
        (FOLDER / name).write_text(svg, encoding="utf-8")
