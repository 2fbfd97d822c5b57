"""All mapping templates of the stack rest on documented behaviour of API Gateway."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest

from diagrams.synthesis import Synthesized, Template
from tests.checked import check_once
from tests.repository import own_files
from tests.velocity import apache
from tests.velocity.overrides import context_reads, most_overrides
from tests.velocity.requests import HOSTILE, Rendered, Request, rendered


def mapping_templates(template: Template) -> Iterator[tuple[str, str]]:
    """Each mapping template of the stack, with its place."""
    for (verb, path), method in template.routes().items():
        integration: dict[str, Any] = method.properties["Integration"]
        for media_type, text in integration.get("RequestTemplates", {}).items():
            yield f"{verb} {path} {media_type}", template.text(text)
        for response in integration.get("IntegrationResponses", []):
            for text in response["ResponseTemplates"].values():
                yield f"{verb} {path} {response['StatusCode']}", template.text(text)
    for gateway_response in template.all("AWS::ApiGateway::GatewayResponse"):
        for text in gateway_response.properties["ResponseTemplates"].values():
            yield gateway_response.properties["ResponseType"], text


def requests(text: str, origin: str) -> Iterator[Request]:
    """Requests with a hostile text in every input, and with each result that StartSyncExecution has."""
    photo = {"outcome": "ready", "photo": json.dumps({"title": text}), "etag": '"3"'}
    executions: tuple[Mapping[str, Any], ...] = (
        _succeeded(photo),
        _succeeded({"outcome": "rejected", "code": "CorruptImage", "detail": text}),
        _succeeded({"outcome": "declined", "code": "IngestInProgress"}),
        _succeeded({"outcome": text, "code": text, "detail": text}),
        _succeeded({}),
        {"status": "FAILED", "error": text, "cause": text},
        {"status": "TIMED_OUT"},
        {"__type": f"com.amazon.coral.availability#ThrottlingException{text}"},
        {"status": text, "__type": text},
    )
    origins: tuple[Mapping[str, str], ...] = (
        {"Origin": origin},
        {"origin": origin},
        {},
        {"Origin": text},
        {"Origin": "", "origin": text},
    )
    for at, execution in enumerate(executions):
        yield Request(json.dumps(execution), sub=text, photo_id=text, headers=origins[at % len(origins)])


def _succeeded(output: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"status": "SUCCEEDED", "output": json.dumps(output)}


@pytest.mark.skipif(
    apache.missing() != [],
    reason=f"missing: {', '.join(apache.missing())}; as root: apt-get install {apache.PACKAGES}",
)
def test_templates_render_as_in_apache_velocity(stacks: Mapping[str, Synthesized]) -> None:
    environment, template = stacks["prod"].environment, stacks["prod"].template
    machine = f"${{{template.machine('Ingest').address}}}"
    texts = {text.replace(machine, "arn:aws:states:Ingest") for _, text in mapping_templates(template)}
    inputs = [each for text in HOSTILE for each in requests(text, environment.allowed_origins[0])]
    pairs = [(text, each) for text in sorted(texts) for each in inputs]

    def check() -> None:
        found = apache.rendered_by_apache(sorted(texts), inputs)
        differences = [
            (apart, local, pair)
            for pair, apart, local in zip(pairs, found, (rendered(*pair) for pair in pairs), strict=True)
            if _without_margins(apart) != _without_margins(local)
        ]
        assert differences[:3] == []

    renderers = own_files("local/emulator/*", "tests/velocity/*", "tests/infrastructure/test_mapping_templates.py")
    check_once("templates", [*sorted(texts), repr(inputs), *(path.read_bytes() for path in renderers)], check)


def _without_margins(result: Rendered) -> Rendered:
    """The result without white space around the document: the engines differ in line ends after directives."""
    return replace(result, text=result.text.strip())


def test_templates_read_no_override(stack_template: Template) -> None:
    read = {name for _, text in mapping_templates(stack_template) for name in context_reads(text)}
    assert read == {"context.requestId", "context.authorizer.claims.sub"}


def test_templates_set_each_override_at_most_once(stack_template: Template) -> None:
    overrides = {place: most_overrides(text) for place, text in mapping_templates(stack_template)}
    assert {place: sets for place, sets in overrides.items() if any(times > 1 for times in sets.values())} == {}
    assert overrides["POST /photos/{photo_id}/ingest 200"].keys() >= {
        "context.responseoverride.status",
        "context.responseoverride.header.etag",
        "context.responseoverride.header.access-control-allow-origin",
    }


@pytest.mark.parametrize(
    ("template", "sets"),
    [
        ("#set($o.Override.a = 1)#set($o.override.A = 2)", {"o.override.a": 2}),
        ("#if($x)#set($o.override.a = 1)#end#set($o.override.a = 2)", {"o.override.a": 2}),
        ("#if($x)#set($o.override.a = 1)#else#set($o.override.a = 2)#end", {"o.override.a": 1}),
        (
            "#if($x)a#elseif($y)#set($o.override.a = '#end')#if(($y) && ')')#set($o.override.a = 2)#end#end",
            {"o.override.a": 2},
        ),
        (
            "#if($x)#set($o.override.a = 1)#end#if($x)#{else}#set($o.override.b = 1)#end",
            {"o.override.a": 1, "o.override.b": 1},
        ),
        ("#set($a = $o.override.a)", {}),
    ],
)
def test_overrides_are_counted_on_every_path(template: str, sets: dict[str, int]) -> None:
    assert most_overrides(template) == sets


@pytest.mark.parametrize("template", ["#foreach($x in $y)#end", "#set($a)", "#if($x"])
def test_other_directives_are_refused(template: str) -> None:
    with pytest.raises(ValueError, match=r"#|\("):
        most_overrides(template)


@pytest.mark.parametrize(
    ("template", "reads"),
    [
        ("#set($context.o.a = 1)", set()),
        ("#set($context.o.a = 1)#if($context.o.a)#end", {"context.o.a"}),
        ("#set($context.o.a = 1)$!{context.o.a}", {"context.o.a"}),
        ("#set($x = $context)", {"context"}),
        ('#set($x = "a ${context.o.b}")', {"context.o.b"}),
    ],
)
def test_reads_are_found_in_conditions_and_outputs(template: str, reads: set[str]) -> None:
    assert context_reads(template) == reads
