"""The security headers of the page, wherever it is served from."""

import base64
import hashlib
from collections.abc import Iterable, Mapping
from typing import Final

FILE_HEADERS: Final[Mapping[str, str]] = {
    "cross-origin-resource-policy": "same-origin",
    "x-content-type-options": "nosniff",
}
"""Of all files. Names are in lower case."""

DOCUMENT_HEADERS: Final[Mapping[str, str]] = {
    "cross-origin-opener-policy": "same-origin",
    "referrer-policy": "no-referrer",
}
"""In addition, of the document."""

FIXED_POLICY: Final = "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
"""The directives that neither a release nor a stack changes. `frame-ancestors` works in a header only (CSP Level 3)."""


def content_policy(import_map: str, images: Iterable[str] = (), connections: Iterable[str] = ()) -> str:
    """Return the directives for what the page loads: its own files, and from these origins.

    `import_map` is the text of the element, which must be inline and is therefore allowed by its digest.
    """
    digest = base64.b64encode(hashlib.sha256(import_map.encode()).digest()).decode()
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'self' 'sha256-{digest}'",
            "style-src 'self'",
            " ".join(("img-src 'self' data: blob:", *images)),
            " ".join(("connect-src 'self'", *connections)),
        )
    )
