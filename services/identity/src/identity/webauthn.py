"""The messages of passkeys (WebAuthn), made and checked by the library fido2.

A passkey counts only with the verification of its user, at the one origin of the pages. Attestation isn't asked for.
"""

import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

from cryptography.exceptions import InvalidSignature
from fido2.server import Fido2Server
from fido2.utils import websafe_encode
from fido2.webauthn import (
    AttestationConveyancePreference,
    AttestedCredentialData,
    AuthenticationResponse,
    CollectedClientData,
    PublicKeyCredentialDescriptor,
    PublicKeyCredentialParameters,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialType,
    PublicKeyCredentialUserEntity,
    RegistrationResponse,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from identity.domain.passkeys import domain_of, origin_of

# ES256, EdDSA, and RS256 for the TPM of older computers.
_ALGORITHMS = (-7, -8, -257)
_REQUIRED = UserVerificationRequirement.REQUIRED
_Answer = TypeVar("_Answer")


class PasskeyRefused(Exception):
    """The browser's answer isn't a passkey of this site for this challenge."""


@dataclass(frozen=True)
class MadePasskey:
    """A passkey that a browser has made. `credential`: its id and public key, as `check_shown` takes them."""

    credential_id: bytes
    credential: bytes
    counter: int
    is_synced: bool


@dataclass(frozen=True)
class ShownPasskey:
    """A passkey with which a browser has signed a challenge."""

    credential_id: bytes
    counter: int
    is_synced: bool


@cache
def site_of(issuer: str) -> "Site | None":
    """Returns the site for which passkeys are made; None where browsers make none."""
    domain = domain_of(issuer)
    return Site(domain, origin_of(issuer)) if domain else None


class Site:
    """The domain of the passkeys, and the origin of the pages that ask for them."""

    def __init__(self, domain: str, origin: str) -> None:
        self._server = Fido2Server(
            PublicKeyCredentialRpEntity(name=domain, id=domain),
            attestation=AttestationConveyancePreference.NONE,
            verify_origin=lambda one: one == origin,
        )
        logging.getLogger("fido2").setLevel("WARNING")  # it names people's passkeys
        self._server.allowed_algorithms = [
            PublicKeyCredentialParameters(type=PublicKeyCredentialType.PUBLIC_KEY, alg=one)
            for one in _ALGORITHMS
        ]

    def ask_to_make(
        self,
        challenge: bytes,
        *,
        person_id: str,
        username: str,
        display_name: str,
        known: Sequence[bytes],
    ) -> str:
        """Returns what a browser needs to make a passkey, as JSON. `known`: the ids of the person's passkeys, whose
        authenticators make no second one."""
        user = PublicKeyCredentialUserEntity(
            id=person_id.encode(), name=username, display_name=display_name
        )
        options, _ = self._server.register_begin(
            user,
            _descriptors(known),
            resident_key_requirement=ResidentKeyRequirement.PREFERRED,
            user_verification=_REQUIRED,
            challenge=challenge,
        )
        return json.dumps(dict(options.public_key), ensure_ascii=False)

    def ask_to_show(self, challenge: bytes, known: Sequence[bytes]) -> str:
        """Returns what a browser needs to sign with one of the passkeys, as JSON."""
        options, _ = self._server.authenticate_begin(
            _descriptors(known), user_verification=_REQUIRED, challenge=challenge
        )
        return json.dumps(dict(options.public_key))

    def check_made(self, answer: str, challenge: bytes) -> MadePasskey:
        """Returns the passkey that the browser has made. Raises PasskeyRefused."""
        return _run_check(lambda: self._read_made(answer, challenge))

    def _read_made(self, answer: str, challenge: bytes) -> MadePasskey:
        response = RegistrationResponse.from_dict(json.loads(answer))
        _require_own_frame(response.response.client_data)
        data = self._server.register_complete(_state(challenge), response)
        credential = data.credential_data
        if credential is None or credential.credential_id != response.raw_id:
            raise PasskeyRefused("the id isn't that of the key")
        _require_usable(credential)
        return MadePasskey(
            credential.credential_id, bytes(credential), data.counter, data.is_backup_eligible()
        )

    def check_shown(
        self, answer: str, challenge: bytes, *, person_id: str, credentials: Sequence[bytes]
    ) -> ShownPasskey:
        """Returns the passkey of the person with which the browser has signed. Raises PasskeyRefused."""
        return _run_check(lambda: self._read_shown(answer, challenge, person_id, credentials))

    def _read_shown(
        self, answer: str, challenge: bytes, person_id: str, credentials: Sequence[bytes]
    ) -> ShownPasskey:
        response = AuthenticationResponse.from_dict(json.loads(answer))
        _require_own_frame(response.response.client_data)
        if response.response.user_handle not in (None, b"", person_id.encode()):
            raise PasskeyRefused("the passkey is another person's")
        known = [AttestedCredentialData(one) for one in credentials]
        used = self._server.authenticate_complete(_state(challenge), known, response)
        data = response.response.authenticator_data
        return ShownPasskey(used.credential_id, data.counter, data.is_backup_eligible())


def _run_check(check: Callable[[], _Answer]) -> _Answer:
    """Runs a check. Strangers send the bytes, and the library raises errors of many kinds for broken ones."""
    try:
        return check()
    except PasskeyRefused:
        raise
    except Exception as fault:
        raise PasskeyRefused(type(fault).__name__) from fault


def _descriptors(ids: Sequence[bytes]) -> list[PublicKeyCredentialDescriptor]:
    return [
        PublicKeyCredentialDescriptor(type=PublicKeyCredentialType.PUBLIC_KEY, id=one)
        for one in ids
    ]


def _state(challenge: bytes) -> dict[str, Any]:
    return {"challenge": websafe_encode(challenge), "user_verification": _REQUIRED}


def _require_own_frame(client_data: CollectedClientData) -> None:
    """Raises PasskeyRefused for an answer from a frame in another site's page."""
    if client_data.cross_origin:
        raise PasskeyRefused("the page was in a frame of another site")


def _require_usable(credential: AttestedCredentialData) -> None:
    """Raises PasskeyRefused for a key of another algorithm than was asked for, and ValueError for numbers that are no
    key: without attestation the library doesn't try the key."""
    if credential.public_key.ALGORITHM not in _ALGORITHMS:
        raise PasskeyRefused("the algorithm wasn't asked for")
    try:
        credential.public_key.verify(b"", b"")
    except InvalidSignature:
        return
    raise PasskeyRefused("the key takes any signature")
