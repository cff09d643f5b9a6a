"""Entries of medical centres: what an entry holds, whether it's accepted, and which accepted entry counts.

An entry holds no diagnosis, value or note. Acceptance never looks at the result: fit and unfit are treated alike.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from health_certs.domain.reference import Centre
from saudi.days import legal_day

EXAMINEE_BYTES = 2_048  # what the gateway needs of a worker
RESULT_BYTES = 1_024  # what a medical centre entered
ANSWER_BYTES = 512  # what became of an entry
_REASON_WIDTH = 20  # of the reason why a request ended or a certificate was revoked
FIT, UNFIT = "fit", "unfit"
ACCEPTED, REFUSED = "accepted", "refused"  # what became of an entry
CORRECTABLE_FOR = timedelta(hours=24)


@dataclass(frozen=True)
class Entry:
    """`result`: fit or unfit; `practice_number`: the examiner's; `entered_by`: the opaque id of a person or system of
    the centre; `corrects`: the id of the corrected examination, for a listed reason, `reason_code`; `worker`: the
    examined worker's number as declared when the entry arrived."""

    result: str
    examined_on: date
    practice_number: str
    entered_by: str
    corrects: str | None = None
    reason_code: str | None = None
    worker: str | None = None

    @property
    def fit(self) -> bool:
        """Whether the worker may have a certificate."""
        return self.result == FIT

    def sealed_text(self) -> str:
        """Returns the text for the sealed column: every entry has one length."""
        return padded({**vars(self), "examined_on": self.examined_on.isoformat()}, RESULT_BYTES)

    @classmethod
    def read(cls, text: str) -> "Entry":
        """Reads what `sealed_text` returned."""
        fields: Mapping[str, Any] = json.loads(text)
        return cls(**{**fields, "examined_on": date.fromisoformat(fields["examined_on"])})


@dataclass(frozen=True)
class Accepted:
    """An accepted entry, as the decision weighs it. `revision`: which revision of the worker's declared identity was
    examined; `corrects`: the id of the corrected entry."""

    examination_id: str
    request_id: str
    centre: str
    entered_at: datetime
    examined_on: date
    revision: int
    fit: bool
    corrects: str | None = None


def counting_entry(entries: Iterable[Accepted], request_id: str, revision: int) -> Accepted | None:
    """Returns the entry that counts for a request, whatever the order of arrival. `entries` are about the request's
    worker, also those for the worker's other requests: an unfit entry counts wherever the worker applies.

    Only a fit examination of a later day outdoes an unfit entry; on one day unfit counts. A fit entry counts for its
    own request only, and for the worker's present revision. A corrected entry counts no more."""
    standing = _last_of_chains(entries)
    unfit = [one for one in standing if not one.fit]
    fit = [
        one
        for one in standing
        if one.fit and one.request_id == request_id and one.revision == revision
    ]
    last_unfit, last_fit = (max(some, key=_by_day, default=None) for some in (unfit, fit))
    if last_unfit is None or last_fit is None:
        return last_unfit or last_fit
    return last_fit if last_fit.examined_on > last_unfit.examined_on else last_unfit


def _by_day(one: Accepted) -> tuple[date, datetime, str]:
    return one.examined_on, one.entered_at, one.examination_id


def _last_of_chains(entries: Iterable[Accepted]) -> Sequence[Accepted]:
    """Returns, for each first entry, the last correction, or the entry itself."""
    last: dict[str, Accepted] = {}
    first: dict[str, str] = {}
    for one in sorted(entries, key=lambda one: (one.entered_at, one.examination_id)):
        corrected = one.corrects or one.examination_id
        first[one.examination_id] = first.get(corrected, corrected)
        last[first[one.examination_id]] = one
    return list(last.values())


class Refusal(StrEnum):
    """Why an entry is refused; the closed list of events/health-certs/examination.v1.schema.json."""

    REQUEST_UNKNOWN = "request-unknown"
    OTHER_CENTRE = "other-centre"
    REVISION_UNKNOWN = "revision-unknown"
    NOT_ACCREDITED = "not-accredited"
    EXAMINED_IN_FUTURE = "examined-in-future"
    EXAMINED_TOO_EARLY = "examined-too-early"
    REQUEST_ENDED = "request-ended"
    ENTERED_LATE = "entered-late"
    ALREADY_ENTERED = "already-entered"
    CORRECTION_UNKNOWN = "correction-unknown"
    CORRECTION_LATE = "correction-late"


