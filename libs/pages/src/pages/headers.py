"""The headers that every page has."""

from collections.abc import Iterable

from pages.origins import origin


def page_headers(
    language: str, *, beyond: Iterable[str] = (), has_script: bool = False
) -> dict[str, str]:
    """Returns the headers of every page: no script, no style and no picture of another site, and nothing is kept.
    `has_script`: the page has a script of ours; an inline script never runs.
    `beyond`: addresses to which a form may redirect, because Chromium applies form-action to redirects too."""
    targets = " ".join(["'self'", *dict.fromkeys(origin(one) for one in beyond)])
    scripts = " script-src 'self';" if has_script else ""
    return {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Language": language,
        "Content-Security-Policy": (
            f"default-src 'none';{scripts} style-src 'self'; font-src 'self'; img-src 'self'; base-uri 'none';"
            f" frame-ancestors 'none'; form-action {targets}"
        ),
        "Cache-Control": "no-store",
        "X-Frame-Options": "DENY",
    }
