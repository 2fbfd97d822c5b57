"""The colours of the diagrams, on light and on dark pages."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

INK: Final = "#1e293b"
MUTED: Final = "#586579"
LINE: Final = "#475569"
FAINT: Final = "#a9b4c4"
GRID: Final = "#e5eaf1"
PAPER: Final = "#ffffff"
EDGE: Final = "#d5dce6"


@dataclass(frozen=True)
class Colour:
    """The colours of one kind of resource."""

    strong: str
    tint: str


KINDS: Final = {
    "frontend": Colour("#334155", "#f1f5f9"),
    "AWS::ApiGateway::RestApi": Colour("#6d3fc0", "#f4effc"),
    "AWS::Cognito::UserPool": Colour("#b4232a", "#fcefef"),
    "AWS::DynamoDB::Table": Colour("#2456c6", "#ecf1fc"),
    "AWS::Events::Rule": Colour("#b3216b", "#fdf2f8"),
    "AWS::Lambda::Function": Colour("#a9530a", "#fdf3e7"),
    "AWS::S3::Bucket": Colour("#2f7a33", "#edf6ed"),
    "AWS::StepFunctions::StateMachine": Colour("#b3216b", "#fdf2f8"),
    "monitoring": Colour("#475569", "#f8fafc"),
    "choice": Colour("#475569", "#f8fafc"),
    "map": Colour("#0f766e", "#f3faf9"),
    "pass": Colour("#475569", "#f8fafc"),
    "succeed": Colour("#1f7a4d", "#eaf6f0"),
    "fail": Colour("#b4232a", "#fcefef"),
}
"""By CloudFormation type, or by a name of the drawings."""

DARK: Final[Mapping[str, str]] = {
    INK: "#e2e8f0",
    MUTED: "#94a3b8",
    LINE: "#a8b5c7",
    FAINT: "#64748b",
    GRID: "#253247",
    PAPER: "#0f172a",
    EDGE: "#334155",
    "#334155": "#cbd5e1",
    "#f1f5f9": "#1a2436",
    "#f8fafc": "#162033",
    "#6d3fc0": "#b9a0f2",
    "#f4effc": "#211b3a",
    "#b4232a": "#f39a9e",
    "#fcefef": "#33191f",
    "#2456c6": "#92b4f8",
    "#ecf1fc": "#172443",
    "#b3216b": "#ef93c3",
    "#fdf2f8": "#321a2b",
    "#a9530a": "#f0a765",
    "#fdf3e7": "#2f2118",
    "#2f7a33": "#86cf8a",
    "#edf6ed": "#16291f",
    "#0f766e": "#5fcfc4",
    "#f3faf9": "#122a2e",
    "#1f7a4d": "#7ed3a6",
    "#eaf6f0": "#142b24",
    "#2f6fb0": "#84b8ec",
    "#a35e0b": "#e8ae5c",
    "#a3353a": "#ee9a9e",
}
"""Each colour on dark pages."""
