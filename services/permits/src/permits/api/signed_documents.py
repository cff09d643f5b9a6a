"""Documents: printed for the staff, verified by anybody."""

from documents.issuing import answers
from documents.issuing.answers import Answers, FileAnswer
from documents.issuing.pages import Pages
from documents.papers import Words
from permits.api.edge import Body, View
from permits.api.papers import TITLES, issuer, paper_of
from permits.commands.signed_documents import document_of
from permits.context import Call
from permits.domain.documents import KINDS, STATE_TITLES
from permits.models.documents import REGISTER
from saudi.branches import GOVERNORATE


def _words(_kind: str, state: str) -> Words:
    return Words(*STATE_TITLES[state])


_TITLES = {KINDS[kind]: title for kind, title in TITLES.items()}
ANSWERS = Answers(REGISTER, _words, Pages(lambda: issuer(GOVERNORATE), _TITLES))


def get_certificate_document(call: Call, certificate_id: str) -> FileAnswer:
    document = document_of(
        call.session, call.actor, certificate_id, call.resources.signing, now=call.now
    )
    return answers.printed(call, document, paper_of(document.content, document.made_at))


def list_document_keys(call: Call) -> View:
    return ANSWERS.keys(call)


def get_document_revocations(call: Call) -> View:
    return ANSWERS.revocations(call)


def look_up_document(call: Call, document_id: str) -> View:
    return ANSWERS.state_today(call, document_id)


def verify_document_code(call: Call, body: Body) -> View:
    return ANSWERS.verification(call, body["code"])


def show_document(call: Call, document_id: str) -> FileAnswer:
    return ANSWERS.page(call, document_id)
