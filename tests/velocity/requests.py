"""What mapping templates read, with hostile texts, and the local renderer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from local.emulator.patches import velocity

ORIGIN: Final = "https://photos.example"
OWNER: Final = "0b7a3f52-5f0e-4f5c-9a53-2f6f6d1c8e01"
PHOTO_ID: Final = "0199a0a0-0000-7000-8000-000000000001"
REQUEST_ID: Final = "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"

HOSTILE: Final = (
    "",
    '"',
    "'",
    "''",
    "\\",
    "\\'",
    '\\"',
    "\\\\",
    "\\u0022",
    '"}',
    '","owner_id":"someone',
    '\\","owner_id":"someone',
    '\\\\",\\\\"owner_id\\\\":\\\\"someone',
    "$foo",
    "$owner",
    "$q",
    "${q}",
    "$!{payload}",
    "$context.requestId",
    "$util.escapeJavaScript('x')",
    "#set($owner = 'someone')",
    "#set($photo='x')#end",
    "#foreach($i in [1..9])x#end",
    "#parse('x')",
    "## a comment",
    "#* a block *#",
    "#[[ raw ]]#",
    "\0\1\x1f\x7f",
    "\r\n\t",
    "\u2028\u2029",
    "é😀\ufffd",
    "</script>",
    "{{}}",
    "[1,2]",
    "null",
    "x" * 1_000_000,
    "'\"\\" * 10_000,
)


@dataclass(frozen=True)
class Request:
    """The input of one rendering: `$input` and `$context`. Header names are as the client sent them."""

    body: str = ""
    sub: str = OWNER
    photo_id: str = PHOTO_ID
    headers: Mapping[str, str] = field(default_factory=lambda: {"Origin": ORIGIN})
    request_id: str = REQUEST_ID


@dataclass(frozen=True)
class Rendered:
    """The text of a rendered template, and the overrides that it set."""

    text: str
    status: int | None
    header: Mapping[str, str]


def rendered(template: str, request: Request) -> Rendered:
    """Render a template as the local gateway does."""
    overrides = velocity.Overrides(header=velocity.Overrides())
    context: dict[str, Any] = {
        "requestId": request.request_id,
        "authorizer": {"claims": {"sub": request.sub}},
        "responseOverride": overrides,
    }
    source = velocity.Input(request.body, path={"photo_id": request.photo_id}, query={}, headers=request.headers)
    text = velocity.render(template, {"input": source, "util": velocity.Util(), "context": context})
    return Rendered(text, {"status": None, **overrides}["status"], dict(overrides["header"]))
