"""Whether an entry of a medical centre is accepted. Nothing here looks at the result: fit and unfit are alike."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from health_certs.domain.centres import Centre
from health_certs.domain.examinations import Entry
from saudi.days import legal_day

CORRECTABLE_FOR = timedelta(hours=24)


class Why(StrEnum):
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
class Entered:
    """What a centre entered about a request. `revision`: of the worker as declared, that the centre saw."""

    examination_id: str
    request_id: str
    request_no: str
    centre: str
    revision: int
    entered_at: datetime
    entry: Entry


@dataclass(frozen=True)
class Recorded:
    """An entry that was accepted before."""

    examination_id: str
    centre: str
    revision: int
    entered_at: datetime
    corrects: str | None


@dataclass(frozen=True)
class Standing:
    """The request, as an entry finds it: the chosen `centre`, and what was accepted before. `oldest_days`: how long
    before the request the examination may have been."""

    request_no: str
    centre: str
    revision: int
    submitted_on: date
    examined_until: datetime
    ended: bool
    oldest_days: int
    recorded: Sequence[Recorded]


def refusal(entered: Entered, standing: Standing | None, centre: Centre | None) -> Why | None:
    """Why the entry is refused; None for one that's accepted. `centre`: of the list, by the entry's organisation."""
    if standing is None or standing.request_no != entered.request_no:
        return Why.REQUEST_UNKNOWN
    of_first = _of_first if entered.entry.corrects is None else _of_correction
    return (
        of_first(entered, standing)
        or (Why.REVISION_UNKNOWN if entered.revision > standing.revision else None)
        or _of_day(entered, standing, centre)
    )


def _of_first(entered: Entered, standing: Standing) -> Why | None:
    """One of the chosen centre, in time, and the first of this centre about the worker as declared."""
    if entered.centre != standing.centre:
        return Why.OTHER_CENTRE
    if standing.ended:
        return Why.REQUEST_ENDED
    if entered.entered_at > standing.examined_until:
        return Why.ENTERED_LATE
    own = (one.revision for one in standing.recorded if one.centre == entered.centre)
    return Why.ALREADY_ENTERED if entered.revision in own else None


def _of_correction(entered: Entered, standing: Standing) -> Why | None:
    """One of the same centre and the same worker, within 24 hours of the first entry, also after the request ended: a
    certificate may rest on what was wrong."""
    known = {one.examination_id: one for one in standing.recorded if one.centre == entered.centre}
    corrected = known.get(entered.entry.corrects or "")
    if corrected is None or corrected.revision != entered.revision:
        return Why.CORRECTION_UNKNOWN
    first = _first_of(corrected, known)
    late = entered.entered_at > first.entered_at + CORRECTABLE_FOR
    return Why.CORRECTION_LATE if late else None


def _first_of(one: Recorded, known: Mapping[str, Recorded]) -> Recorded:
    """Where a chain of corrections begins. What corrects was accepted after what it corrects, so it ends."""
    while one.corrects is not None:
        one = known[one.corrects]
    return one


def _of_day(entered: Entered, standing: Standing, centre: Centre | None) -> Why | None:
    day = entered.entry.examined_on
    if day > legal_day(entered.entered_at):
        return Why.EXAMINED_IN_FUTURE
    if day < standing.submitted_on - timedelta(days=standing.oldest_days):
        return Why.EXAMINED_TOO_EARLY
    accredited = centre is not None and centre.is_accredited(day)
    return None if accredited else Why.NOT_ACCREDITED
