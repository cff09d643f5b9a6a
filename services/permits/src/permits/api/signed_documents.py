"""Documents: printed for the staff, verified by anybody."""

from collections.abc import Mapping

from documents.issuing import answers
from documents.issuing.answers import Answers, FileAnswer
from documents.issuing.pages import Pages
from permits.api.certificate_print import TITLES, issuer, paper_of
from permits.api.permit_print import TITLES as PERMIT_TITLES
from permits.api.permit_print import permit_paper_of
from permits.commands.documents import document_of, document_of_permit
from permits.context import Call
from permits.domain.documents import KINDS, PERMIT_KINDS, STATE_TITLES
from permits.domain.permits import STATUS_TITLES
from permits.models.documents import PERMITS, REGISTER
from saudi.bilingual import Bilingual
from saudi.branches import GOVERNORATE
from saudi.days import legal_day

_OF_PERMITS = {PERMIT_KINDS[origin]: title for origin, title in PERMIT_TITLES.items()}
_OF_CERTIFICATES = {KINDS[kind]: title for kind, title in TITLES.items()}
_PERMIT_STATES: Mapping[str, tuple[str, str]] = {
    str(one): title for one, title in STATUS_TITLES.items()
}


def _words(kind: str, state: str) -> Bilingual:
    return Bilingual(*(_PERMIT_STATES if kind in _OF_PERMITS else STATE_TITLES)[state])


ANSWERS = Answers(
    [REGISTER, PERMITS],
    _words,
    Pages(lambda: issuer(GOVERNORATE), {**_OF_CERTIFICATES, **_OF_PERMITS}),
)


def get_permit_document(call: Call, permit_id: str) -> FileAnswer:
    signing = call.resources.signing
    document = document_of_permit(call.work, permit_id, signing)
    today = legal_day(call.now)
    paper = permit_paper_of(document.content, document.made_at, today=today)
    return answers.printed(call, document, paper)


def get_certificate_document(call: Call, certificate_id: str) -> FileAnswer:
    document = document_of(call.work, certificate_id, call.resources.signing)
    return answers.printed(call, document, paper_of(document.content, document.made_at))
