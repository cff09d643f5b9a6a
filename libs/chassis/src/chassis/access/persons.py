"""The person behind a citizen's token: its claim `person`, sealed under PERSON_KEY.

The token's subject is opaque and says nothing. A service that has to know the identity number shares PERSON_KEY with
the issuer and opens the claim; it's bound to the subject, so that no token's claim opens in another one.
"""

import json
from dataclasses import asdict, dataclass, field

from sqlalchemy.orm import Session

from chassis.access.auth import ACTS_FOR, CITIZEN, Caller
from chassis.core.refusals import NotFound
from chassis.data.sealed import KeyringSettings, keys_of
from chassis.data.sealing import CannotUnseal, Keyring, Sealer

CLAIM = "person"
_CONTEXT = "person/{subject}"


class NoCitizen(NotFound):
    """The caller is no citizen, or the claim doesn't open: to such a caller nothing is theirs."""


@dataclass(frozen=True, kw_only=True)
class PersonSettings(KeyringSettings):
    """`person_key`: the keyring that seals who a citizen is, the same in the issuer and in the services that ask."""

    person_key: str

    CHECKS = {"person_key": Keyring.parse}


@dataclass(frozen=True, kw_only=True)
class Person:
    """`id_number`: ten ASCII digits; `id_type`: a word of the issuer's (`national_id`, `iqama`); `mobile` in E.164."""

    id_number: str = field(repr=False)
    id_type: str
    name: str = field(repr=False)
    mobile: str | None = field(default=None, repr=False)


class Persons:
    """Seals the claim and opens it."""

    def __init__(self, keyring: Keyring) -> None:
        self._sealer = Sealer(keyring)

    def seal(self, subject: str, person: Person) -> str:
        """Returns the claim for a token of this subject."""
        text = json.dumps(asdict(person), ensure_ascii=False)
        return self._sealer.seal_text(text, _CONTEXT.format(subject=subject))

    def open(self, caller: Caller) -> Person:
        """Returns the citizen who calls. Raises NoCitizen."""
        if caller.kind != CITIZEN:
            raise NoCitizen
        try:
            text = self._sealer.unseal_text(
                caller.attributes[CLAIM], _CONTEXT.format(subject=caller.subject)
            )
            return Person(**json.loads(text))
        except (CannotUnseal, LookupError, ValueError, TypeError):
            raise NoCitizen from None


def persons_of(session: Session) -> Persons:
    """With the keys of the session's database. Raises LookupError for a service without PersonSettings."""
    return Persons(keys_of(session).ring("person_key"))


def acts_for(caller: Caller) -> frozenset[str]:
    """Returns the unified numbers of the establishments for which a citizen may act, as the issuer knew them when it
    signed the token. Returns none for any other caller."""
    if caller.kind != CITIZEN:
        return frozenset()
    return frozenset(caller.attributes.get(ACTS_FOR, "").split())
