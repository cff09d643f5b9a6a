"""Takes applications: of whichever channel, a row and its event, and then the decision or the questions to others."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.core.actors import Actor
from chassis.core.ids import new_id
from chassis.core.refusals import Fault, InvalidFields, NotFound
from chassis.data.numbers import draw
from chassis.files.attachments import pass_on
from licences.catalogue import towns
from licences.commands.decide import decide_or_ask, rules_at_submission
from licences.commands.drafts import APPLICATION_FILES, DRAFT_FILES, lock_draft
from licences.commands.end import SYSTEM, refuse_application, return_to_applicant
from licences.commands.other_licences import (
    require_no_duplicate,
    require_no_open_request,
    require_replaced_licence,
)
from licences.commands.recording import record_application
from licences.domain.actors import Applicant, require_for_applicant, require_same_establishment
from licences.domain.applications import APPLICATIONS, Status, number_text
from licences.domain.requests import (
    CANCEL,
    ISSUE,
    RENEW,
    Duplicate,
    normalized,
    permit_key,
    renewal_of,
    with_confirmed_mobile,
)
from licences.models import Application, Licence
from saudi.bilingual import Bilingual
from saudi.branches import GOVERNORATE
from saudi.days import hijri_year, legal_day

PARTNER, CITIZEN, STAFF = "partner", "citizen", "staff"


@dataclass(frozen=True)
class Submission:
    """What was sent. `application_id` is made by whoever took it; `submitted_by`: {kind, client_id, subject}. `body` is
    LicenceApplication, LicenceRenewal or LicenceCancellation, as `request` says; `licence_no` of the last two.
    `own_mobile`: in E.164, the one that a citizen signed in with."""

    application_id: str
    request: str
    municipality: str
    channel: str
    body: Mapping[str, Any]
    submitted_by: Mapping[str, Any]
    submitted_at: datetime
    licence_no: str | None = None
    own_mobile: str | None = None


def at_counter(
    actor: Actor,
    municipality: str,
    body: Mapping[str, Any],
    *,
    licence_no: str | None = None,
    now: datetime,
) -> Submission:
    """What an officer takes for somebody who came: a new licence, or the renewal of one."""
    return Submission(
        application_id=new_id(),
        request=ISSUE if licence_no is None else RENEW,
        municipality=municipality,
        channel=STAFF,
        body=body,
        submitted_by={"kind": STAFF, "client_id": actor.client_id, "subject": actor.subject},
        submitted_at=now,
        licence_no=licence_no,
    )


def municipality_of(body: Mapping[str, Any]) -> str:
    """The municipality in which the place lies. Raises InvalidFields for a town that isn't known."""
    found = towns().named(body["place"]["town"])
    if found is None:
        raise InvalidFields.of("place.town", "town-unknown")
    return found.municipality


def normal_form(body: Mapping[str, Any], municipality: str, channel: str) -> dict[str, Any]:
    """The body of a new licence in its normal form. Its place lies in the municipality that decides about it; only
    what the governorate's system sends may be about any place, as the gateway lets it. Raises InvalidFields."""
    done = normalized(body, towns())
    sees_all = channel == PARTNER and municipality == GOVERNORATE
    if municipality_of(done) != municipality and not sees_all:
        raise InvalidFields.of("place.town", "town-elsewhere")
    return done


def submit_application(
    session: Session, actor: Actor, submission: Submission, *, asks: bool, now: datetime
) -> Application:
    """Takes an application, and decides it at once when nobody outside has to be asked. `asks`: there are bodies to
    ask. A second submission of an id is the first one, unchanged. Raises InvalidFields, and Double where the licence
    is asked for already, or there."""
    known = session.get(Application, submission.application_id)
    if known is not None:
        return known
    row = _draw_up(session, submission, now=now)
    session.add(row)
    record_application(session, row, actor, "submit", "submitted", now=now)
    decide_or_ask(session, row, asks=asks, now=now)
    return row


def _draw_up(session: Session, submission: Submission, *, now: datetime) -> Application:
    row = _fill_in(session, submission)
    if row.licence_no is None:
        by_applicant = submission.channel == CITIZEN
        require_replaced_licence(session, row.body, row.municipality, by_applicant=by_applicant)
        require_no_duplicate(session, row.body, on=legal_day(now))
    else:
        require_no_open_request(session, row.request, row.licence_no)
    row.application_no = _draw_number(session, submission.municipality, now)
    return row


