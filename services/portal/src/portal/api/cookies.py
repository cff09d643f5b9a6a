"""The cookies of the portal: of this host alone, and out of reach of scripts."""

import flask

# The secret of a browser, to which the forms of somebody without a session are bound.
FORM_COOKIE = "__Host-form"


def set_cookie(
    response: flask.Response, name: str, value: str, *, seconds: int | None = None
) -> None:
    """Sets a cookie. Without `seconds` it ends with the browser."""
    response.set_cookie(
        name, value, max_age=seconds, secure=True, httponly=True, samesite="Lax", path="/"
    )


def forget_cookie(response: flask.Response, name: str) -> None:
    """Has the browser forget a cookie."""
    set_cookie(response, name, "", seconds=0)


def forget_forms(response: flask.Response) -> None:
    """Has the browser forget the secret of its forms, and with it the draft of a report."""
    forget_cookie(response, FORM_COOKIE)
