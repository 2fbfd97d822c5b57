"""API Gateway: compressed requests and responses.

Gap: `minimumCompressionSize` is stored and ignored, and a compressed request reaches the integration as it is.
Closed upstream when `curl --compressed -v` of a page shows `content-encoding: gzip` without this module.
"""

import gzip
import zlib
from collections.abc import Callable, Mapping
from typing import Any, Final

from local.emulator.patches import velocity
from local.emulator.patches.gateway.call import MODULE, gateway_error, with_headers
from local.emulator.wrapping import module, wrap

ENCODERS: Final[Mapping[str, Callable[[bytes], bytes]]] = {
    "gzip": lambda data: gzip.compress(data, mtime=0),
    "deflate": zlib.compress,
}
_DECODERS: Final[Mapping[str, Callable[[bytes], bytes]]] = {
    "gzip": gzip.decompress,
    "deflate": zlib.decompress,
    "identity": lambda data: data,
}


def chosen_coding(accept_encoding: str | None) -> str | None:
    """The coding of a response; None for no compression.

    It is the first one of the highest weight, if API Gateway supports it. Neither a missing header nor `*` asks for
    compression (API Gateway guide, "Receive an API response with a compressed payload").
    """
    weights: dict[str, float] = {}
    for part in (accept_encoding or "").lower().split(","):
        name, _, weight = part.partition(";")
        try:
            weights[name.strip()] = float(weight.strip().removeprefix("q=") or 1)
        except ValueError:
            return None
    best = max(weights, key=lambda name: weights[name])
    return best if best in ENCODERS and weights[best] > 0 else None


def compressed(
    response: tuple[int, dict[str, Any], bytes], accept_encoding: str | None, minimum_bytes: int | None
) -> tuple[int, dict[str, Any], bytes]:
    """Compress a response if the API does so from this size on, and the client asks for it."""
    status, headers, body = response
    coding = chosen_coding(accept_encoding)
    is_coded = velocity.Headers(headers).get("content-encoding") is not None
    if minimum_bytes is None or len(body) < max(1, minimum_bytes) or coding is None or is_coded:
        return response
    data = ENCODERS[coding](body)
    return status, with_headers(headers, {"Content-Encoding": coding, "Content-Length": str(len(data))}), data


def decompressed(body: bytes, content_encoding: str | None) -> bytes:
    """The payload of a request. Raises ValueError if its coding is not supported, or not that of the payload."""
    coding = (content_encoding or "identity").strip().lower()
    try:
        return _DECODERS[coding](body)
    except (KeyError, OSError, EOFError, zlib.error) as error:
        raise ValueError(f"the payload is not {coding}") from error


def _coding(original: Callable[..., Any]) -> Callable[..., Any]:
    async def execute(
        request: dict[str, Any],
        api_id: str,
        stage_name: str,
        method: str,
        path: str,
        headers: dict[str, str],
        body: bytes,
        *more: Any,
    ) -> Any:
        sent = velocity.Headers(headers or {})
        try:
            payload = decompressed(body or b"", sent.get("content-encoding"))
        except ValueError:
            request["stage"] = module(MODULE)._stages_v1.get(api_id, {}).get(stage_name)
            return gateway_error("UNSUPPORTED_MEDIA_TYPE", "Unsupported Media Type")
        plain = {name: value for name, value in (headers or {}).items() if name.lower() != "content-encoding"}
        response = await original(request, api_id, stage_name, method, path, plain, payload, *more)
        if not isinstance(response, tuple):
            return response
        minimum_bytes = (module(MODULE)._rest_apis.get(api_id) or {}).get("minimumCompressionSize")
        return compressed(response, sent.get("accept-encoding"), None if minimum_bytes is None else int(minimum_bytes))

    return execute


def install() -> None:
    """Wrap the function that runs a request, after the patch that gives it its id."""
    scope = "api_id stage_name method path headers body query_params owner_account_id owner_region"
    wrap(MODULE, "_execute_in_scope", f"request {scope}", _coding)
