"""What the diagrams tell, read from the template: who calls whom, and who may do what with which part of a store."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from diagrams.synthesis import Resource, Template

STORES: Final = ("AWS::S3::Bucket", "AWS::DynamoDB::Table")

RIGHTS: Final = {
    "dynamodb:DeleteItem": "D",
    "dynamodb:GetItem": "R",
    "dynamodb:PutItem": "W",
    "dynamodb:Query": "R",
    "dynamodb:Scan": "R",
    "dynamodb:UpdateItem": "W",
    "s3:DeleteObject": "D",
    "s3:GetObject": "R",
    "s3:ListBucket": "R",
    "s3:PutObject": "W",
}
"""Reading, writing and deleting; an action that is not in here stops the drawing, so that none is left out of it."""

SIGNED: Final = {"GET": "s3:GetObject", "POST": "s3:PutObject"}
"""What a browser does with a URL or a form, and what its signer must be allowed to."""


@dataclass(frozen=True)
class Route:
    """One verb of one path, what answers it, and whether it asks for a token."""

    verb: str
    path: str
    target: Resource
    is_signed_in: bool


@dataclass(frozen=True)
class Part:
    """A part of a store: a prefix, an index, or where `name` is empty the items or keys themselves."""

    store: Resource
    name: str


Grants = Mapping[Part, str]
"""By part the letters of what is allowed: R, W, D."""


def routes(template: Template) -> list[Route]:
    """The API's routes by path, without the preflights and the refusals of other methods."""
    found = []
    for (verb, path), method in template.routes().items():
        if verb not in ("OPTIONS", "ANY"):
            integration = method.properties["Integration"]
            is_signed_in = method.properties["AuthorizationType"] != "NONE"
            found.append(Route(verb, path, _target(template, integration), is_signed_in))
    verbs = ("GET", "POST", "PATCH", "DELETE")
    return sorted(found, key=lambda route: (route.path, verbs.index(route.verb)))


def functions(template: Template) -> dict[str, Resource]:
    """The functions of the state machine's tasks, by state, in the order of its main path."""
    states = template.definition["States"]
    tasks = [name for name in _in_order(states, template.definition["StartAt"]) if states[name]["Type"] == "Task"]
    return {name: template.referenced(states[name]["Resource"])[0] for name in tasks}


def invoked(template: Template, machine: Resource) -> list[Resource]:
    """The functions that a state machine's definition names, in its order."""
    named = template.referenced(machine.properties["DefinitionString"])
    return list(dict.fromkeys(resource for resource in named if resource.type == "AWS::Lambda::Function"))


def schedules(template: Template) -> dict[str, list[tuple[str, str]]]:
    """The functions that rules run, by address, each with its rules' names and expressions."""
    found: dict[str, list[tuple[str, str]]] = {}
    for rule in template.all("AWS::Events::Rule"):
        for target in rule.properties["Targets"]:
            (function,) = template.referenced(target["Arn"])
            found.setdefault(function.address, []).append((rule.name, rule.properties["ScheduleExpression"]))
    return found


def grants(template: Template, function: Resource) -> dict[Part, str]:
    """What a function may do with the stores."""
    role = template.target(function.properties["Role"])
    if role is None:
        raise ValueError(f"{function.address} has no role in this template")
    allowed: dict[Part, set[str]] = {}
    for statement in template.statements(role):
        for part in _parts(template, statement):
            allowed.setdefault(part, set()).update(RIGHTS[action] for action in _listed(statement["Action"]))
    return {part: _in_words_order(letters) for part, letters in allowed.items()}


def signed_grants(template: Template, signer: Resource) -> dict[Part, str]:
    """What a browser may do with what `signer` signs: what the bucket's CORS rules and the signer's role both allow."""
    role = template.target(signer.properties["Role"])
    bucket = template.one("AWS::S3::Bucket")
    methods = {m for rule in bucket.properties["CorsConfiguration"]["CorsRules"] for m in rule["AllowedMethods"]}
    actions = {action for method, action in SIGNED.items() if method in methods}
    allowed: dict[Part, set[str]] = {}
    for statement in template.statements(role) if role else []:
        for part in _parts(template, statement):
            used = actions & set(_listed(statement["Action"]))
            if used:
                allowed.setdefault(part, set()).update(RIGHTS[action] for action in used)
    return {part: _in_words_order(letters) for part, letters in allowed.items()}


def columns(template: Template, all_grants: list[Grants]) -> list[Part]:
    """Every part that someone may use, store by store; a store's own items or keys come last."""
    parts = {part for found in all_grants for part in found}
    stores = [store.address for type_ in STORES for store in template.all(type_)]
    return sorted(parts, key=lambda part: (stores.index(part.store.address), part.name == "", part.name))


def transitions(state: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Where a state leads but for faults: outcome (empty where there is none to name) and state."""
    found = [(choice["StringEquals"], choice["Next"]) for choice in state.get("Choices", [])]
    found += [("otherwise", state["Default"])] if "Default" in state else []
    return found + ([("", state["Next"])] if "Next" in state else [])


def main_path(definition: Mapping[str, Any]) -> list[str]:
    """The way of an upload that nothing is wrong with: from the start along the first outcome."""
    path = [definition["StartAt"]]
    while following := transitions(definition["States"][path[-1]]):
        path.append(following[0][1])
    return path


def catches(state: Mapping[str, Any]) -> list[str]:
    """Where a state's faults lead."""
    return [catch["Next"] for catch in state.get("Catch", [])]


def _in_order(states: Mapping[str, Any], start: str) -> list[str]:
    """Every state as a reader meets it: on along the first outcome, then the others, faults last."""
    found: list[str] = []

    def visit(name: str) -> None:
        if name not in found:
            found.append(name)
            for _, following in transitions(states[name]):
                visit(following)

    visit(start)
    for name in list(found):
        for following in catches(states[name]):
            visit(following)
    return found


def _target(template: Template, integration: Mapping[str, Any]) -> Resource:
    """What an integration calls: named in its address, or in the request that it writes."""
    written = [integration["Uri"], *integration.get("RequestTemplates", {}).values()]
    called = ("AWS::Lambda::Function", "AWS::StepFunctions::StateMachine")
    return next(r for value in written for r in template.referenced(value) if r.type in called)


def _parts(template: Template, statement: Mapping[str, Any]) -> Iterator[Part]:
    for text in template.texts(statement["Resource"]):
        for store in template.referenced(text):
            if store.type in STORES:
                within = text.partition("}")[2]
                yield Part(store, within.removeprefix("/index").strip("/*"))


def _in_words_order(letters: set[str]) -> str:
    return "".join(letter for letter in "RWD" if letter in letters)


def _listed(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]
