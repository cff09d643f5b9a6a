"""Second factors in the tests: people who enrol, and the codes of their telephones."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from identity.domain.second_factor import code_of, new_secret, step_of
from identity.models import Factor, Person

from .oauth_clients import Form, Oauth

_KEY = re.compile(r'class="key"><bdi dir="ltr">([A-Z2-7 ]+)</bdi>')
_CODES = re.compile(r"<li><bdi[^>]*>([a-z0-9]{4}(?:-[a-z0-9]{4}){3})</bdi></li>")


def code_at(secret: str, steps: int = 0) -> str:
    """The code of the present step, or of one so many steps later."""
    return code_of(secret, step_of(datetime.now(UTC)) + steps)


def key_on(page: httpx.Response) -> str:
    """The key that a page shows."""
    found = _KEY.search(page.text)
    assert found, page.text
    return found[1].replace(" ", "")


def recovery_codes_on(page: httpx.Response) -> list[str]:
    """The recovery codes that a page shows."""
    return _CODES.findall(page.text)


def submit(
    browser: httpx.Client, page: httpx.Response, action: str, code: str = "", **more: str
) -> httpx.Response:
    """Sends the form of a page by one of its buttons."""
    form = Form(page.text)
    return browser.post(form.action, data={**form.inputs, "action": action, "code": code, **more})


def give_factor(session: Any, person_id: str, secret: str | None = None) -> str:
    """Gives a person a key without the pages. Returns the key."""
    secret = secret or new_secret()
    made = datetime.now(UTC) - timedelta(days=1)
    row = Factor(
        factor_id=f"f-{secret}", person_id=person_id, kind="totp", secret=secret, created_at=made
    )
    session.add(row)
    session.flush()
    return secret


def second_page(oauth: Oauth, browser: httpx.Client, username: str = "sara", **changes: Any) -> Any:
    """The page behind the right password of a person with a factor."""
    page = oauth.sign_in(username, browser=browser, **changes)
    assert page.status_code == 200, page.text
    return page


TWO_FACTORS = {"amr": ["pwd", "otp", "mfa"]}


def add_administrator(session: Any, username: str, **changes: Any) -> str:
    """Registers an administrator of the municipality who has had a factor for a day. Returns the person's id."""
    person_id = f"p_{username}"
    terms = {
        "username": username,
        "display_name": "مسؤول (بيانات تجريبية)",
        "organisation": "qatif",
        "role": "administrator",
        "scopes": ["identity.admin"],
        "attributes": {},
        "password_hash": "",
        "status": "active",
        "version": 1,
    }
    session.add(Person(person_id=person_id, **{**terms, **changes}))
    session.flush()
    give_factor(session, person_id)
    return person_id
