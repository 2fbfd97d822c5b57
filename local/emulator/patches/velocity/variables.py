"""The variables of mapping templates: `$input` and `$util`."""

import base64
import json
import re
import urllib.parse
from collections.abc import Mapping
from typing import Any, Final, NoReturn

from local.emulator.patches.velocity.paths import TemplateFailed, json_path
from local.emulator.patches.velocity.values import printed


class Headers(dict[str, str]):
    """A request's headers, with case-insensitive names, because HTTP libraries may lower them."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        super().__init__(headers)
        self._lowered = {name.lower(): value for name, value in headers.items()}

    def __getitem__(self, name: str) -> str:
        return self._lowered[name.lower()]

    def get(self, name: str, default: Any = None) -> Any:
        """Return the header's value; None if it is missing, as a Java map does."""
        return self._lowered.get(name.lower(), default)


class Overrides(dict[str, Any]):
    """`$context.responseOverride`, and its headers: each override is set at most once, and none is read.

    API Gateway answers a second override of a parameter with 5XX, and documents none that is read (API Gateway guide,
    "Override your API's request and response parameters and status codes"). Both raise TemplateFailed.
    """

    def __setitem__(self, name: str, value: Any) -> None:
        if name.lower() in map(str.lower, self):
            raise TemplateFailed(f"the template overrides {name} twice")
        super().__setitem__(name, value)

    def get(self, name: str, _default: Any = None) -> NoReturn:
        """Refuse to read an override."""
        raise TemplateFailed(f"the template reads the override {name}")


class Input:
    """`$input`: the body of the request, or of the backend's response, and the request's parameters."""

    def __init__(
        self, body: str, *, path: Mapping[str, str], query: Mapping[str, str], headers: Mapping[str, str]
    ) -> None:
        self.body = body
        self._groups = {"path": dict(path), "querystring": dict(query), "header": Headers(headers)}

    def params(self, name: str | None = None) -> Any:
        """Return all parameters by group; with a name, the first of path, query and header, or an empty text."""
        if name is None:
            return self._groups
        return next((found for group in self._groups.values() if (found := group.get(name)) is not None), "")

    def path(self, expression: str) -> Any:
        """Return the value at a JSONPath of the body; None if there is none."""
        try:
            document = json.loads(self.body) if self.body.strip() else {}
        except ValueError:
            return None
        return json_path(document, expression)

    def json(self, expression: str) -> str:
        """Return the value at a JSONPath as JSON text."""
        found = self.path(expression)
        return '""' if found is None else json.dumps(found, separators=(",", ":"), ensure_ascii=False)


class Util:
    """`$util`."""

    @staticmethod
    def escapeJavaScript(text: Any) -> str | None:
        """Escape as Commons Lang 2's `StringEscapeUtils.escapeJavaScript`, which escapes single quotes, unlike JSON."""
        return None if text is None else _UNSAFE.sub(_escaped, printed(text))

    @staticmethod
    def parseJson(text: Any) -> Any:
        """Parse a JSON text. Raises ValueError."""
        return None if text is None else json.loads(text)

    @staticmethod
    def urlEncode(text: Any) -> str:
        """Encode as `application/x-www-form-urlencoded`."""
        return urllib.parse.quote_plus(printed(text), safe="*-._")

    @staticmethod
    def urlDecode(text: Any) -> str:
        """Reverse `urlEncode`."""
        return urllib.parse.unquote_plus(printed(text))

    @staticmethod
    def base64Encode(text: Any) -> str:
        """Encode the text's UTF-8 as base64."""
        return base64.b64encode(printed(text).encode()).decode()

    @staticmethod
    def base64Decode(text: Any) -> str:
        """Reverse `base64Encode`."""
        return base64.b64decode(printed(text)).decode()


_UNSAFE: Final = re.compile(r"""[\x00-\x1f"'/\\]|[^\x00-\x7f]""")
_SHORT_ESCAPES: Final = {
    "\b": "b",
    "\n": "n",
    "\t": "t",
    "\f": "f",
    "\r": "r",
    '"': '"',
    "'": "'",
    "/": "/",
    "\\": "\\",
}


def _escaped(found: re.Match[str]) -> str:
    character = found[0]
    if character in _SHORT_ESCAPES:
        return "\\" + _SHORT_ESCAPES[character]
    units = character.encode("utf-16-be")
    return "".join(f"\\u{units[at] << 8 | units[at + 1]:04X}" for at in range(0, len(units), 2))