def _fill_in(session: Session, submission: Submission) -> Application:
    """With what it declares, and no number yet."""
    licence = _licence_of(session, submission)
    body = _body_of(submission, licence)
    row = _blank_row(submission)
    if licence is not None:
        row.licence_id, row.licence_no = licence.licence_id, licence.licence_no
    keep_declared(row, body)
    return row


def _blank_row(submission: Submission) -> Application:
    """Before anything of its body is looked at."""
    return Application(
        application_id=submission.application_id,
        request=submission.request,
        municipality=submission.municipality,
        channel=submission.channel,
        status=Status.SUBMITTED.value,
        waits_for=[],
        fee_lines=[],
        submitted_at=submission.submitted_at,
        submitted_by=dict(submission.submitted_by),
    )


def _licence_of(session: Session, submission: Submission) -> Licence | None:
    """The licence that the request is about; None for a new one. One that isn't the municipality's is a field at fault
    like one that isn't there: nobody learns which of the two."""
    if submission.request == ISSUE:
        return None
    statement = select(Licence).where(
        Licence.licence_no == submission.licence_no,
        Licence.municipality == submission.municipality,
    )
    licence = session.scalar(statement)
    if licence is None or licence.body is None:
        raise InvalidFields.of("licence_no", "licence-unknown")
    return licence


def _body_of(submission: Submission, licence: Licence | None) -> dict[str, Any]:
    if licence is None:
        done = normal_form(submission.body, submission.municipality, submission.channel)
        by_staff = submission.channel != CITIZEN
        return with_confirmed_mobile(done, by_staff=by_staff, own_mobile=submission.own_mobile)
    if submission.request == CANCEL:
        return {**licence.body, "reason": submission.body["reason"]}
    return renewal_of(licence.body, submission.body)


def keep_declared(row: Application, body: dict[str, Any]) -> None:
    """Notes what the body declares, where lists and rules look for it."""
    row.body = body
    row.kind = body["kind"]
    row.replaces_licence_no = body.get("replaces_licence_no")
    row.establishment = (body.get("establishment") or {}).get("unified_number")
    row.owner_number = row.owner_key = body["owner"]["id_number"]
    row.town = body["place"]["town"]
    row.activities = [dict(one) for one in body["activities"]]
    row.workers, row.years = body["workers"], body["years"]
    row.area_m2 = Decimal(str(body["area_m2"]))
    row.building_permit_key = permit_key(body)


def _draw_number(session: Session, municipality: str, now: datetime) -> str:
    """The series' row stays locked until the transaction ends: no transaction takes more than one submission."""
    year = hijri_year(legal_day(now))
    return number_text(
        APPLICATIONS, municipality, year, draw(session, APPLICATIONS, municipality, year)
    )


def submit_from_partner(
    session: Session, actor: Actor, submission: Submission, *, asks: bool, now: datetime
) -> Application:
    """The same for what the gateway has accepted already: it can't be refused any more. What breaks a rule is returned
    to the municipality; what's about no licence of its own, or for one that's asked for already, or there, is refused;
    each as an application that tells why."""
    try:
        return submit_application(session, actor, submission, asks=asks, now=now)
    except Duplicate as error:
        return _refuse_duplicate(session, actor, submission, error, now=now)
    except InvalidFields as error:
        if submission.request != ISSUE:
            return _refuse_unknown_licence(session, actor, submission, now=now)
        row = _invalid_row(session, submission, now=now)
        record_application(session, row, actor, "submit", "submitted", now=now)
        return_invalid(session, row, error.faults, now=now)
        return row


def _invalid_row(session: Session, submission: Submission, *, now: datetime) -> Application:
    row = _blank_row(submission)
    keep_declared(row, with_confirmed_mobile(submission.body, by_staff=True))
    row.application_no = _draw_number(session, submission.municipality, now)
    session.add(row)
    return row


def return_invalid(
    session: Session, row: Application, faults: Iterable[Fault], *, now: datetime
) -> None:
    fields = ", ".join(f"{one.field} ({one.code})" for one in faults)
    reasons, rules = [_INVALID.filled(fields=fields).pair()], rules_at_submission(session, row)
    return_to_applicant(session, row, SYSTEM, "invalid", reasons, rules=rules, now=now)


def _refuse_duplicate(
    session: Session, actor: Actor, submission: Submission, why: Duplicate, *, now: datetime
) -> Application:
    """A second application for one licence, which ends at once and names the first, or the licence."""
    row = _fill_in(session, submission)
    row.reasons = reasons_of_duplicate(why)
    row.application_no = _draw_number(session, submission.municipality, now)
    session.add(row)
    record_application(session, row, actor, "submit", "submitted", now=now)
    refuse_application(session, row, SYSTEM, why.problem, now=now)
    return row


