"""The block `inquiry` of an event: how people find a thing, and its state (contracts/events/inquiry.v1.schema.json).

A page that answers «where is my report» keeps these blocks and no telephone. The page finds a row by the printed number
and by a keyed hash of a second fact that the person types. The hash is bound to the number, so a reader of the topic
can't tell whether two rows belong to one mobile. A subject is linkable on purpose, for «my things».
"""

import base64
import hmac
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from chassis.data.sealed import KeyringSettings, keys_of
from chassis.data.sealing import Keyring

KEY_BYTES = 16
# What a person may prove knowledge of, beside the number of the thing.
BY = ("mobile", "person_id", "establishment", "case_pin")
# The parties that may have to do something next.
NEXT_STEPS = ("none", "applicant", "municipality", "outside_body", "payment")


@dataclass(frozen=True, kw_only=True)
class InquirySettings(KeyringSettings):
    """Two keyrings, the same in all publishers: `inquiry_key` for what is asked with a number, `subject_key` for the
    things of one person. The portal has the first."""

    inquiry_key: str
    subject_key: str

    CHECKS = {"inquiry_key": Keyring.parse, "subject_key": Keyring.parse}


@dataclass(frozen=True, kw_only=True)
class Known:
    """Something that the inquirer has to know. `by` is a word of BY; `value` in its normal form: a mobile in E.164, an
    identity number as ten ASCII digits."""

    by: str
    value: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Inquiry:
    """The facts of the block. `number` as it's printed; `persons` are identity numbers of people whose thing it is."""

    kind: str
    number: str
    status: str
    opened_on: date
    municipality: str
    next_step: str
    due_on: date | None = None
    decided_on: date | None = None
    expires_on: date | None = None
    department: str | None = None
    known: Iterable[Known] = ()
    persons: Iterable[str] = field(default=(), repr=False)
    public: bool = False


class Inquiries:
    """Makes blocks, and the keys that a page looks them up by."""

    def __init__(self, inquiry: Keyring, subject: Keyring) -> None:
        self._inquiry, self._subject = inquiry, subject

    def block(self, inquiry: Inquiry) -> dict[str, Any]:
        """Returns the block of an event."""
        days = ("opened_on", "due_on", "decided_on", "expires_on")
        return {
            "number": inquiry.number,
            "number_digits": digits_of(inquiry.number),
            "kind": inquiry.kind,
            "status": inquiry.status,
            **{name: _iso(getattr(inquiry, name)) for name in days},
            "municipality": inquiry.municipality,
            "department": inquiry.department,
            "next_step": inquiry.next_step,
            "match": self._match(inquiry),
            "subjects": sorted({self.subject_keys(person)[0] for person in inquiry.persons}),
            "public": inquiry.public,
        }

    def match_keys(self, kind: str, number: str, known: Known) -> list[str]:
        """Returns the keys to look for, as the function `match_keys` does."""
        return match_keys(self._inquiry, kind, number, known)

    def subject_keys(self, person: str) -> list[str]:
        """Returns the keys of a person's things, likewise. `person`: ten ASCII digits."""
        return _hashes(self._subject, f"person|{person}")

    def _match(self, inquiry: Inquiry) -> list[dict[str, str]]:
        found = {
            (known.by, self.match_keys(inquiry.kind, inquiry.number, known)[0])
            for known in inquiry.known
        }
        return [{"by": by, "key": key} for by, key in sorted(found)]


def inquiries_of(session: Session) -> Inquiries:
    """With the keys of the session's database. Raises LookupError for a service without InquirySettings."""
    keys = keys_of(session)
    return Inquiries(keys.ring("inquiry_key"), keys.ring("subject_key"))


def match_keys(ring: Keyring, kind: str, number: str, known: Known) -> list[str]:
    """Returns the keys to look for, one for each key that is in use; the current one, which new blocks have, is
    first."""
    return _hashes(ring, f"{kind}|{digits_of(number)}|{known.by}|{known.value}")


def digits_of(number: str) -> str:
    """Only the digits of a printed number, in ASCII; the number itself where it has none."""
    digits = "".join(str(int(letter)) for letter in number if letter.isdecimal())
    return digits or number


def _hashes(ring: Keyring, text: str) -> list[str]:
    numbers = sorted(ring.keys, key=lambda number: number != ring.current)
    return [f"{number}:{_hash(ring.keys[number], text)}" for number in numbers]


def _hash(key: bytes, text: str) -> str:
    mac = hmac.digest(key, text.encode(), "sha256")[:KEY_BYTES]
    return base64.urlsafe_b64encode(mac).rstrip(b"=").decode()


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
