"""Rules of what medical centres enter about workers: who may, for whom, and what a correction is.

Nothing here decides by the result. Whether an entry counts is judged by health-certs, which knows the request.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from chassis.core.refusals import Conflict, Fault, InvalidFields, Refusal
from saudi import Malformed
from saudi.ids import IdType, parse_id
from saudi.text import compact

PENDING, ACCEPTED, REFUSED = "pending", "accepted", "refused"
CORRECTABLE_FOR = timedelta(hours=24)
SEARCH, ENTER = "find_examinee", "enter_examination"
_TYPE_OF = {
    "1": IdType.NATIONAL_ID,
    "2": IdType.IQAMA,
    **dict.fromkeys("345", IdType.BORDER_NUMBER),
}
_PRACTICE = re.compile("[0-9]{2}[A-Z]{1,3}[0-9]{5,8}")
# Seconds before an unanswered entry is published again, for each time it was published.
_WAITS = (60, 120, 300, 900, 3_600)


class MedicalCentreOnly(Refusal):
    """The caller is no employee or system of a medical centre, whatever the token's scopes say."""

    problem = "medical-centre-only"


class ExaminationEntered(Conflict):
    """The centre entered a result about the request; `code` says why it can't be corrected now, if it was asked."""

    problem = "examination-entered"

    def __init__(self, code: str | None = None) -> None:
        self.code = code
        super().__init__()


class NothingToCorrect(Conflict):
    """The centre has no recorded result about the request."""

    problem = "nothing-to-correct"


class WorkerChanged(Conflict):
    """The worker's declared data changed after the centre compared them with his document."""

    problem = "worker-changed"


@dataclass(frozen=True)
class Examiner:
    """The one who enters for a centre: a named employee (`staff`) or the centre's system (`machine`). Ids are
    opaque."""

    centre: str
    kind: str
    client_id: str
    subject: str


@dataclass(frozen=True)
class Before:
    """The centre's last entry about a request that wasn't refused. `first_at`: when the first entry of its chain of
    corrections was made."""

    examination_id: str
    status: str
    revision: int
    first_at: datetime


@dataclass(frozen=True)
class Plan:
    """The worker's revision that an entry is about, the entry that it `corrects`, and when the first entry of its chain
    of corrections was made."""

    revision: int
    first_at: datetime
    corrects: str | None = None


def check_caller(kind: str, organisation_kind: str) -> None:
    """`kind` is the client's, `organisation_kind` the registration's. Raises MedicalCentreOnly."""
    if kind not in ("staff", "machine") or organisation_kind != "medical_centre":
        raise MedicalCentreOnly


def check_seen(found: int | None, chosen: int) -> None:
    """`found`: the worker's revision when a centre found him last, `chosen`: the present one. Raises WorkerChanged."""
    if found not in (None, chosen):
        raise WorkerChanged


def plan(before: Before | None, chosen: int | None, reason: str | None, now: datetime) -> Plan:
    """`chosen`: the worker's revision while the centre is the chosen one, else None. Raises ExaminationEntered and
    NothingToCorrect. What isn't answered yet can't be corrected: its correction might arrive before it."""
    if before is not None and before.status == PENDING:
        raise ExaminationEntered("pending")
    if reason is not None:
        return _correction(before, now)
    if chosen is None or (before is not None and before.revision >= chosen):
        raise ExaminationEntered
    return Plan(chosen, now)


def _correction(before: Before | None, now: datetime) -> Plan:
    if before is None:
        raise NothingToCorrect
    if now > before.first_at + CORRECTABLE_FOR:
        raise ExaminationEntered("late")
    return Plan(before.revision, before.first_at, before.examination_id)


def published_again_after(published: int) -> timedelta:
    """Returns how long an entry waits for an answer after its `published`th publication."""
    return timedelta(seconds=_WAITS[min(published, len(_WAITS)) - 1])


def search_faults(body: Mapping[str, Any]) -> Iterator[Fault]:
    """Yields the faults of a search that a schema can't name. Parts may be missing."""
    if "id_number" in body:
        try:
            worker_number(body["id_number"])
        except Malformed as error:
            yield Fault("id_number", error.code, error.params)


def searched_worker(body: Mapping[str, Any]) -> str:
    """Returns the worker's number of a search. Raises InvalidFields."""
    if faults := list(search_faults(body)):
        raise InvalidFields(faults)
    return worker_number(body["id_number"])


def worker_number(text: str) -> str:
    """Returns a national ID, an iqama or a border number in ASCII digits. Raises Malformed."""
    number = compact(text)
    return parse_id(_TYPE_OF.get(number[:1], IdType.NATIONAL_ID), number)


def check_result(body: Mapping[str, Any], today: date) -> None:
    """Raises InvalidFields: an examination that's still to come wasn't made."""
    if body["examined_on"] > today:
        raise InvalidFields.of("examined_on", "future-date")


def practice_number(text: str) -> str:
    """Returns the number in ASCII digits and capitals without hyphens: `12RM0012345`. Raises InvalidFields."""
    number = compact(text).replace("-", "").upper()
    if not _PRACTICE.fullmatch(number):
        raise InvalidFields.of("practice_number", "pattern", example="12-RM-0012345")
    return number


Spans = Sequence[tuple[date, date | None]]


def read_accreditations(document: Mapping[str, Any]) -> Mapping[str, Spans]:
    """Reads contracts/reference/medical-centres.yaml: centre → first and last days."""
    return {
        one["organisation"]: [
            (_day(span["since"]), _day(span["until"]) if span["until"] else None)
            for span in one["accredited"]
        ]
        for one in document["centres"]
    }


def is_accredited(spans: Spans, on: date) -> bool:
    """Returns whether a centre may look for the workers who chose it. Whether its result counts is decided by
    health-certs, for the day of the examination."""
    return any(since <= on and (until is None or on <= until) for since, until in spans)


def _day(text: str) -> date:
    return date.fromisoformat(text)
