"""Documents: printed for the staff, verified by anybody."""

from typing import Any

from sqlalchemy.orm import Session

from chassis.core.states import state
from documents.issuing.answers import Answers, FileAnswer
from documents.issuing.pages import Pages, PrintedRows
from licences.api.papers import TITLES, issuer, printed
from licences.context import Call
from licences.domain.licences import KINDS
from licences.models.documents import REGISTER, SignedDocument
from licences.queries import applications
from saudi.bilingual import Bilingual
from saudi.branches import GOVERNORATE


def _words(kind: str, status: str) -> Bilingual:
    found = state(kind, status).words
    return Bilingual(found.ar, found.en)


_TITLES = {KINDS[kind]: title for kind, title in TITLES.items()}


def _printed_rows(_session: Session, document: SignedDocument) -> PrintedRows:
    """Returns trade name, main activity and town as they stand on the paper; the public register shows them too. A true
    code on another shop's paper would pass without these."""
    content = document.content or {}
    main: dict[str, Any] = next((one for one in content.get("activities", ()) if one["main"]), {})
    rows = [
        (Bilingual("الاسم التجاري", "Trade name"), content.get("trade_name") or {}),
        (Bilingual("النشاط", "Activity"), main),
        (Bilingual("المدينة", "Town"), {"ar": content.get("place", {}).get("town")}),
    ]
    return [(label, value) for label, value in rows if value.get("ar")]


ANSWERS = Answers([REGISTER], _words, Pages(lambda: issuer(GOVERNORATE), _TITLES), _printed_rows)


def get_licence_document(call: Call, licence_no: str) -> FileAnswer:
    return printed(call, applications.get_licence(call.session, call.actor, licence_no))
