"""`api/openapi.yaml`, to compare responses with."""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any, Final, Self

import httpx
import yaml  # type: ignore[import-untyped, unused-ignore]
from openapi_schema_validator import OAS31Validator

from local.toolchain import ROOT

_MAX_SCHEMA_DIFFERENCES: Final = 3


class Contract:
    """The documented responses of each operation."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document
        self._validators: dict[tuple[str, str, int], OAS31Validator] = {}

    @classmethod
    @cache
    def read(cls) -> Self:
        """Read the contract of this repository."""
        return cls(yaml.safe_load((ROOT / "api" / "openapi.yaml").read_text()))

    def differences(self, method: str, path: str, response: httpx.Response) -> list[str]:
        """Return how a response differs from the documented ones of an operation. `path` is the contract's."""
        responses = self._document["paths"][path][method.lower()]["responses"]
        documented = self._followed(responses.get(str(response.status_code)))
        if documented is None:
            return [f"answers {response.status_code}, which the contract does not have"]
        missing = [
            f"has no header {name}"
            for name, header in documented.get("headers", {}).items()
            if self._followed(header).get("required") and name.lower() not in response.headers
        ]
        return missing + self._body_differences(method, path, documented, response)

    def _body_differences(
        self, method: str, path: str, documented: Mapping[str, Any], response: httpx.Response
    ) -> list[str]:
        if "content" not in documented:
            return ["has a body"] if response.content else []
        ((content_type, media),) = documented["content"].items()
        found = response.headers.get("content-type", "").partition(";")[0]
        if found != content_type:
            return [f"has the content type {found!r} instead of {content_type}"]
        try:
            body = json.loads(response.content)
        except ValueError:
            return ["has a body that is no JSON"]
        key = (method, path, response.status_code)
        if key not in self._validators:
            schema = {"components": self._document["components"], **media["schema"]}
            self._validators[key] = OAS31Validator(schema, format_checker=OAS31Validator.FORMAT_CHECKER)
        errors = sorted(self._validators[key].iter_errors(body), key=lambda error: list(map(str, error.absolute_path)))
        # The place and the rule, not the value: it may be a signed URL.
        return [
            f"breaks the schema at {error.json_path} ({error.validator})" for error in errors[:_MAX_SCHEMA_DIFFERENCES]
        ]

    def _followed(self, value: Any) -> Any:
        """Return the target of a reference, or the value itself."""
        if not isinstance(value, dict) or "$ref" not in value:
            return value
        found: Any = self._document
        for part in value["$ref"].removeprefix("#/").split("/"):
            found = found[part.replace("~1", "/")]
        return self._followed(found)
