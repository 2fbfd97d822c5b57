"""The template dialect, with the templates' constructs and with input that tries to break out of them."""

import json
from typing import Any

import pytest

from local.emulator.patches.velocity import Input, TemplateFailed, Util, json_path, render

REQUEST = r"""#set($owner = $util.escapeJavaScript($context.authorizer.claims.sub).replaceAll("\\'", "'"))
#set($photo = $util.escapeJavaScript($input.params().path.get('photo_id')).replaceAll("\\'", "'"))
#set($payload = "{""owner_id"":""$owner"",""photo_id"":""$photo""}")
{"name": "$context.requestId", "input": "$util.escapeJavaScript($payload).replaceAll("\\'", "'")"}"""

RESPONSE = r"""#set($execution = $input.path('$'))
#if($execution.status == 'SUCCEEDED')
#set($answer = $util.parseJson($input.path('$.output')))
#if($answer.outcome == 'ready')
$answer.photo
#else
#set($status = 500) #set($title = "broken")
#if($answer.code == 'UploadMissing')#set($status = 409)#set($title = "missing")
#elseif($answer.code == 'Odd')#set($status = 415)#end
#set($context.responseOverride.status = $status)
#set($context.responseOverride.header.Retry-After = "2")
{"code": "$answer.code", "title": "$title", "status": $status,
 "detail": "$util.escapeJavaScript($answer.detail).replaceAll("\\'", "'")"}
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
        '"}, "owner_id": "someone else',
    ],
)
def test_any_id_arrives_unchanged(photo_id: str) -> None:
    context = {"requestId": "r-1", "authorizer": {"claims": {"sub": "o'1"}}}
    call = json.loads(rendered(REQUEST, input=source(path={"photo_id": photo_id}), context=context))
    assert call["name"] == "r-1"
    assert json.loads(call["input"]) == {"owner_id": "o'1", "photo_id": photo_id}


def answer(execution: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    context: dict[str, Any] = {"responseOverride": {"status": None, "header": {}}}
    text = rendered(RESPONSE, input=source(json.dumps(execution)), context=context)
    return text.strip(), context["responseOverride"]


def test_text_from_the_workflow_is_printed_unchanged() -> None:
    photo = '{"title": "$title #set($a = 1) \\u00e9 \'"}'
    assert answer({"status": "SUCCEEDED", "output": json.dumps({"outcome": "ready", "photo": photo})}) == (
        photo,
        {"status": None, "header": {}},
    )


def test_rejection_sets_status_and_headers() -> None:
    refusal = {"outcome": "rejected", "code": "UploadMissing", "detail": 'It\'s "not" there: é\n'}
    text, override = answer({"status": "SUCCEEDED", "output": json.dumps(refusal)})
    assert json.loads(text) == {
        "code": "UploadMissing",
        "title": "missing",
        "status": 409,
        "detail": 'It\'s "not" there: é\n',
    }
    assert override == {"status": 409, "header": {"Retry-After": "2"}}


def test_elseif_and_else() -> None:
    refusal = {"outcome": "rejected", "code": "Odd", "detail": ""}
    assert json.loads(answer({"status": "SUCCEEDED", "output": json.dumps(refusal)})[0])["status"] == 415
    assert answer({"status": "TIMED_OUT"})[0] == "timed out"
    assert answer({"status": "FAILED"})[0] == "failed"


def test_missing_detail_prints_as_nothing() -> None:
    refusal = {"outcome": "rejected", "code": "Odd"}
    assert json.loads(answer({"status": "SUCCEEDED", "output": json.dumps(refusal)})[0])["detail"] == ""


@pytest.mark.parametrize("sent_as", ["Origin", "origin", "ORIGIN"])
@pytest.mark.parametrize(
    "looked_up", ["$input.params('Origin')", '$input.params().header.get("Origin")', "$input.params().header.origin"]
)
def test_header_lookup_is_case_insensitive(sent_as: str, looked_up: str) -> None:
    assert rendered(looked_up, input=source(headers={sent_as: "http://a.test"})) == "http://a.test"


def test_parameter_is_read_from_path_then_query_then_headers() -> None:
    everywhere = source(path={"a": "path"}, query={"a": "query", "b": "query"}, headers={"b": "header", "c": "header"})
    template = "$input.params('a') $input.params('b') $input.params('c') [$input.params('d')]"
    assert rendered(template, input=everywhere) == "path query header []"


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
def test_values_have_javas_methods(expression: str, value: str) -> None:
    variables = {"text": "Photo Sky", "number": 7, "list": ["a", "b"], "map": {"a": 1}, "yes": True}
    assert rendered(expression, **variables) == value


def test_python_attributes_are_not_accessible() -> None:
    assert rendered("$text.__class__ $util.__dict__ $text.format('x')", text="t") == "  "


def test_util_encodes_and_decodes() -> None:
    template = "$util.urlEncode('a b/ü') $util.urlDecode('a+b') $util.base64Encode('ü') $util.base64Decode('w7w=')"
    assert rendered(template) == "a+b%2F%C3%BC a b w7w= ü"


def test_escape_java_script_is_commons_langs() -> None:
    assert Util.escapeJavaScript("'\"\\/\n\x01\x7fé😀") == r"\'\"\\\/\n\u0001\u007F\u00E9\uD83D\uDE00"


def test_a_doubled_quote_is_a_quote_and_a_backslash_is_a_backslash() -> None:
    assert rendered("""#set($a = "say ""$b"" \\n")$a #set($c = 'it''s $b')$c""", b="hi") == 'say "hi" \\n it\'s $b'


def test_loops_and_comments() -> None:
    template = "## a comment\n#foreach($one in [1, 2, 3])$one#if($foreach.hasNext), #end#end#* more *#"
    assert rendered(template) == "1, 2, 3"


def test_the_body_is_read_as_text_and_as_json() -> None:
    body = source('{"a": {"b": [1, {"c": "é"}]}}')
    assert rendered("$input.path('$.a.b[1].c') $input.json('$.a.b') $input.body.length()", input=body) == (
        'é [1,{"c":"é"}] 29'
    )


@pytest.mark.parametrize(
    ("expression", "found"),
    [("$", {"a": [{"b c": 1}]}), ("$.a[0]['b c']", 1), ("$.a[-1]", {"b c": 1}), ("$.a[1]", None), ("$.a.b", None)],
)
def test_json_paths_of_names_and_indexes(expression: str, found: Any) -> None:
    assert json_path({"a": [{"b c": 1}]}, expression) == found


@pytest.mark.parametrize("template", ["#if(true)", "$input.path('$..a')", "$util.parseJson('{')", "#set($a.b.c = 1)"])
def test_invalid_template_raises(template: str) -> None:
    with pytest.raises(TemplateFailed):
        rendered(template)