def reasons_of_duplicate(why: Duplicate) -> list[dict[str, str]]:
    """The reason, as an application shows it."""
    return [_DUPLICATES[why.problem].filled(number=why.number).pair()]


def _refuse_unknown_licence(
    session: Session, actor: Actor, submission: Submission, *, now: datetime
) -> Application:
    """A renewal or cancellation of a licence that the municipality doesn't have. It names no person."""
    row = _blank_row(submission)
    row.kind, row.activities, row.workers, row.years = "shop", [], 0, 1
    row.area_m2, row.reasons = Decimal(0), [_NO_LICENCE.pair()]
    row.application_no = _draw_number(session, submission.municipality, now)
    session.add(row)
    record_application(session, row, actor, "submit", "submitted", now=now)
    refuse_application(session, row, SYSTEM, "licence-unknown", now=now)
    return row


_INVALID = Bilingual(
    "في البيانات ما يجب تصحيحه: {fields}.", "The data have to be corrected: {fields}."
)


_DUPLICATES = {
    "application-open": Bilingual(
        "الطلب {number} مفتوح للرخصة نفسها؛ تابعوه أو اسحبوه.",
        "Application {number} asks for the same licence and is open; follow it or withdraw it.",
    ),
    "licence-held": Bilingual(
        "الرخصة {number} قائمة للنشاط نفسه في الموقع نفسه؛ جددوها، أو ألغوها أولًا.",
        "Licence {number} is there for the same activity at the same place; renew it, or end it first.",
    ),
}


_NO_LICENCE = Bilingual(
    "لا توجد في البلدية رخصة بهذا الرقم.", "The municipality has no licence of this number."
)


def apply_as_citizen(
    session: Session,
    actor: Any,
    own: Applicant,
    body: Mapping[str, Any],
    *,
    draft_id: str | None = None,
    asks: bool,
    now: datetime,
) -> Application:
    """A new application; the municipality is that of the place. The files of a draft go with it, and the draft goes.
    Raises InvalidFields, and NotFound for a draft of somebody else."""
    require_for_applicant(own, body)
    draft = lock_draft(session, own, draft_id) if draft_id else None
    if draft is not None:
        require_same_establishment(draft.establishment, body, "draft-of-another")
    municipality = municipality_of(body)
    row = _submit_as_citizen(
        session, actor, own, ISSUE, municipality, body, None, asks=asks, now=now
    )
    if draft is not None:
        pass_on(session, (DRAFT_FILES, draft.draft_id), (APPLICATION_FILES, row.application_id))
        session.delete(draft)
    return row


def renew_as_citizen(
    session: Session,
    actor: Any,
    own: Applicant,
    licence_no: str,
    body: Mapping[str, Any],
    *,
    asks: bool,
    now: datetime,
) -> Application:
    """Asks for the renewal of one's own licence. Raises NotFound and InvalidFields."""
    licence = _own_licence(session, own, licence_no)
    return _submit_as_citizen(
        session, actor, own, RENEW, licence.municipality, body, licence_no, asks=asks, now=now
    )


def cancel_as_citizen(
    session: Session,
    actor: Any,
    own: Applicant,
    licence_no: str,
    body: Mapping[str, Any],
    *,
    asks: bool,
    now: datetime,
) -> Application:
    """Asks for the end of one's own licence. Raises NotFound and InvalidFields."""
    licence = _own_licence(session, own, licence_no)
    place = licence.municipality
    return _submit_as_citizen(
        session, actor, own, CANCEL, place, body, licence_no, asks=asks, now=now
    )


def _submit_as_citizen(
    session: Session,
    actor: Any,
    own: Applicant,
    request: str,
    municipality: str,
    body: Mapping[str, Any],
    licence_no: str | None,
    *,
    asks: bool,
    now: datetime,
) -> Application:
    submission = Submission(
        application_id=new_id(),
        request=request,
        municipality=municipality,
        channel=CITIZEN,
        body=body,
        submitted_by={"kind": CITIZEN, "client_id": actor.client_id, "subject": actor.subject},
        submitted_at=now,
        licence_no=licence_no,
        own_mobile=own.mobile,
    )
    return submit_application(session, actor, submission, asks=asks, now=now)


def _own_licence(session: Session, own: Applicant, licence_no: str) -> Licence:
    row = session.scalar(select(Licence).where(Licence.licence_no == licence_no))
    if row is None or not own.owns(establishment=row.establishment, person=row.owner_number):
        raise NotFound
    return row
