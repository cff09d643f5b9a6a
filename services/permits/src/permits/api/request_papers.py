"""Papers of a request as the contract shows them: which are needed, which were handed in, which are missing."""

from chassis.core import times
from permits import catalogue, events
from permits.api.edge import View
from permits.commands.papers import missing_of
from permits.domain.papers import PAPER_MISSING
from permits.domain.requests import ENDS, Status
from permits.models import PermitRequest, RequestPaper
from saudi.formats import with_hijri


def papers_view(row: PermitRequest) -> View:
    """`documents_needed` and `papers` of the contract's PermitRequest."""
    needed, without = catalogue.papers_of(row.kind), missing_of(row)
    return {
        "documents_needed": [{**paper, "handed_in": paper not in without} for paper in needed],
        "papers": [_paper(paper) for paper in row.papers],
    }


def _paper(row: RequestPaper) -> View:
    shown = {
        "code": row.code,
        "title": catalogue.paper_title(row.code),
        "reference": row.reference,
        "handed_in_on": row.handed_in_on.isoformat(),
        "recorded_by": row.recorded_by,
        "recorded_at": times.shown(row.recorded_at),
    }
    return with_hijri(shown, events.DAYS)


def missing_warnings(row: PermitRequest) -> list[View]:
    """One warning for each paper that nobody recorded, until the request has ended."""
    if Status(row.status) in ENDS:
        return []
    return [
        {
            "field": f"papers.{paper['code']}",
            "code": PAPER_MISSING,
            "title": {
                "ar": f"لم يُسجَّل تسليم المستند: {paper['ar']}",
                "en": f"Not handed in: {paper['en']}",
            },
        }
        for paper in missing_of(row)
    ]
