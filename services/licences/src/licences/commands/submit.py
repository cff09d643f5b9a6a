"""Takes applications of every channel: applicants, counters, municipalities' systems through the partner gateway."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.core.ids import new_id
from chassis.core.refusals import Fault, Findings, InvalidFields, NotFound
from chassis.data.numbers import draw
from chassis.data.unit_of_work import UnitOfWork
from chassis.files.attachments import reassign
from licences.commands.decide import decide_or_ask, rules_at_submission
from licences.commands.drafts import DRAFT_FILES, lock_draft
from licences.commands.forms import (
    application_faults,
    faults_of_offer,
    municipality_of,
    normal_form,
)
from licences.commands.gather import declaration_of
from licences.commands.other_licences import (
    require_no_duplicate,
    require_no_open_request,
    require_replaced_licence,
)
from licences.commands.recording import (
    SYSTEM,
    record_application,
    refuse_application,
    return_to_applicant,
)
from licences.domain import actors
from licences.domain.actors import Applicant
from licences.domain.applications import (
    APPLICATION_FILES,
    APPLICATIONS,
    CITIZEN,
    PARTNER,
    STAFF,
    Status,
    number_text,
)
from licences.domain.declarations import (
    CANCEL,
    ISSUE,
    RENEW,
    Duplicate,
    permit_key,
)
from licences.domain.forms import renewal_of, with_confirmed_mobile
from licences.domain.submissions import require_possible
from licences.models import Application, Licence
from saudi.bilingual import Bilingual
from saudi.days import hijri_year, legal_day

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


@dataclass(frozen=True)
class Submission:
    """What was sent. `application_id` is made by the channel; `submitted_by`: {kind, client_id, subject}.

    `body`: LicenceApplication, LicenceRenewal or LicenceCancellation, as `request` says. `licence_no`: the licence to
    be renewed or cancelled. `own_mobile`: the mobile, in E.164, by which a citizen signed in. `follows_id`: the ended
    application that is sent again.
    """

    application_id: str
    request: str
    municipality: str
    channel: str
    body: Mapping[str, Any]
    submitted_by: Mapping[str, Any]
    submitted_at: datetime
    licence_no: str | None = None
    own_mobile: str | None = None
    follows_id: str | None = None


def submit_application(work: UnitOfWork, submission: Submission) -> Application:
    """Takes an application, publishes `submitted`, and decides the application or has outside bodies asked about it.

    Returns the first application, unchanged, for a second submission of its id. Raises InvalidFields, and Duplicate if
    an open application asks for the same, or the licence is there. Raises what `require_possible` does, except for a
    municipality's system.
    """
    known = work.session.get(Application, submission.application_id)
    if known is not None:
        return known
    row = _fill_in(work.session, submission)
    _require_no_other(work, row, by_applicant=submission.channel == CITIZEN)
    if submission.channel != PARTNER:
        declaration = declaration_of(work.session, row)
        require_possible(declaration, rules_at_submission(work.session, row))
    _add_submitted(work, row)
    decide_or_ask(work, row)
    return row


def _fill_in(session: Session, submission: Submission) -> Application:
    """Returns the row with what it declares, and without a number."""
    licence = _licence_of(session, submission)
    row = _blank_row(submission)
    if licence is not None:
        row.licence_id, row.licence_no = licence.licence_id, licence.licence_no
    keep_declared(row, _body_of(session, submission, licence))
    return row


def _licence_of(session: Session, submission: Submission) -> Licence | None:
    """Returns the licence that the request is about; None for a new licence. Raises InvalidFields for a missing
    licence, and in the same way for another municipality's: nobody learns which of the two."""
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


def _blank_row(submission: Submission) -> Application:
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
        follows_id=submission.follows_id,
    )


def _body_of(session: Session, submission: Submission, licence: Licence | None) -> dict[str, Any]:
    if submission.request == CANCEL and licence is not None:
        return {**licence.body, "reason": submission.body["reason"]}
    renewed = renewal_of(licence.body, submission.body) if licence is not None else None
    body = renewed or submission.body
    municipality, channel = submission.municipality, submission.channel
    on = legal_day(submission.submitted_at)
    not_offered = faults_of_offer(session, body, municipality=municipality, channel=channel, on=on)
    if renewed is not None:
        Findings(faults=not_offered).settle()
        return renewed
    done = normal_form(body, municipality, channel, not_offered, on=on)
    by_staff = submission.channel != CITIZEN
    return with_confirmed_mobile(done, by_staff=by_staff, own_mobile=submission.own_mobile)


