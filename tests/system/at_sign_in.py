"""People type ID numbers, names and mobiles at the sign-in page, into either field, and it refuses them or breaks."""

import re
from collections.abc import Iterator
from contextlib import nullcontext
from typing import Any

from devstack.token import Issuer, SignInForm

from .canaries import Canary

CALLBACK = {"response_type": "code", "code_challenge_method": "S256", "code_challenge": "E" * 43}
_OWN_FIELD = re.compile(rb'(id="username"[^>]* value=")[^"]*(")')


def sign_in(aviary: Any, canaries: list[Canary]) -> None:
    """A sign-in that succeeds with a canary for a password, then refused, malformed and crashed ones."""
    page, one = _Page(aviary), canaries[0]
    password = f"{one.name} {one.id_number} {one.mobile}"
    _set_password(aviary, "sec.viewer", password)
    assert page.send("sec.viewer", password).status_code == 303
    for canary in canaries:
        for value in (canary.id_number, canary.arabic, canary.name, canary.mobile):
            assert page.send(value, value).status_code == 403
            assert page.send("sec.viewer", value).status_code == 403
    for odd in _odd(one):
        assert page.send(one.id_number, one.name, odd).status_code in {400, 403}
    sent = {"username": one.id_number, "password": one.name}
    assert aviary.send("identity", "/authorize", method="GET", params=sent).status_code == 400
    assert aviary.send("identity", "/authorize", json=sent).status_code in {400, 415}
    for table in ("failed_sign_in", "person"):
        assert page.send(one.id_number, one.name, without=table).status_code >= 500


def _odd(canary: Canary) -> Iterator[dict[str, Any]]:
    yield {"csrf_token": canary.id_number}
    yield {"lang": canary.id_number, "csrf_token": ""}
    yield {"action": canary.id_number, "csrf_token": canary.name}
    yield {canary.name: canary.id_number}
    yield {"password": canary.id_number * 900}
    yield {"username": canary.id_number + "\n"}
    yield {"username": [canary.id_number, canary.name]}


def _set_password(aviary: Any, username: str, password: str) -> None:
    people = aviary.send("identity", "/v1/people", who="qatif.admin", method="GET").json()["items"]
    [person_id] = [one["person_id"] for one in people if one["username"] == username]
    changed = aviary.send(
        "identity", f"/v1/people/{person_id}/password", who="qatif.admin", method="PUT",
        json={"password": password},
    )  # fmt: skip
    assert changed.status_code == 200, changed.text


class _Page:
    """The sign-in page of the electricity company's desk, opened anew for each try and from an address of its own."""

    def __init__(self, aviary: Any) -> None:
        self._aviary = aviary
        clients = aviary.description["clients"]
        self._client = next(one for one in clients if one["client_id"] == "sec-reports")

    def send(
        self,
        username: str,
        password: str,
        changes: dict[str, Any] | None = None,
        *,
        without: str = "",
    ) -> Any:
        """The answer to the form. `without`: a table that isn't there any more when it's sent."""
        page = self._open()
        data = {**SignInForm.of(page).inputs, "username": username, "password": password}
        with self._aviary.broken("identity", without) if without else nullcontext():
            answer = self._aviary.send(
                "identity",
                "/authorize",
                data=data | (changes or {}),
                cookies=page.cookies,
                allow_redirects=False,
            )
        if answer.status_code >= 400:
            # The form comes back to the one who sent it, with the name in its own field: that is no leak.
            self._aviary.bodies.append(_OWN_FIELD.sub(rb"\1\2", self._aviary.bodies.pop()))
        return answer

    def _open(self) -> Any:
        asked = {
            **CALLBACK,
            "redirect_uri": self._client["redirect_uris"][0],
            "scope": "building-permits.read",
        }
        reference = Issuer(self._aviary.description["issuer"])._pushed(self._client, asked)
        return self._aviary.send(
            "identity", "/authorize", method="GET", params=reference, allow_redirects=False
        )
