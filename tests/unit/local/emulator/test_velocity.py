"""The VTL interpreter, with the constructs of the API's templates and with injection attempts."""

import json
from typing import Any

import pytest

from local.emulator.patches.velocity import Input, Overrides, TemplateFailed, Util, json_path, render

REQUEST = r"""#set($owner = $util.escapeJavaScript($context.authorizer.claims.sub).replaceAll("\\'", "'"))
#set($photo = $util.escapeJavaScript($input.params().path.get('photo_id')).replaceAll("\\'", "'"))
#set($payload = "{""owner_id"":""$owner"",""photo_id"":""$photo""}")
{"name": "$context.requestId", "input": "$util.escapeJavaScript($payload).replaceAll("\\'", "'")"}"""

RESPONSE = r"""#set($execution = $input.path('$'))
#if($execution.status == 'SUCCEEDED')
#set($result = $util.parseJson($input.path('$.output')))
#if($result.outcome == 'ready')
$result.photo
#else
#set($status = 500) #set($title = "broken")
#if($result.code == 'UploadMissing')#set($status = 409)#set($title = "missing")
#elseif($result.code == 'Odd')#set($status = 415)#end
#set($context.responseOverride.status = $status)
#set($context.responseOverride.header.Retry-After = "2")
{"code": "$result.code", "title": "$title", "status": $status,
 "detail": "$util.escapeJavaScript($result.detail).replaceAll("\\'", "'")"}
#end
#elseif($execution.status == 'TIMED_OUT')
timed out
#else
failed
#end"""


def source(body: str = "", **groups: dict[str, str]) -> Input:
    return Input(body, path=groups.get("path", {}), query=groups.get("query", {}), headers=groups.get("headers", {}))


def rendered(template: str, **variables: Any) -> str:
    return render(template, {"util": Util(), "input": source(), **variables})


@pytest.mark.parametrize(
    "photo_id",
    [
        "0198c0de-0000-7000-8000-000000000000",
        "it's",
        'quo"te',
        "back\\slash",
        "\\'",
        "\\u0041",
        "$foo",
        "$util.parseJson('1')",
        "#set($owner = 'x')",
        "#if(true)",
        "##",
        "line\nbreak\ttab\x01",
        "é 漢 😀",
        "</script>",
        "$1 \\1",
        '"}, "owner_id": "other',
    ],
)
def test_templates_pass_any_id_unchanged(photo_id: str) -> None:
    context = {"requestId": "r-1", "authorizer": {"claims": {"sub": "o'1"}}}
    call = json.loads(rendered(REQUEST, input=source(path={"photo_id": photo_id}), context=context))
    assert call["name"] == "r-1"
    assert json.loads(call["input"]) == {"owner_id": "o'1", "photo_id": photo_id}