def keep_declared(row: Application, body: dict[str, Any]) -> None:
    """Stores the body, and the parts of it by which lists and rules look for the application."""
    row.body = body
    row.kind = body["kind"]
    row.replaces_licence_no = body.get("replaces_licence_no")
    row.establishment = (body.get("establishment") or {}).get("unified_number")
    row.owner_number = row.owner_key = body["owner"]["id_number"]
    row.town = body["place"]["town"]
    row.activities = [dict(activity) for activity in body["activities"]]
    row.workers, row.years = body["workers"], body["years"]
    row.area_m2 = Decimal(str(body["area_m2"]))
    row.building_permit_key = permit_key(body)


def _require_no_other(work: UnitOfWork, row: Application, *, by_applicant: bool) -> None:
    if row.licence_no is None:
        require_replaced_licence(
            work.session, row.body, row.municipality, by_applicant=by_applicant
        )
        require_no_duplicate(work.session, row.body, on=legal_day(work.now))
    else:
        require_no_open_request(work.session, row.request, row.licence_no)


def _add_submitted(work: UnitOfWork, row: Application) -> None:
    """Draws the application's number and publishes `submitted`. The row of the number series stays locked until the
    transaction ends, so no transaction takes more than one submission."""
    year = hijri_year(legal_day(work.now))
    number = draw(work.session, APPLICATIONS, row.municipality, year)
    row.application_no = number_text(APPLICATIONS, row.municipality, year, number)
    work.session.add(row)
    record_application(work, row, "submit", "submitted")
    work.session.flush()  # facts, questions and invoices refer to the row


# The counter of a municipality.


def counter_submission(
    work: UnitOfWork, municipality: str, body: Mapping[str, Any], *, licence_no: str | None = None
) -> Submission:
    """Returns what an officer takes at the counter: an application for a licence, or the renewal of `licence_no`."""
    return Submission(
        application_id=new_id(),
        request=ISSUE if licence_no is None else RENEW,
        municipality=municipality,
        channel=STAFF,
        body=body,
        submitted_by=_submitter(work, STAFF),
        submitted_at=work.now,
        licence_no=licence_no,
    )


def _submitter(work: UnitOfWork, kind: str) -> dict[str, Any]:
    return {"kind": kind, "client_id": work.actor.client_id, "subject": work.actor.subject}


# Applicants themselves.


def apply_as_citizen(
    work: UnitOfWork,
    applicant: Applicant,
    body: Mapping[str, Any],
    *,
    draft_id: str | None = None,
    follows_id: str | None = None,
) -> Application:
    """Applies for a new licence in the municipality of the place. The files of the draft go to the application, and the
    draft is dropped. `follows_id`: a refused or withdrawn application of the applicant, whose files count for this
    application too. Raises InvalidFields, and NotFound for somebody else's draft or application."""
    check_as_citizen(work, applicant, body)
    body = actors.in_own_name(applicant, body)
    if follows_id is not None:
        _require_ended(work, applicant, follows_id, body)
    draft = lock_draft(work, applicant, draft_id) if draft_id else None
    if draft is not None:
        actors.require_same_establishment(draft.establishment, body, "draft-of-another")
    municipality = municipality_of(body, today=legal_day(work.now))
    row = _submit_as_citizen(work, applicant, ISSUE, municipality, body, follows_id=follows_id)
    if draft is not None:
        files = (APPLICATION_FILES, row.application_id)
        reassign(work.session, (DRAFT_FILES, draft.draft_id), files)
        work.session.delete(draft)
    return row


def check_as_citizen(work: UnitOfWork, applicant: Applicant, body: Mapping[str, Any]) -> None:
    """Looks at the fields of an application that the applicant hasn't sent yet, and keeps nothing. Raises
    InvalidFields."""
    today = legal_day(work.now)
    Findings(faults=application_faults(work.session, applicant, body, today=today)).settle()


def _require_ended(
    work: UnitOfWork, applicant: Applicant, application_id: str, body: Mapping[str, Any]
) -> None:
    """Raises NotFound unless the application is the applicant's, and InvalidFields unless it ended without a licence,
    for the same establishment."""
    row = work.session.get(Application, application_id)
    if row is None or not applicant.owns(establishment=row.establishment, person=row.owner_number):
        raise NotFound
    if row.status not in (Status.REFUSED, Status.WITHDRAWN):
        raise InvalidFields.of("again", "application-not-ended")
    actors.require_same_establishment(row.establishment, body, "application-of-another")


