"""Corrects, withdraws and completes applications: what applicants, counters and municipalities' systems send later."""

from collections.abc import Mapping, Sequence
from typing import Any

import structlog

from chassis.core.refusals import Findings, InvalidFields, NotFound, not_blank, says_something
from chassis.data.unit_of_work import UnitOfWork
from chassis.files.attachments import Attachment
from licences.commands.bill import withdraw_invoice
from licences.commands.decide import decide_or_ask, rules_at_submission
from licences.commands.drafts import claim_files
from licences.commands.forms import faults_of_offer, normal_form
from licences.commands.gather import void_facts
from licences.commands.other_licences import require_no_duplicate, require_replaced_licence
from licences.commands.recording import (
    SYSTEM,
    close_application,
    drop_pending_work,
    record_application,
    return_to_applicant,
)
from licences.commands.submit import (
    keep_declared,
    reasons_of_duplicate,
    return_invalid,
)
from licences.domain.actors import (
    Applicant,
    for_applicant,
    in_own_name,
    require_for_applicant,
    require_same_establishment,
)
from licences.domain.applications import (
    APPLICATION_FILES,
    BY_APPLICANT,
    BY_DELEGATE,
    BY_MUNICIPALITY,
    BY_OWNER,
    CITIZEN,
    ENDED,
    LIFE,
    PARTNER,
    STAFF,
    Action,
    Status,
)
from licences.domain.declarations import ISSUE, Duplicate
from licences.domain.facts import JUDGED, facts_voided_by
from licences.domain.forms import corrected_renewal_of, with_confirmed_mobile
from licences.models import Application
from saudi.days import legal_day

# The actions in the history.
CORRECTION_TOO_LATE, WITHDRAWAL_TOO_LATE = "correction-too-late", "withdrawal-too-late"
log = structlog.get_logger(__name__)


def correct_application(
    work: UnitOfWork,
    application_id: str,
    body: Mapping[str, Any],
    *,
    channel: str = STAFF,
    own_mobile: str | None = None,
) -> Application:
    """Takes a returned or waiting application again, through `channel`; `own_mobile` as in Submission. Publishes
    `corrected`, and decides the application anew or has outside bodies asked.

    The judgements of officers and inspectors are void, because they were about the earlier body. A fact about a number
    that changed doesn't count any more, because the fact names the number. Raises NotFound, IllegalTransition,
    InvalidFields and Duplicate.
    """
    row = work.lock(Application, application_id)
    after = LIFE.after(Action.CORRECT, row.status)
    before = row.body
    done = _corrected_body(work, row, body, channel, own_mobile)
    if row.request == ISSUE:
        _require_no_other(work, row, done, channel)
    withdraw_invoice(work, row, "corrected")
    drop_pending_work(work, row)
    void = (*JUDGED, *facts_voided_by(before, done))
    with work.session.no_autoflush:  # the row is written once, with its new version
        void_facts(work, application_id, void)
    keep_declared(row, done)
    row.status, row.reason_code, row.reasons = after.value, None, []
    row.waits_for, row.invoice_id = [], None
    record_application(work, row, Action.CORRECT, "corrected")
    decide_or_ask(work, row)
    return row


def _corrected_body(
    work: UnitOfWork,
    row: Application,
    body: Mapping[str, Any],
    channel: str,
    own_mobile: str | None,
) -> dict[str, Any]:
    sent = body if row.request == ISSUE else corrected_renewal_of(row.body, body)
    on = legal_day(row.submitted_at)
    not_offered = faults_of_offer(
        work.session, sent, municipality=row.municipality, channel=channel, on=on
    )
    if row.request == ISSUE:
        sent = normal_form(body, row.municipality, row.channel, not_offered, on=on)
    else:
        Findings(faults=not_offered).settle()
    by_staff = channel != CITIZEN
    return with_confirmed_mobile(sent, by_staff=by_staff, own_mobile=own_mobile, before=row.body)


def _require_no_other(
    work: UnitOfWork, row: Application, body: Mapping[str, Any], channel: str
) -> None:
    same_replaced = body.get("replaces_licence_no") == row.replaces_licence_no
    by_applicant = channel == CITIZEN or (row.channel == CITIZEN and same_replaced)
    require_replaced_licence(work.session, body, row.municipality, by_applicant=by_applicant)
    besides, on = row.application_id, legal_day(work.now)
    require_no_duplicate(work.session, body, besides=besides, on=on)