def respond(execution: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return the body and the overrides that the response template makes of an execution."""
    override = Overrides(header=Overrides())
    text = rendered(RESPONSE, input=source(json.dumps(execution)), context={"responseOverride": override})
    return text.strip(), override


def test_output_of_the_workflow_is_not_interpreted() -> None:
    photo = '{"title": "$title #set($a = 1) \\u00e9 \'"}'
    assert respond({"status": "SUCCEEDED", "output": json.dumps({"outcome": "ready", "photo": photo})}) == (
        photo,
        {"header": {}},
    )


def test_rejection_sets_status_and_headers() -> None:
    rejection = {"outcome": "rejected", "code": "UploadMissing", "detail": 'It\'s "not" there: é\n'}
    text, override = respond({"status": "SUCCEEDED", "output": json.dumps(rejection)})
    assert json.loads(text) == {
        "code": "UploadMissing",
        "title": "missing",
        "status": 409,
        "detail": 'It\'s "not" there: é\n',
    }
    assert override == {"status": 409, "header": {"Retry-After": "2"}}


def test_elseif_and_else_branches_are_rendered() -> None:
    rejection = {"outcome": "rejected", "code": "Odd", "detail": ""}
    assert json.loads(respond({"status": "SUCCEEDED", "output": json.dumps(rejection)})[0])["status"] == 415
    assert respond({"status": "TIMED_OUT"})[0] == "timed out"
    assert respond({"status": "FAILED"})[0] == "failed"


def test_missing_detail_is_rendered_as_an_empty_string() -> None:
    rejection = {"outcome": "rejected", "code": "Odd"}
    assert json.loads(respond({"status": "SUCCEEDED", "output": json.dumps(rejection)})[0])["detail"] == ""


@pytest.mark.parametrize("sent_as", ["Origin", "origin", "ORIGIN"])
@pytest.mark.parametrize(
    "expression", ["$input.params('Origin')", '$input.params().header.get("Origin")', "$input.params().header.origin"]
)
def test_header_lookup_is_case_insensitive(sent_as: str, expression: str) -> None:
    assert rendered(expression, input=source(headers={sent_as: "http://a.test"})) == "http://a.test"


def test_parameters_are_searched_in_path_query_and_headers() -> None:
    parameters = source(path={"a": "path"}, query={"a": "query", "b": "query"}, headers={"b": "header", "c": "header"})
    template = "$input.params('a') $input.params('b') $input.params('c') [$input.params('d')]"
    assert rendered(template, input=parameters) == "path query header []"


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("'a' == 'a'", True),
        ("'a' != 'a'", False),
        ("1 == 1", True),
        ("'1' == 1", True),
        ("1 == 1.0", True),
        ("$none == 'a'", False),
        ("$none == $none", True),
        ("2 > 1", True),
        ("$none > 1", False),
        ("true && false", False),
        ("true && !false", True),
        ("false || true", True),
        ("!('a' == 'b') && ('a' == 'a' || false)", True),
        ("$none", False),
        ("!$none", True),
        ("''", True),
        ("0", True),
        ("$empty", True),
        ("$none.deeper.still", False),
    ],
)
def test_conditions_follow_velocity(condition: str, *, holds: bool) -> None:
    assert rendered(f"#if({condition})yes#{{else}}no#end", empty=[]) == ("yes" if holds else "no")


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("$text.equals('Photo Sky')", "true"),
        ("$text.equals('photo')", "false"),
        ("$number.equals('7')", "false"),
        ("$number.toString().equals('7')", "true"),
        ("$text.substring(6)", "Sky"),
        ("$text.substring(0, 5)", "Photo"),
        ("$text.isEmpty()", "false"),
        ("$text.contains('to S')", "true"),
        ("$text.matches('Photo')", "false"),
        ("$text.matches('Photo.*')", "true"),
        (r"$text.replaceAll('(\w+) (\w+)', '$2 $1')", "Sky Photo"),
        (r"$text.replaceAll('o', '\$')", "Ph$t$ Sky"),
        ("$text.replace('o', '0')", "Ph0t0 Sky"),
        ("$text.toLowerCase()", "photo sky"),
        ("$text.length()", "9"),
        ("$text.startsWith('P')", "true"),
        ("$text.indexOf('Sky')", "6"),
        ("$list.size() $list.get(1) $list[0] $list", "2 b a [a, b]"),
        ("$map.get('a') $map.a $map.containsKey('z') $map.keySet()", "1 1 false [a]"),
        ("$map", "{a=1}"),
        ("$yes $none$none.a", "true "),
        ("${text}s $!none", "Photo Skys "),
    ],
)
def test_values_have_java_methods(expression: str, value: str) -> None:
    variables = {"text": "Photo Sky", "number": 7, "list": ["a", "b"], "map": {"a": 1}, "yes": True}
    assert rendered(expression, **variables) == value


def test_python_attributes_are_inaccessible() -> None:
    assert rendered("$text.__class__ $util.__dict__ $text.format('x')", text="t") == "  "


def test_util_encodes_and_decodes() -> None:
    template = "$util.urlEncode('a b/ü') $util.urlDecode('a+b') $util.base64Encode('ü') $util.base64Decode('w7w=')"
    assert rendered(template) == "a+b%2F%C3%BC a b w7w= ü"


def test_escape_java_script_equals_commons_lang() -> None:
    assert Util.escapeJavaScript("'\"\\/\n\x01\x7fé😀") == r"\'\"\\\/\n\u0001" "\x7f" r"\u00E9\uD83D\uDE00"


def test_doubled_quotes_and_backslashes_in_strings() -> None:
    assert rendered("""#set($a = "say ""$b"" \\n")$a #set($c = 'it''s $b')$c""", b="hi") == 'say "hi" \\n it\'s $b'


def test_null_is_not_assigned() -> None:
    context = {"responseOverride": Overrides(header=Overrides())}
    template = "#set($a = 1)#set($a = $none)$a#set($context.responseOverride.header.ETag = $none)"
    assert rendered(template, context=context) == "1"
    assert context == {"responseOverride": {"header": {}}}


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("#set($o.header.Vary = 'a')#set($o.header.vary = 'b')", "overrides vary twice"),
        ("#set($o.status = 400)#set($o.status = 400)", "overrides status twice"),
        ("#set($o.header.Vary = 'a')#if($o.header.Vary)#end", "reads the override header"),
        ("$o.status", "reads the override status"),
    ],
)
def test_overrides_are_set_once_and_never_read(template: str, message: str) -> None:
    with pytest.raises(TemplateFailed, match=message):
        rendered(
            template.replace("$o", "$context.responseOverride"),
            context={"responseOverride": Overrides(header=Overrides())},
        )


def test_loops_and_comments() -> None:
    template = "## a comment\n#foreach($one in [1, 2, 3])$one#if($foreach.hasNext), #end#end#* more *#"
    assert rendered(template) == "1, 2, 3"


def test_body_is_read_as_text_and_as_json() -> None:
    body = source('{"a": {"b": [1, {"c": "é"}]}}')
    assert rendered("$input.path('$.a.b[1].c') $input.json('$.a.b') $input.body.length()", input=body) == (
        'é [1,{"c":"é"}] 29'
    )


@pytest.mark.parametrize(
    ("expression", "found"),
    [("$", {"a": [{"b c": 1}]}), ("$.a[0]['b c']", 1), ("$.a[-1]", {"b c": 1}), ("$.a[1]", None), ("$.a.b", None)],
)
def test_json_paths_select_names_and_indexes(expression: str, found: Any) -> None:
    assert json_path({"a": [{"b c": 1}]}, expression) == found


@pytest.mark.parametrize("template", ["#if(true)", "$input.path('$..a')", "$util.parseJson('{')", "#set($a.b.c = 1)"])
def test_invalid_template_raises_an_error(template: str) -> None:
    with pytest.raises(TemplateFailed):
        rendered(template)