@dataclass(frozen=True)
class EnteredResult:
    """An entry about a request, as it arrived. `revision`: the worker's revision that the centre saw."""

    examination_id: str
    request_id: str
    request_no: str
    centre: str
    revision: int
    entered_at: datetime
    entry: Entry


@dataclass(frozen=True)
class EarlierEntry:
    """An entry that was accepted before."""

    examination_id: str
    centre: str
    revision: int
    entered_at: datetime
    corrects: str | None


@dataclass(frozen=True)
class ExaminedRequest:
    """The request as an entry finds it. `centre`: the chosen centre; `oldest_days`: so many days before the request
    the examination may have been; `earlier`: the entries accepted before."""

    request_no: str
    centre: str
    revision: int
    submitted_on: date
    examined_until: datetime
    ended: bool
    oldest_days: int
    earlier: Sequence[EarlierEntry]


def refusal(
    entered: EnteredResult, request: ExaminedRequest | None, centre: Centre | None
) -> Refusal | None:
    """Returns why the entry is refused, None for an accepted entry. `centre`: the listed centre of the entry's
    organisation."""
    if request is None or request.request_no != entered.request_no:
        return Refusal.REQUEST_UNKNOWN
    check = _refusal_of_first_entry if entered.entry.corrects is None else _refusal_of_correction
    return (
        check(entered, request)
        or (Refusal.REVISION_UNKNOWN if entered.revision > request.revision else None)
        or _refusal_of_day(entered, request, centre)
    )


def _refusal_of_first_entry(entered: EnteredResult, request: ExaminedRequest) -> Refusal | None:
    """The chosen centre enters in time, and once for each revision of the worker."""
    if entered.centre != request.centre:
        return Refusal.OTHER_CENTRE
    if request.ended:
        return Refusal.REQUEST_ENDED
    if entered.entered_at > request.examined_until:
        return Refusal.ENTERED_LATE
    entered_revisions = (one.revision for one in request.earlier if one.centre == entered.centre)
    return Refusal.ALREADY_ENTERED if entered.revision in entered_revisions else None


def _refusal_of_correction(entered: EnteredResult, request: ExaminedRequest) -> Refusal | None:
    """A centre corrects its own entry, of the same revision, within 24 hours of the first entry. A correction is
    accepted after the request ended too: a certificate may rest on the wrong entry."""
    earlier = {one.examination_id: one for one in request.earlier if one.centre == entered.centre}
    corrected = earlier.get(entered.entry.corrects or "")
    if corrected is None or corrected.revision != entered.revision:
        return Refusal.CORRECTION_UNKNOWN
    first = _first_of_chain(corrected, earlier)
    late = entered.entered_at > first.entered_at + CORRECTABLE_FOR
    return Refusal.CORRECTION_LATE if late else None


def _first_of_chain(one: EarlierEntry, earlier: Mapping[str, EarlierEntry]) -> EarlierEntry:
    """Returns the entry at which a chain of corrections begins. The chain ends, because each correction was accepted
    after the corrected entry."""
    while one.corrects is not None:
        one = earlier[one.corrects]
    return one


def _refusal_of_day(
    entered: EnteredResult, request: ExaminedRequest, centre: Centre | None
) -> Refusal | None:
    day = entered.entry.examined_on
    if day > legal_day(entered.entered_at):
        return Refusal.EXAMINED_IN_FUTURE
    if day < request.submitted_on - timedelta(days=request.oldest_days):
        return Refusal.EXAMINED_TOO_EARLY
    accredited = centre is not None and centre.is_accredited(day)
    return None if accredited else Refusal.NOT_ACCREDITED


class TooLong(ValueError):
    """The document doesn't fit. The error doesn't show the text."""


def padded(document: Mapping[str, Any], size: int) -> str:
    """Returns JSON of exactly `size` bytes in UTF-8, with blanks after the text: every reader of JSON skips blanks.
    Raises TooLong."""
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    missing = size - len(text.encode())
    if missing < 0:
        raise TooLong
    return text + " " * missing


def padded_reason(code: str) -> str:
    """Returns a reason for its sealed column. Readers strip the blanks."""
    return f"{code:<{_REASON_WIDTH}}"
