"""The README's table of routes, which `make docs` writes from the contract."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

HEAD: Final = "| route | does | success |\n|---|---|---|\n"

VERBS: Final = ("get", "put", "post", "patch", "delete", "head", "options")
"""The keys of a path that are operations."""


def update(page: str, contract: Mapping[str, Any]) -> str:
    """Return the page with the table of the contract's routes. Raises ValueError if it has no such table."""
    before, head, rest = page.partition(HEAD)
    if not head:
        raise ValueError(f"the page has no table that begins with {HEAD.splitlines()[0]!r}")
    _, end, after = rest.partition("\n\n")
    return before + HEAD + "\n".join(_rows(contract)) + end + after


def followed(value: Any, contract: Mapping[str, Any]) -> Any:
    """Return the target of a reference within the contract, or the value itself."""
    if not isinstance(value, dict) or "$ref" not in value:
        return value
    found: Any = contract
    for part in value["$ref"].removeprefix("#/").split("/"):
        found = found[part.replace("~1", "/")]
    return followed(found, contract)


def _rows(contract: Mapping[str, Any]) -> Iterator[str]:
    for path, item in contract["paths"].items():
        for verb, operation in item.items():
            if verb in VERBS:
                successes = (
                    f"{status} {_shape(response, contract)}".strip()
                    for status, response in operation["responses"].items()
                    if int(status) < 400
                )
                yield f"| `{verb.upper()} {path}` | {operation['summary']} | {', '.join(successes)} |"


def _shape(response: Mapping[str, Any], contract: Mapping[str, Any]) -> str:
    """The body in short: `photo`, or the fields of another one."""
    content = followed(response, contract).get("content", {}).get("application/json")
    if content is None:
        return ""
    fields = followed(content["schema"], contract)["properties"]
    return "`photo`" if "photo_id" in fields else f"`{{{', '.join(fields)}}}`"
