"""The README's table of routes, which `make docs` writes from the contract."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

HEAD: Final = "| route | does | success |\n|---|---|---|\n"

_METHODS: Final = ("get", "post", "put", "patch", "delete")


def update(page: str, contract: Mapping[str, Any]) -> str:
    """Return the page with the table of the contract's routes. Raises ValueError if it has no such table."""
    before, head, rest = page.partition(HEAD)
    if not head:
        raise ValueError(f"the page has no table that begins with {HEAD.splitlines()[0]!r}")
    _, end, after = rest.partition("\n\n")
    return before + HEAD + "\n".join(_rows(contract)) + end + after


def _rows(contract: Mapping[str, Any]) -> Iterator[str]:
    for path, item in contract["paths"].items():
        for method in _METHODS:
            if method in item:
                successes = (
                    f"{status} {_shape(response, contract)}".strip()
                    for status, response in item[method]["responses"].items()
                    if int(status) < 400
                )
                yield f"| `{method.upper()} {path}` | {item[method]['summary']} | {', '.join(successes)} |"


def _shape(response: Mapping[str, Any], contract: Mapping[str, Any]) -> str:
    """The body in short: `photo`, or the fields of another one."""
    content = _followed(response, contract).get("content", {}).get("application/json")
    if content is None:
        return ""
    fields = _followed(content["schema"], contract)["properties"]
    return "`photo`" if "photo_id" in fields else f"`{{{', '.join(fields)}}}`"


def _followed(value: Mapping[str, Any], contract: Mapping[str, Any]) -> Mapping[str, Any]:
    """The target of a reference within the contract, or the value itself."""
    if "$ref" not in value:
        return value
    found: Any = contract
    for part in value["$ref"].removeprefix("#/").split("/"):
        found = found[part]
    return _followed(found, contract)
