"""A page that stands alone, behind a text's link or a document's code: it brings its style along, and takes no script
and nothing from elsewhere."""

from base64 import b64encode
from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import jinja2


def page_headers(
    style: str, *, own_images: bool = False, own_forms: bool = False
) -> dict[str, str]:
    """Returns the page's headers. The style, and the images and forms of the page's own service where it has some, are
    all that a browser may use."""
    digest = b64encode(sha256(style.encode()).digest()).decode()
    policy = (
        "default-src 'none'",
        *(["img-src 'self'"] if own_images else []),
        f"style-src 'sha256-{digest}'",
        "form-action 'self'" if own_forms else "form-action 'none'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
    return {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Security-Policy": "; ".join(policy),
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "X-Robots-Tag": "noindex, nofollow",
    }


@cache
def page_template(package: str, name: str) -> "jinja2.Template":
    """Returns a template of the package's folder `templates`. A name that the template isn't given is an error."""
    import jinja2  # `work` shows no page

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader(package),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
    )
    return environment.get_template(name)
