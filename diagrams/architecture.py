"""The path of a photo: from the frontend through the API to the functions, and what each may do with which store."""

from collections.abc import Mapping, Sequence
from typing import Final

from diagrams import reading
from diagrams.reading import Grants, Part, Route
from diagrams.svg import FAINT, GRID, INK, KINDS, MUTED, Box, Drawing, Point
from diagrams.synthesis import Resource, Template

MARGIN: Final = 36
FRONTEND_WIDTH: Final = 132
API_LEFT: Final = 222
API_WIDTH: Final = 284
FUNCTIONS_LEFT: Final = 694
FUNCTION_WIDTH: Final = 238
GRID_LEFT: Final = 966
COLUMN: Final = 78
STORE_GAP: Final = 22

HEAD: Final = 92
STORE_HEIGHT: Final = 82
ROW: Final = 66
CARD: Final = 52
ROUTE: Final = 23

RIGHTS: Final = {"R": ("read", "#2f6fb0"), "W": ("write", "#b4690e"), "D": ("delete", "#a3353a")}

STORE_KINDS: Final = {
    "AWS::S3::Bucket": ("S3 bucket", "keys"),
    "AWS::DynamoDB::Table": ("DynamoDB table", "items"),
}
"""What a store is called, and what it is made of."""


class _Plan:
    """What there is to draw, and where its rows and columns lie."""

    def __init__(self, template: Template) -> None:
        self.routes = reading.routes(template)
        self.machine = template.machine("Ingest")
        self.seconds = template.definition["TimeoutSeconds"]
        self.steps = list(reading.functions(template).values())
        self.direct = [r for r in _targets(self.routes) if r.type == "AWS::Lambda::Function"]
        self.schedules = reading.schedules(template)
        self.scheduled = [f for f in template.all("AWS::Lambda::Function") if f.address in self.schedules]
        self.on_demand = reading.invoked(template, template.machine("Reprocess"))
        functions = [*self.direct, *self.steps, *self.scheduled, *self.on_demand]
        self.grants: dict[str, Grants] = {f.address: reading.grants(template, f) for f in functions}
        self.signed = reading.signed_grants(template, self.direct[0])
        self.columns = reading.columns(template, [*self.grants.values(), self.signed])

        top = HEAD + STORE_HEIGHT + 22
        self.rows: dict[str, float] = {
            function.address: top + index * ROW for index, function in enumerate(self.direct)
        }
        self.machine_box = Box(
            FUNCTIONS_LEFT - 18,
            top + len(self.direct) * ROW + 6,
            FUNCTION_WIDTH + 36,
            len(self.steps) * ROW + 46,
        )
        first = self.machine_box.y + 50
        self.rows |= {function.address: first + index * ROW for index, function in enumerate(self.steps)}
        below = self.machine_box.bottom + 22
        self.rows |= {function.address: below + index * ROW for index, function in enumerate(self.scheduled)}
        behind = below + len(self.scheduled) * ROW
        self.rows |= {function.address: behind + index * ROW for index, function in enumerate(self.on_demand)}
        self.signed_row = behind + len(self.on_demand) * ROW + 4
        self.bottom = self.signed_row + CARD

    def column(self, part: Part) -> float:
        """The middle of a part's column."""
        index = self.columns.index(part)
        stores = list(dict.fromkeys(column.store.address for column in self.columns))
        return GRID_LEFT + COLUMN * (index + 0.5) + STORE_GAP * stores.index(part.store.address)

    @property
    def right(self) -> float:
        """Where the grid ends."""
        return self.column(self.columns[-1]) + COLUMN / 2


def draw(template: Template) -> str:
    """The picture, as SVG."""
    plan = _Plan(template)
    drawing = Drawing(
        "PhotoSky: the path of a photo",
        "The frontend calls API Gateway, which calls the photos function or starts the ingest's state machine; a grid "
        "shows what each function may do with the media bucket and the photos table.",
    )
    drawing.text((MARGIN, 50), "The path of a photo", style="title")
    drawing.text((MARGIN, 71), "Drawn from the synthesized template: integrations, definition and IAM.", style="note")
    _draw_grid(drawing, plan)
    _draw_callers(drawing, plan, template)
    _draw_schedules(drawing, plan)
    _draw_on_demand(drawing, plan, template.machine("Reprocess"))
    _draw_functions(drawing, plan)
    _draw_legend(drawing, plan)
    return drawing.svg(plan.right + MARGIN, plan.bottom + 60)


