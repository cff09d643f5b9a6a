"""Documents: printed for the staff, verified by anybody."""

from chassis.core.states import state
from documents.issuing.answers import Answers, FileAnswer
from documents.issuing.pages import Pages
from licences.api.papers import TITLES, issuer, printed
from licences.context import Call
from licences.domain.licences import KINDS
from licences.models.documents import REGISTER
from licences.queries import applications
from saudi.bilingual import Bilingual
from saudi.branches import GOVERNORATE


def _words(kind: str, status: str) -> Bilingual:
    found = state(kind, status).words
    return Bilingual(found.ar, found.en)


_TITLES = {KINDS[kind]: title for kind, title in TITLES.items()}
ANSWERS = Answers([REGISTER], _words, Pages(lambda: issuer(GOVERNORATE), _TITLES))


def get_licence_document(call: Call, licence_no: str) -> FileAnswer:
    return printed(call, applications.get_licence(call.session, call.actor, licence_no))
