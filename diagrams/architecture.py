"""The architecture: from the frontend through the API to the functions, and their permissions on the stores."""

from collections.abc import Sequence
from typing import Final

from diagrams.architecture_layout import (
    CALLS,
    CARD,
    LABEL_GAP,
    LINE,
    MARGIN,
    NEXT_TURN,
    PATH_INDENT,
    ROUTE,
    STORE_KINDS,
    TURN,
    Column,
    Layout,
    size,
    source,
)
from diagrams.colours import FAINT, GRID, INK, KINDS, MUTED
from diagrams.geometry import Box, Point
from diagrams.reading import Grants, Monitoring, Route
from diagrams.svg import CARD_PADDING, Drawing
from diagrams.synthesis import Resource, Template

RIGHTS: Final = {"R": ("read", "#2f6fb0"), "W": ("write", "#a35e0b"), "D": ("delete", "#a3353a")}


def draw(template: Template) -> str:
    """Return the picture as SVG."""
    layout = Layout(template)
    drawing = Drawing(
        "PhotoSky: the path of a photo",
        "The frontend calls API Gateway, which invokes the photos function or starts the ingest workflow. A grid shows "
        "the permissions of each function on the media bucket and the photos table.",
    )
    drawing.text((MARGIN, 50), "The path of a photo", style="title")
    drawing.text((MARGIN, 71), "Drawn from the synthesized template: integrations, definition and IAM.", style="note")
    _draw_grid(drawing, layout)
    _draw_monitoring(drawing, layout, layout.monitoring)
    _draw_callers(drawing, layout, template)
    _draw_triggers(drawing, layout)
    _draw_functions(drawing, layout)
    _draw_legend(drawing, layout)
    return drawing.svg(layout.right + MARGIN, layout.bottom + 60)


def _draw_grid(drawing: Drawing, layout: Layout) -> None:
    for store, box in layout.stores:
        drawing.card(box, KINDS[store.type], STORE_KINDS[store.type][0], store.name)
    for column in layout.columns:
        drawing.rule((column.middle, layout.head_bottom), (column.middle, layout.bottom - 8))
        for index, label in enumerate(reversed(column.labels)):
            at = (column.middle, layout.head_bottom - 13 - LINE * index)
            drawing.text(at, label, style="mono", anchor="middle")
    for address, y in layout.rows.items():
        used = _used(layout, layout.grants[address])
        if used:
            drawing.rule((layout.functions_right, y + CARD / 2), (used[-1][0].middle, y + CARD / 2), FAINT)
        _draw_marks(drawing, y + CARD / 2, used)


def _used(layout: Layout, grants: Grants) -> list[tuple[Column, str]]:
    """Return the columns with a permission and its letters; all parts of a column have the same."""
    return [(column, grants[column.parts[0]]) for column in layout.columns if column.parts[0] in grants]


def _draw_marks(drawing: Drawing, y: float, used: Sequence[tuple[Column, str]]) -> None:
    for column, letters in used:
        for index, letter in enumerate(letters):
            x = column.middle + (index - (len(letters) - 1) / 2) * 19
            drawing.dot((x, y), letter, RIGHTS[letter][1])


def _draw_monitoring(drawing: Drawing, layout: Layout, monitoring: Monitoring) -> None:
    """Draw alarms, traces and logs, next to the stores and above what they observe."""
    box = layout.monitor
    drawing.card(box, KINDS["monitoring"], "CloudWatch and X-Ray", f"{len(monitoring.alarms)} alarms")
    drawing.text((box.right - CARD_PADDING, box.y + 20), _observed(monitoring), style="note", anchor="end")
    for index, line in enumerate(layout.alarm_lines):
        drawing.text((box.x + CARD_PADDING, box.y + 56 + LINE * index), line, style="mono", fill=MUTED)


def _observed(monitoring: Monitoring) -> str:
    kinds = [resource.type for resource in monitoring.traced]
    names = {"the API": "Stage", "the workflow": "StateMachine"}
    traced = [name for name, kind in names.items() if any(kind in found for found in kinds)]
    functions = kinds.count("AWS::Lambda::Function")
    traces = [f"traces of {', '.join(traced)} and {functions} functions"] if traced else []
    return "; ".join([*traces, f"{monitoring.log_groups} log groups, retention {monitoring.log_days} days"])


def _draw_callers(drawing: Drawing, layout: Layout, template: Template) -> None:
    frontend, box = layout.frontend, layout.api
    api = template.one("AWS::ApiGateway::RestApi")
    stage = template.one("AWS::ApiGateway::Stage").properties["StageName"]
    drawing.line([(frontend.right, frontend.middle[1]), (box.x, frontend.middle[1])])
    drawing.text(((frontend.right + box.x) / 2, frontend.middle[1] - 8), "REST", style="label", anchor="middle")
    _draw_sign_in(drawing, layout, template)
    _draw_signed(drawing, layout)
    drawing.card(frontend, KINDS["frontend"], "browser", "Frontend", "of a listed origin")
    drawing.card(box, KINDS[api.type], "API Gateway", "REST API")
    drawing.text((box.right - CARD_PADDING, box.y + 20), f"stage {stage}", style="note", anchor="end")
    _draw_routes(drawing, layout)


def _draw_routes(drawing: Drawing, layout: Layout) -> None:
    """Draw the routes, grouped by their targets, and the call of each group."""
    box = layout.api
    y = box.y + 62
    for index, target in enumerate(layout.targets):
        routes = [route for route in layout.routes if route.target == target]
        start, end = y - 3, y + len(routes) * ROUTE - 6
        for route in routes:
            _draw_route(drawing, box, y, route)
            y += ROUTE
        # The lower a call starts, the later it turns up, so that no two cross.
        _draw_call(drawing, layout, (box.right, (start + end) / 2), box.right + TURN + index * NEXT_TURN, target)
        colour = KINDS["AWS::ApiGateway::RestApi"].strong
        drawing.rectangle(Box(box.right - 2, start, 4, end - start), fill=colour, stroke="none", radius=2)
        y += 14