def _draw_grid(drawing: Drawing, plan: _Plan) -> None:
    stores = {part.store.address: part.store for part in plan.columns}
    for store in stores.values():
        middles = [plan.column(part) for part in plan.columns if part.store == store]
        box = Box(middles[0] - COLUMN / 2, HEAD, middles[-1] - middles[0] + COLUMN, STORE_HEIGHT)
        kind, made_of = STORE_KINDS[store.type]
        drawing.card(box, KINDS[store.type], kind, store.name)
        for part in plan.columns:
            if part.store == store:
                x = plan.column(part)
                drawing.rule((x, box.bottom), (x, plan.bottom - 8))
                slash = "/" if store.type == "AWS::S3::Bucket" else ""
                label = f"{part.name}{slash}" if part.name else made_of
                drawing.text((x, box.bottom - 13), label, style="mono", anchor="middle")
    for address, y in plan.rows.items():
        _draw_rights(drawing, plan, FUNCTIONS_LEFT + FUNCTION_WIDTH, y + CARD / 2, plan.grants[address])


def _draw_rights(drawing: Drawing, plan: _Plan, left: float, y: float, grants: Grants) -> None:
    """A row of the grid: a line to the last part that is used, and marks where it meets a column."""
    if grants:
        drawing.rule((left, y), (max(plan.column(part) for part in grants), y), FAINT)
    for part, letters in grants.items():
        for index, letter in enumerate(letters):
            x = plan.column(part) + (index - (len(letters) - 1) / 2) * 19
            drawing.dot((x, y), letter, RIGHTS[letter][1])


def _draw_callers(drawing: Drawing, plan: _Plan, template: Template) -> None:
    api = template.one("AWS::ApiGateway::RestApi")
    stage = template.one("AWS::ApiGateway::Stage").properties["StageName"]
    groups = {target.address: [r for r in plan.routes if r.target == target] for target in _targets(plan.routes)}
    box = Box(API_LEFT, plan.rows[plan.direct[0].address], API_WIDTH, 62 + len(plan.routes) * ROUTE + len(groups) * 14)
    frontend = Box(MARGIN, box.y, FRONTEND_WIDTH, 72)
    pool_box = Box(API_LEFT, plan.machine_box.bottom - 92, API_WIDTH, 66)

    drawing.line([(frontend.right, frontend.middle[1]), (box.x, frontend.middle[1])])
    drawing.text(((frontend.right + box.x) / 2, frontend.middle[1] - 8), "REST", style="label", anchor="middle")
    _draw_sign_in(drawing, template, frontend, box, pool_box)
    _draw_signed(drawing, plan, frontend)
    drawing.card(frontend, KINDS["frontend"], "browser", "Frontend", "of a listed origin")
    drawing.card(box, KINDS[api.type], "API Gateway", "REST API")
    drawing.text((box.right - 14, box.y + 20), f"stage {stage}", style="note", anchor="end")

    y = box.y + 62
    for index, (target, routes) in enumerate(groups.items()):
        start, end = y - 3, y + len(routes) * ROUTE - 6
        for route in routes:
            _draw_route(drawing, box, y, route)
            y += ROUTE
        # The further down a call starts, the later it turns up, so that no two cross.
        _draw_call(drawing, plan, (box.right, (start + end) / 2), box.right + 26 + index * 16, target)
        drawing.rectangle(
            Box(box.right - 2, start, 4, end - start), fill=KINDS[api.type].strong, stroke="none", radius=2
        )
        y += 14


def _draw_route(drawing: Drawing, box: Box, y: float, route: Route) -> None:
    colour = KINDS["AWS::ApiGateway::RestApi"].strong
    if route.is_signed_in:
        drawing.lock((box.x + 14, y + 11), colour)
    drawing.text((box.x + 32, y + 11), route.verb, style="mono", fill=colour)
    drawing.text((box.x + 84, y + 11), route.path, style="mono")


def _draw_call(drawing: Drawing, plan: _Plan, start: Point, turn: float, target: str) -> None:
    """From a group of routes to what answers them."""
    if target == plan.machine.address:
        goal, label = (plan.machine_box.x, plan.machine_box.y + 25), "StartSyncExecution"
    else:
        goal, label = (FUNCTIONS_LEFT, plan.rows[target] + CARD / 2), "Lambda proxy"
    drawing.line([start, (turn, start[1]), (turn, goal[1]), goal])
    drawing.text((turn + 12, goal[1] - 8), label, style="label")


def _draw_sign_in(drawing: Drawing, template: Template, frontend: Box, api: Box, box: Box) -> None:
    pool = template.target(template.one("AWS::ApiGateway::Authorizer").properties["ProviderARNs"][0])
    client = template.one("AWS::Cognito::UserPoolClient")
    if pool is None:
        raise ValueError("the authorizer's user pool is not in this template")
    drawing.line([(box.x + 42, api.bottom), (box.x + 42, box.y)])
    drawing.text((box.x + 54, (api.bottom + box.y) / 2 + 4), "checks ID tokens", style="label")
    if template.target(client.properties["UserPoolId"]) == pool:
        x = frontend.right - 34
        drawing.line([(x, frontend.bottom), (x, box.middle[1]), (box.x, box.middle[1])])
        drawing.text(((x + box.x) / 2 + 6, box.middle[1] - 8), "signs in", style="label", anchor="middle")
    drawing.card(box, KINDS[pool.type], "Cognito user pool", pool.name, f"client {client.name}")


