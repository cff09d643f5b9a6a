"""Passkeys in the tests: an authenticator of software, and the pages that ask for it."""

import json
import os
import re
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from html import unescape
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from fido2.cose import ES256
from fido2.utils import websafe_decode, websafe_encode
from fido2.webauthn import (
    AttestationObject,
    AttestedCredentialData,
    AuthenticatorData,
    CollectedClientData,
)

from identity.models import Factor

from .factors import submit
from .oauth_clients import ISSUER, Oauth

_OPTIONS = re.compile(r'data-passkey="(\w+)" data-options="([^"]*)"')
PRESENT, VERIFIED, SYNCED = 0x01, 0x04, 0x08


class Authenticator:
    """An authenticator with one passkey. `wrong` of an answer: what it says instead of the truth, by name."""

    def __init__(self, *, flags: int = PRESENT | VERIFIED, step: int = 1) -> None:
        self._key = generate_private_key(SECP256R1())
        self.credential_id = os.urandom(16)
        self.flags, self.step, self.counter = flags, step, 0

    @property
    def credential(self) -> bytes:
        """The id and the public key, as identity keeps them."""
        public = ES256.from_cryptography_key(self._key.public_key())
        return bytes(AttestedCredentialData.create(b"\0" * 16, self.credential_id, public))

    def make(self, options: dict[str, Any], **wrong: Any) -> str:
        """The answer to the options of a page that asks for a new passkey."""
        credential = wrong.get("credential", self.credential)
        data = self._data(options["rp"]["id"], wrong, credential)
        made = AttestationObject.create("none", data, {})
        client_data = self._client_data("webauthn.create", options, wrong)
        return self._answer(wrong, clientDataJSON=client_data, attestationObject=made)

    def show(self, options: dict[str, Any], **wrong: Any) -> str:
        """The answer to the options of a page that asks for a passkey."""
        self.counter += self.step
        data = self._data(options["rpId"], wrong)
        client_data = self._client_data("webauthn.get", options, wrong)
        signed = bytes(data) + sha256(client_data).digest()
        signature = wrong.get("signature", self._key.sign(signed, ECDSA(SHA256())))
        parts = {"authenticatorData": data, "signature": signature}
        if "user_handle" in wrong:
            parts["userHandle"] = wrong["user_handle"]
        return self._answer(wrong, clientDataJSON=client_data, **parts)

    def _data(
        self, domain: str, wrong: dict[str, Any], credential: bytes = b""
    ) -> AuthenticatorData:
        digest = sha256(wrong.get("domain", domain).encode()).digest()
        flags = wrong.get("flags", self.flags) | (0x40 if credential else 0)
        counter = wrong.get("counter", self.counter)
        return AuthenticatorData.create(digest, flags, counter, credential)

    @staticmethod
    def _client_data(kind: str, options: dict[str, Any], wrong: dict[str, Any]) -> bytes:
        challenge = wrong.get("challenge", websafe_decode(options["challenge"]))
        return CollectedClientData.create(
            wrong.get("kind", kind),
            challenge,
            wrong.get("origin", ISSUER),
            cross_origin=wrong.get("is_framed", False),
        )

    def _answer(self, wrong: dict[str, Any], **parts: bytes) -> str:
        name = websafe_encode(wrong.get("credential_id", self.credential_id))
        response = {part: websafe_encode(bytes(value)) for part, value in parts.items()}
        answer = {"id": name, "rawId": name, "type": "public-key", "response": response}
        return json.dumps(answer)


def asked_on(page: httpx.Response) -> dict[str, Any]:
    """What a page asks of the browser's authenticators."""
    found = _OPTIONS.search(page.text)
    assert found, page.text
    options: dict[str, Any] = json.loads(unescape(found[2]))
    return options


def make_on(
    browser: httpx.Client,
    page: httpx.Response,
    authenticator: Authenticator,
    name: str = "هاتف العمل",
    **wrong: Any,
) -> httpx.Response:
    """Makes a passkey on a page that asks for a new one."""
    answer = authenticator.make(asked_on(page), **wrong)
    return submit(browser, page, "confirm-passkey", passkey=answer, passkey_name=name)


def show_on(
    browser: httpx.Client, page: httpx.Response, authenticator: Authenticator, **wrong: Any
) -> httpx.Response:
    """Shows the passkey on the page of the second step."""
    answer = authenticator.show(asked_on(page), **wrong)
    return submit(browser, page, "verify-passkey", passkey=answer)


def sign_in(
    oauth: Oauth,
    authenticator: Authenticator,
    browser: httpx.Client | None = None,
    username: str = "sara",
    **changes: Any,
) -> httpx.Response:
    """Signs in with password and passkey."""
    browser = browser or oauth.browser()
    page = oauth.sign_in(username, browser=browser, **changes)
    return show_on(browser, page, authenticator)


def give_passkey(
    session: Any, person_id: str, authenticator: Authenticator, name: str = "مفتاح المكتب"
) -> str:
    """Gives a person the passkey of an authenticator without the pages. Returns the id of the factor."""
    row = Factor(
        factor_id=f"f-{authenticator.credential_id.hex()}",
        person_id=person_id,
        kind="passkey",
        name=name,
        credential_id=authenticator.credential_id,
        credential=authenticator.credential,
        counter=authenticator.counter,
        is_synced=bool(authenticator.flags & SYNCED),
        created_at=datetime.now(UTC) - timedelta(days=1),
    )
    session.add(row)
    session.flush()
    return row.factor_id
