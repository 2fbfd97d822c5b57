"""API Gateway: ID tokens of one client only, and gateway responses without unrendered variables.

Gaps: a method without scopes accepts access tokens; a Cognito authorizer's expression for the audience is ignored;
gateway responses keep variables that have no value.
Closed upstream when, without this module, an access token is refused by `GET /photos`.
"""

import re
from collections.abc import Callable
from typing import Any, Final

from local.emulator.patches.gateway.call import MODULE, Response, gateway_error, with_headers
from local.emulator.wrapping import wrap


def _id_tokens_only(original: Callable[..., Any]) -> Callable[..., Any]:
    async def validate(
        authorizer: Any, method_obj: dict[str, Any], headers: Any, query_params: Any, stage: Any
    ) -> tuple[Any, Any]:
        claims, error = await original(authorizer, method_obj, headers, query_params, stage)
        if error is not None:
            return claims, error
        is_id_token = method_obj.get("authorizationScopes") or claims.get("token_use") == "id"
        expression = authorizer.get("identityValidationExpression")
        if not is_id_token or (expression and not re.fullmatch(expression, str(claims.get("aud")))):
            return None, gateway_error("UNAUTHORIZED", "Unauthorized")
        return claims, None

    return validate


_LEFT_OVER: Final = re.compile(r"\$(?:\{(context(?:\.\w+)+)\}|(context(?:\.[A-Za-z]\w*)+))")


def _fully_rendered(original: Callable[..., Any]) -> Callable[..., Any]:
    def respond(error: Any, request: dict[str, Any]) -> Response:
        status, headers, body = original(error, request)
        variables = {"context.error.validationErrorString": error.message or ""}
        text = _LEFT_OVER.sub(lambda found: variables.get(found[1] or found[2], ""), body.decode())
        merged: dict[str, Any] = {}
        for name, value in headers.items():
            merged = with_headers(merged, {name: value})
        return status, merged, text.encode()

    return respond


def install() -> None:
    """Wrap the authorizer and the gateway responses."""
    wrap(MODULE, "_validate_cognito_authorizer", "authorizer method_obj headers query_params stage", _id_tokens_only)
    wrap(MODULE, "_gateway_error_response", "error request", _fully_rendered)
