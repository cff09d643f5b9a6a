"""Takes applications: of whichever channel, a row and its event, and then the decision or the questions to others."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from chassis.core.actors import Actor
from chassis.core.refusals import IllegalTransition, InvalidFields, NotFound, not_blank
from chassis.data.aggregates import lock
from chassis.files.attachments import Attachment
from licences.commands.bill import withdraw_invoice
from licences.commands.decide import decide_or_ask, rules_at_submission
from licences.commands.drafts import APPLICATION_FILES, claim_files
from licences.commands.end import SYSTEM, close_application, drop_pending_work, return_to_applicant
from licences.commands.gather import void_facts
from licences.commands.other_licences import require_no_duplicate, require_replaced_licence
from licences.commands.recording import record_application
from licences.commands.submit import (
    CITIZEN,
    PARTNER,
    STAFF,
    keep_declared,
    normal_form,
    reasons_of_duplicate,
    return_invalid,
)
from licences.domain.actors import (
    Applicant,
    for_applicant,
    require_for_applicant,
    require_same_establishment,
)
from licences.domain.applications import ENDED, Action, Status, require_action
from licences.domain.facts import JUDGED
from licences.domain.requests import ISSUE, Duplicate, corrected_renewal_of, with_confirmed_mobile
from licences.domain.verification import facts_voided_by
from licences.models import Application
from saudi.days import legal_day


def correct_application(
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
    require_action(row.status, Action.CORRECT)
    is_new = row.request == ISSUE
    municipality, before = row.municipality, row.body
    sent = (
        normal_form(body, municipality, row.channel)
        if is_new
        else corrected_renewal_of(before, body)
    )
    by_staff = channel != CITIZEN
    done = with_confirmed_mobile(sent, by_staff=by_staff, own_mobile=own_mobile, before=before)
    if is_new:
        stays = done.get("replaces_licence_no") == row.replaces_licence_no
        by_applicant = channel == CITIZEN or row.channel == CITIZEN and stays
        require_replaced_licence(session, done, municipality, by_applicant=by_applicant)
        require_no_duplicate(session, done, besides=application_id, on=legal_day(now))
    withdraw_invoice(session, row, actor, "corrected", now=now)
    drop_pending_work(session, row)
    void = (*JUDGED, *facts_voided_by(before, done))
    with session.no_autoflush:  # the row is written once, with its new version
        void_facts(session, application_id, void, now=now)
    keep_declared(row, done)
    row.status, row.reason_code, row.reasons = Status.SUBMITTED.value, None, []
    row.waits_for, row.invoice_id = [], None
    record_application(session, row, actor, Action.CORRECT, "corrected", now=now)
    decide_or_ask(session, row, asks=asks, now=now)
    return row


def withdraw_application(
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
    require_action(row.status, Action.WITHDRAW)
    withdraw_invoice(session, row, actor, "application-withdrawn", now=now)
    row.status, row.reason_code, row.waits_for = Status.WITHDRAWN.value, "by-applicant", []
    if reason is not None:
        row.reasons = [{"ar": not_blank(reason, "reason"), "en": None}]
    close_application(session, row, now=now)
    return record_application(session, row, actor, Action.WITHDRAW, "withdrawn", now=now)


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
            correct_application(
                session, actor, application_id, body, asks=asks, channel=PARTNER, now=now
            )
    except (NotFound, IllegalTransition):
        return
    except InvalidFields as error:
        return_invalid(session, lock(session, Application, application_id), error.faults, now=now)
    except Duplicate as error:
        row = lock(session, Application, application_id)
        rules = rules_at_submission(session, row)
        return_to_applicant(
            session, row, SYSTEM, error.problem, reasons_of_duplicate(error), rules=rules, now=now
        )


def correct_as_citizen(
    session: Session,
    actor: Any,
    own: Applicant,
    application_id: str,
    body: Mapping[str, Any],
    *,
    asks: bool,
    now: datetime,
) -> Application:
    """Answers a return. It stays one's own: nobody corrects an application into somebody else's. Raises NotFound,
    IllegalTransition and InvalidFields."""
    row = _lock_own(session, own, application_id)
    if row.request == ISSUE:
        require_for_applicant(own, body)
        require_same_establishment(row.establishment, body, "application-of-another")
    with for_applicant():
        return correct_application(
            session,
            actor,
            application_id,
            body,
            asks=asks,
            channel=CITIZEN,
            own_mobile=own.mobile,
            now=now,
        )


def withdraw_as_citizen(
    session: Session,
    actor: Any,
    own: Applicant,
    application_id: str,
    *,
    reason: str,
    now: datetime,
) -> Application:
    """Raises NotFound and IllegalTransition."""
    _lock_own(session, own, application_id)
    with for_applicant():
        return withdraw_application(session, actor, application_id, reason=reason, now=now)


def attach_files(
    session: Session, actor: Actor, own: Applicant, application_id: str, files: Sequence[str]
) -> Sequence[Attachment]:
    """Gives uploads of the caller to an application that isn't decided yet. Raises NotFound, IllegalTransition and
    InvalidFields."""
    row = _lock_own(session, own, application_id)
    if Status(row.status) in ENDED:
        with for_applicant():
            require_action(row.status, Action.CORRECT)
    return claim_files(session, actor, files, (APPLICATION_FILES, application_id))


def _lock_own(session: Session, own: Applicant, application_id: str) -> Application:
    """Locked first and looked at then: it may just be becoming another's."""
    row = lock(session, Application, application_id)
    if not own.owns(establishment=row.establishment, person=row.owner_number):
        raise NotFound
    return row
