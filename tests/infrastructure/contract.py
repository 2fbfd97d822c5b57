"""`api/openapi.yaml` as the tests read it: its operations, with references resolved."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import yaml  # type: ignore[import-untyped, unused-ignore]

from docs import routes
from docs.routes import VERBS
from infrastructure.packaging import ROOT
from photosky.details import Embedded
from photosky.errors import Code
from photosky.location import Location
from photosky.photo import Photo, Rejection, Status, StoredPreview

PROBLEM: Final = "application/problem+json"

WITHOUT_OPERATION: Final = (Code.ROUTE_NOT_FOUND, Code.METHOD_NOT_ALLOWED)
"""The codes that no operation returns; the contract's introduction describes them."""

PHOTO: Final = Photo(
    owner_id="owner",
    photo_id="0198c5a2-7d3e-7c41-9a55-0f6f5b1e2d3c",
    status=Status.READY,
    filename="a.jpg",
    content_type="image/jpeg",
    size_bytes=1,
    created_at="2026-08-03T07:12:55.204Z",
    location=Location(latitude=54.9, longitude=8.3),
    embedded=Embedded(keywords=("sea",)),
    previews={"thumb": StoredPreview("key", 256, 256, "image/webp", 1)},
    rejection=Rejection("CorruptImage", "The file is empty."),
)
"""A photo with every part that the API can show."""


@dataclass(frozen=True)
class Operation:
    """One method of one path; `responses` are by status."""

    verb: str
    path: str
    document: Mapping[str, Any]
    parameters: Mapping[str, Mapping[str, Any]]
    responses: Mapping[int, Mapping[str, Any]]

    @property
    def is_open(self) -> bool:
        """Whether it needs no token."""
        return bool(self.document.get("security", contract()["security"]) == [])

    def problems(self) -> set[tuple[int, str]]:
        """The documented codes, with their status."""
        return {(status, code) for status, response in self.responses.items() for code in problem_examples(response)}


@cache
def contract() -> dict[str, Any]:
    """The document."""
    # By libyaml: each worker of pytest collects tests from the contract, for which PyYAML's own parser takes 0.4 s.
    document: dict[str, Any] = yaml.load((ROOT / "api" / "openapi.yaml").read_text(), Loader=yaml.CSafeLoader)
    return document


@cache
def operations() -> dict[tuple[str, str], Operation]:
    """All operations, by method and path."""
    return {(operation.verb, operation.path): operation for operation in _operations()}


def schema(name: str) -> dict[str, Any]:
    """One schema of the components."""
    found: dict[str, Any] = contract()["components"]["schemas"][name]
    return found


def followed(value: Any) -> Any:
    """The target of a reference, or the value itself."""
    return routes.followed(value, contract())


def problem_examples(response: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """A response's examples of problem documents, by code."""
    examples = response.get("content", {}).get(PROBLEM, {}).get("examples", {})
    return {code: example["value"] for code, example in examples.items()}


def _operations() -> Iterator[Operation]:
    for path, item in contract()["paths"].items():
        for verb in VERBS:
            if verb in item:
                parameters = map(followed, [*item.get("parameters", []), *item[verb].get("parameters", [])])
                responses = item[verb]["responses"].items()
                yield Operation(
                    verb=verb.upper(),
                    path=path,
                    document=item[verb],
                    parameters={parameter["name"]: parameter for parameter in parameters},
                    responses={int(status): followed(response) for status, response in responses},
                )
