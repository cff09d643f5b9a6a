"""Documents: printed for the staff, verified by anybody."""

from typing import Any

from sqlalchemy.orm import Session

from chassis.core.states import state
from documents.issuing.answers import Answers, FileAnswer
from documents.issuing.pages import Pages, PrintedRows
from licences.api.papers import TITLES, issuer, printed
from licences.context import Call
from licences.domain.licences import KINDS
from licences.models import Licence
from licences.models.documents import REGISTER, SignedDocument
from licences.queries import applications
from saudi.bilingual import Bilingual
from saudi.branches import GOVERNORATE


def _words(kind: str, status: str) -> Bilingual:
    found = state(kind, status).words
    return Bilingual(found.ar, found.en)


_TITLES = {KINDS[kind]: title for kind, title in TITLES.items()}


def _printed_rows(session: Session, document: SignedDocument) -> PrintedRows:
    """Returns trade name, main activity and town, which the public register shows too. A true code on another shop's
    paper would pass without these."""
    row = session.get_one(Licence, document.licence_id)
    main: dict[str, Any] = next((one for one in row.activities if one["main"]), {})
    rows = [
        (Bilingual("الاسم التجاري", "Trade name"), row.trade_name or {}),
        (Bilingual("النشاط", "Activity"), main),
        (Bilingual("المدينة", "Town"), {"ar": row.town}),
    ]
    return [(label, value) for label, value in rows if value.get("ar")]


ANSWERS = Answers([REGISTER], _words, Pages(lambda: issuer(GOVERNORATE), _TITLES), _printed_rows)


def get_licence_document(call: Call, licence_no: str) -> FileAnswer:
    return printed(call, applications.get_licence(call.session, call.actor, licence_no))
