"""What the diagrams show, read from the template: calls, triggers, permissions and state machines."""

from collections.abc import Iterator, Mapping, Sequence
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
"""The letter of an action: read, write or delete. An action without one is an error, so that none is left out."""

SIGNED: Final = {"GET": "s3:GetObject", "POST": "s3:PutObject"}
"""The method of a presigned request, and the action that its signer must be allowed."""


@dataclass(frozen=True)
class Route:
    """One verb of one path, what it calls, and whether it requires a token."""

    verb: str
    path: str
    target: Resource
    is_signed_in: bool


@dataclass(frozen=True)
class Part:
    """A part of a store: a prefix, an index, or with an empty `name` the items or keys themselves."""

    store: Resource
    name: str


Grants = Mapping[Part, str]
"""The letters of the allowed actions by part: R, W, D."""


def routes(template: Template) -> list[Route]:
    """Return the routes of the API by path, without preflights and refused methods."""
    found = []
    for (verb, path), method in template.routes().items():
        if verb not in ("OPTIONS", "ANY"):
            integration = method.properties["Integration"]
            is_signed_in = method.properties["AuthorizationType"] != "NONE"
            found.append(Route(verb, path, _target(template, integration), is_signed_in))
    verbs = ("GET", "POST", "PATCH", "DELETE")
    return sorted(found, key=lambda route: (route.path, verbs.index(route.verb)))


def functions(template: Template, machine: str = "Ingest") -> dict[str, Resource]:
    """Return the functions of a state machine's tasks by state, along its main path, inner definitions included."""
    return dict(_functions(template, template.definition_of(machine)))


@dataclass(frozen=True)
class Trigger:
    """What of EventBridge invokes a function: a kind, and names with what they do."""

    kind: str
    rows: list[tuple[str, str]]


def triggers(template: Template) -> dict[str, Trigger]:
    """Return the rules with their expressions, and the pipes with their ends, by the address of the function."""
    rules: dict[str, list[tuple[str, str]]] = {}
    for rule in template.all("AWS::Events::Rule"):
        for target in rule.properties["Targets"]:
            (function,) = template.referenced(target["Arn"])
            rules.setdefault(function.address, []).append((rule.name, rule.properties["ScheduleExpression"]))
    found = {
        address: Trigger("EventBridge rule" if len(rows) == 1 else "EventBridge rules", rows)
        for address, rows in rules.items()
    }
    for pipe in template.all("AWS::Pipes::Pipe"):
        source, function, target = (
            template.referenced(pipe.properties[end])[0] for end in ("Source", "Enrichment", "Target")
        )
        rows = [(pipe.name, f"from the stream of {source.name}"), (target.name, "gets the events")]
        found[function.address] = Trigger("EventBridge pipe and event bus", rows)
    return found


@dataclass(frozen=True)
class Monitoring:
    """The names of the alarms, the traced resources, and the log groups with their retention."""

    alarms: list[str]
    traced: list[Resource]
    log_groups: int
    log_days: int


def monitoring(template: Template) -> Monitoring:
    """Return what CloudWatch and X-Ray observe. Raises ValueError if retentions differ."""
    groups = template.all("AWS::Logs::LogGroup")
    (days,) = {group.properties["RetentionInDays"] for group in groups}
    return Monitoring(
        alarms=[alarm.name for alarm in template.all("AWS::CloudWatch::Alarm")],
        traced=[resource for kind in _TRACED for resource in template.all(kind) if _is_traced(resource)],
        log_groups=len(groups),
        log_days=days,
    )


def grants(template: Template, function: Resource) -> dict[Part, str]:
    """Return the permissions of a function on the stores."""
    role = template.target(function.properties["Role"])
    if role is None:
        raise ValueError(f"{function.address} has no role in this template")
    allowed: dict[Part, set[str]] = {}
    for statement in template.statements(role):
        for part in _parts(template, statement):
            allowed.setdefault(part, set()).update(RIGHTS[action] for action in _listed(statement["Action"]))
    return {part: _ordered(letters) for part, letters in allowed.items()}


def signed_grants(template: Template, signer: Resource) -> dict[Part, str]:
    """Return what a browser may do with presigned requests: what CORS rules and the signer's role both allow."""
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
    return {part: _ordered(letters) for part, letters in allowed.items()}


