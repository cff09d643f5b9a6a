"""What a medical centre enters of an examination, and nothing else: no field takes a diagnosis, a value or a note."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from health_certs.domain.padding import RESULT_BYTES, padded

FIT, UNFIT = "fit", "unfit"
ACCEPTED, REFUSED = "accepted", "refused"  # what became of an entry


@dataclass(frozen=True)
class Entry:
    """`result`: fit or unfit; `practice_number` of who examined; `entered_by`: opaque, a person or system of the
    centre; `corrects` an examination, for a reason of the list, `reason_code`."""

    result: str
    examined_on: date
    practice_number: str
    entered_by: str
    corrects: str | None = None
    reason_code: str | None = None

    @property
    def fit(self) -> bool:
        """Whether the worker may have a certificate."""
        return self.result == FIT

    def sealed_text(self) -> str:
        """For the sealed column: of one length for all."""
        return padded({**vars(self), "examined_on": self.examined_on.isoformat()}, RESULT_BYTES)

    @classmethod
    def read(cls, text: str) -> "Entry":
        """Of what `sealed_text` gave."""
        found: Mapping[str, Any] = json.loads(text)
        return cls(**{**found, "examined_on": date.fromisoformat(found["examined_on"])})


@dataclass(frozen=True)
class Accepted:
    """An accepted entry, as the decision weighs it. `revision`: of the worker's declared identity that it was of."""

    examination_id: str
    centre: str
    entered_at: datetime
    revision: int
    fit: bool


def counting(entries: Iterable[Accepted], revision: int) -> Accepted | None:
    """The entry that counts, in whatever order they arrived: of each centre its last, which may be a correction. One
    that says unfit is never outdone by another centre, nor by an edit of the worker; one that says fit counts for the
    worker as he is declared now."""
    last: dict[str, Accepted] = {}
    for one in sorted(entries, key=lambda one: (one.entered_at, one.examination_id)):
        last[one.centre] = one
    unfit = [one for one in last.values() if not one.fit]
    fit = [one for one in last.values() if one.fit and one.revision == revision]
    found = unfit or fit
    return max(found, key=lambda one: one.entered_at) if found else None
