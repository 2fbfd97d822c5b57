"""The pure functions of the API Gateway patch."""

import pytest

from local.emulator.patches.gateway.call import choose_template, header_parameters, overridden, with_headers
from local.emulator.patches.gateway.requests import decode_setting
from local.emulator.patches.velocity import Overrides


def test_header_is_replaced_case_insensitively() -> None:
    assert with_headers({"content-type": "a", "Vary": "Origin"}, {"Content-Type": "b"}) == {
        "Vary": "Origin",
        "Content-Type": "b",
    }


@pytest.mark.parametrize(
    ("media_type", "template"),
    [
        (None, "json"),
        ("application/json", "json"),
        ("Application/JSON; charset=utf-8", "json"),
        ("text/plain", "text"),
        ("application/xml", None),
    ],
)
def test_template_is_chosen_by_media_type(media_type: str | None, template: str | None) -> None:
    assert choose_template({"application/json": "json", "text/plain": "text"}, media_type) == template


def test_headers_are_mapped_from_literals_and_the_integrations_response() -> None:
    parameters = {
        "method.response.header.Cache-Control": "'no-store'",
        "method.response.header.X-Name": "integration.response.body.name",
        "method.response.header.X-Kind": "integration.response.header.Content-Type",
        "method.response.header.X-None": "integration.response.header.Missing",
    }
    assert header_parameters(parameters, {"content-type": "application/json"}, '{"name": "n"}') == {
        "Cache-Control": "no-store",
        "X-Name": "n",
        "X-Kind": "application/json",
    }


def test_template_overrides_status_and_headers() -> None:
    context = {"responseOverride": {"status": "409", "header": {"content-type": "text/plain"}}}
    assert overridden(200, {"Content-Type": "application/json"}, context) == (409, {"content-type": "text/plain"})


def test_response_without_overrides_is_unchanged() -> None:
    untouched = {"responseOverride": Overrides(header=Overrides())}
    assert overridden(200, {"Content-Type": "application/json"}, untouched) == (
        200,
        {"Content-Type": "application/json"},
    )


@pytest.mark.parametrize(
    ("key", "decoded"),
    [
        ("*/*", "*/*"),
        ("/~1photos/GET", "/photos/GET"),
        ("~1photos~1{photo_id}/GET", "/photos/{photo_id}/GET"),
        ("/photos/GET", "/photos/GET"),
    ],
)
def test_key_of_method_settings_is_decoded(key: str, decoded: str) -> None:
    assert decode_setting(key) == decoded
