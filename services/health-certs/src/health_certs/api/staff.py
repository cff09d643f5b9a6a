"""The operations of the municipality's staff and inspectors, and the check of a certificate that anybody makes who
knows two numbers."""

from collections.abc import Sequence

from chassis.call import page_of
from chassis.core.refusals import NotFound
from chassis.data.sealed import keys_of
from chassis.files.attachments import attachments_of
from documents.issuing import reading
from documents.issuing.signing import Signing
from documents.statements import initials_of
from documents.verifying import WORDS, Reason, verify
from health_certs import catalogue, limits, queries
from health_certs.api import views
from health_certs.api.views import Body, FileAnswer, View
from health_certs.commands import decide, inspection
from health_certs.commands.apply import FILES
from health_certs.commands.cancel import lock_numbered, revoke
from health_certs.commands.clear import clear
from health_certs.commands.examine import enter_pass, record_reading, void_passes
from health_certs.context import Call
from health_certs.domain.access import Reader, officer_reader, require_inspector
from health_certs.domain.certificates import (
    STATES,
    VALID,
    ClearanceReason,
    RevocationReason,
    VoidReason,
    shown_name,
    state_today,
)
from health_certs.models import Certificate
from health_certs.models.certificates import REGISTER
from health_certs.queries import verified_certificate
from saudi.days import legal_day
from saudi.formats import with_hijri
from saudi.text import compact


def list_requests(
    call: Call,
    limit: int,
    status: str | None = None,
    number: str | None = None,
    cursor: str | None = None,
) -> View:
    page = queries.list_requests(
        call.session, call.actor, page_of(call, limit, cursor), status=status, number=number
    )
    items = [views.request_view(row) for row in page.rows]
    return {"items": items, "next_cursor": page.next_cursor}


def get_request(call: Call, request_id: str) -> View:
    return views.request_view(queries.get_request(call.session, call.actor, request_id))


def get_request_conditions(call: Call, request_id: str) -> View:
    row = queries.get_request(call.session, call.actor, request_id)
    return views.conditions_view(decide.public_decision(call.work, row), row, Reader.OFFICER)


def enter_health_education(call: Call, request_id: str, body: Body) -> View:
    return views.request_view(enter_pass(call.work, request_id, body))


def void_health_education(call: Call, request_id: str, body: Body) -> View:
    reason = VoidReason(body["reason"])
    row = void_passes(call.work, request_id, course=body["course"], reason=reason)
    return views.request_view(row)


def get_request_examination(call: Call, request_id: str) -> View:
    row = queries.get_request(call.session, call.actor, request_id)
    view = views.examination_view(call.session, row, officer_reader(call.actor.scopes))
    record_reading(call.work, row)
    return view


def get_certificate(call: Call, certificate_no: str) -> View:
    return _certificate_view(
        call, queries.get_certificate(call.session, call.actor, certificate_no)
    )


def revoke_certificate(call: Call, certificate_no: str, body: Body) -> View:
    row = revoke(call.work, certificate_no, RevocationReason(body["reason"]))
    return _certificate_view(call, row)


def clear_certificate(call: Call, certificate_no: str, body: Body) -> View:
    row = clear(call.work, certificate_no, ClearanceReason(body["reason"]))
    return _certificate_view(call, row)


def _certificate_view(call: Call, row: Certificate) -> View:
    return views.certificate_view(row, legal_day(call.now), reader=Reader.OFFICER)


# Checks on the spot: by inspectors, and by anybody who knows two numbers.


def check_certificate(call: Call, body: Body) -> View:
    """Finds certificates by the one thing that the body names: the code on the paper, the certificate's number, or the
    worker's number."""
    require_inspector(call.actor)
    call.charge_caller(limits.checks_of_inspector(call.settings))
    ((by, value),) = body.items()
    reason: Reason | None = None
    if by == "code":
        reason, rows = _find_by_code(call, value)
    elif by == "certificate_no":
        rows = inspection.find_by_number(call.session, value)
    else:
        rows = inspection.find_by_person(call.session, value)
    inspection.record_checks(call.work, rows, by)
    today = legal_day(call.now)
    arabic, english = WORDS[reason]
    return {
        "reason": reason,
        "reason_title": {"ar": arabic, "en": english} if by == "code" else None,
        "items": [views.certificate_view(row, today, reader=Reader.OFFICER) for row in rows],
    }


def _find_by_code(call: Call, code: str) -> tuple[Reason | None, Sequence[Certificate]]:
    """Returns why the code doesn't count, and the certificate of a document that was made here."""
    signing: Signing = call.resources.signing
    keys = reading.published_keys(call.session, REGISTER, signing.public)
    today = legal_day(call.now)
    finding = verify(code, keys, on=today)
    statement = finding.statement
    if statement is None:
        return finding.reason, []
    try:
        found = reading.verified(call.session, [REGISTER], str(statement.document_id), today=today)
    except NotFound:  # signed by a key of ours, and never made here
        return Reason.TAMPERED, []
    return found.reason, inspection.find_by_number(call.session, found.document.number)


def get_certificate_photo(call: Call, certificate_no: str) -> FileAnswer:
    require_inspector(call.actor)
    row = lock_numbered(call.session, certificate_no)
    photos = attachments_of(call.session, FILES, [row.request_id])
    if not photos:
        raise NotFound
    inspection.record_checks(call.work, [row], "photo")
    return call.resources.files.answer(photos[0], name="photo")


def verify_certificate(call: Call, body: Body) -> View:
    """Verifies for anybody. Counts, reads and answers alike, whichever number is wrong."""
    number, person = compact(body["certificate_no"]), compact(body["id_number"])
    # Both numbers are counted as keyed hashes: people type a person's number into either field.
    key = keys_of(call.session).index.key
    hashed = (key(f"certificate|{number}"), key(person))
    demands = limits.verifications(call.settings, hashed, call.address)
    call.charge(*demands)
    row = verified_certificate(call.session, number, person)
    state = state_today(row.status, row.valid_until, legal_day(call.now))
    view = {
        "certificate_no": row.certificate_no,
        "valid": state == VALID,
        "status": state,
        "status_title": STATES[state].pair(),
        "profession": {
            "code": row.profession,
            **catalogue.professions().by_code[row.profession].words.pair(),
        },
        "seasonal": row.season is not None,
        "valid_until": row.valid_until.isoformat(),
        "initials": initials_of(shown_name(row.worker["name"])),
    }
    return with_hijri(view, frozenset(("valid_until",)))
