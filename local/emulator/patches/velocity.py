r"""Mapping templates in the Velocity dialect of API Gateway.

Gap: MiniStack renders a small subset. The engine is airspeed, corrected where it is not Velocity: a backslash in a
string literal is a backslash (else `.replaceAll("\\'", "'")` silently does nothing), a doubled quote is a quote,
names may hold hyphens, only null and false are false, null prints as nothing, and values answer to Java's methods.
Closed upstream when `tests/unit/local/test_velocity.py` passes on airspeed alone.

References: API Gateway Developer Guide, "Mapping template and access logging variable reference"; Apache Velocity
1.7, User Guide.
"""

import base64
import importlib.util
import json
import re
import urllib.parse
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any, Final


class TemplateFailed(ValueError):
    """A template could not be parsed or rendered; API Gateway answers it with an internal error."""


def render(template: str, variables: Mapping[str, Any]) -> str:
    """The template's text with `variables` (by name, without `$`) put in."""
    try:
        return str(_ENGINE.Template(template).merge(dict(variables)))
    except _ENGINE.TemplateError as error:
        raise TemplateFailed(str(error)) from error


# --- $input and $util ---------------------------------------------------------------------------------------------


class Headers(dict[str, str]):
    """A request's headers; looked up whatever the case, for clients of HTTP/1.1 libraries that lower it."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        super().__init__(headers)
        self._lowered = {name.lower(): value for name, value in headers.items()}

    def __getitem__(self, name: str) -> str:
        return self._lowered[name.lower()]

    def get(self, name: str, default: Any = None) -> Any:
        """The header's value, or None as a Java map says."""
        return self._lowered.get(name.lower(), default)


class Input:
    """`$input`: the body of the request (or of the backend's answer) and the request's parameters."""

    def __init__(
        self, body: str, *, path: Mapping[str, str], query: Mapping[str, str], headers: Mapping[str, str]
    ) -> None:
        self.body = body
        self._groups = {"path": dict(path), "querystring": dict(query), "header": Headers(headers)}

    def params(self, name: str | None = None) -> Any:
        """All parameters by group; with a name the first of path, query and header, or nothing."""
        if name is None:
            return self._groups
        return next((found for group in self._groups.values() if (found := group.get(name)) is not None), "")

    def path(self, expression: str) -> Any:
        """The value that a JSONPath names in the body, None where there is none."""
        try:
            document = json.loads(self.body) if self.body.strip() else {}
        except ValueError:
            return None
        return json_path(document, expression)

    def json(self, expression: str) -> str:
        """What `path` finds, as JSON text."""
        found = self.path(expression)
        return '""' if found is None else json.dumps(found, separators=(",", ":"), ensure_ascii=False)


class Util:
    """`$util`."""

    @staticmethod
    def escapeJavaScript(text: Any) -> str | None:
        """Commons Lang's `StringEscapeUtils.escapeJavaScript`: single quotes too, which JSON does not know."""
        return None if text is None else _UNSAFE.sub(_escaped, printed(text))

    @staticmethod
    def parseJson(text: Any) -> Any:
        """The object that a JSON text describes; raises where it is none."""
        return None if text is None else json.loads(text)

    @staticmethod
    def urlEncode(text: Any) -> str:
        """`application/x-www-form-urlencoded`."""
        return urllib.parse.quote_plus(printed(text), safe="*-._")

    @staticmethod
    def urlDecode(text: Any) -> str:
        """Undoes `urlEncode`."""
        return urllib.parse.unquote_plus(printed(text))

    @staticmethod
    def base64Encode(text: Any) -> str:
        """Base64 of the text's UTF-8."""
        return base64.b64encode(printed(text).encode()).decode()

    @staticmethod
    def base64Decode(text: Any) -> str:
        """Undoes `base64Encode`."""
        return base64.b64decode(printed(text)).decode()


_UNSAFE: Final = re.compile(r"""[\x00-\x1f"'/\\]|[^\x00-\x7e]""")
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


_STEP: Final = re.compile(r"""\.([^.\[\]]+)|\[\s*(?:'([^']*)'|"([^"]*)"|(-?\d+))\s*\]""")


def json_path(document: Any, expression: str) -> Any:
    """The value at a JSONPath made of names and indexes (`$.a['b'][0]`), None where the document has none."""
    if not expression.startswith("$"):
        raise TemplateFailed(f"not a JSONPath: {expression}")
    value, at = document, 1
    while at < len(expression):
        step = _STEP.match(expression, at)
        if step is None:
            raise TemplateFailed(f"a JSONPath that the local gateway does not know: {expression}")
        at = step.end()
        name = next((part for part in step.groups()[:3] if part is not None), None)
        if name is not None:
            value = value.get(name) if isinstance(value, dict) else None
        else:
            index = int(step[4])
            value = value[index] if isinstance(value, list) and -len(value) <= index < len(value) else None
    return value


