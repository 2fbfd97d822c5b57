"""What every answer says about itself, written out."""

from photosky.headers import SECURITY_HEADERS


def test_an_answer_is_not_to_be_kept_sniffed_framed_embedded_or_asked_for_without_tls() -> None:
    assert SECURITY_HEADERS == {
        "Cache-Control": "no-store",
        "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Referrer-Policy": "no-referrer",
        "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
        "X-Content-Type-Options": "nosniff",
    }
