"""The README's table of knobs agrees with the code; `test_api_docs.py` checks the API's tables."""

from dataclasses import fields
from pathlib import Path

from infrastructure.environment import Environment
from photosky.imaging.presets import DEFAULT_PRESETS

README = (Path(__file__).parents[2] / "README.md").read_text()


def rows(heading: str) -> list[list[str]]:
    """The rows of the table below the line that starts with `heading`."""
    table = README.split(f"\n{heading}", 1)[1].split("\n\n", 1)[0].splitlines()[2:]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in table]


def test_the_readme_has_every_knob_with_its_default() -> None:
    told = {name.strip("`"): default.strip("`") for name, default, _ in rows("| knob | default |")}
    shown = {True: "true", False: "false", None: "none", DEFAULT_PRESETS: "the four above"}
    knobs = {
        knob.name: str(shown[knob.default] if knob.default in shown and not _is_number(knob.default) else knob.default)
        for knob in fields(Environment)
        if knob.name not in ("name", "allowed_origins")
    }
    assert told == {"allowed_origins": "none, it must be given"} | knobs


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