# --- Values as Java shows and compares them -----------------------------------------------------------------------


def printed(value: Any) -> str:
    """A value as Velocity prints it: null as nothing, booleans in lower case, maps and lists as Java does."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}={_nested(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_nested(item) for item in value) + "]"
    return str(value)


def _nested(value: Any) -> str:
    return "null" if value is None else printed(value)


def truth(value: Any) -> bool:
    """Velocity 1.x: only null and false are false; an empty string, zero and an empty list are true."""
    return value is not None and value is not False


def equal(left: Any, right: Any) -> bool:
    """`==`: numbers by value, values of different classes by what they print."""
    if left is None or right is None:
        return left is right
    if _is_number(left) and _is_number(right):
        return bool(left == right)
    return bool(left == right) if type(left) is type(right) else printed(left) == printed(right)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _compared(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    return lambda left, right: _is_number(left) and _is_number(right) and compare(left, right)


def _replacement(text: str) -> Callable[[re.Match[str]], str]:
    """A replacement as Java reads it: `$1` is a group, a backslash takes the next character as it is."""
    return lambda found: re.sub(
        r"\\(.)|\$(\d)", lambda part: part[1] if part[1] else found[int(part[2])] or "", text, flags=re.DOTALL
    )


_ANY_METHODS: Final[dict[str, Callable[..., Any]]] = {
    "equals": lambda self, other: type(self) is type(other) and self == other,
    "toString": printed,
}
_STRING_METHODS: Final[dict[str, Callable[..., Any]]] = {
    "contains": lambda self, part: part in self,
    "endsWith": lambda self, part: self.endswith(part),
    "equalsIgnoreCase": lambda self, other: isinstance(other, str) and self.lower() == other.lower(),
    "indexOf": lambda self, part: self.find(part),
    "isEmpty": lambda self: self == "",
    "length": len,
    "matches": lambda self, pattern: re.fullmatch(pattern, self) is not None,
    "replace": lambda self, old, new: self.replace(old, new),
    "replaceAll": lambda self, pattern, new: re.sub(pattern, _replacement(new), self),
    "split": lambda self, pattern: re.split(pattern, self),
    "startsWith": lambda self, part: self.startswith(part),
    "substring": lambda self, start, end=None: self[start:end],
    "toLowerCase": lambda self: self.lower(),
    "toUpperCase": lambda self: self.upper(),
    "trim": lambda self: self.strip(),
}
_LIST_METHODS: Final[dict[str, Callable[..., Any]]] = {
    "add": lambda self, item: self.append(item) or True,
    "contains": lambda self, item: item in self,
    "get": lambda self, index: self[index],
    "isEmpty": lambda self: not self,
    "size": len,
}
_MAP_METHODS: Final[dict[str, Callable[..., Any]]] = {
    "containsKey": lambda self, key: key in self,
    "get": lambda self, key: self.get(key),
    "isEmpty": lambda self: not self,
    "keySet": lambda self: list(self.keys()),
    "put": lambda self, key, value: self.__setitem__(key, value),
    "size": len,
    "values": lambda self: list(self.values()),
}


def _methods(value: Any) -> Mapping[str, Callable[..., Any]]:
    if isinstance(value, str):
        return {**_ANY_METHODS, **_STRING_METHODS}
    if isinstance(value, list):
        return {**_ANY_METHODS, **_LIST_METHODS}
    if isinstance(value, Mapping):
        return {**_ANY_METHODS, **_MAP_METHODS}
    return _ANY_METHODS


def member(value: Any, name: str, arguments: list[Any] | None) -> Any:
    """`value.name` or, with arguments, `value.name(…)`; anything of null, and what is not there, is null."""
    if value is None:
        return None
    if arguments is None:
        if isinstance(value, Mapping):
            return value.get(name, None)
        return getattr(value, name, None) if isinstance(value, Input) and name == "body" else None
    if isinstance(value, Input | Util):
        method = None if name.startswith("_") else getattr(value, name, None)
        return method(*arguments) if callable(method) else None
    found = _methods(value).get(name)
    return found(value, *arguments) if found else None


# --- The engine ---------------------------------------------------------------------------------------------------


def _private_copy(name: str) -> ModuleType:
    """A second copy of a module, so that the corrections change nobody else's airspeed."""
    spec = importlib.util.find_spec(name)
    if spec is None or spec.loader is None:
        raise ModuleNotFoundError(f"{name} is not installed", name=name)
    copy = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(copy)
    return copy


