"""The operations of inspectors: one certificate at a time, by its code, its number or its holder's."""

from collections.abc import Sequence

from chassis.access.quotas import Demand
from chassis.core.refusals import NotFound
from chassis.files.attachments import of_owner
from documents.issuing import reading
from documents.issuing.signing import Signing
from documents.verifying import WORDS, Reason, verify
from health_certs import limits
from health_certs.api import views
from health_certs.api.edge import Body, View
from health_certs.commands import applying, inspecting
from health_certs.commands.holding import lock_numbered
from health_certs.context import Call
from health_certs.domain.readers import Reader
from health_certs.models import Certificate
from health_certs.models.documents import REGISTER
from saudi.days import legal_day

FileAnswer = tuple[bytes, int, dict[str, str]]


def check_certificate(call: Call, body: Body) -> View:
    """By what the body names: the code on the paper, the certificate's number, or the worker's."""
    inspecting.require_inspector(call.actor)
    demand = Demand(limits.checks_of_inspector(call.settings), call.actor.subject)
    call.quotas.charge([demand], now=call.now.timestamp())
    ((how, value),) = body.items()
    reason: Reason | None = None
    if how == "code":
        reason, rows = _by_code(call, value)
    elif how == "certificate_no":
        rows = inspecting.by_number(call.session, value)
    else:
        rows = inspecting.by_person(call.session, value)
    inspecting.note(call.session, rows, call.actor, how, now=call.now)
    today = legal_day(call.now)
    arabic, english = WORDS[reason]
    return {
        "reason": reason,
        "reason_title": {"ar": arabic, "en": english} if how == "code" else None,
        "items": [views.certificate_view(row, today, reader=Reader.OFFICER) for row in rows],
    }


def get_certificate_photo(call: Call, certificate_no: str) -> FileAnswer:
    inspecting.require_inspector(call.actor)
    row = lock_numbered(call.session, certificate_no)
    photos = of_owner(call.session, applying.FILES, [row.request_id])
    if not photos:
        raise NotFound
    inspecting.note(call.session, [row], call.actor, "photo", now=call.now)
    return call.resources.files.answer(photos[0], name="photo")


def _by_code(call: Call, code: str) -> tuple[Reason | None, Sequence[Certificate]]:
    """Why the code is no valid document's, and the certificate of a document that was made here."""
    signing: Signing = call.resources.signing
    keys = reading.published_keys(call.session, REGISTER, signing.public)
    today = legal_day(call.now)
    finding = verify(code, keys, on=today)
    said = finding.statement
    if said is None:
        return finding.reason, []
    try:
        found = reading.verified(call.session, [REGISTER], str(said.document_id), today=today)
    except NotFound:  # signed by a key of ours, and never made here
        return Reason.TAMPERED, []
    return found.reason, inspecting.by_number(call.session, found.document.number)
