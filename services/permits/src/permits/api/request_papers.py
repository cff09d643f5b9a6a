"""Papers of a request as the contract shows them: which are needed, which were handed in, which are missing."""

from chassis.core import times
from permits import catalogue, events
from permits.api.edge import View
from permits.domain.papers import PAPER_MISSING, missing
from permits.domain.requests import ENDS, Status
from permits.models import PermitRequest, RequestPaper
from saudi.formats import with_hijri


def papers_view(row: PermitRequest) -> View:
    """`documents_needed` and `papers` of the contract's PermitRequest."""
    known = {paper.code for paper in row.papers}
    needed = catalogue.papers_of(row.kind)
    return {
        "documents_needed": [{**paper, "handed_in": paper["code"] in known} for paper in needed],
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
    handed_in = {paper.code for paper in row.papers}
    return [
        {
            "field": f"papers.{paper['code']}",
            "code": PAPER_MISSING,
            "title": {
                "ar": f"لم يُسجَّل تسليم المستند: {paper['ar']}",
                "en": f"Not handed in: {paper['en']}",
            },
        }
        for paper in missing(catalogue.papers_of(row.kind), handed_in)
    ]