def _corrected_engine() -> Any:
    engine: Any = _private_copy("airspeed")
    for corrections in (_strings, _references, _directives, _operators):
        for correction in corrections(engine):
            setattr(engine, correction.__name__, correction)
    return engine


def _strings(engine: Any) -> tuple[type, ...]:
    """String literals: no backslash escapes, and a doubled quote stands for one."""

    class StringLiteral(engine.StringLiteral):  # type: ignore[misc]
        STRING = re.compile(r"'((?:[^']|'')*)'", re.DOTALL)

        def parse(self) -> None:
            (raw,) = self.identity_match(self.STRING)
            self.value = raw.replace("''", "'")

    class InterpolatedStringLiteral(StringLiteral):
        STRING = re.compile(r'"((?:[^"]|"")*)"', re.DOTALL)

        def parse(self) -> None:
            (raw,) = self.identity_match(self.STRING)
            self.value = raw.replace('""', '"')
            self.block = engine.Block(self.filename, self.value, 0)

        def calculate(self, namespace: Any, loader: Any) -> str:
            output = engine.StoppableStream()
            self.block.evaluate(output, namespace, loader)
            return str(output.getvalue())

    return StringLiteral, InterpolatedStringLiteral


def _references(engine: Any) -> tuple[type, ...]:
    """References: the members of Java's types, and null printed as nothing."""

    class NameOrCall(engine.NameOrCall):  # type: ignore[misc]
        NAME = re.compile(r"([_a-z][a-z0-9_-]*)", re.IGNORECASE)

        def calculate(self, current_object: Any, loader: Any, top_namespace: Any) -> Any:
            arguments = self.parameters.calculate(top_namespace, loader) if self.parameters is not None else None
            if isinstance(current_object, engine.LocalNamespace):
                value = _variable(current_object, self.name)
            else:
                value = member(current_object, self.name, arguments)
            if self.index is None or value is None:
                return value
            index = self.index.calculate(top_namespace, loader)
            return member(value, "get", [index])

    class FormalReference(engine.FormalReference):  # type: ignore[misc]
        def evaluate_raw(self, stream: Any, namespace: Any, loader: Any) -> None:
            if self.expression is None:
                stream.write(self.my_text())
            else:
                stream.write(printed(self.expression.calculate(namespace, loader)))

    return NameOrCall, FormalReference


def _directives(engine: Any) -> tuple[type, ...]:
    """`#if` by Velocity's truth, and `#set` of a member."""

    class IfDirective(engine.IfDirective):  # type: ignore[misc]
        def evaluate_raw(self, stream: Any, namespace: Any, loader: Any) -> None:
            for branch in (self, *self.elseifs):
                if truth(branch.condition.calculate(namespace, loader)):
                    branch.block.evaluate(stream, namespace, loader)
                    return
            self.else_block.evaluate(stream, namespace, loader)

    class SetDirective(engine.SetDirective):  # type: ignore[misc]
        PLACE = re.compile(r"\s*\$([a-z_][a-z0-9_-]*(?:\.[a-z_][a-z0-9_-]*)*)", re.IGNORECASE)

    return IfDirective, SetDirective


def _operators(engine: Any) -> tuple[type, ...]:
    """Operators that compare and add as Velocity does."""

    class BinaryOperator(engine.BinaryOperator):  # type: ignore[misc]
        OPERATORS = {  # noqa: RUF012 - overrides airspeed's
            **engine.BinaryOperator.OPERATORS,
            **dict.fromkeys(("==", "eq"), equal),
            **dict.fromkeys(("!=", "ne"), lambda left, right: not equal(left, right)),
            **dict.fromkeys(("&&", "and"), lambda left, right: truth(left) and truth(right)),
            **dict.fromkeys(("||", "or"), lambda left, right: truth(left) or truth(right)),
            **dict.fromkeys(("<", "lt"), _compared(lambda left, right: left < right)),
            **dict.fromkeys((">", "gt"), _compared(lambda left, right: left > right)),
            **dict.fromkeys(("<=", "le"), _compared(lambda left, right: left <= right)),
            **dict.fromkeys((">=", "ge"), _compared(lambda left, right: left >= right)),
            "+": lambda left, right: (
                left + right if _is_number(left) and _is_number(right) else printed(left) + printed(right)
            ),
        }

    class UnaryOperatorValue(engine.UnaryOperatorValue):  # type: ignore[misc]
        OPERATORS = {"!": lambda value: not truth(value), "not": lambda value: not truth(value)}  # noqa: RUF012

    return BinaryOperator, UnaryOperatorValue


def _variable(namespace: Any, name: str) -> Any:
    try:
        return namespace[name]
    except KeyError:
        return None


_ENGINE: Final[Any] = _corrected_engine()
