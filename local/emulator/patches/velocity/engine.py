"""The Velocity engine: airspeed with corrections.

airspeed finds its grammar's classes by name in its own module, so each correction is a subclass that replaces one
there. The replacements are made in a private copy of the module.
"""

import importlib.util
import re
from collections.abc import Mapping
from functools import lru_cache, reduce
from operator import getitem
from types import ModuleType
from typing import Any, Final

from local.emulator.patches.velocity.paths import TemplateFailed
from local.emulator.patches.velocity.values import equal, is_number, methods_of, ordered, printed, truth
from local.emulator.patches.velocity.variables import Input, Util


def render(template: str, variables: Mapping[str, Any]) -> str:
    """Render a template with variables, whose names are without `$`. Raises TemplateFailed."""
    try:
        return str(_parsed(template).merge(dict(variables)))
    except _ENGINE.TemplateError as error:
        raise TemplateFailed(str(error)) from error


@lru_cache(maxsize=64)
def _parsed(template: str) -> Any:
    """A template, parsed once: parsing takes four fifths of a rendering. Evaluation does not change it."""
    parsed = _ENGINE.Template(template)
    parsed.ensure_compiled()
    return parsed


def member(value: Any, name: str, arguments: list[Any] | None) -> Any:
    """Evaluate `value.name` or, with arguments, `value.name(…)`; null if the value is null or has no such member."""
    if value is None:
        return None
    if arguments is None:
        if isinstance(value, Mapping):
            return value.get(name, None)
        return getattr(value, name, None) if isinstance(value, Input) and name == "body" else None
    if isinstance(value, Input | Util):
        method = None if name.startswith("_") else getattr(value, name, None)
        return method(*arguments) if callable(method) else None
    found = methods_of(value).get(name)
    return found(value, *arguments) if found else None


def _corrected_engine() -> Any:
    engine: Any = _private_copy("airspeed")
    for correct in (_correct_literals, _correct_references, _correct_directives, _correct_operators):
        for correction in correct(engine):
            setattr(engine, correction.__name__, correction)
    return engine


def _private_copy(name: str) -> ModuleType:
    spec = importlib.util.find_spec(name)
    if spec is None or spec.loader is None:
        raise ModuleNotFoundError(f"{name} is not installed", name=name)
    copy = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(copy)
    return copy


def _correct_literals(engine: Any) -> tuple[type, ...]:
    """A backslash stands for itself, and a doubled quote for a quote."""

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


def _correct_references(engine: Any) -> tuple[type, ...]:
    """Names may have hyphens, values have Java's members, and null prints as nothing."""

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


def _variable(namespace: Any, name: str) -> Any:
    try:
        return namespace[name]
    except KeyError:
        return None


def _correct_directives(engine: Any) -> tuple[type, ...]:
    """`#if` has Velocity's truth, and `#set` takes names with hyphens and assigns no null."""

    class IfDirective(engine.IfDirective):  # type: ignore[misc]
        def evaluate_raw(self, stream: Any, namespace: Any, loader: Any) -> None:
            for branch in (self, *self.elseifs):
                if truth(branch.condition.calculate(namespace, loader)):
                    branch.block.evaluate(stream, namespace, loader)
                    return
            self.else_block.evaluate(stream, namespace, loader)

    class SetDirective(engine.SetDirective):  # type: ignore[misc]
        PLACE = re.compile(r"\s*\$([a-z_][a-z0-9_-]*(?:\.[a-z_][a-z0-9_-]*)*)", re.IGNORECASE)

        def evaluate_raw(self, _stream: Any, namespace: Any, loader: Any) -> None:
            value = self.value.calculate(namespace, loader)
            if value is None:
                return
            *path, name = self.terms
            if path:
                reduce(getitem, path, namespace)[name] = value
            else:
                namespace.set_inherited(name, value)

    return IfDirective, SetDirective


def _correct_operators(engine: Any) -> tuple[type, ...]:
    """Operators compare and add as Java does."""

    class BinaryOperator(engine.BinaryOperator):  # type: ignore[misc]
        OPERATORS = {  # noqa: RUF012 - overrides airspeed's
            **engine.BinaryOperator.OPERATORS,
            **dict.fromkeys(("==", "eq"), equal),
            **dict.fromkeys(("!=", "ne"), lambda left, right: not equal(left, right)),
            **dict.fromkeys(("&&", "and"), lambda left, right: truth(left) and truth(right)),
            **dict.fromkeys(("||", "or"), lambda left, right: truth(left) or truth(right)),
            **dict.fromkeys(("<", "lt"), ordered(lambda left, right: left < right)),
            **dict.fromkeys((">", "gt"), ordered(lambda left, right: left > right)),
            **dict.fromkeys(("<=", "le"), ordered(lambda left, right: left <= right)),
            **dict.fromkeys((">=", "ge"), ordered(lambda left, right: left >= right)),
            "+": _sum,
        }

    class UnaryOperatorValue(engine.UnaryOperatorValue):  # type: ignore[misc]
        OPERATORS = {"!": lambda value: not truth(value), "not": lambda value: not truth(value)}  # noqa: RUF012

    return BinaryOperator, UnaryOperatorValue


def _sum(left: Any, right: Any) -> Any:
    return left + right if is_number(left) and is_number(right) else printed(left) + printed(right)


_ENGINE: Final[Any] = _corrected_engine()
