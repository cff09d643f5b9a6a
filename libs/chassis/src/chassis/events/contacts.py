"""Whom an event speaks to: the block `contacts` (contracts/events/contacts.v1.schema.json).

The publisher seals each mobile for the aggregate that the event is about, and whoever sends the message opens it: they
share CONTACT_KEY, nobody else has it. An event without anybody to tell has an empty block.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from chassis.data.sealed import KeyringSettings, keys_of
from chassis.data.sealing import CannotUnseal, Keyring, Sealer

CONTEXT = "contacts/{aggregate_id}"


@dataclass(frozen=True, kw_only=True)
class ContactSettings(KeyringSettings):
    """`contact_key`: the keyring that seals contacts, the same in their publishers and in the service that sends."""

    contact_key: str

    CHECKS = {"contact_key": Keyring.parse}


@dataclass(frozen=True, kw_only=True)
class Contact:
    """Somebody to be told. `mobile` in E.164; `confirmed`: it's known to be that person's; `token` is the secret of the
    link that the message has. `role` is a word of the event's schema: reporter, owner, duty_officer."""

    role: str
    mobile: str = field(repr=False)
    language: str = "ar"
    confirmed: bool = False
    token: str | None = field(default=None, repr=False)


class Contacts:
    """Seals and opens the block, bound to the aggregate: moved to another one it doesn't open."""

    def __init__(self, keyring: Keyring) -> None:
        self._sealer = Sealer(keyring)

    def seal(self, aggregate_id: str, contacts: Iterable[Contact]) -> list[dict[str, Any]]:
        """Returns the block of an event about this aggregate."""
        return [
            {
                "role": one.role,
                "language": one.language,
                "sealed": self._sealer.seal_text(_text(one), _context(aggregate_id)),
            }
            for one in contacts
        ]

    def open(self, aggregate_id: str, block: Iterable[Mapping[str, Any]]) -> list[Contact]:
        """Returns the contacts of an event about this aggregate. Raises CannotUnseal."""
        return [self._opened(one, _context(aggregate_id)) for one in block]

    def _opened(self, sealed: Mapping[str, Any], context: str) -> Contact:
        text = self._sealer.unseal_text(sealed["sealed"], context)
        try:
            found = json.loads(text)
            return Contact(
                role=sealed["role"],
                language=sealed["language"],
                mobile=found["mobile"],
                confirmed=found["confirmed"],
                token=found.get("token"),
            )
        except (ValueError, LookupError, TypeError):
            raise CannotUnseal from None  # sealed by the key, but not a contact: its text isn't shown


def contacts_of(session: Session) -> Contacts:
    """With the keys of the session's database. Raises LookupError for a service without ContactSettings."""
    return Contacts(keys_of(session).ring("contact_key"))


def _text(contact: Contact) -> str:
    found: dict[str, Any] = {"mobile": contact.mobile, "confirmed": contact.confirmed}
    if contact.token is not None:
        found["token"] = contact.token
    return json.dumps(found)


def _context(aggregate_id: str) -> str:
    return CONTEXT.format(aggregate_id=aggregate_id)
