"""Takes applications: of whichever channel, a row and its event, and then the decision or the questions to others."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis.core.actors import Actor
from chassis.core.ids import new_id
from chassis.core.refusals import Fault, IllegalTransition, InvalidFields, NotFound, not_blank
from chassis.data.aggregates import lock
from chassis.data.numbers import draw
from licences import catalogue
from licences.commands import billing, deciding
from licences.commands.deciding import SYSTEM, decide_again
from licences.commands.doubles import check_alone, check_none_asks
from licences.commands.gathering import forget_facts
from licences.commands.moving import check_left
from licences.commands.recording import record_application
from licences.commands.returning import give_back
from licences.domain import asked
from licences.domain.applications import Action, Status, require
from licences.domain.asked import CANCEL, ISSUE, RENEW
from licences.domain.doubles import Double
from licences.domain.facts import JUDGED
from licences.domain.numbers import APPLICATIONS, number_text
from licences.domain.verifying import void_after
from licences.models import Application, Ask, Licence
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
    found = catalogue.towns().named(body["place"]["town"])
    if found is None:
        raise InvalidFields.of("place.town", "town-unknown")
    return found.municipality


def _settled(body: Mapping[str, Any], municipality: str, channel: str) -> dict[str, Any]:
    """The body of a new licence in its normal form. Its place lies in the municipality that decides about it; only
    what the governorate's system sends may be about any place, as the gateway lets it. Raises InvalidFields."""
    done = asked.settled(body, catalogue.towns())
    sees_all = channel == PARTNER and municipality == GOVERNORATE
    if municipality_of(done) != municipality and not sees_all:
        raise InvalidFields.of("place.town", "town-elsewhere")
    return done


def submit(
    session: Session, actor: Actor, submission: Submission, *, asks: bool, now: datetime
) -> Application:
    """Takes an application, and decides it at once when nobody outside has to be asked. `asks`: there are bodies to
    ask. A second submission of an id is the first one, unchanged. Raises InvalidFields, and Double where the licence
    is asked for already, or there."""
    known = session.get(Application, submission.application_id)
    if known is not None:
        return known
    row = _row(session, submission, now=now)
    session.add(row)
    record_application(session, row, actor, "submit", "submitted", now=now)
    _go_on(session, row, asks=asks, now=now)
    return row


def _row(session: Session, submission: Submission, *, now: datetime) -> Application:
    row = _drawn_up(session, submission)
    if row.licence_no is None:
        by_applicant = submission.channel == CITIZEN
        check_left(session, row.body, row.municipality, by_applicant=by_applicant)
        check_alone(session, row.body, on=legal_day(now))
    else:
        check_none_asks(session, row.request, row.licence_no)
    row.application_no = _next_number(session, submission.municipality, now)
    return row


def _drawn_up(session: Session, submission: Submission) -> Application:
    """With what it declares, and no number yet."""
    licence = _licence(session, submission)
    body = _body(submission, licence)
    row = _bare(submission)
    if licence is not None:
        row.licence_id, row.licence_no = licence.licence_id, licence.licence_no
    _declare(row, body)
    return row


def _bare(submission: Submission) -> Application:
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


def _licence(session: Session, submission: Submission) -> Licence | None:
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


def _body(submission: Submission, licence: Licence | None) -> dict[str, Any]:
    if licence is None:
        done = _settled(submission.body, submission.municipality, submission.channel)
        by_staff = submission.channel != CITIZEN
        return asked.vouched(done, by_staff=by_staff, own_mobile=submission.own_mobile)
    if submission.request == CANCEL:
        return {**licence.body, "reason": submission.body["reason"]}
    return asked.renewed(licence.body, submission.body)


def _declare(row: Application, body: dict[str, Any]) -> None:
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
    row.building_permit_key = asked.permit_key(body)