def withdraw_application(
    work: UnitOfWork, application_id: str, *, reason: str | None = None, by: str = BY_MUNICIPALITY
) -> Application:
    """Withdraws the application, as the applicant wants, and publishes `withdrawn`. `by`: who withdraws, for the
    applicant. The reason is sealed and goes with the personal data, because the journal is never emptied. Raises
    NotFound, IllegalTransition, and InvalidFields for a blank reason."""
    row = work.lock(Application, application_id)
    after = LIFE.after(Action.WITHDRAW, row.status)
    withdraw_invoice(work, row, "application-withdrawn")
    row.status, row.reason_code, row.waits_for = after.value, BY_APPLICANT, []
    if reason is not None:
        row.reasons = [{"ar": not_blank(reason, "reason"), "en": None}]
    close_application(work, row)
    return record_application(work, row, Action.WITHDRAW, "withdrawn", details={"by": by})


# Applicants themselves.


def correct_as_citizen(
    work: UnitOfWork, applicant: Applicant, application_id: str, body: Mapping[str, Any]
) -> Application:
    """Answers a return. An application stays with its applicant. Raises NotFound, IllegalTransition and
    InvalidFields."""
    row = _lock_own(work, applicant, application_id)
    if row.request == ISSUE:
        require_for_applicant(applicant, body)
        body = in_own_name(applicant, body)
        require_same_establishment(row.establishment, body, "application-of-another")
    with for_applicant():
        return correct_application(
            work, application_id, body, channel=CITIZEN, own_mobile=applicant.mobile
        )


def withdraw_as_citizen(
    work: UnitOfWork, applicant: Applicant, application_id: str, *, reason: str
) -> Application:
    """Withdraws the applicant's application. Raises NotFound and IllegalTransition."""
    row = _lock_own(work, applicant, application_id)
    is_owner = row.owner_number == applicant.id_number
    with for_applicant():
        return withdraw_application(
            work, application_id, reason=reason, by=BY_OWNER if is_owner else BY_DELEGATE
        )


def attach_files(
    work: UnitOfWork, applicant: Applicant, application_id: str, files: Sequence[str]
) -> Sequence[Attachment]:
    """Gives uploads of the caller to an application that hasn't ended. Raises NotFound, IllegalTransition and
    InvalidFields."""
    row = _lock_own(work, applicant, application_id)
    if Status(row.status) in ENDED:
        with for_applicant():
            LIFE.after(Action.CORRECT, row.status)
    return claim_files(work, files, (APPLICATION_FILES, application_id))


def _lock_own(work: UnitOfWork, applicant: Applicant, application_id: str) -> Application:
    """Locks the row before the look at its owner: a correction may change the owner just now."""
    row = work.lock(Application, application_id)
    if not applicant.owns(establishment=row.establishment, person=row.owner_number):
        raise NotFound
    return row


# Municipalities' systems. The gateway has accepted the correction: it can't be refused with an error any more.


def correct_from_partner(
    work: UnitOfWork, application_id: str, body: Mapping[str, Any], *, municipality: str
) -> None:
    """Takes a correction that the gateway has accepted.

    A correction that breaks a rule, or makes a duplicate, returns the application. A correction that comes too late
    changes nothing, and stands in the application's history. A correction of an application that isn't the
    municipality's is logged.
    """
    row = work.session.get(Application, application_id)
    if row is None or row.municipality != municipality:
        log.warning("correction.ignored", row=application_id, reason="unknown")
        return
    row = work.lock(Application, application_id)
    if not _is_in_time(work, row, Action.CORRECT, CORRECTION_TOO_LATE):
        log.warning("correction.ignored", row=application_id, reason=row.status)
        return
    try:
        correct_application(work, application_id, body, channel=PARTNER)
    except InvalidFields as error:
        return_invalid(work, row, error.faults)
    except Duplicate as duplicate:
        rules = rules_at_submission(work.session, row)
        reasons = reasons_of_duplicate(duplicate)
        return_to_applicant(work.acting_as(SYSTEM), row, duplicate.problem, reasons, rules)


def withdraw_from_partner(
    work: UnitOfWork, application_id: str, *, reason: str, municipality: str
) -> None:
    """Takes a withdrawal that the gateway has accepted. A municipality withdraws what its own system submitted. A
    withdrawal that comes too late changes nothing, and stands in the application's history. A reason that says nothing
    is dropped, because a refusal here would park the event, and all later events of the application behind it."""
    row = work.session.get(Application, application_id)
    if row is None or row.municipality != municipality or row.channel != PARTNER:
        log.warning("withdrawal.ignored", row=application_id, reason="unknown")
        return
    row = work.lock(Application, application_id)
    if not _is_in_time(work, row, Action.WITHDRAW, WITHDRAWAL_TOO_LATE):
        log.warning("withdrawal.ignored", row=application_id, reason=row.status)
        return
    usable = reason if says_something(reason) else None
    withdraw_application(work, application_id, reason=usable)


def _is_in_time(work: UnitOfWork, row: Application, action: Action, too_late: str) -> bool:
    """Returns whether the action is possible for the locked application; otherwise the history says `too_late`."""
    if action in LIFE.possible(row.status):
        return True
    work.record_action(row, too_late, details={"status": row.status})
    return False