def _draw_signed(drawing: Drawing, plan: _Plan, frontend: Box) -> None:
    """The bytes' own way: uploads and downloads go past the API."""
    x, y = frontend.x + 34, plan.signed_row + CARD / 2
    last = max(plan.column(part) for part in plan.signed)
    drawing.line([(x, frontend.bottom), (x, y), (last, y)], arrow=False)
    told = "presigned POST and GET: the bytes go past the API"
    drawing.text((FUNCTIONS_LEFT + FUNCTION_WIDTH, y - 9), told, style="label", anchor="end")
    for part, letters in plan.signed.items():
        for index, letter in enumerate(letters):
            drawing.dot((plan.column(part) + index * 19, y), letter, RIGHTS[letter][1])


def _draw_schedules(drawing: Drawing, plan: _Plan) -> None:
    """The rules, at the foot of the API's column, and what they run."""
    for function in plan.scheduled:
        names, expressions = zip(*plan.schedules[function.address], strict=True)
        box = Box(API_LEFT, plan.rows[function.address], API_WIDTH, CARD)
        drawing.line([(box.right, box.middle[1]), (FUNCTIONS_LEFT, box.middle[1])])
        drawing.text((box.right + 54, box.middle[1] - 8), "invokes", style="label")
        drawing.card(box, KINDS["AWS::Events::Rule"], "EventBridge rules", ", ".join(names))
        drawing.text((box.right - 14, box.y + 38), ", ".join(expressions), style="note", anchor="end")


def _draw_on_demand(drawing: Drawing, plan: _Plan, machine: Resource) -> None:
    """The state machine that a person starts, and what it runs."""
    first, last = plan.on_demand[0].address, plan.on_demand[-1].address
    box = Box(API_LEFT, plan.rows[first], API_WIDTH, plan.rows[last] + CARD - plan.rows[first])
    for function in plan.on_demand:
        y = plan.rows[function.address] + CARD / 2
        drawing.line([(box.right, y), (FUNCTIONS_LEFT, y)])
        drawing.text((box.right + 54, y - 8), "invokes", style="label")
    kind = f"Step Functions {machine.properties['StateMachineType']}"
    drawing.card(box, KINDS[machine.type], kind, machine.name, "started by hand: all photos")


def _draw_functions(drawing: Drawing, plan: _Plan) -> None:
    colour = KINDS[plan.machine.type]
    box = plan.machine_box
    drawing.rectangle(box, fill="none", stroke=colour.strong, radius=10, dashed=True)
    kind = f"Step Functions {plan.machine.properties['StateMachineType']}"
    drawing.text((box.x + 18, box.y + 19), kind.upper(), style="kind", fill=colour.strong)
    drawing.text((box.x + 18, box.y + 37), plan.machine.name, style="name")
    drawing.text((box.right - 32, box.y + 37), f"{plan.seconds} s at most", style="note", anchor="end")
    for function in [*plan.direct, *plan.steps, *plan.scheduled, *plan.on_demand]:
        _draw_function(drawing, Box(FUNCTIONS_LEFT, plan.rows[function.address], FUNCTION_WIDTH, CARD), function)


def _draw_function(drawing: Drawing, box: Box, function: Resource) -> None:
    properties: Mapping[str, object] = function.properties
    drawing.card(box, KINDS[function.type], "Lambda", function.name)
    size = f"{properties['MemorySize']} MiB, {properties['Timeout']} s"
    drawing.text((box.right - 14, box.y + 20), size, style="note", anchor="end")
    module = str(properties["Handler"]).removesuffix(".handler").replace(".", "/")
    drawing.text((box.right - 14, box.y + 38), f"{module}.py", style="mono", fill=MUTED, anchor="end")


def _draw_legend(drawing: Drawing, plan: _Plan) -> None:
    y = plan.bottom + 30
    drawing.rule((MARGIN, y - 22), (plan.right, y - 22), GRID)
    x = GRID_LEFT + 8.5
    for letter, (word, fill) in RIGHTS.items():
        drawing.dot((x, y), letter, fill)
        drawing.text((x + 15, y + 4), word, style="note", fill=INK)
        x += 78
    drawing.lock((API_LEFT + 14, y + 4), KINDS["AWS::ApiGateway::RestApi"].strong)
    drawing.text((API_LEFT + 32, y + 4), "needs an ID token", style="note", fill=INK)


def _targets(routes: Sequence[Route]) -> list[Resource]:
    """What the routes lead to, functions before the machine."""
    found = {route.target.address: route.target for route in routes}
    return sorted(found.values(), key=lambda target: (target.type != "AWS::Lambda::Function", target.address))