def _draw_route(drawing: Drawing, box: Box, y: float, route: Route) -> None:
    colour = KINDS["AWS::ApiGateway::RestApi"].strong
    if route.is_signed_in:
        drawing.lock((box.x + CARD_PADDING, y + 11), colour)
    drawing.text((box.x + 32, y + 11), route.verb, style="mono", fill=colour)
    drawing.text((box.x + PATH_INDENT, y + 11), route.path, style="mono")


def _draw_call(drawing: Drawing, layout: Layout, start: Point, turn: float, target: Resource) -> None:
    """Draw the call from a group of routes to its target."""
    if target.type == "AWS::Lambda::Function":
        goal = (layout.functions_left, layout.function(target).middle[1])
    else:
        frame = layout.frames[target.address]
        goal = (frame.x, frame.y + 25)
    drawing.line([start, (turn, start[1]), (turn, goal[1]), goal])
    drawing.text((turn + LABEL_GAP, goal[1] - 8), CALLS[target.type], style="label")


def _draw_sign_in(drawing: Drawing, layout: Layout, template: Template) -> None:
    frontend, api, box = layout.frontend, layout.api, layout.pool
    pool = template.target(template.one("AWS::ApiGateway::Authorizer").properties["ProviderARNs"][0])
    client = template.one("AWS::Cognito::UserPoolClient")
    if pool is None:
        raise ValueError("the authorizer's user pool is not in this template")
    drawing.line([(box.x + 42, api.bottom), (box.x + 42, box.y)])
    drawing.text((box.x + 54, (api.bottom + box.y) / 2 + 4), "verifies ID tokens", style="label")
    if template.target(client.properties["UserPoolId"]) == pool:
        x = frontend.right - 34
        drawing.line([(x, frontend.bottom), (x, box.middle[1]), (box.x, box.middle[1])])
        drawing.text(((x + box.x) / 2 + 6, box.middle[1] - 8), "signs in", style="label", anchor="middle")
    drawing.card(box, KINDS[pool.type], "Cognito user pool", pool.name, f"client {client.name}")


def _draw_signed(drawing: Drawing, layout: Layout) -> None:
    """Draw the path of the bytes: uploads and downloads bypass the API."""
    frontend = layout.frontend
    x, y = frontend.x + 34, layout.signed_row + CARD / 2
    used = _used(layout, layout.signed)
    drawing.line([(x, frontend.bottom), (x, y), (used[-1][0].middle, y)], arrow=False)
    label = "presigned POST and GET: the bytes bypass the API"
    drawing.text((layout.functions_right, y - 9), label, style="label", anchor="end")
    _draw_marks(drawing, y, used)


def _draw_triggers(drawing: Drawing, layout: Layout) -> None:
    """Draw rules and pipes, and the functions that they invoke."""
    for function in layout.triggered:
        trigger, box = layout.triggers[function.address], layout.trigger(function)
        drawing.line([(box.right, box.middle[1]), (layout.functions_left, box.middle[1])])
        drawing.text((box.right + TURN + LABEL_GAP, box.middle[1] - 8), "invokes", style="label")
        drawing.card(box, KINDS["AWS::Events::Rule"], trigger.kind, trigger.rows[0][0])
        for index, (name, note) in enumerate(trigger.rows):
            y = box.y + 38 + 18 * index
            if index:
                drawing.text((box.x + CARD_PADDING, y), name, style="name")
            drawing.text((box.right - CARD_PADDING, y), note, style="note", anchor="end")


def _draw_functions(drawing: Drawing, layout: Layout) -> None:
    for machine in layout.machines:
        colour, box, seconds = KINDS[machine.type], layout.frames[machine.address], layout.timeouts[machine.address]
        drawing.rectangle(box, fill="none", stroke=colour.strong, radius=10, dashed=True)
        kind = f"Step Functions {machine.properties['StateMachineType']}"
        drawing.text((box.x + 18, box.y + 19), kind.upper(), style="kind", fill=colour.strong)
        drawing.text((box.x + 18, box.y + 37), machine.name, style="name")
        if seconds is not None:
            drawing.text((box.right - 32, box.y + 37), f"timeout {seconds} s", style="note", anchor="end")
    for function in layout.functions:
        _draw_function(drawing, layout.function(function), function)


def _draw_function(drawing: Drawing, box: Box, function: Resource) -> None:
    right = box.right - CARD_PADDING
    drawing.card(box, KINDS[function.type], "Lambda", function.name)
    drawing.text((right, box.y + 20), size(function), style="note", anchor="end")
    drawing.text((right, box.y + 38), source(function), style="mono", fill=MUTED, anchor="end")


def _draw_legend(drawing: Drawing, layout: Layout) -> None:
    y = layout.bottom + 30
    drawing.rule((MARGIN, y - 22), (layout.right, y - 22), GRID)
    x = layout.grid_left + 8.5
    for letter, (word, fill) in RIGHTS.items():
        drawing.dot((x, y), letter, fill)
        drawing.text((x + 15, y + 4), word, style="note", fill=INK)
        x += 78
    drawing.text((x - 8.5, y + 4), "Parts with the same permissions share a column.", style="note")
    drawing.lock((layout.api_left + CARD_PADDING, y + 4), KINDS["AWS::ApiGateway::RestApi"].strong)
    drawing.text((layout.api_left + 32, y + 4), "requires an ID token", style="note", fill=INK)
