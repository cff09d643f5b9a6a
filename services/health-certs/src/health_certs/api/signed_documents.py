"""Documents: printed for those whose they are and for the staff, verified by anybody."""

from documents.issuing import answers
from documents.issuing.answers import Answers, FileAnswer
from documents.issuing.pages import Pages
from health_certs.api.callers import applicant_of, reader_of
from health_certs.api.papers import TITLES, issuer, paper_of
from health_certs.commands.cancel import lock_numbered
from health_certs.commands.signed_documents import document_of
from health_certs.context import Call
from health_certs.domain.access import require_access
from health_certs.domain.documents import STATES
from health_certs.models import Certificate
from health_certs.models.documents import REGISTER
from saudi.bilingual import Bilingual
from saudi.branches import GOVERNORATE


def _words(_kind: str, state: str) -> Bilingual:
    found = STATES[state]
    return Bilingual(found.ar, found.en)


ANSWERS = Answers([REGISTER], _words, Pages(lambda: issuer(GOVERNORATE), TITLES))


def get_my_document(call: Call, certificate_no: str) -> FileAnswer:
    row = lock_numbered(call.session, certificate_no)
    reader_of(applicant_of(call), row)
    return _printed(call, row)


def get_document(call: Call, certificate_no: str) -> FileAnswer:
    row = lock_numbered(call.session, certificate_no)
    require_access(call.actor, row.municipality)
    return _printed(call, row)


def _printed(call: Call, row: Certificate) -> FileAnswer:
    document = document_of(call.session, call.actor, row, call.resources.signing, now=call.now)
    return answers.printed(call, document, paper_of(document.content, document.made_at))