def columns(template: Template, all_grants: Sequence[Grants]) -> list[list[Part]]:
    """Return the parts with a permission, by store; the items or keys of a store come last.

    The parts of a store on which every role has the same permissions share a column.
    """
    parts = {part for found in all_grants for part in found}
    stores = [store.address for type_ in STORES for store in template.all(type_)]
    shared: dict[tuple[str, ...], list[Part]] = {}
    for part in sorted(parts, key=lambda part: (stores.index(part.store.address), part.name == "", part.name)):
        shared.setdefault((part.store.address, *(found.get(part, "") for found in all_grants)), []).append(part)
    return list(shared.values())


def transitions(state: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the regular transitions of a state: outcomes, which may be empty, and next states."""
    found = [(condition(choice), choice["Next"]) for choice in state.get("Choices", [])]
    found += [("otherwise", state["Default"])] if "Default" in state else []
    return found + ([("", state["Next"])] if "Next" in state else [])


def condition(choice: Mapping[str, Any]) -> str:
    """Return the condition of a choice in a few words: the value, or the variable and its comparison."""
    variable = str(choice["Variable"]).rpartition(".")[2].partition("[")[0]
    match choice:
        case {"StringEquals": value}:
            return str(value)
        case {"IsPresent": True} | {"BooleanEquals": True}:
            return variable
        case {"NumericGreaterThan": number}:
            return f"{variable} > {number}"
    raise NotImplementedError(choice)


def inner_definitions(state: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return what a Map or a Parallel state runs; nothing for other states."""
    return [*filter(None, [state.get("ItemProcessor")]), *state.get("Branches", [])]


def states_of(definition: Mapping[str, Any]) -> dict[str, Any]:
    """Return all states by name, those of Maps and Parallel states included."""
    found: dict[str, Any] = dict(definition["States"])
    for inner in (inner for state in definition["States"].values() for inner in inner_definitions(state)):
        found |= states_of(inner)
    return found


def main_path(definition: Mapping[str, Any]) -> list[str]:
    """Return the path along the first outcomes, from the start to an end or a state that it has visited."""
    path = [definition["StartAt"]]
    while (following := transitions(definition["States"][path[-1]])) and following[0][1] not in path:
        path.append(following[0][1])
    return path


def catches(state: Mapping[str, Any]) -> list[str]:
    """Return the next states of a state's faults."""
    return [catch["Next"] for catch in state.get("Catch", [])]


def _functions(template: Template, definition: Mapping[str, Any]) -> Iterator[tuple[str, Resource]]:
    states = definition["States"]
    for name in _in_order(states, definition["StartAt"]):
        if states[name]["Type"] == "Task":
            yield name, template.referenced(states[name]["Resource"])[0]
        for inner in inner_definitions(states[name]):
            yield from _functions(template, inner)


def _in_order(states: Mapping[str, Any], start: str) -> list[str]:
    """Return the states in reading order: along the first outcomes, then the others, faults last."""
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
    """Return what an integration calls, from its URI or its request template."""
    written = [integration["Uri"], *integration.get("RequestTemplates", {}).values()]
    called = ("AWS::Lambda::Function", "AWS::StepFunctions::StateMachine")
    return next(r for value in written for r in template.referenced(value) if r.type in called)


def _parts(template: Template, statement: Mapping[str, Any]) -> Iterator[Part]:
    for text in template.texts(statement["Resource"]):
        for store in template.referenced(text):
            if store.type in STORES:
                within = text.partition("}")[2].partition("/*/")[0]  # Of a pattern, the prefix.
                yield Part(store, within.removeprefix("/index").strip("/*"))


_TRACED: Final = ("AWS::ApiGateway::Stage", "AWS::StepFunctions::StateMachine", "AWS::Lambda::Function")


def _is_traced(resource: Resource) -> bool:
    match resource.properties:
        case {"TracingEnabled": True} | {"TracingConfiguration": {"Enabled": True}}:
            return True
        case {"TracingConfig": {"Mode": "Active"}}:
            return True
    return False


def _ordered(letters: set[str]) -> str:
    return "".join(letter for letter in "RWD" if letter in letters)


def _listed(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]