def _next_number(session: Session, municipality: str, now: datetime) -> str:
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
        return submit(session, actor, submission, asks=asks, now=now)
    except Double as error:
        return _double(session, actor, submission, error, now=now)
    except InvalidFields as error:
        if submission.request != ISSUE:
            return _about_nothing(session, actor, submission, now=now)
        row = _unsettled(session, submission, now=now)
        record_application(session, row, actor, "submit", "submitted", now=now)
        _give_back(session, row, error.faults, now=now)
        return row


def _unsettled(session: Session, submission: Submission, *, now: datetime) -> Application:
    row = _bare(submission)
    _declare(row, asked.vouched(submission.body, by_staff=True))
    row.application_no = _next_number(session, submission.municipality, now)
    session.add(row)
    return row


def _give_back(
    session: Session, row: Application, faults: Iterable[Fault], *, now: datetime
) -> None:
    fields = ", ".join(f"{one.field} ({one.code})" for one in faults)
    reasons, rules = [INVALID.filled(fields=fields).pair()], deciding.rules_for(session, row)
    give_back(session, row, SYSTEM, "invalid", reasons, rules=rules, now=now)


def _double(
    session: Session, actor: Actor, submission: Submission, why: Double, *, now: datetime
) -> Application:
    """A second application for one licence, which ends at once and names the first, or the licence."""
    row = _drawn_up(session, submission)
    row.reasons = _told(why)
    row.application_no = _next_number(session, submission.municipality, now)
    session.add(row)
    record_application(session, row, actor, "submit", "submitted", now=now)
    deciding.refuse(session, row, SYSTEM, why.problem, now=now)
    return row


def _told(why: Double) -> list[dict[str, str]]:
    """The reason, as an application shows it."""
    return [DOUBLES[why.problem].filled(number=why.number).pair()]


def _about_nothing(
    session: Session, actor: Actor, submission: Submission, *, now: datetime
) -> Application:
    """A renewal or cancellation of a licence that the municipality doesn't have. It names no person."""
    row = _bare(submission)
    row.kind, row.activities, row.workers, row.years = "shop", [], 0, 1
    row.area_m2, row.reasons = Decimal(0), [NO_LICENCE.pair()]
    row.application_no = _next_number(session, submission.municipality, now)
    session.add(row)
    record_application(session, row, actor, "submit", "submitted", now=now)
    deciding.refuse(session, row, SYSTEM, "licence-unknown", now=now)
    return row


INVALID = Bilingual(
    "في البيانات ما يجب تصحيحه: {fields}.", "The data have to be corrected: {fields}."
)
DOUBLES = {
    "application-open": Bilingual(
        "الطلب {number} مفتوح للرخصة نفسها؛ تابعوه أو اسحبوه.",
        "Application {number} asks for the same licence and is open; follow it or withdraw it.",
    ),
    "licence-held": Bilingual(
        "الرخصة {number} قائمة للنشاط نفسه في الموقع نفسه؛ جددوها، أو ألغوها أولًا.",
        "Licence {number} is there for the same activity at the same place; renew it, or end it first.",
    ),
}
NO_LICENCE = Bilingual(
    "لا توجد في البلدية رخصة بهذا الرقم.", "The municipality has no licence of this number."
)


def _go_on(session: Session, row: Application, *, asks: bool, now: datetime) -> None:
    if asks and row.request in (ISSUE, RENEW):
        ask_soon(session, row.application_id, now=now)
    else:
        decide_again(session, row, now=now)


def ask_soon(session: Session, application_id: str, *, now: datetime) -> None:
    """Has outside bodies asked about the application as soon as a process is free."""
    values: dict[str, Any] = {"due_at": now, "lease_until": None, "attempts": 0, "failures": {}}
    statement = insert(Ask).values(application_id=application_id, **values)
    session.execute(
        statement.on_conflict_do_update(index_elements=[Ask.application_id], set_=values)
    )


