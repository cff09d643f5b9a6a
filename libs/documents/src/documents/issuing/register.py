"""Which tables hold a service's documents, of what things they are, and what those are today."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement
from sqlalchemy.orm import InstrumentedAttribute

from documents.issuing.tables import KeptDocument, KeptKey
from documents.revocations import State
from documents.verifying import Reason

VALID, EXPIRED = "valid", "expired"
REPLACED, REVOKED_KEY = "replaced", "revoked_key"
DocumentT = TypeVar("DocumentT", bound=KeptDocument)

_REASONS = {
    EXPIRED: Reason.EXPIRED,
    REPLACED: Reason.REPLACED,
    REVOKED_KEY: Reason.REVOKED_KEY,
}


@dataclass(frozen=True, kw_only=True)
class Register(Generic[DocumentT]):
    """`of` is the column of `documents` with the id of the thing, `thing` that of the thing's own table, `facts` its
    columns that say whether it's valid: `state_of(*facts)` answers `valid` or another state, whatever the day is.
    `not_valid` is the same as a condition. `off_line`: state → what the list of revocations says of it. `stands`: other
    states than `valid` in which a document counts; `not_valid` leaves them out. A service's registers share `keys`."""

    documents: type[DocumentT]
    keys: type[KeptKey]
    of: InstrumentedAttribute[str]
    thing: InstrumentedAttribute[str]
    facts: Sequence[InstrumentedAttribute[Any]]
    state_of: Callable[..., str]
    not_valid: ColumnElement[bool]
    off_line: Mapping[str, State]
    stands: frozenset[str] = frozenset()

    def state(self, facts: Sequence[Any], expires_on: date | None, on: date) -> str:
        """Returns what a document's thing is on that day."""
        found = self.state_of(*facts)
        past = expires_on is not None and expires_on < on
        return EXPIRED if found == VALID and past else found

    def counts(self, state: str) -> bool:
        """Returns whether a document with that state counts."""
        return state == VALID or state in self.stands

    def reason(self, state: str) -> Reason | None:
        """Returns why a document with that state doesn't count; None for one that does."""
        if self.counts(state):
            return None
        listed = self.off_line.get(state)
        return Reason(listed) if listed else _REASONS.get(state, Reason.REPLACED)