def renew_as_citizen(
    work: UnitOfWork, applicant: Applicant, licence_no: str, body: Mapping[str, Any]
) -> Application:
    """Asks for the renewal of the applicant's licence. Raises NotFound and InvalidFields."""
    municipality = _own_licence(work, applicant, licence_no).municipality
    return _submit_as_citizen(work, applicant, RENEW, municipality, body, licence_no)


def cancel_as_citizen(
    work: UnitOfWork, applicant: Applicant, licence_no: str, body: Mapping[str, Any]
) -> Application:
    """Asks for the end of the applicant's licence. Raises NotFound and InvalidFields."""
    municipality = _own_licence(work, applicant, licence_no).municipality
    return _submit_as_citizen(work, applicant, CANCEL, municipality, body, licence_no)


def _own_licence(work: UnitOfWork, applicant: Applicant, licence_no: str) -> Licence:
    row = work.session.scalar(select(Licence).where(Licence.licence_no == licence_no))
    if row is None or not applicant.owns(establishment=row.establishment, person=row.owner_number):
        raise NotFound
    return row


def _submit_as_citizen(
    work: UnitOfWork,
    applicant: Applicant,
    request: str,
    municipality: str,
    body: Mapping[str, Any],
    licence_no: str | None = None,
    *,
    follows_id: str | None = None,
) -> Application:
    return submit_application(
        work,
        Submission(
            application_id=new_id(),
            request=request,
            municipality=municipality,
            channel=CITIZEN,
            body=body,
            submitted_by=_submitter(work, CITIZEN),
            submitted_at=work.now,
            licence_no=licence_no,
            own_mobile=applicant.mobile,
            follows_id=follows_id,
        ),
    )


# Municipalities' systems. The gateway has accepted the submission: it can't be refused with an error any more.


def submit_from_partner(work: UnitOfWork, submission: Submission) -> Application:
    """Takes what the gateway has accepted.

    An application that breaks a rule is returned to the municipality. A duplicate, and a request about an unknown
    licence, is refused. Each is an application that tells why.
    """
    try:
        return submit_application(work, submission)
    except Duplicate as duplicate:
        return _refuse_duplicate(work, submission, duplicate)
    except InvalidFields as error:
        if submission.request != ISSUE:
            return _refuse_unknown_licence(work, submission)
        row = _blank_row(submission)
        keep_declared(row, with_confirmed_mobile(submission.body, by_staff=True))
        _add_submitted(work, row)
        return_invalid(work, row, error.faults)
        return row


def _refuse_duplicate(
    work: UnitOfWork, submission: Submission, duplicate: Duplicate
) -> Application:
    """Refuses a second application for one licence. Its reasons name the first application, or the licence."""
    row = _fill_in(work.session, submission)
    row.reasons = reasons_of_duplicate(duplicate)
    _add_submitted(work, row)
    refuse_application(work.acting_as(SYSTEM), row, duplicate.problem)
    return row


def reasons_of_duplicate(duplicate: Duplicate) -> list[dict[str, str]]:
    """Returns the reasons, as an application shows them."""
    return [_DUPLICATES[duplicate.problem].filled(number=duplicate.number).pair()]


def _refuse_unknown_licence(work: UnitOfWork, submission: Submission) -> Application:
    """Refuses the renewal or cancellation of a licence that the municipality doesn't have. The row names no person."""
    row = _blank_row(submission)
    row.kind, row.activities, row.workers, row.years = "shop", [], 0, 1
    row.area_m2, row.reasons = Decimal(0), [_NO_LICENCE.pair()]
    _add_submitted(work, row)
    refuse_application(work.acting_as(SYSTEM), row, "licence-unknown")
    return row


def return_invalid(work: UnitOfWork, row: Application, faults: Iterable[Fault]) -> None:
    """Returns the locked application for the fields at fault."""
    fields = ", ".join(f"{fault.field} ({fault.code})" for fault in faults)
    reasons = [_INVALID.filled(fields=fields).pair()]
    rules = rules_at_submission(work.session, row)
    return_to_applicant(work.acting_as(SYSTEM), row, "invalid", reasons, rules)