def correct(
    session: Session,
    actor: Actor,
    application_id: str,
    body: Mapping[str, Any],
    *,
    asks: bool,
    channel: str = STAFF,
    own_mobile: str | None = None,
    now: datetime,
) -> Application:
    """A returned or waiting application, sent again through `channel`; `own_mobile` as in Submission. Facts about
    numbers that changed count no more, because they name the number, and what an officer or an inspector judged was
    about what was sent before. Raises NotFound, IllegalTransition, InvalidFields and Double."""
    row = lock(session, Application, application_id)
    require(row.status, Action.CORRECT)
    is_new = row.request == ISSUE
    municipality, before = row.municipality, row.body
    sent = (
        _settled(body, municipality, row.channel) if is_new else asked.renewed_again(before, body)
    )
    by_staff = channel != CITIZEN
    done = asked.vouched(sent, by_staff=by_staff, own_mobile=own_mobile, before=before)
    if is_new:
        stays = done.get("replaces_licence_no") == row.replaces_licence_no
        by_applicant = channel == CITIZEN or row.channel == CITIZEN and stays
        check_left(session, done, municipality, by_applicant=by_applicant)
        check_alone(session, done, besides=application_id, on=legal_day(now))
    billing.withdraw_invoice(session, row, actor, "corrected", now=now)
    deciding.drop_work(session, row)
    void = (*JUDGED, *void_after(before, done))
    with session.no_autoflush:  # the row is written once, with its new version
        forget_facts(session, application_id, void, now=now)
    _declare(row, done)
    row.status, row.reason_code, row.reasons = Status.SUBMITTED.value, None, []
    row.waits_for, row.invoice_id = [], None
    record_application(session, row, actor, Action.CORRECT, "corrected", now=now)
    _go_on(session, row, asks=asks, now=now)
    return row


def withdraw(
    session: Session,
    actor: Actor,
    application_id: str,
    *,
    reason: str | None = None,
    now: datetime,
) -> Application:
    """The applicant doesn't want it any more. What he says of it is kept sealed, and goes with his data: the journal
    keeps all for ever. Raises NotFound, IllegalTransition, and InvalidFields for a blank reason."""
    row = lock(session, Application, application_id)
    require(row.status, Action.WITHDRAW)
    billing.withdraw_invoice(session, row, actor, "application-withdrawn", now=now)
    row.status, row.reason_code, row.waits_for = Status.WITHDRAWN.value, "by-applicant", []
    if reason is not None:
        row.reasons = [{"ar": not_blank(reason, "reason"), "en": None}]
    deciding.close(session, row, now=now)
    return record_application(session, row, actor, Action.WITHDRAW, "withdrawn", now=now)


def took_too_long(session: Session, row: Application, *, now: datetime) -> None:
    """The locked application was returned, and nobody completed it in its time."""
    if row.status == Status.RETURNED:
        row.status, row.reason_code = Status.WITHDRAWN.value, "not-completed"
        deciding.close(session, row, now=now)
        record_application(session, row, SYSTEM, Action.WITHDRAW, "withdrawn", now=now)


def correct_from_partner(
    session: Session,
    actor: Actor,
    application_id: str,
    body: Mapping[str, Any],
    *,
    municipality: str,
    asks: bool,
    now: datetime,
) -> None:
    """The same for what the gateway has accepted already. Of another municipality's application nothing happens; one
    that can't be corrected any more stays as it is; what breaks a rule, or would ask for what's asked for already, or
    there, is returned."""
    try:
        row = lock(session, Application, application_id)
        if row.municipality == municipality:
            correct(session, actor, application_id, body, asks=asks, channel=PARTNER, now=now)
    except (NotFound, IllegalTransition):
        return
    except InvalidFields as error:
        _give_back(session, lock(session, Application, application_id), error.faults, now=now)
    except Double as error:
        row = lock(session, Application, application_id)
        rules = deciding.rules_for(session, row)
        give_back(session, row, SYSTEM, error.problem, _told(error), rules=rules, now=now)
